"""The bot under test: the real one, with an engine that may answer nonsense and a look at it after each turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

from pbtui.config import Config
from pbtui.core.clock import Clock
from pbtui.core.snapshot import AccountHead
from pbtui.engine.errors import EngineError
from pbtui.engine.execution import ExecutableOrder
from pbtui.exchange.port import Exchange
from pbtui.live.account import Account
from pbtui.live.bot import Bot
from pbtui.live.decide import Decider
from pbtui.live.events import EventLog
from pbtui.live.inputs import SymbolInput
from pbtui.live.plan import Plan
from pbtui.live.sim.checker import Checker
from pbtui.live.sim.timewarp import WarpClock
from pbtui.live.sim.weather import Weather
from pbtui.live.sim.world import spoil
from pbtui.live.store import RunStore
from pbtui.live.turn import LoopCore

HEAD = AccountHead("sim", "simulated", "USDT", "paper", "SIM", hedge_mode=True, config_name="sim")
Panic = Mapping[str, list[ExecutableOrder]]


class OddDecider(Decider):
    """A decider whose engine breaks as the weather says."""

    weather: Weather
    checker: Checker
    now_s: Callable[[], float]

    def _plan(self, account: Account, symbols: list[SymbolInput], panic: Panic) -> Plan:
        plan = super()._plan(account, symbols, panic)
        self.checker.bad_plan = False
        if not symbols or not self.weather.strikes("engine", self.now_s(), share=0.4):
            return plan
        self.checker.bad_plan = True
        if self.weather.dice.random() < 0.2:
            raise EngineError("\x1b[2Jpanicked (injected)")
        for symbol, orders in plan.raw.items():
            for at, order in enumerate(orders):
                if not order.order_type.startswith("close_panic"):
                    qty, price = spoil(self.weather.dice.random, order.qty, order.price)
                    orders[at] = replace(order, qty=qty, price=price)
                    plan.wanted[symbol][at] = replace(plan.wanted[symbol][at], qty=qty, price=price)
                    return plan
        self.checker.bad_plan = False
        return plan


class WatchedBot(Bot):
    """The bot, telling a checker when it has decided and somebody else when a turn is over."""

    def __init__(
        self,
        config: Config,
        exchange: Exchange,
        run_dir: Path,
        clock: WarpClock,
        weather: Weather,
        checker: Checker,
        after_turn: Callable[[LoopCore], Awaitable[bool]],
    ) -> None:
        self._checker = checker
        self._warp = clock
        self._after_turn = after_turn
        super().__init__(config, exchange, run_dir=run_dir, clock=clock, head=HEAD)
        self.events.subscribe(checker.take_row)
        core = self.core
        odd = OddDecider(exchange, core.rules, core.coins, core.candles, core.trailing, core.fills, core.ages)
        odd.weather, odd.checker, odd.now_s = weather, checker, clock.monotonic
        core.decider = odd
        checker.new_life(core)

    def _on_decided(self) -> None:
        self._checker.decided_s = self._warp.monotonic()
        self._checker.deaf = self.core.exchange.stream_state().deaf
        super()._on_decided()

    async def _one_turn(self) -> None:
        await super()._one_turn()
        if await self._after_turn(self.core):
            self.wake()


def fresh_core(config: Config, exchange: Exchange, folder: Path, clock: Clock, core: LoopCore) -> LoopCore:
    """Return a loop as a restart would build it: only what is on disk and on the venue is the same."""
    for path in (core.store.path, core.under_way.path):
        if path is None:
            continue
        (folder / path.name).unlink(missing_ok=True)
        if path.exists():
            (folder / path.name).write_bytes(path.read_bytes())
    return LoopCore(config, exchange, RunStore(folder), EventLog(exchange.now_ms), clock)
