"""Pictures of the candles screen at two sizes (others are in test_sizes_past); the words in them are asserted too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from pbtui.console.app import ConsoleApp, ConsoleExit
from pbtui.console.candles.view import Fetch, FetchRow
from pbtui.core.clock import VirtualClock

from .candles_support import BTC, ETH, PEPE, at_rest, fill, picker, write_config
from .sample import NOW_MS, ScriptedLink, snapshot
from .support import LARGE, SMALL, Desk, make_app

SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])


def downloading(app: ConsoleApp) -> None:
    """Let a download be under way, as its news would."""
    rows = [
        FetchRow("binance", BTC, "BTC", 120_000, 432_000, "archive", "running"),
        FetchRow("binance", ETH, "ETH", 302_400, 302_400, "archive", "done"),
        FetchRow("bybit", BTC, "BTC", 0, 432_000),
        FetchRow("bybit", PEPE, "PEPE", 500, 108_000, "venue", "failed", "bybit answers 403: not from this country"),
    ]
    table = {(row.exchange, row.symbol): row for row in rows}
    app.state.candles.fetch = Fetch("paper.hjson", True, "", table, 422_900, 1_274_400, 11_800.0, 72.0)
    app.state.candles.view = 2 if app.size.width < 100 else 1
    app.screen.layout_changed()  # type: ignore[attr-defined]


# name -> (keys, words that must be there)
SCENES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "map": ((), ("Candles: 4 coins · 3 exchanges", "13,113", "Gaps: BTC · 3", "week of 2025-05-12")),
    "cell": (("left",) * 17, ("week of 2025-01-13", "98.51 %", "150 min missing")),
    "findings": (("A", "V"), ("Findings", "gap", "150")),
    "download": ((), ("Download 33.18 % · 1 min 12 s left", "from arc", "waiting")),
    "delete": (("X",), ("Delete candles of BTC", "binance BTC/USDT:USDT", "y delete", "esc Cancel")),
    "pick": (("w",), ("Download what a config needs", "configs/alpha.json")),
    "empty": ((), ("no candles in caches/ohlcv", "w   download")),
}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("base")
    fill(base)
    write_config(base)
    return base


@SIZES
@pytest.mark.parametrize("scene", SCENES)
def test_picture(
    scene: str,
    size: tuple[int, int],
    full: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    snap_compare: Callable[..., bool],
) -> None:
    keys, words = SCENES[scene]
    monkeypatch.chdir(tmp_path if scene == "empty" else full)
    clock = VirtualClock(NOW_MS)
    app = make_app(ScriptedLink(snapshot(warnings=())), clock, base_dir=Path())
    app.tick = lambda: None  # type: ignore[method-assign]

    async def play(pilot: Pilot[ConsoleExit]) -> None:
        found = Desk(app, app.link, clock, pilot)  # type: ignore[arg-type]
        await found.settle()
        await found.press("5")
        await at_rest(found)
        if scene == "download":
            downloading(app)
        if scene == "pick":
            dialog = await picker(found)
            dialog.query_one(Input).cursor_blink = False
        else:
            await found.press(*keys)
        await at_rest(found)
        for word in words:
            assert word in found.text, f"{word!r} is not on the screen:\n{found.text}"
        assert app.draw_fault == ""

    assert snap_compare(app, terminal_size=size, run_before=play)
