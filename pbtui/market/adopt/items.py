"""What a Passivbot folder holds, one item a line of the plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pbtui.market.transfer.take import Found

Kind = Literal["config", "coin list", "keys", "addresses", "candles", "market settings", "results", "left out"]


@dataclass(frozen=True, slots=True)
class Candles:
    """Files of minutes of one exchange; `strange` counts files that are no 1m candles of a coin by their names."""

    exchange: str
    found: tuple[Found, ...]
    strange: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One thing: `source` below the old folder, `target` below the base folder (empty: left out, `notes` say why).

    `copies` are files to copy, by path below both folders; `secret` ones get mode 0600.
    """

    kind: Kind
    source: str
    target: str = ""
    notes: tuple[str, ...] = ()
    copies: tuple[tuple[Path, Path], ...] = ()
    candles: Candles | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything found in `place`, and how it comes to `base`; `replay` are the words of a first replay."""

    place: Path
    base: Path
    items: tuple[Item, ...]
    replay: tuple[str, ...] = field(default=())


def left_out(source: str, *why: str) -> Item:
    """Return an item that is not taken over."""
    return Item("left out", source, notes=why)
