from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pbtui.exchange.port import Candles
from tests.support.canaries import Canaries, tells
from tests.support.venue_server import load_candles
from tests.venues.hyperliquid import HyperliquidDialect
from tests.venues.paradex import ParadexDialect
from tests.venues.simulator import KEY, PASSPHRASE, SECRET, START_MS, Simulator
from tests.venues.trader import Trader

_DAY_MS = 86_400_000
_HERE = Path(__file__).parent
SECRETS = (KEY, SECRET, PASSPHRASE, *HyperliquidDialect.secrets, *ParadexDialect.secrets)


@pytest.fixture(autouse=True)
def canaries(tmp_path: Path) -> Iterator[Canaries]:
    """Search what each test has logged at any level and written to any file for the secrets it used."""
    with Canaries(SECRETS) as found:
        yield found
    assert found.in_lines() == []
    assert found.in_files(tmp_path) == []


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Let a test fail that printed a secret."""
    outcome: Any = yield
    report: pytest.TestReport = outcome.get_result()
    if _HERE in item.path.parents and tells(report.capstdout.encode() + report.capstderr.encode(), SECRETS):
        report.outcome, report.longrepr = "failed", "a secret was printed"


@cache
def _days(candles_dir: Path) -> dict[str, Candles]:
    found = load_candles(candles_dir / "binanceusdm", ["BTC", "ETH", "SOL"])
    return {coin: each.since(int(each.ts_ms[-1]) - 5 * _DAY_MS) for coin, each in found.items()}


@pytest.fixture
def simulate(candles_dir: Path, tmp_path: Path) -> Iterator[Callable[..., Simulator]]:
    """Starts venues over five recorded days of three coins."""
    running: list[Simulator] = []

    def make(dialect: type[Any], **options: Any) -> Simulator:
        simulator = Simulator(_days(candles_dir), tmp_path, start_ms=START_MS, **options).speak(dialect)
        simulator.start()
        running.append(simulator)
        return simulator

    yield make
    for simulator in running:
        simulator.stop()


@pytest.fixture
def trader(tmp_path: Path) -> Iterator[Callable[..., Trader]]:
    """Makes bots of the real command on a venue."""
    made: list[Trader] = []

    def make(simulator: Simulator, *words: str) -> Trader:
        made.append(Trader(tmp_path / f"b{len(made)}", simulator, *words))
        return made[-1]

    yield make
    for each in made:
        each.end()
