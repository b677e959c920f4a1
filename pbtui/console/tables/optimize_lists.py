"""The lists of the screen of searches: the form, and the searches of this console."""

from __future__ import annotations

from pbtui.console.optimize.view import OptimizeView, SearchJob
from pbtui.console.widgets.columns import Column, Row, Rows, cell

SEARCH_COLUMNS: tuple[Column, ...] = (
    Column("state", "state"),
    Column("name", "search", least=8),
    Column("evaluations", "evals", ">", rank=1),
    Column("front", "front", ">", rank=2),
)
_STATES = {"failed": "✗ failed", "stopped": "● stopped", "done": "✓ done", "stopping": "stopping"}
_INKS = {"failed": "bad", "stopped": "warn", "done": "up", "stopping": "warn"}


def search_rows(view: OptimizeView) -> Rows:
    """Return the searches of this console, newest first."""
    return Rows.of([_row(search) for search in reversed(view.searches.values())])


def _row(search: SearchJob) -> Row:
    share = search.standing.share
    running = "paused" if search.paused else f"{share:.0%}" if share is not None else "starting"
    ink = "warn" if search.paused else _INKS.get(search.state, "accent")
    state = search.last
    cells = (
        cell(_STATES.get(search.state, running), ink),
        cell(search.name, "strong"),
        cell(f"{state.evaluations:,}" if state is not None else ""),
        cell(f"{state.front:,}" if state is not None else "", "dim"),
    )
    return Row(search.number, cells)


def searches_title(view: OptimizeView) -> str:
    """Return what the frame of the list says."""
    busy = len(view.running())
    return f"Searches {len(view.searches)}" + (f" · {busy} running" if busy else "")


SEARCHES_EMPTY = ("no search of this console yet", "", "^r   search as the form says", "4    the fronts on disk")
