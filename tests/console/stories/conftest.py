"""Where pictures of the stories go, and on which candles they are told."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def pictures(pytestconfig: pytest.Config) -> Path | None:
    """Folder for pictures, None where none are wanted."""
    found = pytestconfig.getoption("--pictures")
    if found is None:
        return None
    folder = Path(found)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def candles(pictures: Path | None, request: pytest.FixtureRequest) -> Path | None:
    """Recorded candles for pictures; a story that is only tested is told on an invented market, which is everywhere."""
    return request.getfixturevalue("candles_dir") / "binanceusdm" if pictures is not None else None
