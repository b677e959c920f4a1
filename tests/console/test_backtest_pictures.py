"""Pictures of the backtest screen at two sizes (others are in test_sizes_past); the words in them are asserted too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from pbtui.console.app import ConsoleApp, ConsoleExit
from pbtui.console.backtest.view import RunJob
from pbtui.console.dialogs.adopt import AdoptDialog
from pbtui.console.screens.backtest import BacktestScreen
from pbtui.core.clock import VirtualClock
from pbtui.jobs.events import EquitySample, FillsCount, Progress, Stage

from .backtest_support import START_MS, at_rest, full, keys
from .sample import NOW_MS, ScriptedLink, snapshot
from .support import LARGE, SMALL, Desk, make_app, until

SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
NARROW = ("v",)  # leads from the lists to the result where both do not fit


def running(app: ConsoleApp) -> None:
    """Let two runs be under way and one have crashed, as their news would."""
    view = app.state.backtest
    job = RunJob(1, "configs/long.json", "running")
    job.standing.take(Stage("simulating"))
    for n in range(200):
        job.sample("", START_MS + n * 3_600_000, 10_000.0 + 3 * n, 10_000.0 + 3 * n - (n * 37) % 101)
    for event in (FillsCount(431), EquitySample(START_MS, 10_597.0, 10_541.0), Progress(63, 100, 1_240_000.0, 41.0)):
        job.standing.take(event)
    job.note("SYNB: 12 minutes missing on 2024-03-04, filled")
    crashed = RunJob(2, "configs/huge.json", "failed", line="the job ended before its result: killed by SIGKILL")
    crashed.last_lines = ("reading candles ETH", "MemoryError")
    view.jobs = {1: job, 2: crashed}
    view.current, view.page = 1, 1
    screen = app.screen
    assert isinstance(screen, BacktestScreen)
    screen.changed()


def crashed(app: ConsoleApp) -> None:
    """Look at the run that has crashed."""
    running(app)
    app.state.backtest.current = 2


# name -> (keys, words that must be there, what happens before)
Prepare = Callable[[ConsoleApp], None]
SCENES: dict[str, tuple[tuple[str, ...], tuple[str, ...], Prepare | None]] = {
    "lists": ((), ("Runs 4", "the shipped template", "24-04-02 10:00"), None),
    "summary": (NARROW, ("[Summary]", "1.0500", "8.000%", "pbtui 0.1.0"), None),
    "compare": (("c", "down", *NARROW), ("against binance", "▼-0.1280", "▲+4.215%"), None),
    "suite": (("down", "down", *NARROW), ("scenario", "aggregated", "calm"), None),
    "equity": ((*NARROW, "]"), ("equity 8,838.34", "drawdown, worst -12.02%"), None),
    "coins": ((*NARROW, "]", "]"), ("▲+98.50", "▼-277.88", "29.3"), None),
    "fills": ((*NARROW, "]", "]", "]"), ("1,239 fills", "401.75"), None),
    "fill": (("enter", "]", "]", "]", "enter", "full_stop"), ("buy 0.47 @ 401.75", "candles (15m)"), None),
    "exposure": ((*NARROW, "["), ("long, most 1.1000", "short, most 0.6001"), None),
    "running": ((), ("simulating", "63%", "0:41 left", "431 fills", "12 minutes missing"), running),
    "crashed": ((), ("killed by SIGKILL", "MemoryError"), crashed),
    "adopt": (("d",), ("pbtui run configs/live_2024-04-02", "n_positions", "y write the file"), None),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return full(tmp_path_factory.mktemp("base"))


@SIZES
@pytest.mark.parametrize("scene", SCENES)
def test_picture(
    scene: str, size: tuple[int, int], base: Path, monkeypatch: pytest.MonkeyPatch, snap_compare: Callable[..., bool]
) -> None:
    pressed, words, prepare = SCENES[scene]
    if size != SMALL:
        pressed = tuple(key for key in pressed if key != "v")
    monkeypatch.chdir(base)
    clock = VirtualClock(NOW_MS)
    app = make_app(ScriptedLink(snapshot(warnings=())), clock, base_dir=Path())
    app.tick = lambda: None  # type: ignore[method-assign]

    async def play(pilot: Pilot[ConsoleExit]) -> None:
        found = Desk(app, app.link, clock, pilot)  # type: ignore[arg-type]
        await found.settle()
        await found.press("2")
        await at_rest(found)
        await keys(found, *pressed)
        if prepare is not None:
            prepare(app)
            await at_rest(found)
        if isinstance(app.screen, AdoptDialog):
            dialog = app.screen
            await until(lambda: dialog.adoption is not None)
        app.notes.take_undo(clock.monotonic())  # the message has faded
        await at_rest(found)
        for word in words:
            assert word in found.text, f"{word!r} is not on the screen:\n{found.text}"
        assert app.draw_fault == ""

    assert snap_compare(app, terminal_size=size, run_before=play)
