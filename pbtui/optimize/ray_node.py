"""What of us runs on a node of a Ray cluster: one actor, whose threads all read the node's one copy of the candles."""

from __future__ import annotations

import hashlib
import math
import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pbtui
from pbtui.engine import build
from pbtui.optimize.evaluate import Crew, Evaluated
from pbtui.optimize.genes import Genes
from pbtui.optimize.parcel import unpack

_NICE = 19
_PROBES = 2_000


class Node:
    """Evaluates batches; calls may overlap, and share the threads."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._crew: Crew | None = None
        self._round = 0

    def hello(self) -> dict[str, str]:
        """Return what decides results here besides the candles and the genes; takes the processor last from now on."""
        with suppress(OSError):
            os.nice(_NICE - os.nice(0))
        return make()

    def load(self, number: int, body: bytes, *arrays: Any) -> None:
        """Evaluate with this from now on; what runs is broken off."""
        self.drop(self._round)
        self._round, self._crew = number, Crew(unpack(body, arrays), self._threads)

    def evaluate(self, batch: Sequence[Genes]) -> list[Evaluated]:
        """Return what comes of a batch, in order; raises RunCancelled when it is broken off."""
        assert self._crew is not None
        return self._crew.run(batch, lambda place, result: None)

    def drop(self, number: int) -> None:
        """Break off whatever runs of this load; calls overtake each other, so that it may be over already."""
        if number != self._round:
            return
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.close()


def make() -> dict[str, str]:
    """Return what must be the same on two machines for their results to be the same, to the last bit."""
    build.assert_fresh()
    return {
        "pbtui": f"{pbtui.__version__} ({_sources()})",
        "the engine": build.build_hash(),
        "arithmetic": _arithmetic(),
    }


def differences(here: dict[str, str], there: dict[str, str]) -> str:
    """Return in words what another machine has otherwise; empty where nothing is."""
    return ", ".join(
        f"{name} is {there.get(name)} there, {wanted} here"
        for name, wanted in here.items()
        if there.get(name) != wanted
    )


def _sources() -> str:
    """Return a checksum of our Python sources: between releases the version says too little."""
    root = Path(pbtui.__file__).parent
    found = hashlib.sha256()
    for path in sorted(root.rglob("*.py"), key=lambda path: path.relative_to(root).as_posix()):
        found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


def _arithmetic() -> str:
    """Return a checksum of logarithms and powers: processors and C libraries round their last bit differently."""
    found = hashlib.sha256()
    for n in range(1, _PROBES):
        x = n / 97.0
        found.update(struct.pack("<4d", math.log(x), math.pow(x, 1.0 / 3.7), math.exp(-x), math.sqrt(x)))
    return found.hexdigest()[:12]
