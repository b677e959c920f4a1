"""The console's outline, drawn by hand before what draws screens is loaded: nothing jumps when the real one comes."""

from __future__ import annotations

LEAST_COLUMNS, LEAST_ROWS = 40, 15
_PANEL_ROWS = 8  # the least height of the checklist
_TITLE = " Starting "


def has_two_rows(columns: int, rows: int) -> bool:
    """Tell whether the header has two rows."""
    return rows >= 30 or columns < 80


def is_flat(columns: int, rows: int) -> bool:
    """Tell whether panels have a line above them instead of a frame."""
    return columns < 100 or rows < 30


def outline(waiting: str, columns: int, rows: int, *, ascii_only: bool) -> list[str]:
    """Return the rows below the first one: the panel of the start with what is waited for; none on a tiny terminal."""
    if columns < LEAST_COLUMNS or rows < LEAST_ROWS:
        return []
    dash, side, corners, mark = ("-", "|", "++++", "o") if ascii_only else ("─", "│", "╭╮╰╯", "○")
    words = f" {mark} {waiting}"[: columns - 2]
    found = [""] * has_two_rows(columns, rows)
    if is_flat(columns, rows):
        return [*found, f"{dash}{_TITLE}".ljust(columns, dash), "", words]
    top = f"{dash}{_TITLE}".ljust(columns - 2, dash)
    body = [" " * (columns - 2), words.ljust(columns - 2), *[" " * (columns - 2)] * (_PANEL_ROWS - 4)]
    return [
        *found,
        f"{corners[0]}{top}{corners[1]}",
        *(f"{side}{line}{side}" for line in body),
        f"{corners[2]}{dash * (columns - 2)}{corners[3]}",
    ]
