"""A suite held to unseen days: the deflated Sharpe ratio of a member is that of its weakest scenario."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from campaign_desk import optimize_config
from candle_walk import walk
from search_home import NOW, PRICES, SearchHome

from pbtui.backtest.inputs import engine_inputs, whole
from pbtui.config import load, load_changed
from pbtui.core.clock import DAY_MS, RealClock
from pbtui.engine.backtest import run_backtest
from pbtui.jobs.events import Stage
from pbtui.jobs.job import Job
from pbtui.market.store import CandleStore
from pbtui.optimize.all_results import Reader
from pbtui.optimize.job import CHILD, OptimizeJob
from pbtui.optimize.results import open_results
from pbtui.optimize.validation.statistics import Deflated, deflated_sharpe
from pbtui.optimize.validation.verdict import MemberVerdict, members_of, read_document

COINS = {"both": ["SOL", "XRP"], "one": ["SOL"]}
TRAIN = {"start_date": "2025-05-11", "end_date": "2025-05-16"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> SearchHome:
    made = SearchHome(tmp_path_factory.mktemp("suite"))
    store = CandleStore(made.base / "caches" / "ohlcv", "binance", clock=RealClock(), on_trouble=lambda _: None)
    for seed, (coin, price) in enumerate(PRICES.items()):
        store.write(f"{coin}/USDT:USDT", walk(price, seed, 9 * 1_440))
    optimize_config(made, scoring=["gain", "drawdown_worst"], population_size=6, iters=12, n_cpus=2)
    path = made.base / "search.json"
    document = json.loads(path.read_text())
    document["backtest"] |= {
        **TRAIN,
        "end_date": "2025-05-18",
        "scenarios": [{"label": label, "coins": coins} for label, coins in COINS.items()],
        "suite_enabled": True,
    }
    document["optimize"]["validation"] = {
        "method": "holdout", "holdout_pct": 0.28, "purge_days": 0, "jitter_runs": 0, "start_jitter_days": 0,
    }  # fmt: skip
    path.write_text(json.dumps(document))
    return made


@pytest.fixture(scope="module")
def folder(home: SearchHome) -> Path:
    async def run() -> Mapping[str, Any]:
        job = OptimizeJob(base_dir=home.base, offline=True, config=home.base / "search.json", seed=3)
        process = await Job.start(CHILD, job.to_request())
        stages = [event.text async for event in process.events() if isinstance(event, Stage)]
        assert "weighing the trials" in stages
        return await process.result()

    return Path(asyncio.run(run())["folder"])


def deflated(home: SearchHome, bot: Mapping[str, Any], coins: list[str], trials: int, variance: float) -> Deflated:
    """Return the ratio of a bot on the searched days of one scenario, run as a backtest of its own."""
    base = load(home.base / "search.json", command="backtest", base_dir=home.base, now_ms=NOW)
    changed = {
        **base.data,
        "bot": bot,
        "live": {**base.data["live"], "approved_coins": {"long": coins, "short": coins}},
        "backtest": {**base.data["backtest"], **TRAIN, "suite_enabled": False},
    }
    config = load_changed(base, changed, base_dir=home.base)
    inputs = engine_inputs(config, whole(home.data(config)))
    outcome = run_backtest(inputs.hlcvs, inputs.btc_usd, inputs.bots, inputs.markets, inputs.parameters)
    assert outcome.equity is not None
    last = {
        int(at) // DAY_MS: float(usd) for at, usd in zip(outcome.equity.timestamp_ms, outcome.equity.usd, strict=True)
    }
    ends = [last[day] for day in sorted(last)]
    found = deflated_sharpe([now / before - 1.0 for before, now in pairwise(ends)], trials, variance)
    assert found is not None
    return found


def test_each_scenario_is_held_against_its_own_trials(home: SearchHome, folder: Path) -> None:
    document = read_document(folder)
    assert document is not None
    found: dict[str, MemberVerdict] = members_of(document)
    records = list(Reader(folder / "all_results.bin"))
    assert document["trials"] == len(records)
    told = [record["suite_metrics"]["metrics"]["sharpe_ratio_usd"]["scenarios"] for record in records]
    variances = {label: float(np.var([each[label] for each in told if each.get(label) is not None])) for label in COINS}
    assert variances["both"] != variances["one"]
    results = open_results(folder, base_dir=home.base)
    for member in results.members:
        by_label = {
            label: deflated(home, member.config["bot"], coins, len(records), variances[label])
            for label, coins in COINS.items()
        }
        label = min(by_label, key=lambda name: by_label[name].probability)
        mine = found[member.id]
        assert mine.deflated_sharpe == pytest.approx(by_label[label].probability, rel=1e-9)
        assert mine.sharpe == pytest.approx(by_label[label].sharpe, rel=1e-9)
        assert mine.expected_best == pytest.approx(by_label[label].expected_best, rel=1e-9)
        assert member.value("deflated_sharpe") == mine.deflated_sharpe
    assert document["deflated_sharpe"] is not None
