"""Everybody else in a simulation: the market, strangers on the account, the operator, clocks, signals."""

from __future__ import annotations

from collections.abc import Callable

from pbtui.core.actions import SetMode, Target
from pbtui.core.types import PSIDES, Mode, OrderKind, OrderRequest, Pside, order_side
from pbtui.engine.numerics import round_
from pbtui.exchange.paper.stream import StreamPaper
from pbtui.live.bot import Bot
from pbtui.live.sim.checker import Checker
from pbtui.live.sim.market import SimMarket
from pbtui.live.sim.timewarp import WarpClock
from pbtui.live.sim.weather import Weather, calm

TICK_S = 15.0
_SILENCING = ("storm", "garbage", "limits")
STRANGER_S = 180.0  # so long after a stranger traded, what rests may not fit what is held
SUSPEND_MS = 600_000
_MODES = (Mode.GRACEFUL_STOP, Mode.TP_ONLY, Mode.MANUAL, Mode.PANIC, Mode.NORMAL, None)


class World:
    """Moves everything by a quarter of a minute at a time; `bot` is the one alive, if any."""

    def __init__(
        self, paper: StreamPaper, market: SimMarket, clock: WarpClock, weather: Weather, checker: Checker
    ) -> None:
        self.bot: Bot | None = None
        self._paper = paper
        self._market = market
        self._clock = clock
        self._weather = weather
        self._checker = checker
        self._strangers = 0
        self._suspended_at = float("-inf")

    async def tick(self) -> None:
        """Let the market move, then everybody do what they do; the true account is checked after each."""
        self._market.play()
        self._checker.step()
        at_s = self._clock.monotonic()
        await self._stranger(at_s)
        if calm(at_s):
            await self._calm()
        else:
            self._trouble(at_s)
            await self._operator(at_s)
        self._checker.step()

    def _trouble(self, at_s: float) -> None:
        weather, clock = self._weather, self._clock
        if weather.strikes("clock", at_s, share=0.5):
            clock.skew_ms = weather.dice.choice((-90_000, -5_000, -800, 800, 5_000, 90_000))
        if at_s - self._suspended_at > 1_200.0 and weather.strikes("suspend", at_s, share=0.2):
            self._suspended_at = at_s
            clock.lost_ms += SUSPEND_MS
            self._market.play()
        if weather.strikes("market", at_s, share=0.05):
            self._market.change_limits(self._any_symbol())
        if self.bot is not None and weather.strikes("signal", at_s, share=0.05):
            self._checker.stopping = True
            self.bot.request_stop()

    async def _operator(self, at_s: float) -> None:
        if self.bot is None or not self._weather.strikes("operator", at_s, share=0.2):
            return
        symbol, pside = self._any_symbol(), self._weather.dice.choice(PSIDES)
        await self._set_mode(symbol, pside, self._weather.dice.choice(_MODES))

    async def _set_mode(self, symbol: str, pside: Pside, mode: Mode | None) -> None:
        if self.bot is None or self.bot.latest is None or self.bot.latest.health.state in ("stopped", "finished"):
            return
        coin = symbol.partition("/")[0]
        result = await self.bot.act(SetMode((Target(symbol, pside),), mode, by="sim", confirm=coin))
        if not result.ok:
            return
        if mode is None:
            self._checker.hand.pop((symbol, pside), None)
        else:
            self._checker.hand[(symbol, pside)] = (mode, self._clock.monotonic())

    async def _calm(self) -> None:
        for symbol, pside in list(self._checker.hand):
            await self._set_mode(symbol, pside, None)
        left = [r.order for r in self._paper.books.orders.values() if not r.order.client_id.startswith("0x")]
        if left:
            await self._paper.cancel_orders(left)

    async def _stranger(self, at_s: float) -> None:
        if any(self._weather.strength(fault, at_s) for fault in _SILENCING):
            # Whoever hears nothing sensible, or may not speak, can't take back what fits no more.
            for symbol, until_s in self._checker.foreign_until_s.items():
                if until_s > at_s:
                    self._checker.foreign_until_s[symbol] = at_s + STRANGER_S
        for resting in self._paper.books.orders.values():
            if not resting.order.client_id.startswith("0x"):
                self._checker.foreign_until_s[resting.order.symbol] = at_s + STRANGER_S
        if not self._weather.strikes("foreign", at_s, share=0.15):
            return
        dice = self._weather.dice
        symbol, pside = self._any_symbol(), dice.choice(PSIDES)
        closing = dice.random() < 0.4
        side = order_side(pside, closing=closing)
        market, price = (await self._market.markets())[symbol], self._market.price(symbol)
        kind: OrderKind = dice.choice(("limit", "market"))
        away = dice.uniform(0.001, 0.02) * (-1 if side == "buy" else 1)
        qty = max(market.min_qty, round_(dice.uniform(10.0, 60.0) / price, market.qty_step))
        self._strangers += 1
        request = OrderRequest(
            symbol=symbol,
            side=side,
            pside=pside,
            qty=qty,
            price=round_(price * (1 + away), market.price_step),
            reduce_only=closing,
            kind=kind,
            client_id=f"manual-{self._strangers}",
            order_type="",
        )
        self._checker.foreign_until_s[symbol] = at_s + STRANGER_S
        await self._paper.create_orders([request])

    def _any_symbol(self) -> str:
        return self._weather.dice.choice(sorted(self._market.inner.bars(self._clock.true_ms() // 60_000 * 60_000)))


def spoil(dice: Callable[[], float], qty: float, price: float) -> tuple[float, float]:
    """Return quantity and price of an order as a broken engine might give them."""
    kind = int(dice() * 6)
    return (
        (float("nan"), price),
        (qty, float("inf")),
        (-qty, price),
        (qty * 1e4, price),
        (qty, -price),
        (qty, float("nan")),
    )[min(kind, 5)]
