"""The pictures of a search: how far it is, its bests, its hypervolume, its front. Loads numpy: import late."""

from __future__ import annotations

import math

import numpy as np

from pbtui.console.backtest.plot import Series, plot
from pbtui.console.numbers import NOTHING
from pbtui.console.optimize.scatter import Axis, scatter
from pbtui.console.optimize.view import Axes, ParetoView, SearchJob
from pbtui.console.text import Line, fit, fold, safe
from pbtui.console.work.started import progress_line
from pbtui.optimize.results import Stored

_LEAST_CURVE = 6
_LAST_NOTES = 3
_STATES = {"failed": "✗ failed", "stopped": "● stopped", "done": "✓ done", "stopping": "ending the evaluations…"}
_INKS = {"failed": "bad", "stopped": "warn", "done": "up", "stopping": "warn"}


def search_lines(search: SearchJob, columns: int, rows: int, *, plain: bool) -> list[Line]:
    """Return how a search goes or went: stage, figures, the best of each objective, the curve, what it said."""
    ink = "warn" if search.paused else _INKS.get(search.state, "accent")
    word = "paused" if search.paused else _STATES.get(search.state, search.state)
    lines: list[Line] = [((safe(search.name, 80), "strong"), (f"  {word}", ink))]
    if search.running:
        lines.append(progress_line(search, columns))
    elif search.line:
        lines += fold(((safe(search.line), ink),), columns)
    lines += fold(((" · ".join(_figures(search)), "text"),), columns)
    lines += _bests(search, columns)
    tail: list[Line] = []
    for text in search.notes[-_LAST_NOTES:]:
        tail += fold((("⚠ ", "warn"), (safe(text), "dim")), columns)
    for text in search.last_lines:
        tail += fold((("│ ", "border"), (safe(text), "dim")), columns)
    room = rows - len(lines) - min(len(tail), max(0, rows // 3)) - 1
    if len(search.curve) > 1 and room >= _LEAST_CURVE:
        counts, volumes = zip(*search.curve, strict=True)
        lines.append((("hypervolume", "dim"), (f" over {counts[0]:,} to {counts[-1]:,} evaluations", "dim")))
        values = np.array(volumes, dtype=float)
        lines += plot(counts, [Series(values, "accent")], columns, room, plain=plain, with_dates=False)
    left = max(0, rows - len(lines))
    return [*lines[:rows], *(tail[-left:] if left else [])]


def _figures(search: SearchJob) -> list[str]:
    state = search.last
    seed = [f"seed {search.seed}"] if search.seed is not None else []
    if state is None:
        return [*search.standing.figures(), *seed]
    found = search.standing.figures() if search.standing.search is state else [f"{state.evaluations:,} evaluations"]
    found.insert(1, f"generation {state.generation}/{state.generations}")
    if state.hypervolume is not None:
        found.append(f"hypervolume {state.hypervolume:.4f}")
    return [*found, *seed]


def _bests(search: SearchJob, columns: int) -> list[Line]:
    bests = search.last.bests if search.last is not None else {}
    wide = max((len(name) for name in bests), default=0)
    return [
        ((f"best {fit(safe(name, 60), min(wide, max(8, columns - 18)))}  ", "dim"), (_figure(value), "strong"))
        for name, value in bests.items()
    ]


def _figure(value: object) -> str:
    good = isinstance(value, int | float) and math.isfinite(value)
    return f"{value:.6g}" if good else NOTHING


def front_lines(search: SearchJob, axes: Axes, columns: int, rows: int, *, plain: bool) -> list[Line]:
    """Return the front of a search under way."""
    points = search.points
    if points is None or not points.names:
        return [(("no front is told yet: the first comes with a generation", "dim"),)]
    across, upwards = (min(place, len(points.names) - 1) for place in axes)
    names = tuple(Axis(points.names[place], _sign(points.signs, place)) for place in (across, upwards))
    values = [tuple(member["values"]) for member in points.members]
    found = [(_at(value, across), _at(value, upwards)) for value in values]
    return scatter(found, (names[0], names[1]), columns, rows, plain=plain)


def _sign(signs: tuple[int, ...], place: int) -> int:
    return (1 if signs[place] > 0 else -1) if place < len(signs) else 0


def _at(values: tuple[float | None, ...], place: int) -> float | None:
    return values[place] if place < len(values) else None


def pareto_lines(view: ParetoView, shown: list[Stored], columns: int, rows: int, *, plain: bool) -> list[Line]:
    """Return the members in view as a cloud, the one looked at marked."""
    front, names = view.front(), view.names()
    if front is None or not names:
        return [((" no front", "dim"),)]
    pair = [names[min(place, len(names) - 1)] for place in view.axes]
    across, upwards = (Axis(name, front.better(name)) for name in pair)
    chosen = view.chosen()
    marked = next((place for place, item in enumerate(shown) if item is chosen), None)
    points = [(front.told(item, pair[0]), front.told(item, pair[1])) for item in shown]
    return scatter(points, (across, upwards), columns, rows, marked=marked, plain=plain)
