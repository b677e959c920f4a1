"""Running a finished backtest again from its folder, and telling whether every number came out the same."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbtui.backtest.analysis import Metrics
from pbtui.backtest.part import Part
from pbtui.backtest.result import COMPARED, CONFIG, CURVE, Opened, facts_of, open_result, read_object, write_files
from pbtui.backtest.run import OnEvent, Run, check_settings, dataset_for, simulate
from pbtui.backtest.sourcing import Sourcing
from pbtui.backtest.suite import SUITE_FACTS, SUMMARY
from pbtui.backtest.suite_summary import Stats, scenario_stats, suite_metrics
from pbtui.backtest.suite_window import Ground, window_on
from pbtui.config import load
from pbtui.core.errors import DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.jobs.events import Stage
from pbtui.market.prepare import Dataset, Request

_MANY = 8


@dataclass(frozen=True, slots=True)
class Repeated:
    """Whether a run came out the same, bit for bit, and one line for each thing that did not."""

    same: bool
    differences: tuple[str, ...]


class SharedCandles:
    """Datasets that several repetitions share, each prepared once."""

    def __init__(self, sourcing: Sourcing, on_event: OnEvent) -> None:
        self._sourcing = sourcing
        self._on_event = on_event
        self._made: list[tuple[Request, Dataset]] = []

    async def get(self, request: Request) -> Dataset:
        """Return the dataset of a request; raises NoData, ConfigError, DataError, ExchangeError."""
        for asked, data in self._made:
            if asked == request:
                return data
        data = await dataset_for(request, self._sourcing, self._on_event)
        self._made.append((request, data))
        return data


async def repeat(folder: Path, sourcing: Sourcing, on_event: OnEvent) -> Repeated:
    """Repeat the run or the suite of a result folder and compare every file; raises DataError for what is neither."""
    if (folder / SUMMARY).is_file():
        return await repeat_suite(folder, sourcing, on_event)
    return (await repeat_run(folder, sourcing, on_event, SharedCandles(sourcing, on_event)))[0]


async def repeat_suite(folder: Path, sourcing: Sourcing, on_event: OnEvent) -> Repeated:
    """Repeat every run of a suite, make its summary of them, and compare all; raises DataError."""
    scenarios, aggregate = _suite_facts(folder)
    summary = read_object(folder / SUMMARY)
    shared = SharedCandles(sourcing, on_event)
    seen: dict[str, tuple[Repeated, Metrics]] = {}
    found: list[str] = []
    by_label: dict[str, dict[str, Stats]] = {}
    for n, (label, runs) in enumerate(scenarios):
        shown = sanitize_line(label, limit=60)
        on_event(Stage(f"scenario {shown}", n, len(scenarios)))
        for run in runs:
            if run is None:
                found.append(f"scenario {shown}: the disk refused a run of it, which cannot be compared")
            elif run not in seen:
                seen[run] = await repeat_run(folder / run, sourcing, on_event, shared)
                found += [f"scenario {shown}: {line}" for line in seen[run][0].differences]
        by_label[label] = scenario_stats([seen[run][1] for run in runs if run is not None])
    # As read back from a file, so that both have the same kinds of numbers.
    same = json.loads(json.dumps(suite_metrics(by_label, aggregate))) == summary.get("suite_metrics")
    if not same:
        found.append(f"{SUMMARY} is different")
    return Repeated(same and all(told.same for told, _ in seen.values()), tuple(found))


def _suite_facts(folder: Path) -> tuple[list[tuple[str, list[str | None]]], Mapping[str, str]]:
    """Return each scenario's runs in the order they were made, and how the suite aggregates; raises DataError."""
    shown = sanitize_line(folder, limit=200)
    if not (folder / SUITE_FACTS).is_file():
        raise DataError(
            f"{shown} was not written by this program: it cannot be repeated exactly", hint="run the suite again"
        )
    facts = read_object(folder / SUITE_FACTS)
    try:
        scenarios = [(str(told["label"]), [_name(run) for run in told["runs"]]) for told in facts["scenarios"]]
        return scenarios, {str(metric): str(mode) for metric, mode in facts["aggregate"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{shown}/{SUITE_FACTS} does not tell the runs of the suite", hint="run it again") from error


def _name(run: object) -> str | None:
    return None if run is None else str(run)


async def repeat_run(
    folder: Path, sourcing: Sourcing, on_event: OnEvent, shared: SharedCandles
) -> tuple[Repeated, Metrics]:
    """Repeat one run, of a suite or not, and return what became of it and its metrics; raises DataError.

    Results of other programs lack the facts that a repetition is held against: DataError, too.
    """
    opened, run = await run_again(folder, sourcing, on_event, shared)
    with tempfile.TemporaryDirectory(prefix="pbtui-repeat-") as made:
        write_files(run, Path(made), base_dir=sourcing.base_dir)
        files = [name for name in COMPARED if _content(folder / name) != _content(Path(made) / name)]
    found = [f"{name} is different" for name in files]
    told = Repeated(not files, (*causes(opened, facts_of(run, sourcing.base_dir)), *found))
    return told, run.analysis


async def run_again(folder: Path, sourcing: Sourcing, on_event: OnEvent, shared: SharedCandles) -> tuple[Opened, Run]:
    """Run what a result folder holds once more, of a suite or not; raises DataError where that cannot be told."""
    opened = open_result(folder)
    if not opened.facts:
        raise DataError(
            f"{sanitize_line(folder, limit=200)} was not written by this program: it cannot be repeated exactly",
            hint=f"run its {CONFIG} instead",
        )
    config = load(folder / CONFIG, command="backtest", base_dir=sourcing.base_dir)
    check_settings(config)
    name, label, window = str(opened.facts["run"]["name"]), "", None
    if opened.facts.get("part_of_suite"):
        part = Part.of_facts(opened.facts.get("shared") or {}, sourcing.base_dir)
        data, label = await shared.get(part.request), part.label
        window = window_on(config, part, Ground(part.ground, data, part.coins))
    else:
        data = await shared.get(Request.of(config, base_dir=sourcing.base_dir))
    run = simulate(config, data, clock=sourcing.clock, on_event=on_event, window=window, name=name, label=label)
    return opened, run


def _content(path: Path) -> object:
    """Return what counts of a file: of the configuration not where it was loaded from."""
    try:
        data = path.read_bytes()
        if path.name == CONFIG:
            config = json.loads(data)
            config["live"].pop("base_config_path", None)
            return config
        return gzip.decompress(data) if path.name == CURVE else data
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError):
        return None


def causes(opened: Opened, now: Mapping[str, Any]) -> list[str]:
    """Name what the run is made of and has changed since."""
    before = opened.facts
    found: list[str] = []
    for name, is_now in now["program"].items():
        was = before.get("program", {}).get(name)
        if was != is_now:
            found.append(f"program {name}: {sanitize_line(was)} then, {is_now} now")
    if before.get("dataset", {}).get("fingerprint") != now["dataset"]["fingerprint"]:
        changed = _changed(before.get("dataset", {}), now["dataset"])
        found.append(f"the data: {'; '.join(changed[:_MANY]) or 'candles have changed'}")
    for name, digest in now["inputs"].items():
        if before.get("inputs", {}).get(name) != digest:
            found.append(f"the engine's {name} have changed")
    return found


def _changed(before: Mapping[str, Any], now: Mapping[str, Any], path: str = "") -> list[str]:
    found: list[str] = []
    for name in sorted({*before, *now} - {"fingerprint", "notes"}):
        was, is_now = before.get(name), now.get(name)
        if isinstance(was, dict) and isinstance(is_now, dict):
            found += _changed(was, is_now, f"{path}{name}.")
        elif was != is_now:
            found.append(f"{path}{name} {sanitize_line(was, limit=60)} then, {sanitize_line(is_now, limit=60)} now")
    return found
