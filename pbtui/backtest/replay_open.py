"""Opening a replay: of a result folder, whose fills must come out the same, or of a configuration run for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pbtui.backtest.repeat import SharedCandles, causes, run_again
from pbtui.backtest.replay import Replay
from pbtui.backtest.result import CONFIG, FACTS, FILLS, Opened, facts_of
from pbtui.backtest.run import OnEvent, Run, dataset_of, simulate
from pbtui.backtest.sourcing import Sourcing
from pbtui.backtest.suite import SUMMARY
from pbtui.backtest.tables import fills_csv
from pbtui.config import load
from pbtui.core.errors import ConfigError, DataError, ExchangeError
from pbtui.core.sanitize import sanitize_line
from pbtui.market.prepare.request import NoData

_ENDINGS = (".json", ".hjson")
_MANY = 30


@dataclass(frozen=True, slots=True)
class OpenReplay:
    """A replay and how it stands to what was asked for.

    `verdict` is one line; `same` is False where the folder tells other fills, None where there is no folder.
    """

    replay: Replay
    title: str
    folder: Path | None
    verdict: str
    same: bool | None


def open_replay(place: Path, sourcing: Sourcing, on_event: OnEvent) -> OpenReplay:
    """Open a result folder or a configuration, in a loop of its own: for threads.

    Raises ConfigError for what is neither or has no candles any more, and whatever `on_event` raises.
    """
    shown = sanitize_line(place, limit=200)
    try:
        if place.is_dir():
            return _of_folder(place, sourcing, on_event)
        if place.is_file():
            return _of_config(place, sourcing, on_event)
    except ConfigError as error:
        if "--offline" in error.hint:  # there is no such flag here: a replay never fetches anything
            error.hint = _where(place)
        raise
    except (NoData, ExchangeError) as error:
        raise ConfigError(f"the candles of {shown} are not here: {error.message}", hint=_where(place)) from error
    except DataError as error:
        raise ConfigError(error.message, hint=error.hint) from error
    raise ConfigError(f"{shown} is not there", hint="name the folder of a backtest, or a config")


def named_coin(replay: Replay, wanted: str) -> str:
    """Return a coin as the run names it, "" for none; raises ConfigError for one that the run did not trade."""
    found = next((coin for coin in replay.coins if coin.casefold() == wanted.casefold()), "")
    if wanted and not found:
        there = ", ".join(replay.coins[:_MANY]) + (" …" if len(replay.coins) > _MANY else "")
        raise ConfigError(f"{sanitize_line(wanted, limit=40)} was not in this backtest", hint=f"there are: {there}")
    return found


def check_moment(replay: Replay, moment_ms: int) -> None:
    """Raise ConfigError for a moment that the run did not look at."""
    if not replay.covers(moment_ms):
        first, last = (_stamp(replay.time_ms(bar)) for bar in (replay.first_bar, replay.last_bar))
        raise ConfigError(f"{_stamp(moment_ms)} is outside of this backtest", hint=f"it runs from {first} to {last}")


def _stamp(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%MZ")


def _of_folder(folder: Path, sourcing: Sourcing, on_event: OnEvent) -> OpenReplay:
    shown = sanitize_line(folder, limit=200)
    if (folder / SUMMARY).is_file():
        runs = sorted(sanitize_line(path.parent, limit=200) for path in folder.glob(f"*/*/*/{FACTS}"))
        hint = f"name one of its runs, as {runs[0]}" if runs else "none of its runs is there"
        raise ConfigError(f"{shown} is a suite", hint=hint)
    if not (folder / FACTS).is_file() and (folder / CONFIG).is_file():
        raise ConfigError(
            f"{shown} was not written by this program: it cannot be replayed exactly",
            hint=f"replay {sanitize_line(folder / CONFIG, limit=200)} instead",
        )
    opened, run = asyncio.run(run_again(folder, sourcing, on_event, SharedCandles(sourcing, on_event)))
    verdict, same = _compared(opened, run, sourcing.base_dir)
    return OpenReplay(Replay(run), _title(folder), folder, verdict, same)


def _of_config(path: Path, sourcing: Sourcing, on_event: OnEvent) -> OpenReplay:
    if path.suffix not in _ENDINGS:
        raise ConfigError(f"{sanitize_line(path, limit=200)} is no config", hint="name a .json or .hjson file")
    config = load(
        path,
        command="backtest",
        flags={"backtest.suite_enabled": False},  # of a suite, its own settings are replayed
        base_dir=sourcing.base_dir,
        now_ms=sourcing.clock.now_ms(),
    )
    data = asyncio.run(dataset_of(config, sourcing, on_event))
    run = simulate(config, data, clock=sourcing.clock, on_event=on_event)
    text = f"run for this replay: {len(run.fills):,} fills, no result folder"
    return OpenReplay(Replay(run), sanitize_line(path.name, limit=60), None, text, None)


def _compared(opened: Opened, run: Run, base_dir: Path) -> tuple[str, bool]:
    """Return in one line whether the run made the fills of its folder."""
    try:
        told = (opened.folder / FILLS).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        return f"{FILLS} cannot be compared: {sanitize_line(error, limit=120)}", False
    made = fills_csv(run.fills, run.inputs.coins)
    if made == told:
        return f"the folder's fills came out the same, all {len(run.fills):,}", True
    pairs = zip(made.splitlines()[1:], told.splitlines()[1:], strict=False)
    at = next((n for n, (now, then) in enumerate(pairs) if now != then), None)
    before = max(0, len(told.splitlines()) - 1)
    parts = [f"{before:,} then, {len(run.fills):,} now"]
    if at is not None:
        parts.append(f"the first that differs is number {at + 1:,}")
    parts += [sanitize_line(each, limit=160) for each in causes(opened, facts_of(run, base_dir))[:2]]
    return f"NOT the folder's fills: {', '.join(parts)}", False


def _title(folder: Path) -> str:
    named = folder.absolute()
    return sanitize_line(f"{named.parent.name} {named.name}", limit=60)


def _where(place: Path) -> str:
    """Return what helps against missing candles: the folder the run was made in, or fetching them."""
    flag = "--repeat " if place.is_dir() else ""
    named = sanitize_line(place, limit=200)
    return f"`pbtui backtest {flag}{named}` fetches them; or name the folder that holds them with --base-dir"
