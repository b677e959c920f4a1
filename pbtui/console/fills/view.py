"""What the fills screen shows, and how a filter typed there is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pbtui.core.clock import DAY_MS
from pbtui.core.fill_pages import FillFilter, FillsPage

By = Literal["day", "coin", "type"]
BYS: tuple[By, ...] = ("day", "coin", "type")
PAGE = 200
MOST = 2_000


@dataclass(slots=True)
class FillsView:
    """Everything the fills screen draws."""

    page: FillsPage | None = None
    problem: str = ""  # why there is nothing new to see
    reading: bool = False
    n: int = PAGE  # orders asked for
    by: By = "day"
    asked: str = ""  # the filter that the page answers
    known: int = -1  # how many fills the account had when last asked


def asked_for(wanted: str) -> tuple[FillFilter, str]:
    """Return what the bot is asked for by a typed filter, and the words that are left for the rows.

    `coin:SOL` `type:unstuck` `side:long` `day:2025-05-20` choose among all fills that are kept, so that sums follow;
    other words, and those that exclude, choose among the rows shown.
    """
    coins: list[str] = []
    types: list[str] = []
    left: list[str] = []
    pside: Literal["long", "short"] | None = None
    day: int | None = None
    for word in wanted.split():
        name, _, text = word.partition(":")
        if name == "coin" and text:
            coins.append(text)
        elif name == "type" and text:
            types.append(text.lower())
        elif name == "side" and text in ("long", "short"):
            pside = "long" if text == "long" else "short"
        elif name == "day" and (found := _day_ms(text)) is not None:
            day = found
        else:
            left.append(word)
    until = None if day is None else day + DAY_MS
    return FillFilter(tuple(coins), pside, day, until, tuple(types)), " ".join(left)


def _day_ms(text: str) -> int | None:
    try:
        return round(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        return None
