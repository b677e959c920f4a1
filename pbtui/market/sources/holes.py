"""Candles that nobody has: what is still missing after everybody was asked, and why (candles.md 10.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pbtui.exchange.port import TIMEFRAME_MS, Timeframe
from pbtui.market.sources.keeping import PERSISTENT_RETRIES, Gap, Store
from pbtui.market.store.spans import SpanLike, Stretch, clipped, ordered, without

_FRESH_MS = 600_000  # a venue may publish a candle so late: its absence is no gap yet


@dataclass(frozen=True, slots=True)
class Hole:
    """Candles that are not there; `reason` as in candles.md 10.1, or `not asked` for one too recent to judge."""

    start_ms: int
    end_ms: int
    reason: str
    retry_count: int


def wanted(
    store: Store, symbol: str, start_ms: int, end_ms: int, timeframe: Timeframe, *, refetch_gaps: bool = False
) -> list[Stretch]:
    """Return what is worth asking for: missing, not before the symbol began, and not known to be a lasting gap."""
    missing = ordered(store.missing(symbol, start_ms, end_ms, timeframe))
    listing = store.listing(symbol)
    if listing is not None:
        missing = clipped(missing, _floor(listing, timeframe), end_ms)
    if refetch_gaps or not missing:
        return missing
    return without(missing, _lasting(store.known_gaps(symbol, timeframe)))


def note_holes(
    store: Store, symbol: str, timeframe: Timeframe, asked: Iterable[SpanLike], *, reason: str, now_ms: int
) -> None:
    """Remember as gaps what is still missing of what the venue was `asked` for and answered without.

    Every round of asking counts; `no_trades` is the venue's own word and lasts at once.
    """
    lasting = _lasting(store.known_gaps(symbol, timeframe))
    missing: list[SpanLike] = []
    for stretch in ordered(asked):
        missing += store.missing(symbol, stretch.start_ms, stretch.end_ms, timeframe)
    found = without(clipped(missing, 0, now_ms - _FRESH_MS), lasting)
    retries = PERSISTENT_RETRIES if reason == "no_trades" else None
    store.note_gaps(symbol, found, reason, timeframe, retry_count=retries)


def note_lasting(store: Store, symbol: str, timeframe: Timeframe, spans: Iterable[SpanLike], reason: str) -> None:
    """Remember spans that nobody will ever have."""
    lasting = _lasting(store.known_gaps(symbol, timeframe))
    store.note_gaps(symbol, without(spans, lasting), reason, timeframe, retry_count=PERSISTENT_RETRIES)


def note_before_listing(store: Store, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> None:
    """Remember that there is nothing before a symbol began."""
    listing = store.listing(symbol)
    if listing is not None and start_ms < _floor(listing, timeframe):
        before = store.missing(symbol, start_ms, min(end_ms, _floor(listing, timeframe)), timeframe)
        note_lasting(store, symbol, timeframe, before, "pre_inception")


def holes_in(store: Store, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> tuple[Hole, ...]:
    """Return everything missing in [start, end) with what is known of it."""
    gaps = sorted(store.known_gaps(symbol, timeframe), key=lambda gap: gap.start_ms)
    missing = ordered(store.missing(symbol, start_ms, end_ms, timeframe))
    found = list(_explained(missing, gaps))
    found += [Hole(span.start_ms, span.end_ms, "not asked", 0) for span in without(missing, gaps)]
    return tuple(sorted(found, key=lambda hole: hole.start_ms))


def _explained(missing: Sequence[Stretch], gaps: Sequence[Gap]) -> Iterator[Hole]:
    first = 0
    for span in missing:
        while first < len(gaps) and gaps[first].end_ms <= span.start_ms:
            first += 1
        reached = span.start_ms
        for gap in gaps[first:]:
            if gap.start_ms >= span.end_ms:
                break
            start, end = max(gap.start_ms, reached), min(gap.end_ms, span.end_ms)
            if end > start:
                yield Hole(start, end, gap.reason, gap.retry_count)
                reached = end


def _lasting(gaps: Iterable[Gap]) -> list[Gap]:
    return [gap for gap in gaps if gap.retry_count >= PERSISTENT_RETRIES]


def _floor(moment_ms: int, timeframe: Timeframe) -> int:
    return moment_ms // TIMEFRAME_MS[timeframe] * TIMEFRAME_MS[timeframe]
