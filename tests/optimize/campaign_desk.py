"""Whole runs on synthetic candles, in this process or in one of their own."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from search_home import NOW, SearchHome

from pbtui.backtest.sourcing import Sourcing
from pbtui.config import Config, load
from pbtui.core.clock import RealClock
from pbtui.jobs.events import Event
from pbtui.optimize.campaign import Campaign, Outcome
from pbtui.optimize.evaluate import Crew
from pbtui.optimize.folder import Plan, begin, reopen
from pbtui.optimize.genes import GeneSpace
from pbtui.optimize.ground import Ground, ground_of
from pbtui.optimize.scoring import Scoring
from pbtui.optimize.search import Search

SMALL = {"population_size": 10, "iters": 40, "write_all_results": True, "pareto_max_size": 100}


def optimize_config(home: SearchHome, bounds: dict[str, Any] | None = None, **optimize: Any) -> Config:
    home.config(bounds, **{**SMALL, **optimize})
    return load(home.base / "search.json", command="optimize", base_dir=home.base, now_ms=NOW)


def sourcing_of(home: SearchHome) -> Sourcing:
    return Sourcing(base_dir=home.base, clock=RealClock(), say=lambda _: None, offline=True)


class Desk:
    """Prepares the ground once, then runs campaigns on it."""

    def __init__(self, home: SearchHome, config: Config) -> None:
        self.home = home
        self.config = config
        self.space = GeneSpace.of(config)
        self.scoring = Scoring.of(config)
        self.events: list[Event] = []
        self.ground: Ground = asyncio.run(ground_of(self.space, self.scoring, sourcing_of(home), lambda _: None))

    def begin(self, seed: int = 1) -> Path:
        ground = self.ground
        return begin(
            self.config, Plan(seed), self.scoring, ground.datasets, ground.coins,
            base_dir=self.home.base, now_ms=NOW, suite=ground.suite,
        )  # fmt: skip

    def campaign(self, folder: Path, *, threads: int = 1, evaluate: Any = None) -> Campaign:
        opened = reopen(folder, base_dir=self.home.base)
        space = GeneSpace.of(opened.config, opened.plan.fine_tune)
        search = Search(space, opened.config.optimize, seed=opened.plan.seed, starts=opened.plan.starts)
        crew = Crew(evaluate or self.ground.evaluate, threads)
        self.crew = crew
        return Campaign(
            folder, self.ground.evaluate, search, crew,
            coins=self.ground.listed, clock=RealClock(), on_event=self.events.append,
        )  # fmt: skip

    def run(self, folder: Path, *, threads: int = 1, evaluate: Any = None) -> Outcome:
        campaign = self.campaign(folder, threads=threads, evaluate=evaluate)
        try:
            return campaign.run()
        finally:
            self.crew.close()


def front_of(folder: Path) -> dict[str, Any]:
    """Return the files of a front by name."""
    return {path.name: json.loads(path.read_text()) for path in sorted((folder / "pareto").glob("*.json"))}
