"""All that is on disk of one symbol, week by week: how complete, in which files, and what is known of the gaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pbtui.exchange.port import TIMEFRAME_MS
from pbtui.market.holdings import WEEK_MS, Holding, Library, monday_of, weeks
from pbtui.market.sources.holes import Hole, holes_in
from pbtui.market.store.layout import Kind

Source = Literal["", "ours", "shards", "both"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of candles in [start, end) and its size in bytes; a `shard` is Passivbot's."""

    name: str
    kind: Kind
    start_ms: int
    end_ms: int
    size: int


@dataclass(frozen=True, slots=True)
class Week:
    """One week from its Monday on: the part of its minutes that is there, and whose files hold it."""

    start_ms: int
    share: float
    source: Source


@dataclass(frozen=True, slots=True)
class Survey:
    """What is held of a symbol, and how much our files and Passivbot's take on disk."""

    holding: Holding
    share: float  # of the minutes between first and last candle
    missing: int  # minutes of them that are not there
    weeks: tuple[Week, ...]
    pieces: tuple[Piece, ...]
    gaps: tuple[Hole, ...]  # everything missing between first and last candle, ascending
    our_bytes: int
    shard_bytes: int

    def missing_in(self, week_ms: int) -> int:
        """Return the minutes of a week that are missing between the first and the last candle of all."""
        until = week_ms + WEEK_MS
        lost = (min(gap.end_ms, until) - max(gap.start_ms, week_ms) for gap in self.gaps)
        return sum(each for each in lost if each > 0) // TIMEFRAME_MS["1m"]

    def pieces_of(self, week_ms: int) -> list[Piece]:
        """Return the files that hold candles of a week."""
        return [piece for piece in self.pieces if piece.start_ms < week_ms + WEEK_MS and piece.end_ms > week_ms]


def survey(library: Library, exchange: str, symbol: str) -> Survey:
    """Return what is held of a symbol; segments that are known already are not opened. Raises DataError."""
    holding = library.holding(exchange, symbol)
    store = library.store(exchange)
    shelf = store.shelf(symbol, "1m")
    pieces: list[Piece] = []
    for segment in shelf.segments():
        try:
            size = (shelf.folder / segment.name).stat().st_size
        except OSError:  # folded or deleted since it was listed
            continue
        pieces.append(Piece(segment.name, segment.kind, segment.start_ms, segment.end_ms, size))
    held = holding.coverage
    gaps: tuple[Hole, ...] = ()
    if held.first_ms is not None and held.last_ms is not None and held.holes:
        gaps = holes_in(store, symbol, "1m", held.first_ms, held.last_ms + TIMEFRAME_MS["1m"])
    sources = _sources(pieces)
    found = tuple(Week(start, share, sources.get(start, "") if share else "") for start, share in weeks(holding))
    return Survey(
        holding=holding,
        share=holding.share,
        missing=holding.missing,
        weeks=found,
        pieces=tuple(pieces),
        gaps=gaps,
        our_bytes=sum(piece.size for piece in pieces if piece.kind != "shard"),
        shard_bytes=sum(piece.size for piece in pieces if piece.kind == "shard"),
    )


def _sources(pieces: Iterable[Piece]) -> dict[int, Source]:
    """Return whose files there are, by week."""
    found: dict[int, Source] = {}
    for piece in pieces:
        own: Source = "shards" if piece.kind == "shard" else "ours"
        for week in range(monday_of(piece.start_ms), piece.end_ms, WEEK_MS):
            found[week] = own if found.get(week, own) == own else "both"
    return found
