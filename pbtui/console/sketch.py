"""The console's outline, drawn by hand before what draws screens is loaded: nothing jumps when the real one comes."""

from __future__ import annotations

LEAST_COLUMNS, LEAST_ROWS = 40, 15
_TWO_HEADER_ROWS, _ONE_HEADER_COLUMNS = 30, 80
_FLAT_BELOW_COLUMNS, _FLAT_BELOW_ROWS = 100, 30
_PANEL_ROWS = 8  # the least height of the checklist
_TITLE = " Starting "


def outline(waiting: str, columns: int, rows: int, *, ascii_only: bool) -> list[str]:
    """Return the rows below the first one: the panel of the start with what is waited for; none on a tiny terminal."""
    if columns < LEAST_COLUMNS or rows < LEAST_ROWS:
        return []
    dash, side, corners, mark = ("-", "|", "++++", "o") if ascii_only else ("─", "│", "╭╮╰╯", "○")
    flat = columns < _FLAT_BELOW_COLUMNS or rows < _FLAT_BELOW_ROWS
    two = rows >= _TWO_HEADER_ROWS or columns < _ONE_HEADER_COLUMNS
    words = f" {mark} {waiting}"[: columns - 2]
    found = [""] * two
    if flat:
        return [*found, f"{dash}{_TITLE}".ljust(columns, dash), "", words]
    top = f"{dash}{_TITLE}".ljust(columns - 2, dash)
    body = [" " * (columns - 2), words.ljust(columns - 2), *[" " * (columns - 2)] * (_PANEL_ROWS - 4)]
    return [
        *found,
        f"{corners[0]}{top}{corners[1]}",
        *(f"{side}{line}{side}" for line in body),
        f"{corners[2]}{dash * (columns - 2)}{corners[3]}",
    ]
