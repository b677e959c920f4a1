"""One seed: a bot that lives, dies and lives again for some hours, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pbtui.config import Config, load
from pbtui.config.pipeline import PROGRAM_ROOT
from pbtui.core.clock import HOUR_MS
from pbtui.core.types import PSIDES
from pbtui.exchange.paper.factory import open_paper
from pbtui.exchange.private.budget import Budget
from pbtui.exchange.silence import Silence
from pbtui.live.errors import ErrorBudgetSpent
from pbtui.live.rules import Rules
from pbtui.live.sim.checker import Breach, Checker
from pbtui.live.sim.healing import Healing
from pbtui.live.sim.market import SimMarket
from pbtui.live.sim.server import PER_MINUTE, Server
from pbtui.live.sim.subject import WatchedBot
from pbtui.live.sim.timewarp import WarpClock, run_warped
from pbtui.live.sim.venue import SimVenue
from pbtui.live.sim.weather import HOUR_S, Weather
from pbtui.live.sim.world import TICK_S, World
from pbtui.market.synthetic import FIRST_MS

CONFIG = PROGRAM_ROOT / "configs" / "examples" / "paper.hjson"
_COINS = ("BTC", "ETH", "SOL", "XRP", "ADA", "DOGE")
_RESERVE = 100.0
_RESTART_S = 61.0  # the pause a supervisor makes, at most


@dataclass(frozen=True, slots=True)
class SimReport:
    """What a simulation did; the same seed gives the same `journal`."""

    seed: int
    hours: int
    journal: str
    breach: Breach | None
    requests: int
    orders: int
    fills: int
    lives: int
    kills: int
    faults: dict[str, int]  # strokes of each fault


def simulate(seed: int, hours: int, folder: Path, *, only: Iterable[str] = ()) -> SimReport:
    """Run one seed in an empty folder; `only` names the faults to use instead of the seed's choice.

    Raises nothing for what the bot does: a breach of an invariant is in the report.
    """
    weather = Weather(seed, hours, only=only)
    config = _config(weather)

    async def run() -> SimReport:
        # Made within the loop: its clock is the loop's.
        return await _Simulation(seed, hours, folder, weather, config).run()

    return run_warped(run())


def _config(weather: Weather) -> Config:
    """Return the demo configuration with coins and pace chosen by the seed."""
    coins = sorted(weather.dice.sample(_COINS, weather.dice.choice((2, 3, 3, 4))))
    by_minute = weather.dice.random() < 0.5
    flags: dict[str, object] = {
        "live.approved_coins": ",".join(coins),
        "live.mimic_backtest_1m_delay": by_minute,
        "live.execution_delay_seconds": 2 if by_minute else weather.dice.choice((5, 20)),
        # A lively market and small batches would never agree, faults or not.
        "live.max_n_creations_per_batch": 20,
        "live.max_n_cancellations_per_batch": 20,
        "live.market_orders_allowed": weather.dice.random() < 0.3,
    }
    return load(CONFIG, flags=flags, base_dir=PROGRAM_ROOT, now_ms=FIRST_MS)


class _Simulation:
    """The parts of one run; everything below runs in simulated time."""

    def __init__(self, seed: int, hours: int, folder: Path, weather: Weather, config: Config) -> None:
        self._seed = seed
        self._hours = hours
        self._folder = folder
        self._weather = weather
        self._config = config
        self._clock = WarpClock(FIRST_MS + HOUR_MS, seed)
        self._market = SimMarket(self._clock, weather, seed, _COINS, first_ms=FIRST_MS)
        self.lives = 0
        self.kills = 0

    async def run(self) -> SimReport:
        clock, weather = self._clock, self._weather
        paper = open_paper(
            self._market, self._folder / "ledger.db", start_balance=1_000.0, clock=clock, partial_fills=True
        )
        await paper.start()
        rules = Rules(self._config)
        checker = Checker(clock, paper, {pside: rules.side(pside).twel for pside in PSIDES})
        server = Server(checker.broken)
        world = World(paper, self._market, clock, weather, checker)
        healing = Healing(self._config, paper, clock, checker, self._folder_of("again"))
        ticking = asyncio.create_task(self._tick(world, healing, checker))
        try:
            while not ticking.done():
                budget = Budget(clock, PER_MINUTE, reserve=_RESERVE, path=self._folder / "budget")
                silence = Silence(clock, self._folder / "silence")
                venue = SimVenue(paper, self._market, server, clock, weather, checker, budget, silence)
                await self._life(venue, world, healing, checker, ticking)
            await ticking
        finally:
            ticking.cancel()
        report = SimReport(
            self._seed,
            self._hours,
            checker.digest(),
            checker.breach,
            server.requests,
            paper.books.next_order - 1,
            paper.books.next_fill - 1,
            self.lives,
            self.kills,
            dict(sorted(weather.struck.items())),
        )
        paper.ledger.abandon()
        return report

    async def _tick(self, world: World, healing: Healing, checker: Checker) -> None:
        """Move the world until the time is over or an invariant is broken."""
        while self._clock.monotonic() < self._hours * HOUR_S and checker.breach is None:
            await self._clock.sleep(TICK_S)
            await world.tick()
            healing.check_hour()

    async def _life(
        self, venue: SimVenue, world: World, healing: Healing, checker: Checker, ticking: asyncio.Task[None]
    ) -> None:
        """Run a bot until it ends, is killed, or the simulation is over; then wait as a supervisor would."""
        self.lives += 1
        bot = WatchedBot(
            self._config, venue, self._folder_of("run"), self._clock, self._weather, checker, healing.after_turn
        )
        await venue.start()
        world.bot = bot
        running = asyncio.create_task(bot.run())
        killed = asyncio.create_task(venue.killed.wait())
        try:
            await asyncio.wait({running, killed, ticking}, return_when=asyncio.FIRST_COMPLETED)
            self.kills += venue.killed.is_set()
        finally:
            world.bot = None
            killed.cancel()
            running.cancel()
            await asyncio.wait({running})
            await venue.close()
        checker.log("life over", "killed" if venue.killed.is_set() else "ended")
        if not running.cancelled() and not venue.killed.is_set():
            with suppress(ErrorBudgetSpent):
                running.result()
        dice = self._weather.dice
        pause = asyncio.create_task(self._clock.sleep(dice.choice((0.1, dice.uniform(1.0, _RESTART_S)))))
        await asyncio.wait({pause, ticking}, return_when=asyncio.FIRST_COMPLETED)
        pause.cancel()

    def _folder_of(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder
