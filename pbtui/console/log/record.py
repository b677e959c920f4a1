"""One line of the log as something to show: parsed, made harmless, folded; junk is shown as junk."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import orjson

from pbtui.console.numbers import utc
from pbtui.core.record import record
from pbtui.core.sanitize import sanitize_line, sanitize_text
from pbtui.core.snapshot import EventRow

LEVELS = ("warning", "info", "debug", "trace")
LEVEL_LETTERS = "WIDT"
MOST_BYTES = 16 * 1024  # of a line that is shown in a list
MOST_FULL = 1024 * 1024  # of a line that is opened or copied
_TIME_AT, _TIME_END = 9, 38  # where a line of ours tells its time
_MOST_ENDING = 12  # bytes of a half escape at the end of a line cut short
_ORDER = re.compile(rb'^\{"time":"[^"]{20,40}","level":"[a-z]+","tag":"')


@record
class Record:
    """A line of the log; `lines` is its text, one harmless string per line, at least one."""

    ts_ms: int
    level: int
    tag: str
    coin: str
    lines: tuple[str, ...]
    is_error: bool = False
    junk: bool = False  # not written by a bot
    cut: bool = False  # the line is longer than what was read of it

    @property
    def head(self) -> str:
        """The first line of the text."""
        return self.lines[0]

    @property
    def letter(self) -> str:
        """One letter that says how grave it is: E error, W warning, I info, D debug, T trace, ? junk."""
        return "?" if self.junk else "E" if self.is_error else LEVEL_LETTERS[self.level]

    def plain(self) -> str:
        """Return the record as text to copy; further lines of its text are indented."""
        text = "\n    ".join(self.lines) + (" …" if self.cut else "")
        if self.junk:
            return text
        level = "error" if self.is_error else LEVELS[self.level]
        stamp = utc(self.ts_ms, "%Y-%m-%d %H:%M:%SZ")
        return " ".join(part for part in (stamp, level, self.tag, self.coin, text) if part)


def parse(raw: bytes, *, cut: bool = False, most: int = MOST_BYTES) -> Record:
    """Return a line as a record. `cut`: `raw` is only the beginning of the line."""
    found = _load(_mended(raw) if cut else raw)
    if found is None:
        return Record(0, 1, "", "", _lines(raw.decode("utf-8", "replace"), most), junk=True, cut=cut)
    level = found.get("level")
    return Record(
        ts_ms=_ms(found.get("time")),
        level=LEVELS.index(level) if level in LEVELS else 1,
        tag=sanitize_line(found.get("tag", ""), limit=40),
        coin=sanitize_line(found.get("coin", ""), limit=40).partition("/")[0],
        lines=_lines(str(found.get("text", "")), most),
        is_error=found.get("error") is True,
        cut=cut,
    )


def time_at(data: bytes, start: int) -> bytes:
    """Return the time of a line as it is written: such times sort as bytes. Empty where it is not in our form."""
    found = data[start + _TIME_AT : start + _TIME_END]
    return found if data[start : start + 2] == b'{"' and found[10:11] == b"T" else b""


def record_at(data: bytes, start: int) -> Record:
    """Return the line at `start` of a block as a record, from at most `MOST_BYTES` of it."""
    end = data.find(b"\n", start)
    end = len(data) if end < 0 else end
    cut = end - start > MOST_BYTES
    return parse(data[start : min(end, start + MOST_BYTES)], cut=cut)


def encode(row: EventRow) -> bytes:
    """Return an event in the form of the log file, as a line."""
    return (
        orjson.dumps(
            {
                "time": _written_time(row.ts_ms),
                "level": LEVELS[min(max(row.level, 0), 3)],
                "tag": sanitize_text(row.tag),
                "coin": sanitize_text(row.coin),
                "text": sanitize_text(row.text, limit=MOST_BYTES),
                "error": row.is_error,
                "seq": row.seq,
            }
        )
        + b"\n"
    )


def _written_time(ts_ms: int) -> str:
    try:
        return datetime.fromtimestamp(ts_ms / 1000, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return ""


def _load(raw: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) and "text" in found and "time" in found else None


def _mended(raw: bytes) -> bytes:
    """Return the beginning of a line closed as a whole one: the text ends where it was cut."""
    if not _ORDER.match(raw) or b'","text":"' not in raw:
        return raw
    for short in range(_MOST_ENDING):
        whole = raw[: len(raw) - short] + b'"}'
        if _load(whole) is not None:
            return whole
    return raw


def _lines(text: str, most: int) -> tuple[str, ...]:
    clean = sanitize_text(text, limit=most).replace("\t", "    ")
    return tuple(clean.rstrip("\n").split("\n"))


def _ms(text: object) -> int:
    try:
        return round(datetime.fromisoformat(str(text)).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return 0
