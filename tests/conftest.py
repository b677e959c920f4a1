"""Shared fixtures: where recorded candles are, and the slow mark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# How long a test takes on a shared machine says nothing about it.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the long tests too")
    parser.addoption("--pictures", metavar="DIR", help="have the stories make pictures of what is seen, into DIR")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    if config.getoption("dist") != "loadfile":
        return None
    from tests.support.in_turn import ProgramsInTurn

    return ProgramsInTurn(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="long test: run with --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


def find_candles() -> Path | None:
    """Return the folder of recorded candles, or None where there is none."""
    path = Path(os.environ.get("PBTUI_CANDLES") or ROOT.parent / "shared" / "data" / "candles")
    return path if path.is_dir() else None


@pytest.fixture(scope="session")
def candles_dir() -> Path:
    """Folder with one sub-folder per venue of recorded 1-minute candles."""
    path = find_candles()
    if path is None:
        if os.environ.get("PBTUI_REQUIRE_CANDLES"):
            pytest.fail("recorded candles are required here, but there are none")
        pytest.skip("no recorded candles here (set PBTUI_CANDLES)")
    return path
