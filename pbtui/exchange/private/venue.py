"""A real account behind the port: public data from the feed, everything else through the venue's quirks."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pbtui.config.accounts import Account
from pbtui.core.clock import Clock
from pbtui.core.errors import AccountRefused, ExchangeError, OrderRejected
from pbtui.core.types import Balance, Fill, Market, OpenOrder, OrderRequest, Pside, Ticker
from pbtui.exchange.fills.store import FILE_NAME, FillStore, Owner
from pbtui.exchange.keys import judge_key, require_fields
from pbtui.exchange.port import (
    CancelResult,
    Candles,
    CreateResult,
    HeldPosition,
    OrderFate,
    StreamState,
    Timeframe,
    VenueVitals,
    Wake,
)
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.budget import Budget
from pbtui.exchange.private.client import new_private_client
from pbtui.exchange.private.fills import FillLog
from pbtui.exchange.private.limits import explained
from pbtui.exchange.private.quirks import Finder, KeyFacts, Modes, Quirks
from pbtui.exchange.private.stream import OrderStream
from pbtui.exchange.private.window import RECV_WINDOW_MS, recv_window
from pbtui.exchange.private.wire import BudgetedCaller, Unchanged, Wire, for_good
from pbtui.exchange.public import library
from pbtui.exchange.public.feed import CcxtPublicFeed
from pbtui.exchange.public.venues import venue_of

T = TypeVar("T")
R = TypeVar("R", CreateResult, CancelResult)
_log = logging.getLogger("pbtui.exchange")
_TIMEOUT_S = 10.0
_RANK = ("none", "up", "stale", "down")


class PrivateExchange:
    """Implements `port.Exchange` for an account with keys. Every method may raise ExchangeError."""

    def __init__(
        self,
        quirks: Quirks,
        account: Account,
        feed: CcxtPublicFeed,
        clock: Clock,
        *,
        budget: Budget | None = None,
        allow_withdraw: bool = False,
        timeout_s: float = _TIMEOUT_S,
        fills_dir: Path | None = None,
        recv_window_ms: int = RECV_WINDOW_MS,
    ) -> None:
        """Raises ConfigError when the account lacks a field. `feed` is closed with this; it need not be started.

        Fills are kept in `fills_dir`, without one in memory only. `recv_window_ms` is how late a signed request may
        reach the venue, where it takes such a window: it refuses a later one, and an order with it.
        """
        facts = quirks.facts
        require_fields(account, facts.credentials)
        self.name = facts.venue
        self.account = account.user
        self.quote = account.quote
        self._window = recv_window(self.name, recv_window_ms, account.options, most_ms=facts.most_window_ms)
        late_ms = self._window.ms if facts.most_window_ms > 0 else facts.late_ms
        self.capabilities = replace(facts.capabilities, late_ms=late_ms)
        self.wake = Wake()
        self.warnings: tuple[str, ...] = self._notes()
        self.book = Book(account.quote)
        self._quirks = quirks
        self._owner = account
        self._feed = feed
        self._clock = clock
        self._allow_withdraw = allow_withdraw
        self._timeout_s = timeout_s
        self.budget = budget or Budget(clock, facts.per_minute, reserve=facts.reserve)
        self._caller = BudgetedCaller(self.name, clock, self.budget, facts.public_costs, feed.silence)
        self._library = venue_of(self.name, library.known_ids())
        self._client: Any = None
        self._wire: Wire
        self._fills_dir = fills_dir
        self._fills = FillLog(clock, self._ask_fills, self.now_ms, window_ms=facts.fill_window_ms)
        self.account_id = ""  # the venue's own name of the account, once it was told
        self._resting: dict[str, str] = {}  # order id → symbol of the last reading
        self._held: dict[tuple[str, Pside], float] = {}
        self._watched: set[str] = set()
        streams_on = feed.endpoints is None or not feed.endpoints.disable_ws
        stream = OrderStream(
            self.name,
            self._new_stream_client,
            clock,
            self._on_event,
            owed_s=self._caller.owed_s,
            limited=feed.silence.keep,
        )
        self._stream = stream if streams_on else None

    async def start(self) -> None:
        """Connect, judge the key, listen to orders; raises AccountRefused for a key that must not be used.

        Raises StateError when the store of fills cannot be used.
        """
        await self.open()
        facts = await self.key_facts()
        self.warnings = (
            *self._notes(),
            *judge_key(facts, self.account, allow_withdraw=self._allow_withdraw),
        )
        self.keep_fills(facts)
        for text in self.warnings:
            _log.warning("%s", text)
        if self._stream is not None:
            self._stream.start()

    async def open(self) -> None:
        """Connect only: markets and the venue's time are read, nothing is judged or set."""
        self._feed.adopt(self._caller)
        await self._feed.start()
        self.book.take_markets(await self._feed.markets())
        self._client = self._new_client()
        self._caller.listen(self._client)
        self._wire = Wire(
            self._client,
            self._caller,
            self._clock,
            code_of=self._quirks.code_of,
            meanings=self._quirks.facts.meanings,
            measure=self._feed.probe,
            spacing=self._quirks.facts.spacing,
        )

    async def close(self) -> None:
        """Release connections; orders stay as they are."""
        if self._stream is not None:
            await self._stream.close()
        client, self._client = self._client, None
        if client is not None:
            await client.close()
        self._fills.store.close()
        await self._feed.close()

    def keep_fills(self, facts: KeyFacts) -> None:
        """Keep fills on the disk from now on, in the store of the account the key belongs to; raises StateError."""
        self.account_id = facts.account_id
        if self._fills_dir is not None:
            fingerprint = hashlib.blake2b(self._owner.identity.reveal().encode(), digest_size=16).hexdigest()
            owner = Owner(self.name, self.quote, facts.account_id, fingerprint)
            self._fills.use(FillStore.open(self._fills_dir / FILE_NAME, owner))

    @property
    def fill_log(self) -> FillLog:
        """The account's fills, as told and kept."""
        return self._fills

    def fills_before(self, until_ms: int) -> list[Fill]:
        """Return what is kept from before a time, oldest first."""
        return self._fills.before(until_ms)

    def fills_mended(self) -> list[Fill] | None:
        """Return all that is kept if another process has changed it since the last call."""
        return self._fills.mended()

    def fills_file(self) -> Path | None:
        """Return the store of fills, None while they are kept in memory only."""
        return self._fills.store.path

    def troubles(self) -> tuple[str, ...]:
        """Return why entries have to wait: fills that cannot be written, a close whose profit is still to come."""
        late = "the venue has not told yet what a close earned" if self._fills.waits_for_profit else ""
        return tuple(text for text in (self._fills.trouble, late) if text)

    def now_ms(self) -> int:
        """Return the venue's time."""
        return self._feed.now_ms()

    async def key_facts(self) -> KeyFacts:
        """Return what the key may do."""
        return await self._quirks.key_facts(self._wire)

    async def modes(self) -> Modes:
        """Return how the account trades now."""
        return await self._quirks.modes(self._wire, self.book)

    async def load_markets(self) -> dict[str, Market]:
        """Return all markets by symbol, with fresh limits."""
        markets = await self._feed.markets()
        self.book.take_markets(markets)
        return markets

    async def fetch_balance(self) -> Balance:
        """Return the wallet balance."""
        return Balance(await self._quirks.balance(self._wire, self.quote), self.quote)

    async def fetch_positions(self) -> list[HeldPosition]:
        """Return every open position; raises UnreadableAnswer rather than leave one out."""
        found = await self._quirks.positions(self._wire, self.book)
        held: dict[tuple[str, Pside], float] = {(item.symbol, item.pside): item.position.size for item in found}
        changed = {key[0] for key in held.keys() | self._held.keys() if held.get(key) != self._held.get(key)}
        self._held = held
        self.book.take_positions(found)
        self._fills.noticed(changed)
        return found

    async def fetch_open_orders(self) -> list[OpenOrder]:
        """Return every resting order of the account; raises UnreadableAnswer rather than leave one out."""
        found = await self._quirks.open_orders(self._wire, self.book)
        for order in found:
            self.book.name(order.id, order.client_id)
        present = {order.id: order.symbol for order in found}
        self._fills.noticed({symbol for order_id, symbol in self._resting.items() if order_id not in present})
        self._resting = present
        return found

    async def find_order(self, symbol: str, client_id: str) -> OrderFate | None:
        """Return what became of an order whose create was never answered, None where the venue can't tell."""
        if not isinstance(self._quirks, Finder):
            return None
        fate = await self._quirks.order_by_client_id(self._wire, self.book, symbol, client_id)
        if fate == "done":
            self._fills.noticed([symbol])
        return fate

    async def fetch_fills(self, since_ms: int) -> list[Fill]:
        """Return fills at or after `since_ms`, oldest first."""
        return await self._fills.read(since_ms)

    async def fetch_tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        """Return best prices and last trades."""
        return await self._feed.tickers(symbols)

    async def fetch_candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        """Return finished candles with start_ms ≤ open < end_ms."""
        return await self._feed.candles(symbol, timeframe, start_ms, end_ms)

    async def create_orders(self, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send orders in batches, in the given sequence; a batch that fails as a whole fails each of its orders."""
        results: list[CreateResult] = []
        for chunk in _batches(requests, self.capabilities.max_batch_create):
            try:
                results += await self._quirks.create(self._wire, self.book, chunk)
            except ExchangeError as error:
                results += [CreateResult(request, error=error) for request in chunk]
        results = [explained(_final(result), self.book) for result in results]
        self._note_created(results)
        return results

    async def cancel_orders(self, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Cancel orders in batches; a batch that fails as a whole fails each of its orders."""
        results: dict[str, CancelResult] = {}
        for chunk in _batches(_by_symbol(orders), self.capabilities.max_batch_cancel):
            try:
                done = await self._quirks.cancel(self._wire, self.book, chunk)
            except ExchangeError as error:
                done = [CancelResult(order, error) for order in chunk]
            results.update({result.order.id: result for result in done})
        results = {name: _final(result) for name, result in results.items()}
        for result in results.values():
            if result.error is None:
                self._resting.pop(result.order.id, None)
            else:
                self._fills.noticed([result.order.symbol])
        return [results[order.id] for order in orders]

    async def prepare_account(self, *, hedge_mode: bool) -> None:
        """Set position mode and margin mode where they differ; raises AccountRefused saying what to change."""
        modes = await self.modes()
        if modes.hedge is not hedge_mode:
            await self._set(partial(self._quirks.set_hedge, self._wire, self.book, hedge=hedge_mode))
            modes = await self.modes()
            if modes.hedge is not None and modes.hedge is not hedge_mode:
                wanted = "hedge" if hedge_mode else "one-way"
                raise AccountRefused(
                    f"{self.name} keeps {self.account} out of {wanted} mode",
                    hint="close positions and orders, then set it there, or change live.hedge_mode",
                )
        if modes.margin == "isolated":
            await self._set(partial(self._quirks.set_cross, self._wire))
            if (await self.modes()).margin == "isolated":
                raise AccountRefused(
                    f"{self.name} keeps {self.account} in isolated margin",
                    hint="close positions and orders, then set cross margin for the account there",
                )
        self.book.hedge = hedge_mode

    async def prepare_symbol(self, symbol: str, *, leverage: int) -> None:
        """Set cross margin and leverage of a symbol, and begin to stream its prices."""
        await self._set(partial(self._quirks.prepare_symbol, self._wire, self.book, symbol, leverage))
        if symbol not in self._watched:
            self._watched.add(symbol)
            await self._feed.watch(sorted(self._watched), _ignore, _ignore)

    def stream_state(self) -> StreamState:
        """Return the worse of the order stream's and the price streams' health."""
        states = [self._feed.stream_state()]
        if self._stream is not None:
            states.append(self._stream.state())
        worst = max(states, key=lambda state: _RANK.index(state.state))
        return replace(worst, deaf=any(state.deaf for state in states))

    def vitals(self) -> VenueVitals:
        """Return how the connection does; the budget is the one that all bots of this machine share."""
        return replace(self._feed.vitals(), rate_used=self.budget.used())

    def _notes(self) -> tuple[str, ...]:
        return (self._window.note,) if self._window.note else ()

    async def _set(self, setter: Callable[[], Awaitable[None]]) -> None:
        try:
            await setter()
        except Unchanged:
            return

    async def _ask_fills(self, look: Any) -> list[Fill]:
        return await self._quirks.fills(self._wire, self.book, look)

    def _note_created(self, results: Iterable[CreateResult]) -> None:
        accepted: list[str] = []
        for result in results:
            if result.order is None:
                # It may have been taken, and filled: whoever asks next whether it exists must hear of its fills.
                if not isinstance(result.error, OrderRejected):
                    self._fills.noticed([result.request.symbol])
                continue
            self.book.name(result.order.id, result.order.client_id)
            accepted.append(result.order.client_id)
            if result.order.qty > 0.0:
                self._resting[result.order.id] = result.order.symbol
            else:
                self._fills.noticed([result.order.symbol])
        if self._stream is not None:
            prefix = self._quirks.facts.id_prefix
            self._stream.expect([f"{prefix}{name}" for name in accepted])

    def _on_event(self, symbols: frozenset[str]) -> None:
        self._fills.noticed(symbols)
        self.wake.fire("order")

    def _new_stream_client(self) -> Any:
        client = self._new_client()
        self._caller.listen(client)  # it asks for keys of its own
        client.open()  # some venues' streams begin with tasks of the library's own: they need the loop
        return client

    def _new_client(self) -> Any:
        client = new_private_client(
            self._library,
            self._owner,
            now_ms=self.now_ms,
            endpoints=self._feed.endpoints,
            timeout_s=self._timeout_s,
            recv_window_ms=self._window.ms,
        )
        self._feed.lend_markets(client)
        if self._quirks.facts.equip is not None:
            self._quirks.facts.equip(client, self._owner)
        if self.account_id:
            client.uid = self.account_id  # some venues stream orders by it
        return client


def _final(result: R) -> R:
    """Return what became of an order, with a refusal that nobody knows as one for good."""
    return result if result.error is None else replace(result, error=for_good(result.error))


def _batches(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[at : at + size] for at in range(0, len(items), size)]


def _by_symbol(orders: Sequence[OpenOrder]) -> list[OpenOrder]:
    return sorted(orders, key=lambda order: order.symbol)


def _ignore(_: object) -> None:
    """Prices are kept by the feed."""
