"""Running a suite: one shared load of candles, every scenario on its part of it, one summary (backtest.md 5)."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pbtui.backtest.analysis import Metrics
from pbtui.backtest.inputs import EngineInputs, Window, engine_inputs
from pbtui.backtest.part import Part
from pbtui.backtest.result import DRAFT, Pictures, facts_text, free_name, program_facts, sweep, write_result
from pbtui.backtest.run import OnEvent, Run, check_settings, prepared, result_base, simulate
from pbtui.backtest.sourcing import Sourcing, supplies_for
from pbtui.backtest.suite_plan import Scenario, SuitePlan, plan_suite, scenario_config
from pbtui.backtest.suite_summary import Stats, scenario_stats, suite_metrics
from pbtui.backtest.suite_window import Ground, grounds_of, window_on
from pbtui.config import Config
from pbtui.core.errors import StateError
from pbtui.core.sanitize import sanitize_line
from pbtui.jobs.events import Note, Stage
from pbtui.market.prepare import Dataset
from pbtui.market.sealed import digest_of

_UNSAFE = re.compile(r"[^\w.\-]+")
FOLDER = "suite_runs"
SUMMARY, SUITE_FACTS = "suite_summary.json", "suite.json"


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """Where a suite lies, and its summary file's content."""

    folder: Path
    summary: dict[str, Any]
    fills: int


@dataclass(frozen=True, slots=True)
class _Done:
    """A run of the suite: its metrics, its scenario's folder, and where it lies; None where the disk refused it."""

    analysis: Metrics
    folder: str
    lies_in: str | None


@dataclass(slots=True)
class _Suite:
    """A suite while it runs."""

    plan: SuitePlan
    datasets: Mapping[str, Dataset]
    sourcing: Sourcing
    on_event: OnEvent
    pictures: Pictures
    folder: Path  # written to
    target: Path  # where it will lie
    fills: int = 0
    analyses: dict[str, dict[str, Stats]] = field(default_factory=dict[str, dict[str, Stats]])
    told: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    runs: dict[str, list[str | None]] = field(default_factory=dict[str, list[str | None]])
    _done: dict[str, _Done] = field(default_factory=dict[str, _Done])

    def scenario(self, scenario: Scenario) -> None:
        """Run a scenario on everything it runs on, and write its results."""
        began = self.sourcing.clock.monotonic()
        label = sanitize_line(scenario.label, limit=60)
        folder = free_name(self.folder / _safe(scenario.label)).name
        done: list[_Done] = []  # a run that comes to the same as an earlier one has no folder of its own
        for ground in grounds_of(scenario, self.plan, self.datasets):
            config = scenario_config(self.plan, scenario, ground.coins, base_dir=self.sourcing.base_dir)
            check_settings(config)
            window = window_on(config, scenario, ground)
            key = _identity(engine_inputs(config, window), window, ground)
            if key not in self._done:
                run = simulate(
                    config,
                    ground.data,
                    clock=self.sourcing.clock,
                    on_event=self.on_event,
                    window=window,
                    name=ground.name,
                    label=label,
                )
                self.fills += len(run.fills)
                self._done[key] = _Done(run.analysis, folder, self._write(run, folder, self._part(scenario, ground)))
            done.append(self._done[key])
        self.analyses[scenario.label] = scenario_stats([run.analysis for run in done])
        self.runs[scenario.label] = [run.lies_in for run in done]
        elapsed = self.sourcing.clock.monotonic() - began
        path = self.target / (folder if folder in {run.folder for run in done} else done[0].folder)
        self.told[scenario.label] = {"elapsed_seconds": elapsed, "output_path": str(path)}

    def _part(self, scenario: Scenario, ground: Ground) -> Part:
        return Part(
            label=scenario.label,
            start_date=scenario.start_date,
            end_date=scenario.end_date,
            ground=ground.name,
            coins=ground.coins,
            request=self.plan.requests[ground.name],
        )

    def _write(self, run: Run, folder: str, part: Part) -> str | None:
        """Write a run's files and return where, within the suite; what the disk refuses does not stop the suite."""
        try:
            written = write_result(
                run,
                self.folder / folder / part.ground,
                now_ms=self.sourcing.clock.now_ms(),
                base_dir=self.sourcing.base_dir,
                pictures=self.pictures,
                on_step=lambda text: self.on_event(Stage(text)),
                part=part,
            )
        except StateError as error:
            self.on_event(Note(error.line(), "error"))
            return None
        return written.relative_to(self.folder).as_posix()

    def write_summary(self, moment: str) -> dict[str, Any]:
        """Write the summary and what it takes to repeat the suite; return the summary."""
        aggregate = self.plan.config.backtest.aggregate
        summary = {
            "suite_id": moment,
            "meta": {"scenarios": list(self.analyses), "timestamp": moment},
            "suite_metrics": suite_metrics(self.analyses, aggregate),
            "per_scenario": self.told,
        }
        (self.folder / SUMMARY).write_text(json.dumps(summary, indent=2), encoding="utf-8")
        scenarios = [{"label": label, "runs": runs} for label, runs in self.runs.items()]
        facts = {"program": program_facts(), "aggregate": dict(aggregate), "scenarios": scenarios}
        (self.folder / SUITE_FACTS).write_bytes(facts_text(facts))
        return summary


async def run_suite(config: Config, sourcing: Sourcing, on_event: OnEvent, *, pictures: Pictures) -> SuiteResult:
    """Run all scenarios of a configuration and write their results and `suite_summary.json`.

    Everything lies in a hidden folder until the suite is done. Raises ConfigError, NoData, DataError, ExchangeError,
    StateError when the summary cannot be written.
    """
    check_settings(config)
    plan = plan_suite(config, base_dir=sourcing.base_dir)
    for note in plan.notes:
        on_event(Note(note, "warning"))
    datasets: dict[str, Dataset] = {}
    async with supplies_for(plan.requests.values(), sourcing) as supplies:
        for name, request in plan.requests.items():
            on_event(Stage(f"candles of {name}"))
            datasets[name] = await prepared(request, supplies, sourcing, on_event)
    moment = datetime.fromtimestamp(sourcing.clock.now_ms() / 1000, UTC).strftime("%Y-%m-%dT%H_%M_%S")
    parent = result_base(config, sourcing.base_dir) / FOLDER
    draft = parent / f"{DRAFT}{os.getpid()}-{moment}"
    try:
        draft.mkdir(parents=True)
        sweep(parent)
        target = free_name(parent / moment)
        suite = _Suite(plan, datasets, sourcing, on_event, pictures, draft, target)
        for n, scenario in enumerate(plan.scenarios):
            on_event(Stage(f"scenario {sanitize_line(scenario.label, limit=60)}", n, len(plan.scenarios)))
            suite.scenario(scenario)
        summary = suite.write_summary(moment)
        draft.rename(target)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, OSError):
            where, why = sanitize_line(parent, limit=200), sanitize_line(error.strerror or error, limit=120)
            raise StateError(f"the suite cannot be written to {where}: {why}") from error
        raise
    return SuiteResult(target, summary, suite.fills)


def _identity(inputs: EngineInputs, window: Window, ground: Ground) -> str:
    """Return what tells two runs apart: scenarios that come to the same are run once (5.3)."""
    sources = {item.coin: item.ohlcv_source for item in window.coins}
    return digest_of({**inputs.facts(), "ground": ground.name, "sources": sources, "bars": len(window.hlcvs)})


def _safe(label: str) -> str:
    return _UNSAFE.sub("_", label).strip("._")[:80] or "scenario"
