"""Writes candles of a shared store until it is killed; says of each block that it is stored, once it is."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

import numpy as np
from shelf_support import Kept, minutes

from pbtui.core.clock import MINUTE_MS

BLOCK = 50


def main(root: str, number: int, workers: int, start_ms: int, blocks: int, rounds: int, symbols: list[str]) -> None:
    """Write the worker's blocks so many times over."""
    kept = Kept(Path(root), lock_timeout_s=60.0)
    random = np.random.default_rng(number)
    for i in itertools.chain(*[range(blocks)] * rounds):
        symbol = symbols[int(random.integers(len(symbols)))]
        block = i * workers + number
        first = start_ms + block * BLOCK * MINUTE_MS
        kept.store.write(symbol, minutes(first, BLOCK, seed=symbols.index(symbol)))
        os.write(1, f"{symbol} {block}\n".encode())
        if i % 3 == 0:
            found = kept.store.read(symbol, first - 3 * BLOCK * MINUTE_MS, first + BLOCK * MINUTE_MS)
            assert len(found) >= BLOCK
            kept.store.missing(symbol, start_ms, first)
    for trouble in kept.troubles:
        os.write(2, trouble.line().encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:7]), sys.argv[7:])
