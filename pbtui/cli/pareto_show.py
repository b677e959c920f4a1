"""A front as text: a table of members, the picked one, and members side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pbtui.core.sanitize import sanitize_line
from pbtui.optimize.exports import parameters_of
from pbtui.optimize.results import Results, Stored, metric_names

_ID = 12
_LEAST = 10


def listing(
    members: Sequence[Stored], results: Results, distances: Sequence[float], best: int, columns: Sequence[str]
) -> list[str]:
    """Return one line a member: id, distance, objectives as the metrics are told, further keys, broken limits."""
    keys = [*results.objectives, *columns]
    heads = ["distance", *keys, *(["violation"] if any(item.violation for item in members) else [])]
    rows = [
        [
            distance_text(far),
            *(_cell(_told(item, results, key)) for key in keys),
            *([_cell(item.violation)] if heads[-1] == "violation" else []),
        ]
        for item, far in zip(members, distances, strict=False)
    ]
    widths = [
        max(_LEAST, len(head), *(len(row[n]) for row in rows)) for n, head in enumerate(map(sanitize_line, heads))
    ]
    lines = [f"  {'member':<{_ID}}" + "".join(f"  {sanitize_line(h):>{w}}" for h, w in zip(heads, widths, strict=True))]
    for n, (item, row) in enumerate(zip(members, rows, strict=True)):
        mark = "*" if n == best else " "
        cells = "".join(f"  {cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        lines.append(f"{mark} {sanitize_line(item.id[:_ID]):<{_ID}}{cells}")
    return lines


def distance_text(far: float) -> str:
    """Return a distance to the ideal; a dash of a member that breaks a limit."""
    return f"{far:.4f}" if math.isfinite(far) else "–"


def head_lines(chosen: Stored, distance: float, results: Results, mode: str, counted: str = "") -> list[str]:
    """Return what is known of the chosen member in two lines, its file last; `counted` as in `3 of ` 56 members."""
    name = sanitize_line(chosen.id[:_ID])
    return [
        "",
        f"{counted}{len(results.members):,} members · {mode}: {name}, distance {distance_text(distance)}",
        sanitize_line(chosen.path, limit=2_000),
    ]


def validation_lines(results: Results) -> list[str]:
    """Return what the run's validation says of the front, round by round, oldest first."""
    told = results.validation
    if not told:
        return []
    return ["", *(round_line(each) for each in [*(told.get("folds") or ()), told])]


def round_line(told: Mapping[str, Any]) -> str:
    """Return what testing a front on unseen days found of it as a whole."""
    (first, last), (begin, end) = told["train"], told["test"]
    ranks = ", ".join(f"{sanitize_line(name)} {_cell(rho)}" for name, rho in told["rank_correlation"].items())
    parts = [
        f"searched {first} to {last}, tested {begin} to {end}",
        f"{told['trials']:,} trials",
        f"rank correlation {ranks}",
        f"{told['kept_limits']} of {told['members']} keep the limits unseen",
        f"median robustness {_cell(told['robustness'])}",
        f"median deflated Sharpe {_cell(told['deflated_sharpe'])}",
    ]
    return sanitize_line(" · ".join(parts), limit=1_000)


def compared(members: Sequence[Stored], results: Results) -> list[str]:
    """Return members side by side: objectives, then the metrics and parameters in which they differ."""
    rows: list[tuple[str, list[str]]] = []
    for name in results.objectives:
        rows.append((name, [_cell(_told(item, results, name)) for item in members]))
    rows += _differing({name: [item.value(name) for item in members] for name in metric_names(members)})
    told = [parameters_of(item) for item in members]
    names = sorted({name for each in told for name in each})
    rows += _differing({name: [each.get(name) for each in told] for name in names})
    label = max(len(name) for name, _ in rows)
    widths = [max(_ID, *(len(cells[n]) for _, cells in rows)) for n in range(len(members))]
    heads = [sanitize_line(item.id[:_ID]) for item in members]
    lines = [f"{'':<{label}}" + "".join(f"  {head:>{width}}" for head, width in zip(heads, widths, strict=True))]
    for name, cells in rows:
        text = "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        lines.append(f"{sanitize_line(name):<{label}}{text}")
    return lines


def _differing(values: dict[str, list[object]]) -> list[tuple[str, list[str]]]:
    return [
        (name, list(map(_cell, cells))) for name, cells in values.items() if any(cell != cells[0] for cell in cells)
    ]


def _told(item: Stored, results: Results, key: str) -> float | None:
    return results.told(item, key) if key in results.signs else item.value(key)


def _cell(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "–" if value is None else sanitize_line(value, limit=40)
    return f"{value:,.6g}"
