"""Flexible dates (config.md 4.7)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

DAY_MS = 86_400_000
NOW_WORDS = {"now", "today", ""}
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_PARTIAL = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")


def parse_date(value: object) -> int:
    """Return the epoch ms of a date; missing parts are January, the 1st, 00:00; no zone = UTC. Raises ValueError."""
    text = str(value).strip()
    match = _COMPACT.fullmatch(text) or _PARTIAL.fullmatch(text)
    if match:
        year, month, day = (int(part) if part else 1 for part in match.groups())
        moment = datetime(year, month, day, tzinfo=UTC)
    else:
        head = _PARTIAL.match(text)
        if head is None or not head.group(3):
            raise ValueError(f"{text!r} is no date")
        day_text = f"{int(head.group(1)):04d}-{int(head.group(2)):02d}-{int(head.group(3)):02d}"
        rest = text[head.end() :].strip().removeprefix("T").strip()
        rest = f"{rest}:00" if re.fullmatch(r"\d{1,2}", rest) else rest
        moment = datetime.fromisoformat(f"{day_text}T{rest.zfill(5)}")
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return round(moment.timestamp() * 1000)


def day_text(epoch_ms: int) -> str:
    """Return the UTC date of a moment as YYYY-MM-DD."""
    return datetime.fromtimestamp(epoch_ms // 1000, tz=UTC).strftime("%Y-%m-%d")


def minute_text(epoch_ms: int) -> str:
    """Return the UTC minute of a moment as YYYY-MM-DD HH:MMZ."""
    return datetime.fromtimestamp(epoch_ms // 1000, tz=UTC).strftime("%Y-%m-%d %H:%MZ")


def resolve_end_date(value: object, now_ms: int) -> str:
    """Return a concrete `end_date`: now, today, empty and null are midnight two days ago. Raises ValueError."""
    if value is None or str(value).strip().lower() in NOW_WORDS:
        return day_text((now_ms - 2 * DAY_MS) // DAY_MS * DAY_MS)
    return day_text(parse_date(value))
