"""Screens as text at every size, kept in files beside the tests: what changes on a screen is read in a diff."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from rich.cells import cell_len
from textual.widgets import Input

from pbtui.console.dialogs.base import Choice, Dialog

from .support import Desk

SIZES = ((40, 20), (60, 18), (80, 24), (120, 40), (200, 60))
PROMPT_ROWS = 3  # message, prompt, footer
PICTURES = Path(__file__).parent / "__snapshots__" / "sizes"
# A figure whose end is missing: a digit, or a digit and a point, before the sign of something left out.
CUT_FIGURE = re.compile(r"\d[.,]?…")


async def resize(d: Desk, columns: int, rows: int) -> None:
    """Give the terminal another size and let everything be drawn in it."""
    await d.pilot.resize_terminal(columns, rows)
    if isinstance(d.app.screen, Dialog):
        await d.pilot.pause()
        return
    await d.settle()
    d.app.notes._note = None
    snap = d.app.state.snapshot
    if snap is not None and snap.health.last_tick_ms:  # ages are the same in every picture
        d.app.state.snapshot = replace(snap, health=replace(snap.health, last_tick_ms=d.clock.now_ms() - 400))
    d.app.refresh_views()
    d.app.ask_chart()  # as many candles as fit now
    await d.settle()
    if await d.ended("chart", "coin", "equity"):
        await d.settle()


def check(d: Desk, where: str) -> list[str]:
    """See that what is on the screen fits it; return its lines."""
    columns, rows = d.app.size
    lines = d.lines
    text = "\n".join(lines)
    assert len(lines) == rows, where
    assert all(cell_len(line) == columns for line in lines), where
    assert not CUT_FIGURE.search(text), (where, CUT_FIGURE.findall(text), text)
    screen = d.app.screen
    if isinstance(screen, Dialog):
        box = screen.query_one("#box").content_region
        for widget in screen.query("Choice, Input"):
            region = widget.region
            assert region.height, (where, widget, text)
            assert box.y <= region.y, (where, widget, text)
            assert region.bottom <= box.bottom, (where, widget, text)
        for choice in screen.query(Choice):
            for line in choice.lines:
                words = "".join(part for part, _ in line).strip()
                assert words in text, (where, words)
    else:
        assert lines[-1].strip(), (where, "no footer")
    return lines


async def pictures(d: Desk, name: str) -> str:
    """Return the screen in front (of a dialog its box) at every size, checked."""
    parts: list[str] = []
    for columns, rows in SIZES:
        await resize(d, columns, rows)
        lines, where = check(d, f"{name} at {columns}×{rows}"), ""
        if isinstance(d.app.screen, Dialog):
            box = d.app.screen.query_one("#box").region
            lines = [line[box.x : box.right] for line in lines[box.y : box.bottom]]
            where = f" · {box.width}×{box.height} at {box.x},{box.y}"
        elif isinstance(d.app.focused, Input):
            lines = lines[-PROMPT_ROWS:]
        body = "\n".join(line.rstrip() for line in lines)
        parts.append(f"═══ {columns}×{rows}{where} ═══\n{body}\n")
    return "\n".join(parts)


def compare(name: str, text: str, *, update: bool) -> None:
    """Compare with what is kept; `update` keeps the new one."""
    path = PICTURES / f"{name}.txt"
    if update:
        PICTURES.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"no picture of {name}: run with --snapshot-update"
    assert text == path.read_text(encoding="utf-8"), f"{name} looks different (--snapshot-update keeps the new look)"
