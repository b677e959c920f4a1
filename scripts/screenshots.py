#!/usr/bin/env python3
"""Make docs/images/*.svg: the stories of the console picture most, the program on recorded candles the rest."""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from pbtui.cli.plan import make_plan
from pbtui.cli.run_args import parse
from pbtui.cli.session import open_session
from pbtui.config.parse import parse_file
from pbtui.console.app import ConsoleApp, ConsoleOptions
from pbtui.core.actions import SetReplaySpeed
from pbtui.core.clock import RealClock
from pbtui.link.local import LocalLink
from pbtui.live.lag import LagMeter
from pbtui.market.holdings import Library
from pbtui.market.transfer.take import find_files, take

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from console.stories.stage import slim  # noqa: E402 - of the tests, which are no package

IMAGES = ROOT / "docs" / "images"
CANDLES = Path(os.environ.get("PBTUI_CANDLES") or ROOT.parent / "shared" / "data" / "candles") / "binanceusdm"
LARGE = (120, 36)
# What the stories do not tell, for it needs stored candles: name, size, theme, keys from the live screen.
SCENES = (
    ("log-120x36", LARGE, "dark", ("7",)),
    ("config-120x36", LARGE, "dark", ("6", *["down"] * 6)),
    ("fills-120x36", LARGE, "dark", ("8", *["down"] * 3)),
    ("candles-120x36", LARGE, "dark", ("5", *"ssssS", "home", "V", "tab", "down")),
    ("backtest-120x36", LARGE, "dark", ("2", "right_square_bracket")),
    ("replay-120x36", LARGE, "dark", ("2", "m", *"nnnnnn")),
    ("search-120x36", LARGE, "dark", ("3",)),
    ("pareto-120x36", LARGE, "dark", ("4", *["down"] * 4)),
)
DAYS = {"exchanges": "binance", "coins": "BTC,ETH,SOL,XRP,ADA,DOGE", "start": "2025-05-12", "end": "2025-06-03"}
SEARCH = {
    "bounds": {
        "long_entry_grid_spacing_pct": [0.004, 0.03],
        "long_entry_grid_double_down_factor": [0.3, 1.2],
        "long_entry_initial_qty_pct": [0.02, 0.1],
        "long_entry_initial_ema_dist": [-0.01, 0.005],
        "long_close_grid_markup_start": [0.003, 0.015],
        "long_total_wallet_exposure_limit": [0.5, 1.5],
    },
    "scoring": ["adg", "drawdown_worst"],
    "limits": [],
    "population_size": 40,
    "iters": 600,
    "n_cpus": 1,
    "crossover_probability": 0.64,
    "mutation_probability": 0.34,
}
SEARCHED = 0.7  # share of the evaluations that are done in the picture of a search
# The pictures of the stories that are kept; the others can be had with `pytest tests/console/stories --pictures DIR`.
KEPT = ("live-120x36", "live-80x24", "coin-120x36", "equity-120x36", "panic-120x36", "phone-40x20", "lost-120x36",
        "light-120x36")  # fmt: skip
FEWEST_POSITIONS, FEWEST_FILLS, PATIENCE_S, REST_S = 4, 60, 90, 0.6


