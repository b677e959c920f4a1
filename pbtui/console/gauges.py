"""The bot's health in figures, each with limits and a word: quiet while it is well, `warn` and `BAD` when it is not."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from pbtui.console.numbers import age
from pbtui.console.text import Line
from pbtui.core.record import record
from pbtui.core.snapshot import LoopHealth


class Verdict(IntEnum):
    """How well a figure is; the worst is the highest."""

    OK = 0
    WARN = 1
    BAD = 2


WORDS = {Verdict.OK: "", Verdict.WARN: " warn", Verdict.BAD: " BAD"}
INKS = {Verdict.OK: "dim", Verdict.WARN: "warn", Verdict.BAD: "bad"}


@record
class Gauge:
    """One figure: where it is read, how it is written, from which values on it is a worry; `rank` as in the header."""

    name: str
    read: Callable[[LoopHealth], float | None]
    write: Callable[[float], str]
    warn: float
    bad: float
    rank: int

    def verdict(self, value: float) -> Verdict:
        """Return how well a value is; the sign does not count."""
        size = abs(value)
        return Verdict.BAD if size >= self.bad else Verdict.WARN if size >= self.warn else Verdict.OK


@record
class Reading:
    """A gauge that was read."""

    gauge: Gauge
    value: float
    verdict: Verdict

    def line(self) -> Line:
        """Return it as `name value`, and a word when it is not well."""
        ink = INKS[self.verdict]
        return ((f"{self.gauge.name} ", "dim"), (f"{self.gauge.write(self.value)}{WORDS[self.verdict]}", ink))


def milliseconds(value: float) -> str:
    """Return a short time: 38ms, 1.2s."""
    return f"{value:.0f}ms" if abs(value) < 1_000 else age(abs(value) / 1_000)


def _seconds(value: float) -> str:
    return age(value / 1_000)


def _skew(value: float) -> str:
    return f"{value:+.0f}ms" if abs(value) < 10_000 else f"{value / 1_000:+.0f}s"


# Lag: a loop that wakes this late still answers, then keys and orders wait. REST: ccxt gives up after ten seconds.
# Candles: the newest is a minute old at most, plus the time to fetch it. Skew: venues refuse requests seconds off.
GAUGES: tuple[Gauge, ...] = (
    Gauge("lag", lambda health: health.loop_lag_ms, milliseconds, 50, 250, 10),
    Gauge("rest", lambda health: health.rest_ms, milliseconds, 1_500, 5_000, 10),
    Gauge("candle", lambda health: health.candle_age_ms, _seconds, 180_000, 600_000, 11),
    Gauge("budget", lambda health: health.rate_used, lambda share: f"{share:.0%}", 0.7, 0.9, 12),
    # Not shown while nothing is owed: the venue wants no requests for so long, from any bot of this machine.
    Gauge("silent", lambda health: health.silent_s or None, age, 0.001, 60, 13),
    Gauge("skew", lambda health: health.clock_skew_ms, _skew, 500, 2_000, 13),
    Gauge("429", lambda health: health.rate_limited_1h, lambda count: f"{count:.0f}", 1, 20, 9),
    Gauge("err/h", lambda health: health.errors_1h, lambda count: f"{count:.0f}", 1, 10, 9),
)
STREAM = Gauge("ws", lambda health: health.event_age_ms, _seconds, 10_000, 60_000, 8)


def readings(health: LoopHealth) -> list[Reading]:
    """Return every figure that is known."""
    found = [(gauge, gauge.read(health)) for gauge in GAUGES]
    return [Reading(gauge, value, gauge.verdict(value)) for gauge, value in found if value is not None]


def stream_reading(health: LoopHealth) -> tuple[str, Verdict]:
    """Return the state of the stream as words, with the time since it last said anything, and how well that is."""
    verdict = {"up": Verdict.OK, "none": Verdict.OK, "down": Verdict.BAD}.get(health.stream, Verdict.WARN)
    text: str = health.stream
    if health.event_age_ms is not None and health.stream in ("up", "stale"):
        verdict = max(verdict, STREAM.verdict(health.event_age_ms))
        text = f"{text} {STREAM.write(health.event_age_ms)}"
    return f"{text}{WORDS[verdict]}", verdict
