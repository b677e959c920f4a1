"""Two venues' candles of one coin beside each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pbtui.core.clock import MINUTE_MS
from pbtui.market.audit.finding import Finding
from pbtui.market.store.rows import Rows

APART_PCT = 0.01  # perpetuals of one coin lie closer together than this
APART_MINUTES = 5  # for so long; shorter differences are a fast market


def disagreements(coin: str, first: tuple[str, str, Rows], second: tuple[str, str, Rows]) -> list[Finding]:
    """Return where the closes of two venues, each (exchange, symbol, rows), lie apart for minutes on end.

    Coins counted in thousands by one of them (1000SHIB) are compared after scaling by a power of ten.
    """
    (name, symbol, mine), (other, _, theirs) = first, second
    ts, here, there = np.intersect1d(mine["ts"], theirs["ts"], assume_unique=True, return_indices=True)
    if not len(ts):
        return []
    apart = np.log(mine["c"][here].astype(np.float64) / theirs["c"][there].astype(np.float64))
    apart -= np.log(10.0) * np.round(np.median(apart) / np.log(10.0))
    wide = np.abs(apart) > np.log1p(APART_PCT)
    found: list[Finding] = []
    for run in _consecutive(ts, wide):
        if len(run) >= APART_MINUTES:
            most = float(np.expm1(np.abs(apart[run]).max())) * 100
            text = f"up to {most:.1f} % away from {other}"
            minutes = (int(ts[run[-1]]) - int(ts[run[0]])) // MINUTE_MS + 1
            found.append(Finding(name, coin, symbol, "disagreement", int(ts[run[0]]), minutes, text))
    return found


def _consecutive(ts: np.ndarray, wide: np.ndarray) -> Sequence[np.ndarray]:
    at = np.flatnonzero(wide)
    if not len(at):
        return []
    return np.split(at, np.flatnonzero((np.diff(at) != 1) | (np.diff(ts[at]) != MINUTE_MS)) + 1)
