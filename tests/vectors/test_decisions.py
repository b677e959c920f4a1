"""Every recorded decision, compared with ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from . import execution_cases, ladder_cases, numerics_cases, orchestrator_cases, risk_cases
from .support import Row, check_file, decision_files, vectors_dir

Runner = tuple[Callable[[Row], str | None], Callable[[Row], str]]
RUNNERS: dict[str, Runner] = {
    "numerics.jsonl.gz": (numerics_cases.problem, numerics_cases.group),
    "entries.jsonl.gz": (ladder_cases.entries_problem, ladder_cases.group),
    "closes.jsonl.gz": (ladder_cases.closes_problem, ladder_cases.group),
    "risk.jsonl.gz": (risk_cases.problem, risk_cases.group),
    "orchestrator.jsonl.gz": (orchestrator_cases.problem, orchestrator_cases.group),
    "execution.jsonl.gz": (execution_cases.problem, execution_cases.group),
}


def test_there_is_something_to_compare() -> None:
    assert decision_files(), f"no recorded decisions in {vectors_dir()}"


@pytest.mark.parametrize("path", decision_files(), ids=lambda path: path.name)
def test_our_decisions_are_the_recorded_ones(path: Path) -> None:
    assert path.name in RUNNERS, f"{path} holds decisions of a kind that no test knows"
    problem, group = RUNNERS[path.name]
    report = check_file(path, problem, group)
    assert report.rows, f"{path} is empty"
    assert not report.failures, report.summary()
