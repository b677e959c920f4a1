from __future__ import annotations

import sys
from pathlib import Path

# The helpers that run the real command live beside the end-to-end tests.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
