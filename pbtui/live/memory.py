"""How much memory the process holds."""

from __future__ import annotations

import mmap
from pathlib import Path

_STATM = Path("/proc/self/statm")


def rss_mb() -> float:
    """Return the resident memory in MB; 0 where the system does not tell."""
    try:
        pages = int(_STATM.read_text("ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * mmap.PAGESIZE / 1e6
