"""The lists of the screen of fronts: the runs, the members of one, a member's parameters in their bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pbtui.console.numbers import NOTHING, bar, utc
from pbtui.console.optimize.view import FrontRun, ParetoView
from pbtui.console.state import Sort
from pbtui.console.tables.select import Value, filtered, ordered
from pbtui.console.text import safe
from pbtui.console.widgets.columns import Cell, Column, Row, Rows, cell

if TYPE_CHECKING:
    from pbtui.console.optimize.reading import Front, Parameter
    from pbtui.optimize.results import Stored

FRONT_COLUMNS: tuple[Column, ...] = (
    Column("when", "when"),
    Column("name", "run", least=8),
    Column("members", "members", ">", rank=1),
    Column("state", "", rank=2),
)
FRONT_SORTABLE: list[str] = ["when", "name", "members"]
_FRONT_VALUES: Mapping[str, Callable[[FrontRun], Value]] = {
    "when": lambda run: run.when_ms,
    "name": lambda run: run.name.casefold(),
    "members": lambda run: run.members,
}
MEMBER_SORTABLE: list[str] = ["id", "distance", "violation"]  # besides the objectives and the metric asked for
BAR_COLUMNS: tuple[Column, ...] = (
    Column("name", "parameter", least=14),
    Column("value", "value", ">"),
    Column("low", "low", ">", rank=2),
    Column("bar", "bound", rank=1),
    Column("high", "high", ">", rank=2),
    Column("end", ""),
)
_BAR = 12
_ID = 8
_STATES = {True: "", False: "unfinished", None: "passivbot"}


def front_rows(view: ParetoView, wanted: str, sort: Sort) -> Rows:
    """Return the runs, newest first."""
    runs = ordered(filtered(list(view.runs.values()), wanted, _front_words), sort, _FRONT_VALUES)
    return Rows([run.folder for run in runs], lambda index: _front_row(runs[index]))


def _front_words(run: FrontRun) -> dict[str, str]:
    return {"name": run.name, "when": utc(run.when_ms, "%Y-%m-%d %H:%M"), "kind": _STATES[run.ended] or "pbtui"}


def _front_row(run: FrontRun) -> Row:
    cells = (
        cell(utc(run.when_ms, "%y-%m-%d %H:%M"), "dim"),
        cell(run.name),
        cell(f"{run.members:,}"),
        cell(_STATES[run.ended], "warn" if run.ended is False else "dim"),
    )
    return Row(run.folder, cells)


def fronts_title(view: ParetoView, wanted: str) -> str:
    """Return what the frame of the list says."""
    parts = [f"Fronts {len(view.runs)}", "reading…" if view.reading and not view.asked else ""]
    return " · ".join(part for part in (*parts, f"/{safe(wanted, 30)}" if wanted else "") if part)


def fronts_empty(view: ParetoView, wanted: str) -> tuple[str, ...]:
    """Return the words for a list without rows."""
    if view.problem:
        return (view.problem,)
    if wanted:
        return ("no run passes the filter",)
    if not view.asked:
        return ("looking for fronts…",)
    return ("no front yet in", f" {view.root}", "", "3    begin a search")


# -- members ---------------------------------------------------------------------------------------------------------


def member_columns(view: ParetoView) -> tuple[Column, ...]:
    """Return the columns: a member's id, the objectives, the metric asked for, distance, violation."""
    names = view.names()
    found = [Column(name, safe(name, 30), ">", rank=place) for place, name in enumerate(names)]
    asked = view.metric if view.metric in names else ""
    found = [column for column in found if column.id != asked]
    metric = [Column(asked, safe(asked, 30), ">")] if asked else []
    rest = [Column("distance", "distance", ">", rank=len(names)), Column("violation", "violation", ">", rank=20)]
    return (Column("id", "member"), *metric, *found, *rest)


def sortable(view: ParetoView) -> list[str]:
    """Return the columns to sort members by."""
    return [*view.names(), *MEMBER_SORTABLE]


