"""The events table: time, tag, coin, text; errors stand out by a word, not only by colour."""

from __future__ import annotations

from collections.abc import Iterable

from pbtui.console.numbers import clock, utc
from pbtui.console.tables.select import matches
from pbtui.console.text import safe
from pbtui.console.widgets.columns import Column, Row, Rows, cell
from pbtui.core.snapshot import EventRow

LEVELS = ("error", "info", "debug", "trace")
_ANY_ERROR_TAG = "error"

COLUMNS: tuple[Column, ...] = (
    Column("time", "time"),
    Column("tag", "tag", rank=2, least=4),
    Column("coin", "coin", rank=1, least=9),
    Column("text", "what", least=10),
)


def event_words(row: EventRow) -> dict[str, str]:
    """Return what a filter can look for in an event."""
    return {"tag": row.tag, "coin": row.coin, "text": row.text, "level": LEVELS[max(0, min(row.level, 3))]}


def shown(events: Iterable[EventRow], level: int, wanted: str = "") -> list[EventRow]:
    """Return the events down to a level that pass a filter, oldest first."""
    found = [event for event in events if event.level <= level]
    return [event for event in found if matches(event_words(event), wanted)] if wanted.strip() else found


def ink_of(event: EventRow) -> str:
    """Return the ink of an event."""
    if event.is_error:
        return "bad"
    return "warn" if event.level == 0 else "text" if event.level == 1 else "dim"


def short_coin(name: str) -> str:
    """Return the coin of an event; symbols lose their quote."""
    return safe(name, 40).partition("/")[0]


def make_row(event: EventRow, *, full: bool = False) -> Row:
    """Return an event as cells; `full` adds date and level for the log screen."""
    ink = ink_of(event)
    tag = safe(event.tag, 20)
    if event.is_error and _ANY_ERROR_TAG not in tag:
        tag = f"!{tag}"
    words = (
        cell(tag, ink if ink != "text" else "accent"),
        cell(short_coin(event.coin), "strong"),
        cell(safe(event.text), ink),
    )
    if full:
        level = LEVELS[max(0, min(event.level, 3))]
        stamp = cell(utc(event.ts_ms, "%Y-%m-%d %H:%M:%SZ"), "dim")
        return Row(event.seq, (stamp, cell(level if event.is_error or event.level else "warn", ink), *words))
    return Row(event.seq, (cell(clock(event.ts_ms), "dim"), *words))


def rows(events: Iterable[EventRow], level: int, wanted: str = "", *, full: bool = False, most: int = 5_000) -> Rows:
    """Return the newest `most` events as rows, oldest first."""
    found = shown(events, level, wanted)[-most:]
    return Rows([event.seq for event in found], lambda index: make_row(found[index], full=full))
