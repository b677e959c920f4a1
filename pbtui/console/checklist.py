"""The start-up checklist: what is there, what is awaited."""

from __future__ import annotations

from pbtui.console.text import Line, fit, fold, safe, width
from pbtui.core.snapshot import Snapshot

_LEAST_DETAIL = 12


def checklist_lines(snapshot: Snapshot | None, room: int) -> list[Line]:
    """Return a line per item: a tick or a circle, its name, its detail."""
    if snapshot is None:
        return [(), ((" ○ ", "accent"), ("connecting to the bot", "text"))]
    items = snapshot.readiness
    if not items:
        reason = safe(snapshot.health.reason) or "starting"
        return [(), ((" ○ ", "accent"), (fit(reason, min(len(reason), max(1, room - 4))), "text"))]
    name_room = max((width(safe(item.name, 60)) for item in items), default=0)
    lines: list[Line] = [()]
    first_open = next((item for item in items if not item.done), None)
    for item in items:
        mark, ink = ("✓", "up") if item.done else ("○", "accent")
        detail = safe(item.detail)
        name_ink = "dim" if item.done else "strong" if item is first_open else "text"
        if room - name_room - 6 < _LEAST_DETAIL:  # no room for two columns
            lines += fold(((f" {mark} ", ink), (f"{safe(item.name, 60)}: ", name_ink), (detail, "dim")), room)
            continue
        detail = fit(detail, min(width(detail), max(1, room - name_room - 6)))
        lines.append(((f" {mark} ", ink), (fit(safe(item.name, 60), name_room) + "  ", name_ink), (detail, "dim")))
    if snapshot.health.reason:
        lines += [(), ((f" {safe(snapshot.health.reason)}", "warn"),)]
    return lines
