from __future__ import annotations

from pathlib import Path

import pytest
from shelf_support import Kept


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "ohlcv")
