"""Which stretches of time are known in full: half-open spans in epoch ms, sorted, never touching each other."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same stretches sorted, with touching and overlapping ones as one; empty ones are dropped."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def missing(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """Return what of [start, end) none of the spans covers, oldest first."""
    holes: list[Span] = []
    at = start
    for first, last in merged(spans):
        if last <= at:
            continue
        if first >= end:
            break
        if first > at:
            holes.append((at, first))
        at = last
    if at < end:
        holes.append((at, end))
    return holes


def pieces(span: Span, longest: int | None) -> list[Span]:
    """Return a span cut into pieces of at most `longest` ms, oldest first; None leaves it whole."""
    start, end = span
    if longest is None:
        return [span]
    return [(at, min(at + longest, end)) for at in range(start, end, longest)]
