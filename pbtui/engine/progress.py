"""Watching a backtest from another thread while it runs, and breaking it off."""

from __future__ import annotations

from dataclasses import dataclass

from pbtui import _pb_rust
from pbtui.core.errors import ExitCode
from pbtui.engine.errors import EngineError


class RunCancelled(EngineError):
    """The run was broken off on request; it left nothing."""

    exit_code = ExitCode.INTERRUPTED


@dataclass(frozen=True, slots=True)
class Sample:
    """Balance and equity in USD at the end of a bar; `ts_ms` is when that bar opened."""

    ts_ms: int
    balance: float
    equity: float


@dataclass(frozen=True, slots=True)
class RunState:
    """How far a run is: bars done of all (0 of 0 before it begins), fills so far, and the samples new since last."""

    bar: int
    bars: int
    fills: int
    samples: tuple[Sample, ...]


class RunProgress:
    """Handed to one `run_backtest`; thread-safe, and free of charge to the run."""

    def __init__(self) -> None:
        self._seen = 0
        self.inner = _pb_rust.BacktestProgress()

    def poll(self) -> RunState:
        """Return the present state; a run leaves 2,000 samples at most, each returned once."""
        counts, samples = self.inner.look(self._seen)
        self._seen += len(samples)
        return RunState(*counts, tuple(Sample(*sample) for sample in samples))

    def cancel(self) -> None:
        """Make the run raise RunCancelled, within some thousand bars."""
        self.inner.cancel()
