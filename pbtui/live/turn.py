"""One turn of the loop: observe, decide, send; and all that a bot consists of, wired together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from pbtui.config import Config
from pbtui.core.amounts import plain
from pbtui.core.clock import HOUR_MS, Clock
from pbtui.core.errors import ExchangeError, RateLimited
from pbtui.core.types import PSIDES, Fill, Mode
from pbtui.engine.execution import ExecutableOrder
from pbtui.exchange.port import Exchange, FindsOrders, Troubled
from pbtui.live.calls import Calls
from pbtui.live.candles import Averages
from pbtui.live.coins import AgeCheck, CoinBook
from pbtui.live.decide import Decider, Decision
from pbtui.live.events import INFO, EventLog
from pbtui.live.execute import Batch, Executor, Sent
from pbtui.live.fills import OVERLAP_MS, FillBook
from pbtui.live.forager import is_forager
from pbtui.live.guards import Guards, Told
from pbtui.live.keys import Key, is_entry
from pbtui.live.modes import ModeTable
from pbtui.live.observe import Observer
from pbtui.live.reconcile import Diff
from pbtui.live.rules import Rules
from pbtui.live.store import RunStore
from pbtui.live.trailing import TrailingBook
from pbtui.live.underway import FILE_NAME, UnderWay
from pbtui.live.warmup import CandleKeeper

DAY_MS = 24 * HOUR_MS
TOLD_FILLS = 20
MOST_LOOKUPS = 20  # a turn; the others stay in doubt until the next
_DEAF = "nothing is heard of orders for too long: waiting for the order stream"
ROUNDS = 64  # of sending within one minute of a stepped market, where no time passes between cycles
PLAN_OLD_S = 10.0  # an older plan opens and closes nothing any more
MARKETS_AGAIN_MS = 60_000  # refusals for wrong limits make them be read again, not more often than this
REPLANS = 4  # after market orders, which change positions at once


@dataclass(slots=True)
class Turn:
    """What one turn saw and did; `diff` is what it wanted to change, `after` what was still to change at its end."""

    decision: Decision = field(default_factory=Decision)
    diff: Diff = field(default_factory=Diff)
    after: Diff = field(default_factory=Diff)
    sent: Sent = field(default_factory=Sent)
    fills: list[Fill] = field(default_factory=list)
    errors: list[ExchangeError] = field(default_factory=list)
    blocked: tuple[str, ...] = ()


class LoopCore:
    """Everything a turn needs. The caller decides when turns happen and what errors mean."""

    def __init__(
        self,
        config: Config,
        exchange: Exchange,
        store: RunStore,
        events: EventLog,
        clock: Clock,
        *,
        on_decided: Callable[[], None] = lambda: None,
    ) -> None:
        self.on_decided = on_decided
        self.exchange = exchange
        self.store = store
        self.events = events
        self.rules = Rules(config)
        stepped = exchange.capabilities.stepped
        self.calls = Calls(events, clock.monotonic)
        self.fills = FillBook(overlap_ms=0 if stepped else OVERLAP_MS)
        self.coins = CoinBook(config, exchange.quote, events, clock)
        self.ages = AgeCheck(exchange, self.calls)
        self.guards = Guards(
            f"{exchange.name}:{exchange.account}",
            self.fills,
            stepped=stepped,
            id_length=exchange.capabilities.client_id_length,
            late_ms=exchange.capabilities.late_ms,
        )
        self.observer = Observer(exchange, self.calls, store, self.fills, first_fill_ms=self._first_fill_ms())
        late_ms = exchange.capabilities.late_ms
        self.under_way = UnderWay(store.path.with_name(FILE_NAME) if late_ms > 0 else None, late_ms=late_ms)
        self._left_over = self.under_way.load()
        self.executor = Executor(exchange, self.calls, events, self.observer, self.guards, self.under_way)
        live = self.rules.live
        averages = Averages(exchange, self.calls, events, ratio=live.warmup_ratio, cap_minutes=live.max_warmup_minutes)
        self.candles = CandleKeeper(exchange, clock, averages, self.coins, self.rules)
        self.trailing = TrailingBook(exchange, self.calls, events, self.fills)
        self.decider = Decider(exchange, self.rules, self.coins, self.candles, self.trailing, self.fills, self.ages)
        self.last = Turn()
        self.started = False
        self._prepared: set[str] = set()
        self._markets_at_ms = 0
        self._limits_refused = False
        self._clock = clock
        self._decided_s = 0.0
        self._active: tuple[str, ...] = ()
        self._troubles: tuple[str, ...] = ()

    async def start(self) -> None:
        """Set the account up and read the markets; raises ExchangeError or AccountRefused."""
        if self.rules.live.hedge_mode and not self.exchange.capabilities.hedge_mode:
            text = f"{self.exchange.name} is traded on one side of a coin at a time: live.hedge_mode does not hold here"
            self.events.info("account", text)
        await self.calls.run("account", self.exchange.prepare_account(hedge_mode=self.decider.hedge_mode))
        await self._load_markets()
        await self._take_over()
        self.started = True

    async def _take_over(self) -> None:
        """Doubt what an earlier process may have sent and nobody has answered; it lived until now, for all we know."""
        left = self._left_over
        if left.trouble:
            wait_s = left.late_ms / 1000.0
            text = f"{left.trouble}: waiting {wait_s:.0f} s, then no order sent before can arrive any more"
            self.events.warn("order", text)
            await self._clock.sleep(wait_s)
        for request in left.orders:
            self.guards.doubtful(request, self.exchange.now_ms(), late_ms=left.late_ms)
            text = f"order …{request.client_id[-6:]} was sent before this start: asking what became of it"
            self.events.info("order", text, coin=request.symbol)

    async def turn(self) -> Turn:
        """Take one turn; raises ExchangeError when the account can't be read, nothing was sent then."""
        if not self.started:
            await self.start()
        turn = Turn()
        turn.fills = await self._observe()
        await _breathe()
        await self._decide(turn)
        self.on_decided()
        await self._send(turn)
        return turn

    async def last_look(self) -> None:
        """Read the account once more, so that the last figures hold what happened until the end; a failure is said."""
        if self.exchange.capabilities.stepped or not self.observer.account.read:
            return
        try:
            self._tell_fills(await self._read_account())
        except ExchangeError as error:
            self.events.warn("stop", f"the last figures are those before the stop: {error.line()}")

    def difference_now(self) -> Diff:
        """Return what is still to change on the venue after the last turn."""
        return self._difference(self.last)

    def use_config(self, config: Config) -> None:
        """Go on with a reloaded config from the next turn on."""
        self.rules = Rules(config)
        self.coins.use_config(config)
        self.candles.use_rules(self.rules)
        self.decider.rules = self.rules
        self._prepared.clear()  # the leverage may be another one now

    async def close(self) -> None:
        """Stop background work."""
        await self.candles.close()

    def _first_fill_ms(self) -> int:
        """Return from when fills count: a paper ledger's from its beginning, a venue's within the look-back."""
        if self.exchange.account == "paper":
            return 0
        return max(0, self.exchange.now_ms() - round(self.rules.live.pnls_max_lookback_days * DAY_MS))

    async def _load_markets(self) -> None:
        before = self.coins.markets
        self.coins.take_markets(await self.calls.run("markets", self.exchange.load_markets()))
        self._markets_at_ms, self._limits_refused = self.exchange.now_ms(), False
        for symbol, market in self.coins.markets.items():
            if symbol in before and before[symbol] != market:
                self.events.info("market", "the venue changed its limits", coin=market.coin)
                self.guards.forgive(symbol)

    async def _observe(self) -> list[Fill]:
        stepped = self.exchange.capabilities.stepped
        limits_age_ms = self.exchange.now_ms() - self._markets_at_ms
        if not stepped and limits_age_ms > (MARKETS_AGAIN_MS if self._limits_refused else HOUR_MS):
            await self._load_markets()
        account = self.observer.account
        earlier = not account.read
        fresh = await self.look()
        self._tell_fills(fresh, earlier=earlier)
        self.coins.refresh(self.rules)
        approved = {symbol for pside in PSIDES for symbol in self.coins.approved[pside]}
        held = {symbol for symbol, _ in account.positions}
        ordered = {order.symbol for order in account.orders}
        handled = {symbol for symbol, _ in self.store.state.hand_modes}
        symbols = sorted(s for s in {*approved, *held, *ordered, *handled, *self._active} if s in self.coins.markets)
        await self.observer.read_tickers(symbols)
        await self._learn_ages()
        return fresh

    async def look(self) -> list[Fill]:
        """Read the account, settle what became of orders in doubt, return new fills; raises ExchangeError."""
        fresh = await self._read_account()
        fates = await self._fates()
        for name in self.guards.after_read(self.observer.account, self.exchange.now_ms(), fates):
            self.events.info("order", f"order …{name[-6:]} never arrived")
        self.under_way.keep(self.guards.in_doubt(), durable=False)
        return fresh

    async def _fates(self) -> dict[str, Told]:
        """Ask the venue what became of orders whose creation was never answered (live.md 30.4)."""
        found: dict[str, Told] = {}
        if not isinstance(self.exchange, FindsOrders):
            return found
        asked = self.guards.open_doubts(self.observer.account)
        for symbol, name in asked[:MOST_LOOKUPS]:
            try:
                fate: Told | None = await self.calls.run("order lookup", self.exchange.find_order(symbol, name))
            except RateLimited:
                raise
            except ExchangeError as error:
                self.events.debug("order", f"order …{name[-6:]}: {error.line()}")
                fate = "unanswered"
            if fate is None:
                return found  # nobody can tell here: readings alone count
            found[name] = fate
        for _, name in asked[MOST_LOOKUPS:]:
            found[name] = "unasked"
        return found

    async def _read_account(self) -> list[Fill]:
        live = self.rules.live
        fresh = await self.observer.read(
            hysteresis_pct=live.balance_hysteresis_snap_pct, balance_override=live.balance_override
        )
        if self.observer.mended:
            self.events.info("fills", self.observer.mended)
        return fresh

    async def _learn_ages(self) -> None:
        days = self.rules.live.minimum_coin_age_days
        for pside in PSIDES:
            approved = self.coins.approved[pside]
            if is_forager(self.rules.side(pside), len(approved)):
                await self.ages.learn((self.coins.markets[symbol] for symbol in approved), days, at_most=5)

    async def _decide(self, turn: Turn) -> None:
        account = self.observer.account
        fresh = await self.candles.refresh(account, self._active)
        await self.trailing.refresh(
            [key for key in account.positions if self._trails(key)], fresh, self.candles.averages.newest_ms
        )
        await _breathe()
        tables = self.decider.modes(account, self.store.state)
        self._note_modes(tables[0])
        self._note_panics(tables[0])
        turn.decision = self.decider.decide(account, self.store.state, tables)
        turn.blocked = self._blocked(turn.decision)
        turn.diff = turn.after = self._difference(turn)
        self.last = turn
        self._decided_s = self._clock.monotonic()

    def _trails(self, key: Key) -> bool:
        return key[0] in self.coins.markets and self.rules.coin(self.coins.coin_of(key[0]), key[1]).trailing

    def _blocked(self, decision: Decision) -> tuple[str, ...]:
        """Return why no entries may be made now."""
        rejected = (f"plan rejected: {text}" for text in decision.problems[:3])
        return (*self.observer.account.doubts, *self._venue_troubles(), *rejected)

    def _venue_troubles(self) -> tuple[str, ...]:
        found = self.exchange.troubles() if isinstance(self.exchange, Troubled) else ()
        if self.exchange.stream_state().deaf:
            found = (*found, _DEAF)
        for text in found:
            if text not in self._troubles:
                self.events.warn("venue", f"entries wait: {text}")
        for text in self._troubles:
            if text not in found:
                self.events.info("venue", f"over: {text}")
        self._troubles = found
        return found

    async def _send(self, turn: Turn) -> None:
        for text in turn.decision.problems:
            self.events.warn_rarely(f"problem {text}", "plan", f"plan rejected: {text}")
        await self._send_once(turn)
        if not self.exchange.capabilities.stepped:
            return
        # No time passes in a stepped market between two cycles: go on until the venue agrees with the plan.
        replans = 0
        for _ in range(ROUNDS):
            progress = turn.sent.created + turn.sent.cancelled
            if (turn.sent.market_orders or turn.sent.errors) and replans < REPLANS:
                replans += 1
                turn.sent.market_orders = 0
                turn.sent.left = 0
                turn.fills += await self._observe()
                await self._decide(turn)
            elif turn.sent.left:
                turn.sent.left = 0
                await self._look_again(turn)
            else:
                return
            if not turn.after:
                return
            await self._send_once(turn)
            if turn.sent.created + turn.sent.cancelled == progress:
                return

    async def _look_again(self, turn: Turn) -> None:
        await self.observer.read_orders()
        account = self.observer.account
        self.guards.after_read(account, self.exchange.now_ms())
        turn.after = self._difference(turn)

    def _plan_current(self) -> bool:
        """Tell whether the plan is young enough to open and close by; a stepped market waits for its plan."""
        return self.exchange.capabilities.stepped or self._clock.monotonic() - self._decided_s <= PLAN_OLD_S

    def _difference(self, turn: Turn) -> Diff:
        blocked = bool(turn.blocked) or self.store.state.paused
        return self.decider.difference(turn.decision, self.observer.account, entries_blocked=blocked)

    async def _send_once(self, turn: Turn) -> None:
        live = self.rules.live
        diff = Diff(
            turn.after.cancels, await self._prepare(turn.after.creates, panicking=bool(turn.decision.panicking))
        )
        batch = Batch(
            live.max_n_cancellations_per_batch, live.max_n_creations_per_batch, live.time_in_force == "post_only"
        )
        sent = await self.executor.send(diff, batch, urgent=turn.decision.panicking, current=self._plan_current)
        self._limits_refused = self._limits_refused or sent.limits_refused
        before = turn.sent
        turn.sent = Sent(
            before.created + sent.created,
            before.cancelled + sent.cancelled,
            before.rejected + sent.rejected,
            sent.left,
            sent.market_orders,
            sent.errors,
        )
        turn.errors += sent.errors

    async def _prepare(self, creates: list[ExecutableOrder], *, panicking: bool) -> list[ExecutableOrder]:
        """Set leverage and margin of coins before their first entry; entries that fail to get it wait.

        Closes and panics never wait for it: a venue that refuses a leverage must not keep a position open.
        """
        unready = {order.symbol for order in creates if is_entry(order.order_type)} - self._prepared
        # While something panics the calls are for that.
        for symbol in () if panicking else sorted(unready):
            isolated = self.coins.markets[symbol].isolated_only
            leverage = self.rules.leverage(self.coins.coin_of(symbol), isolated=isolated)
            try:
                request = self.exchange.prepare_symbol(symbol, leverage=leverage)
                await self.calls.run(f"leverage {symbol}", request)
            except RateLimited:
                raise
            except ExchangeError as error:
                self.events.warn_rarely(f"leverage {symbol}", "account", error.line(), coin=symbol)
                continue
            self._prepared.add(symbol)
            unready.discard(symbol)
        return [order for order in creates if order.symbol not in unready or not is_entry(order.order_type)]

    def _tell_fills(self, fresh: list[Fill], *, earlier: bool = False) -> None:
        """Say each new fill; many, or those of an earlier run, only as a sum."""
        if not fresh or not self.events.wants(INFO):
            return
        if earlier or len(fresh) > TOLD_FILLS:
            when = "earlier " if earlier else ""
            self.events.info("fill", f"{len(fresh)} {when}fills, pnl {sum(fill.pnl for fill in fresh):+.2f}")
            return
        for fill in fresh:
            gain = f", pnl {fill.pnl:+.4f}" if fill.pnl else ""
            text = f"{fill.pside} {fill.order_type} {fill.side} {plain(abs(fill.qty))} @ {plain(fill.price)}{gain}"
            self.events.info("fill", text, coin=self.coins.coin_of(fill.symbol))

    def _note_modes(self, table: ModeTable) -> None:
        before = self.last.decision.modes
        for (symbol, pside), mode in table.modes.items():
            old = before.modes.get((symbol, pside))
            if old is mode or Mode.GRACEFUL_STOP in (old, mode) or (old is None and mode is Mode.MANUAL):
                continue
            text = f"{pside} {old.value if old else 'none'} → {mode.value}"
            self.events.info("mode", text, coin=self.coins.coin_of(symbol))
        self._active = table.symbols

    def _note_panics(self, table: ModeTable) -> None:
        """Remember on disk when each panic began: how long limits are tried must not depend on restarts."""
        now = self.exchange.now_ms()
        running = {key for key in self.observer.account.positions if table.get(*key) is Mode.PANIC}
        known = self.store.state.panic_since
        if running != set(known):
            self.store.set_panic_since({key: known.get(key, now) for key in running})


async def _breathe() -> None:
    """Let keys and screens have their turn: with many coins each part of ours takes a while.

    Only before a decision: what the operator says meanwhile is in it, and nothing comes between it and its orders.
    """
    await asyncio.sleep(0)
