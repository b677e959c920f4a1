"""Letting a part of the console fail, and seeing that nothing else does."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from pbtui.console.widgets.lines import LineView

from .support import Desk, desk


def boom(*_: object, **__: object) -> None:
    raise ValueError("no such figure")


@asynccontextmanager
async def failing(*args: object, **kwargs: object) -> AsyncIterator[Desk]:
    """Run a console of which something will fail."""
    async with desk(*args, **kwargs) as d:  # type: ignore[arg-type]
        yield d
        assert d.app.is_running
        assert d.app.draw_fault
        d.app.draw_fault = ""


def panel_text(d: Desk, name: str) -> str:
    """Return what is on the screen where a widget is."""
    region = d.app.screen.query_one(f"#{name}").region
    return "\n".join(line[region.x : region.right] for line in d.lines[region.y : region.bottom])


def without_ages(text: str) -> str:
    """Return a text in which the clock may have moved on."""
    return re.sub(r"tick \S+", "tick", text)


async def fails_and_starts_again(d: Desk, panel: str, where: object, method: str, do: Callable = boom) -> None:
    """Poison a panel: it fails alone, keeps failing quietly, and is there again after the key."""
    widget = d.app.screen.query_one(f"#{panel}", LineView)
    good = panel_text(d, panel)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, method, do)
        widget.lines = ()
        d.app.refresh_views()
        widget.refresh()
        await d.settle()
        shown = panel_text(d, panel)
        assert "ValueError: no such figure" in " ".join(shown.replace("│", " ").split()), panel
        if widget.region.height > 3:
            assert "^l starts this panel again" in shown
        others = [other for other in d.app.screen.query(LineView) if other is not widget]
        assert not any(other.fault for other in others), panel
    d.app.notes._note = None
    await d.press("ctrl+l")
    d.app.notes._note = None
    d.app.refresh_views()
    await d.settle()
    assert widget.fault == ""
    assert without_ages(panel_text(d, panel)) == without_ages(good), panel
