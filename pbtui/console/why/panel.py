"""The why panel: what exists on each side of a coin and what keeps more away, as styled lines."""

from __future__ import annotations

from collections.abc import Sequence

from pbtui.console.text import Line, wrap
from pbtui.console.why.telling import Telling, tellings
from pbtui.console.why.words import Decimals
from pbtui.core.snapshot import CoinFacts
from pbtui.core.types import Pside

# The mark before a line, its ink, and the ink of the text.
_LOOKS = {"makes": ("+", "up", "text"), "keeps": ("−", "warn", "text"), "tells": ("·", "dim", "dim")}
_LOUD = frozenset({"loss_gate", "no_price", "panic_no_price", "plan_rejected", "total_exposure_full"})
_HEADS = {"entry": "entries", "close": "closes"}


def why_lines(facts: CoinFacts, pside: Pside, room: int) -> list[Line]:
    """Return the reasons of both sides, the asked one first, folded to `room` columns."""
    other: Pside = "short" if pside == "long" else "long"
    return [*_side(facts, pside, room), (), *_side(facts, other, room)]


def _side(facts: CoinFacts, pside: Pside, room: int) -> list[Line]:
    told = tellings(facts.reasons, pside, Decimals.of(facts))
    lines: list[Line] = [((f"Why · {pside}", "accent"),)]
    part = ""
    for one in told:
        if one.part != part:
            part = one.part
            lines.append(((_HEADS[part], "dim"),))
        lines += _telling(one, room)
    return lines


def _telling(one: Telling, room: int) -> Sequence[Line]:
    mark, mark_ink, ink = _LOOKS[one.tone]
    ink = "bad" if one.code in _LOUD else ink
    first, *others = wrap(one.text, max(8, room - 2))
    return [((f"{mark} ", mark_ink), (first, ink)), *((("  " + text, ink),) for text in others)]
