"""Half-open stretches of time [start, end) in epoch ms: what is missing, what is known, what to ask for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol


class SpanLike(Protocol):
    """Anything with a beginning and an end."""

    @property
    def start_ms(self) -> int:
        """First moment."""
        ...

    @property
    def end_ms(self) -> int:
        """First moment after it."""
        ...


class Stretch(NamedTuple):
    """A stretch of time."""

    start_ms: int
    end_ms: int


def ordered(spans: Iterable[SpanLike]) -> list[Stretch]:
    """Return the spans ascending, those that touch or overlap made one."""
    made: list[Stretch] = []
    for start, end in sorted((span.start_ms, span.end_ms) for span in spans):
        if made and start <= made[-1].end_ms:
            made[-1] = Stretch(made[-1].start_ms, max(end, made[-1].end_ms))
        elif end > start:
            made.append(Stretch(start, end))
    return made


def without(spans: Iterable[SpanLike], taken: Iterable[SpanLike]) -> list[Stretch]:
    """Return what is left of the spans after `taken` is cut out."""
    left: list[Stretch] = []
    cuts = ordered(taken)
    at = 0
    for span in ordered(spans):
        start = span.start_ms
        while at < len(cuts) and cuts[at].end_ms <= start:
            at += 1
        i = at
        while i < len(cuts) and cuts[i].start_ms < span.end_ms:
            if cuts[i].start_ms > start:
                left.append(Stretch(start, cuts[i].start_ms))
            start = max(start, cuts[i].end_ms)
            i += 1
        if start < span.end_ms:
            left.append(Stretch(start, span.end_ms))
    return left


def clipped(spans: Iterable[SpanLike], start_ms: int, end_ms: int) -> list[Stretch]:
    """Return the parts of the spans inside [start, end)."""
    cut = (Stretch(max(span.start_ms, start_ms), min(span.end_ms, end_ms)) for span in spans)
    return [span for span in cut if span.end_ms > span.start_ms]


def length(spans: Iterable[SpanLike], step_ms: int) -> int:
    """Return how many candles fit into the spans."""
    return sum((span.end_ms - span.start_ms) // step_ms for span in spans)


def windows(spans: Sequence[SpanLike], *, near_ms: int, longest_ms: int) -> list[Stretch]:
    """Return what to ask for: spans closer to each other than `near_ms` as one, cut to `longest_ms`.

    Asking for a few candles that are held already costs less than one more request.
    """
    joined: list[Stretch] = []
    for span in ordered(spans):
        if joined and span.start_ms - joined[-1].end_ms < near_ms:
            joined[-1] = Stretch(joined[-1].start_ms, span.end_ms)
        else:
            joined.append(span)
    return [
        Stretch(start, min(start + longest_ms, span.end_ms))
        for span in joined
        for start in range(span.start_ms, span.end_ms, longest_ms)
    ]