def tell_stories(only: str) -> None:
    """Have the stories make their pictures, and keep those that are wanted."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["-n", "0", "-q", str(ROOT / "tests" / "console" / "stories"), "--pictures", folder]
        subprocess.run([sys.executable, "-m", "pytest", *words], cwd=ROOT, check=True)
        for name in KEPT:
            if only in name:
                shutil.copyfile(Path(folder) / f"{name}.svg", IMAGES / f"{name}.svg")
                print(f"docs/images/{name}.svg")


def store_candles(base: Path) -> None:
    """Put recorded candles of some coins and venues into the store of a base folder, for the picture of it."""
    library = Library(base, RealClock(), lambda trouble: print(trouble.line(), file=sys.stderr))
    for place, exchange in (("binanceusdm", "binance"), ("bybit", "bybit"), ("binance_spot_2021", "binance_spot")):
        folder = CANDLES.parent / place
        for found in find_files(folder, exchange)[0] if folder.is_dir() else ():
            library.store(exchange).write(found.symbol, take(found).rows)


async def backtest(app: ConsoleApp, config: Path) -> None:
    """Run a backtest over the recorded candles, as the form of the backtest screen does."""
    desk, form = app.backtests, app.state.backtest.form
    desk.choose_config(config)
    await desk.idle()
    form.typed = dict(DAYS)
    form.put("offline", "yes")
    job = desk.runs.start(form)
    await until(lambda: not job.running)
    if job.state != "done":
        raise SystemExit(f"no backtest to picture: {job.line}")


async def search(app: ConsoleApp, config: Path) -> None:
    """Begin a search over the recorded candles, as the form of its screen does, and wait for most of it."""
    asked = app.backtests.base_dir / "configs" / "search.json"
    asked.parent.mkdir(exist_ok=True)
    days = {"start_date": DAYS["start"], "end_date": DAYS["end"], "exchanges": ["binance"]}
    raw = parse_file(config)
    raw["backtest"] = raw.get("backtest", {}) | days
    raw["live"]["approved_coins"] = ["ETH", "SOL", "XRP"]
    kept = {f"{pside}_{name}": [value, value] for pside in raw["bot"] for name, value in raw["bot"][pside].items()}
    raw["optimize"] = SEARCH | {"bounds": kept | SEARCH["bounds"]}
    asked.write_text(json.dumps(raw), "utf-8")
    desk, form = app.optimizer, app.state.optimize.form
    desk.choose_config(asked)
    await desk.idle()
    form.typed = {"seed": "7"}
    form.put("offline", "yes")
    job = desk.searches.start(form)
    app.state.optimize.current = job.number
    await until(lambda: not job.running or (job.last and job.last.evaluations >= SEARCHED * SEARCH["iters"]))


async def search_ended(app: ConsoleApp) -> None:
    """Wait for the end of the search, and have its front read."""
    (job,) = app.state.optimize.searches.values()
    await until(lambda: not job.running)
    if job.state != "done":
        raise SystemExit(f"no front to picture: {job.line}")


async def until(wanted: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    for _ in range(PATIENCE_S * 4):
        if wanted():
            return
        await asyncio.sleep(0.25)
    raise SystemExit("it never came to this")


async def until_busy(app: ConsoleApp, link: LocalLink) -> None:
    """Wait until the bot holds something worth a picture, then slow the market down."""
    for _ in range(PATIENCE_S * 4):
        snap = app.state.snapshot
        held = sum(row.size != 0 for row in snap.positions) if snap else 0
        if snap and held >= FEWEST_POSITIONS and snap.money.n_fills >= FEWEST_FILLS:
            break
        await asyncio.sleep(0.25)
    await link.act(SetReplaySpeed(60.0))
    await asyncio.sleep(2.0)


async def picture(
    pilot: Pilot, app: ConsoleApp, name: str, size: tuple[int, int], theme: str, keys: tuple[str, ...]
) -> None:
    app.use_theme(theme)
    await pilot.resize_terminal(*size)
    await asyncio.sleep(REST_S)
    for key in keys:
        await pilot.press(key)
        await asyncio.sleep(REST_S)
    await app.candles.idle()
    await app.backtests.idle()
    await app.optimizer.idle()
    app.refresh_views()
    app.ask_chart()
    await asyncio.sleep(REST_S)
    (IMAGES / f"{name}.svg").write_text(slim(app.export_screenshot()), encoding="utf-8")
    print(f"docs/images/{name}.svg")
    await pilot.press("escape")
    await asyncio.sleep(REST_S)
    app.live.query_one("#positions").focus()


async def prepare(app: ConsoleApp, name: str, config: Path, begun: set[str]) -> None:
    """Do what a picture is of; `begun` is what was done for those before."""
    if name in ("backtest", "replay") and "backtest" not in begun:
        begun.add("backtest")
        await backtest(app, config)
    elif name in ("search", "pareto"):
        if "search" not in begun:
            begun.add("search")
            await search(app, config)
        if name == "pareto":
            await search_ended(app)


async def make(words: list[str], only: str) -> None:
    clock = RealClock()
    plan = make_plan(parse(words))
    store_candles(plan.options.base_dir)
    async with open_session(plan, clock, linger=True) as session:
        bot = asyncio.create_task(session.supervisor.run())
        link = LocalLink(session.supervisor, session.seats)
        app = ConsoleApp(link, ConsoleOptions(theme="dark", ascii_only=False, base_dir=plan.options.base_dir))
        async with app.run_test(size=LARGE) as pilot:
            await until_busy(app, link)
            begun: set[str] = set()
            for scene in SCENES:
                if only in scene[0]:
                    await prepare(app, scene[0].partition("-")[0], Path(words[0]), begun)
                    await picture(pilot, app, *scene)
        session.supervisor.request_stop("keep")
        await bot


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default=str(ROOT / "configs" / "examples" / "paper.hjson"))
    parser.add_argument("--only", default="", help="only pictures with this in their name")
    given = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    LagMeter.start = lambda self: None  # drawing takes longer than a bot's turn may
    if any(given.only in name for name in KEPT):
        tell_stories(given.only)
    if not any(given.only in scene[0] for scene in SCENES):
        return 0
    market = ["--replay", str(CANDLES), "--coins", "BTC,ETH,SOL,XRP,ADA"] if CANDLES.is_dir() else ["--synthetic"]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        config = Path("configs", Path(given.config).name)  # no picture shows where this was made
        config.parent.mkdir()
        shutil.copyfile(given.config, config)
        asyncio.run(make([str(config), "--base-dir", ".", "--speed", "6000", *market], given.only))
    return 0


if __name__ == "__main__":
    sys.exit(main())