def member_rows(view: ParetoView, front: Front, shown: Sequence[Stored]) -> Rows:
    """Return the members in view."""
    columns = [column.id for column in member_columns(view)]

    def make(index: int) -> Row:
        item = shown[index]
        return Row(item.id, tuple(_member_cell(front, item, name) for name in columns))

    return Rows([item.id for item in shown], make)


def _member_cell(front: Front, item: Stored, name: str) -> Cell:
    if name == "id":
        nearest = item.id == front.picked
        return cell(safe(item.id[:_ID], _ID) + ("*" if nearest else ""), "accent" if nearest else "strong")
    if name == "distance":
        far = front.distances[item.id]  # infinite where a limit is broken
        return cell(f"{far:.4f}" if math.isfinite(far) else NOTHING, "dim")
    if name == "violation":
        return cell(figure(item.violation) if item.violation else "", "bad")
    value = front.told(item, name)
    return cell(figure(value), "text") if value is not None else cell(NOTHING, "dim")


def members_title(view: ParetoView, count: int, wanted: str, problem: str) -> str:
    """Return what the frame of the list says."""
    front = view.front()
    if front is None:
        return "Members"
    whole = len(front.results.members)
    if problem:
        return f"⚠ {problem}"
    parts = [f"Members {count:,} of {whole:,}" if wanted else f"Members {whole:,}"]
    if wanted:
        parts.append(f"/{safe(wanted, 40)}")
    if front.results.odd:
        parts.append(f"⚠ {len(front.results.odd)} unread")
    return " · ".join([*parts, *_validated(front.results.validation)])


def _validated(told: Mapping[str, Any] | None) -> list[str]:
    """Return how many were tried, and how far the order of each objective holds on unseen days."""
    if not told:
        return []
    trials, ranks = told.get("trials"), told.get("rank_correlation")
    found = [f"{trials:,} trials"] if isinstance(trials, int) else []
    known = list(ranks.values()) if isinstance(ranks, Mapping) else []
    words = [f"{rho:+.2f}" if isinstance(rho, int | float) else NOTHING for rho in known]
    return [*found, f"rank ρ unseen {' '.join(words)}"] if words else found


def members_empty(view: ParetoView, wanted: str) -> tuple[str, ...]:
    """Return the words for a list without rows."""
    found = view.fronts.get(view.current) if view.current is not None else None
    if isinstance(found, str):
        return (found,)
    if found is not None and wanted:
        return ("no member passes the filter", "", "adg>=0.001, or part of an id")
    return ("reading…",) if view.current is not None else ("no front chosen",)


# -- parameters ------------------------------------------------------------------------------------------------------


def bar_rows(parameters: Sequence[Parameter]) -> list[Row]:
    """Return the parameters searched as bars in their bounds, then those that were fixed."""
    return [_bar_row(each) for each in parameters]


def _bar_row(each: Parameter) -> Row:
    name, value = safe(each.name, 60), figure(each.value)
    if each.fixed:
        quiet = cell("", "dim")
        return Row(each.name, (cell(name, "dim"), cell(value, "dim"), quiet, cell("fixed", "dim"), quiet, quiet))
    filled, empty = bar(each.share, _BAR)
    ink = "warn" if each.at_end else "accent"
    cells = (
        cell(name, "text"),
        cell(value, "strong"),
        cell(figure(each.low), "dim"),
        ((filled, ink), (empty, "border")),
        cell(figure(each.high), "dim"),
        cell("⚠" if each.at_end else "", "warn"),
    )
    return Row(each.name, cells)


def bars_title(parameters: Sequence[Parameter], name: str) -> str:
    """Return what the frame of the parameters says."""
    ends = sum(1 for each in parameters if each.at_end)
    return f"Parameters of {safe(name[:_ID], _ID)} · " + (f"⚠ {ends} at a bound" if ends else "none at a bound")


def figure(value: float) -> str:
    """Return a figure in six digits."""
    return f"{value:,.6g}"
