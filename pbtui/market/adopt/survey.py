"""Looking at a Passivbot folder and planning what becomes of it; nothing is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pbtui.config.coin_lists import coins_of
from pbtui.config.coin_names import coin_of
from pbtui.config.pipeline import check
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.market.adopt.candles import cache_items, candle_items
from pbtui.market.adopt.configs import KEYS, config_items, keys_items
from pbtui.market.adopt.items import Item, Plan, left_out

_RESULTS = (
    ("backtests", "analysis.json", "backtests", "listed on the Backtest screen"),
    ("optimize_results", "pareto", "runs", "opened by pbtui pareto and the Optimize screen"),
)
_LOOKED_INTO = ("configs", "caches", "historical_data", KEYS, *(name for name, *_ in _RESULTS))
_PROGRAM = (
    *("src", "passivbot-rust", "docs", "tests", "notebooks", "scripts", "images", "venv", "node_modules", "container"),
    *("README.md", "LICENSE", "LICENCE", "CHANGELOG.md", "CONTRIBUTING.md", "setup.py", "setup.cfg", "pyproject.toml"),
    *("Dockerfile", "Dockerfile_live", "docker-compose.yml", "pytest.ini", "mkdocs.yml", "api-keys.json.example"),
    *("AGENTS.md", "broker_codes.hjson", "release_notes.md"),
)
_MOST_COINS = 3


def survey(place: Path, base: Path) -> Plan:
    """Return the plan for a folder; raises ConfigError when it is none, is the base folder, or holds nothing of use."""
    shown = sanitize_line(place, limit=200)
    if not place.is_dir():
        raise ConfigError(f"no folder {shown}", hint="name the one that Passivbot was started in")
    if place.resolve() == base.resolve():
        raise ConfigError(f"{shown} is the base folder itself", hint="name another one with --to")
    if base.resolve().is_relative_to(place.resolve()):
        raise ConfigError(f"the base folder lies in {shown}, which is only read", hint="name another one with --to")
    try:
        items = [
            *config_items(place, base),
            *keys_items(place, base),
            *candle_items(place),
            *cache_items(place, base),
            *_result_items(place, base),
        ]
        if not items:
            raise ConfigError(
                f"{shown}: nothing of Passivbot's in it", hint="expected configs, api-keys.json, caches, backtests"
            )
        items += _others(place)
    except OSError as error:
        raise ConfigError(f"{sanitize_line(error.filename or place, limit=200)}: {error.strerror}") from error
    return Plan(place, base, tuple(items), _replay(items, place, base))


def _result_items(place: Path, base: Path) -> list[Item]:
    items: list[Item] = []
    for name, mark, word, where in _RESULTS:
        files = [path.relative_to(place) for path in _files(place / name)]
        if not files:
            continue
        free = tuple((path, path) for path in files if not (base / path).exists())
        runs = len({_run_of(path, mark) for path in files if mark in path.parts})
        if not free:
            items.append(left_out(name, "already there"))
            continue
        notes = [f"{runs} {word} in {len(files)} files, {where}"]
        if len(free) < len(files):
            notes.append(f"{len(files) - len(free)} files are already there and stay as they are")
        items.append(Item("results", name, name, tuple(notes), free))
    return items


def _run_of(path: Path, mark: str) -> Path:
    return Path(*path.parts[: path.parts.index(mark)])


def _files(folder: Path) -> Iterator[Path]:
    for above, _, names in os.walk(folder):
        yield from (path for name in sorted(names) if (path := Path(above, name)).is_file() and not path.is_symlink())


def _others(place: Path) -> list[Item]:
    names = sorted(path.name for path in place.iterdir() if path.name not in _LOOKED_INTO)
    own = [name for name in names if _of_program(name)]
    items = [left_out(sanitize_line(name, limit=80), _why(name)) for name in names if name not in own]
    if own:
        items.append(left_out(sanitize_line(", ".join(own), limit=400), "the program itself"))
    return items


def _of_program(name: str) -> bool:
    return name in _PROGRAM or name.startswith((".", "requirements", "__pycache__"))


def _why(name: str) -> str:
    return "logs of the other program" if name == "logs" else "nothing that is known here"


def _replay(items: list[Item], place: Path, base: Path) -> tuple[str, ...]:
    """Return the words of a replay of the first own config on the candles that hold most of its coins."""
    configs = sorted(
        (item for item in items if item.kind == "config"),
        key=lambda item: ("template" in item.source or "examples" in item.source, item.source),
    )
    pools = [item.candles for item in items if item.candles is not None]
    for item in configs:
        approved = check(place / item.source, base_dir=place).sources["approved_coins"].sides
        wanted = {coin for names in approved.values() for coin in coins_of(names)}
        best: list[str] = []
        venue = ""
        for pool in pools:
            found = sorted(pool.found, key=lambda each: (-len(each.files), each.symbol))
            coins = [coin_of(each.symbol) for each in found if not wanted or coin_of(each.symbol) in wanted]
            if len(coins) > len(best):
                best, venue = coins, pool.exchange
        if best:
            candles, coins = base / "caches" / "ohlcv" / venue, ",".join(best[:_MOST_COINS])
            words = ("pbtui", str(base / item.target), "-u", "paper", "--replay", str(candles), "--coins", coins)
            return (*words, "--base-dir", str(base), "--no-ui", "--speed", "max", "--for", "1d")
    return ()
