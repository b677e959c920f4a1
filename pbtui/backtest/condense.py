"""Notes on many coins that say the same, told once."""

from __future__ import annotations

import re
from collections.abc import Iterable

_FIGURES = re.compile(r"[\d:.,-]+")
_EACH = 3  # so many alike are told one by one


def condensed(notes: Iterable[str]) -> list[str]:
    """Return notes of the form `COIN …: text` with those alike but for figures told as one, in their first place."""
    groups: dict[str, list[str]] = {}
    for note in notes:
        head, colon, text = note.partition(": ")
        where = head.split(" ", 1)[1] if " " in head else ""
        groups.setdefault(f"{where}{colon}{_FIGURES.sub('', text)}", []).append(note)
    told: list[str] = []
    for alike in groups.values():
        if len(alike) <= _EACH:
            told += alike
            continue
        others = ", ".join(note.split(":", 1)[0].split(" ", 1)[0] for note in alike[1:])
        told.append(f"{alike[0]} (likewise {others})")
    return told
