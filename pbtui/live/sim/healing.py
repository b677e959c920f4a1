"""After trouble: orders are as wanted again, the books agree, and a restarted bot would want the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import isclose
from pathlib import Path

from pbtui.config import Config
from pbtui.core.errors import ExchangeError, VenueUnreachable
from pbtui.core.types import Balance, Fill, Market, Mode, OpenOrder, OrderRequest, Ticker
from pbtui.engine.execution import ExecutableOrder
from pbtui.exchange.paper.stream import StreamPaper
from pbtui.exchange.port import (
    CancelResult,
    Candles,
    CreateResult,
    HeldPosition,
    StreamState,
    Timeframe,
    Wake,
)
from pbtui.live.guards import SENT_LATELY
from pbtui.live.keys import Key
from pbtui.live.sim.checker import Checker
from pbtui.live.sim.subject import fresh_core
from pbtui.live.sim.timewarp import WarpClock
from pbtui.live.sim.weather import HOUR_S
from pbtui.live.turn import LoopCore, Turn

LOOK_FROM_S, LOOK_UNTIL_S = 54 * 60, 59.5 * 60  # of each hour
_WARM_TURNS = 6
_MORE_TURNS = 40


class Mirror:
    """The venue as it truly is, to look at only: what is sent to it is answered with a failure."""

    def __init__(self, paper: StreamPaper) -> None:
        self.name, self.account, self.quote = paper.name, paper.account, paper.quote
        self.capabilities = paper.capabilities
        self.wake = Wake()
        self._paper = paper

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing is held open."""

    def now_ms(self) -> int:
        """Return the venue's time."""
        return self._paper.now_ms()

    async def load_markets(self) -> dict[str, Market]:
        """Return the limits in force."""
        return await self._paper.load_markets()

    async def fetch_balance(self) -> Balance:
        """Return the balance."""
        return await self._paper.fetch_balance()

    async def fetch_positions(self) -> list[HeldPosition]:
        """Return the positions."""
        return await self._paper.fetch_positions()

    async def fetch_open_orders(self) -> list[OpenOrder]:
        """Return the orders."""
        return await self._paper.fetch_open_orders()

    async def fetch_fills(self, since_ms: int) -> list[Fill]:
        """Return the fills."""
        return await self._paper.fetch_fills(since_ms)

    async def fetch_tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        """Return the prices."""
        return await self._paper.fetch_tickers(symbols)

    async def fetch_candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        """Return the candles."""
        return await self._paper.fetch_candles(symbol, timeframe, start_ms, end_ms)

    async def create_orders(self, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send nothing."""
        return [CreateResult(request, error=VenueUnreachable("only a mirror")) for request in requests]

    async def cancel_orders(self, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Cancel nothing."""
        return [CancelResult(order, VenueUnreachable("only a mirror")) for order in orders]

    async def prepare_account(self, *, hedge_mode: bool) -> None:
        """Set nothing."""

    async def prepare_symbol(self, symbol: str, *, leverage: int) -> None:
        """Set nothing."""

    def stream_state(self) -> StreamState:
        """Return that all is well."""
        return StreamState("up")


class Healing:
    """Looks once in the calm of every hour; I5 and I9, and the fills' profit against the ledger (item 26)."""

    def __init__(self, config: Config, paper: StreamPaper, clock: WarpClock, checker: Checker, folder: Path) -> None:
        self._config = config
        self._paper = paper
        self._clock = clock
        self._checker = checker
        self._folder = folder
        self._healed: set[int] = set()
        self._why = "no turn was taken"
        self._more: Counter[int] = Counter()

    async def after_turn(self, core: LoopCore) -> bool:
        """Look at a bot whose turn is over; tell whether it should take another at once, before the market moves."""
        hour, second = divmod(self._clock.monotonic(), HOUR_S)
        if not LOOK_FROM_S <= second < LOOK_UNTIL_S or hour in self._healed:
            return False
        self._why = self._unhealed(core)
        if self._why:
            # An order that replaces a like one waits a turn; a loop of one turn a minute would never be done.
            self._more[int(hour)] += 1
            return self._more[int(hour)] < _MORE_TURNS
        self._healed.add(int(hour))
        self._check_books(core)
        await self._check_restart(core)
        return False

    def check_hour(self) -> None:
        """Called at the end of each hour: it must have healed (I5)."""
        hour = int(self._clock.monotonic() // HOUR_S)
        if self._clock.monotonic() % HOUR_S >= LOOK_UNTIL_S and hour not in self._healed:
            self._checker.broken("I5", f"not as wanted 21 minutes after the last fault: {self._why}")

    def _unhealed(self, core: LoopCore) -> str:
        if core.last.blocked:
            return f"entries are blocked: {core.last.blocked[0]}"
        diff, account, now = core.difference_now(), core.observer.account, core.exchange.now_ms()
        # An order like one that has just filled waits some seconds, trouble or not.
        creates = [order for order in diff.creates if core.guards.why_not(order, account, now) != SENT_LATELY]
        if diff.cancels or creates:
            orders = [f"{order.symbol} {order.pside} {order.price}" for order in (*diff.cancels, *creates)]
            return f"{len(diff.cancels)} orders to cancel, {len(creates)} to create: {', '.join(orders[:4])}"
        if core.fills.count < self._paper.books.next_fill - 1:
            return "the newest fills are not known"
        believed = {order.id for order in core.observer.account.orders}
        true = set(self._paper.books.orders)
        return "" if believed == true else f"{len(believed ^ true)} orders are not as believed"

    def _check_books(self, core: LoopCore) -> None:
        fills = self._paper.ledger.fills()
        pnl = sum(fill.pnl for fill in fills)
        if core.fills.count != len(fills) or not isclose(core.fills.pnl_last, pnl, abs_tol=1e-6):
            self._checker.broken(
                "I9", f"{core.fills.count} fills, pnl {core.fills.pnl_last}; truly {len(fills)}, pnl {pnl}"
            )
        differences = self._paper.audit().differences
        if differences:
            self._checker.broken("I9", f"the ledger disagrees with its fills: {differences[0]}")

    async def _check_restart(self, core: LoopCore) -> None:
        """Let a restarted loop decide at this moment: it must want what rests, with the same modes and budgets."""
        if core.coins.markets != await self._paper.load_markets():
            return  # limits are read hourly, or when an order was refused for them
        mirror = Mirror(self._paper)
        prices = {symbol: ticker.last for symbol, ticker in core.observer.account.tickers.items()}
        again = fresh_core(self._config, mirror, self._folder, self._clock, core)
        try:
            turn = await self._warm_turn(again)
        except ExchangeError as error:
            self._checker.broken("I9", f"a restarted bot fails: {error.line()}")
            return
        finally:
            await again.close()
        if any(ticker.last != prices.get(symbol) for symbol, ticker in again.observer.account.tickers.items()):
            return  # the market has moved meanwhile
        # What both want may wait for a guard of the running one.
        if turn.diff and _wanted(turn) != _wanted(core.last):
            orders = [(o.symbol, o.pside, o.qty, o.price) for o in (*turn.diff.cancels, *turn.diff.creates)]
            self._checker.broken("I9", f"a restarted bot wants other orders: {orders[:3]}")
        if _at_work(again) != _at_work(core):
            self._checker.broken("I9", "a restarted bot has other modes")
        if not isclose(again.fills.pnl_max, core.fills.pnl_max, abs_tol=1e-6):
            self._checker.broken("I9", "a restarted bot has another unstuck budget")

    async def _warm_turn(self, core: LoopCore) -> Turn:
        turn = await core.turn()
        for _ in range(_WARM_TURNS):
            waiting = turn.decision.plan.waiting or not all(map(core.candles.warm, ("long", "short")))
            if not waiting and not turn.blocked:
                break
            await self._clock.sleep(0.05)
            turn = await core.turn()
        return turn


def _wanted(turn: Turn) -> dict[str, list[ExecutableOrder]]:
    return {symbol: orders for symbol, orders in turn.decision.wanted.items() if orders}


def _at_work(core: LoopCore) -> dict[Key, Mode]:
    """Return the modes that mean something: graceful stop of a flat side is what coins have that nobody speaks of."""
    held = core.observer.account.positions
    modes = core.last.decision.modes.modes
    return {key: mode for key, mode in modes.items() if key in held or mode is not Mode.GRACEFUL_STOP}
