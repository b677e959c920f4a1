"""When trading begins in a stretch of candles, and what to say where averages take days from it (backtest.md 1.6)."""

from __future__ import annotations

from dataclasses import dataclass

from pbtui.backtest.inputs import EngineInputs
from pbtui.config.dates import day_text, minute_text

_WORTH_SAYING_MS = 3_600_000
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Reach:
    """The first moment asked for, the one at which averages are warm and trading may begin, and the last bar's."""

    asked_ms: int
    start_ms: int
    end_ms: int
    warm_up_ms: int

    @classmethod
    def of(cls, inputs: EngineInputs) -> Reach:
        """Return that of a run with these arguments of the engine."""
        told = inputs.parameters
        bar_ms = int(told["candle_interval_minutes"]) * 60_000
        first, asked = int(told["first_timestamp_ms"]), int(told["requested_start_timestamp_ms"])
        warm_up = max(1, int(told["global_warmup_bars"])) * bar_ms
        return cls(asked, max(asked, first + warm_up), first + (len(inputs.hlcvs) - 1) * bar_ms, warm_up)

    @property
    def nothing(self) -> bool:
        """Whether no minute is left to trade."""
        return self.start_ms > self.end_ms

    def line(self) -> str | None:
        """Return what is to be said of a run that trades less than was asked for; None where all is as asked."""
        if self.nothing:
            needed, last = day_text(self.start_ms), day_text(self.end_ms)
            return f"no minute is traded: averages need the candles up to {needed}, they end {last} ({_KEY})"
        if self.start_ms - self.asked_ms < _WORTH_SAYING_MS:
            return None
        begins, days = minute_text(self.start_ms), self.warm_up_ms / _DAY_MS
        return f"trading begins only at {begins}: averages need {days:,.1f} days of candles before it ({_KEY})"


_KEY = "live.max_warmup_minutes limits it"
