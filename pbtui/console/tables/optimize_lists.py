"""The lists of the screen of searches: the form, and the searches of this console."""

from __future__ import annotations

from pbtui.console.backtest.form import Field
from pbtui.console.numbers import NOTHING
from pbtui.console.optimize.form import FIELDS, SearchForm
from pbtui.console.optimize.view import OptimizeView, SearchJob
from pbtui.console.text import safe
from pbtui.console.widgets.columns import Cell, Column, Row, Rows, cell

FORM_COLUMNS: tuple[Column, ...] = (Column("field", "field"), Column("value", "value", least=12))
SEARCH_COLUMNS: tuple[Column, ...] = (
    Column("state", "state"),
    Column("name", "search", least=8),
    Column("evaluations", "evals", ">", rank=1),
    Column("front", "front", ">", rank=2),
)
_STATES = {"failed": "✗ failed", "stopped": "● stopped", "done": "✓ done", "stopping": "stopping"}
_INKS = {"failed": "bad", "stopped": "warn", "done": "up", "stopping": "warn"}


def form_rows(form: SearchForm) -> list[Row]:
    """Return the fields: what was typed, else (quietly) what the config says."""
    return [Row(each.id, (cell(each.title, "dim"), _value(form, each))) for each in FIELDS]


def _value(form: SearchForm, each: Field) -> Cell:
    if each.id == "config":
        if form.problem:
            return cell(f"✗ {form.name or 'template'}", "bad")
        return cell(form.name or "the shipped template", "accent" if form.name else "dim")
    typed = form.typed.get(each.id, "")
    if typed:
        return cell(safe(typed, 120), "strong")
    return cell(safe(form.told.get(each.id, "reading…" if form.reading else NOTHING), 120), "dim")


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
