"""What the replay screen shows: a run, the minute looked at, and what is known of it. No widget, no thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pbtui.core.snapshot import ReasonRow

if TYPE_CHECKING:
    from pbtui.backtest.replay import Replay
    from pbtui.backtest.replay_told import ReplayFill, ReplayOrder, Step
    from pbtui.console.backtest.around import Around

Panel = Literal["orders", "why", "fills", "chart"]


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is drawn of one minute and coin; made in a thread."""

    step: Step
    coin: str
    reasons: tuple[ReasonRow, ...]
    chart: Around | None
    whole: bool


@dataclass(slots=True)
class ReplayView:
    """The run that is stepped through; `bar` is where the operator is, `shown` what has been made of it."""

    place: Path | None = None
    title: str = ""
    verdict: str = ""
    same: bool | None = None
    problem: str = ""  # why there is nothing to see
    stage: str = ""  # what opening it is at
    replay: Replay | None = None
    coin: str = ""
    bar: int = 0
    whole: bool = False  # whole ladders, not as the run needed them
    shown: Shown | None = None
    fills: tuple[ReplayFill, ...] = ()  # of the coin, oldest first
    looking: str = ""  # what is being looked for
    page: int = 0  # what is in view on a small terminal

    @property
    def orders(self) -> tuple[ReplayOrder, ...]:
        """The orders wanted of the coin after the minute shown, nearest to the market first."""
        shown = self.shown
        if shown is None:
            return ()
        candle = shown.step.candle(shown.coin)
        close = candle.close if candle is not None else 0.0
        return tuple(sorted(shown.step.of(shown.coin), key=lambda one: (one.pside, abs(one.price - close))))
