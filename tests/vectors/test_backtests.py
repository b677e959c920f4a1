"""Every recorded backtest, run again by our engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import backtest_cases
from .support import vectors_dir

CASES = backtest_cases.case_dirs(vectors_dir())


def test_every_folder_that_is_there_holds_cases() -> None:
    assert CASES, f"no recorded backtests in {vectors_dir()}"
    assert backtest_cases.empty_folders(vectors_dir()) == []


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_our_run_is_the_recorded_one(folder: Path) -> None:
    assert backtest_cases.problems(backtest_cases.Case.read(folder)) == []
