"""Fronts for others: JSON, CSV, a configuration, a web page without scripts, a picture."""

from __future__ import annotations

import csv
import html
import io
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pbtui.config.dump import dump, strip_metadata
from pbtui.core.errors import ConfigError, StateError
from pbtui.core.files import replace_file
from pbtui.core.sanitize import sanitize_line
from pbtui.optimize.results import Results, Stored, metric_names

_PAIRS = 6
_WIDE, _HIGH, _EDGE = 360, 240, 46
_STYLE = (
    "body{font:14px system-ui,sans-serif;margin:2em;color:#222}table{border-collapse:collapse}"
    "td,th{padding:.2em .7em;text-align:right;border-bottom:1px solid #ddd}td:first-child{font-family:monospace}"
    ".best{background:#fff3d6}svg{margin:.5em}circle{fill:#1f5fbf;fill-opacity:.6}.best circle,circle.best"
    "{fill:#e07b00;fill-opacity:1}text{font:11px system-ui,sans-serif;fill:#555}"
)


def rows_of(members: Sequence[Stored], results: Results) -> list[dict[str, Any]]:
    """Return one flat row a member: file, violation, objectives, metrics, and the parameters of both sides."""
    metrics = metric_names(members)
    return [
        {
            "id": item.id,
            "file": item.path.name,
            "violation": item.violation,
            **{f"objective.{name}": item.objectives[name] for name in results.objectives},
            **{f"metric.{name}": item.value(name) for name in metrics},
            **parameters_of(item),
        }
        for item in members
    ]


def parameters_of(member: Stored) -> dict[str, Any]:
    """Return the parameters of both sides, as `long.n_positions`."""
    sides: Mapping[str, Any] = member.document["bot"]
    return {
        f"{pside}.{name}": value
        for pside, side in sides.items()
        if isinstance(side, Mapping)
        for name, value in side.items()
    }


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as CSV, columns in the order they first appear."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def json_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as a JSON list."""
    return json.dumps(list(rows), indent=1) + "\n"


def config_text(member: Stored) -> str:
    """Return a member's configuration without its results."""
    return dump(strip_metadata(member.config))


def write_new(path: Path, text: str, *, replace: bool = False) -> None:
    """Write a file, whole or not at all; raises ConfigError where one is there already, StateError from the disk."""
    shown = sanitize_line(path, limit=200)
    if path.exists() and not replace:
        raise ConfigError(f"{shown} is there already", hint="choose another name, or add --force")
    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise StateError(f"{shown} cannot be written: {sanitize_line(error.strerror or error)}") from error


def draw_front(path: Path, members: Sequence[Stored], results: Results, best: int) -> None:
    """Write a picture: the first objective against each of the others; raises StateError."""
    from pbtui.backtest.pictures_chart import Panel, Series, save_chart

    panels: list[Panel] = []
    for one, other in _pairs(results.objectives)[:3]:
        x, y = (_told(members, results, name) for name in (one, other))
        marks = [
            Series(f"{len(members)} members", x, y, "#1f5fbf", "dot"),
            Series("picked", x[best : best + 1], y[best : best + 1], "#e07b00", "dot", 3.0),
        ]
        panels.append(Panel(f"{other} over {one}", marks, dates=False))
    try:
        save_chart(path, sanitize_line(results.folder.parent.name, limit=120), panels)
    except OSError as error:
        shown = sanitize_line(path, limit=200)
        raise StateError(f"{shown} cannot be written: {sanitize_line(error.strerror or error)}") from error


def page(members: Sequence[Stored], results: Results, best: int) -> str:
    """Return a web page of its own: plots of pairs of objectives, a table of all members."""
    title = html.escape(sanitize_line(results.folder.parent.name, limit=200))
    plots = "".join(_plot(members, results, pair, best) for pair in _pairs(results.objectives)[:_PAIRS])
    heads = "".join(f"<th>{html.escape(sanitize_line(name))}</th>" for name in results.objectives)
    told = [_told(members, results, name) for name in results.objectives]
    lines = "".join(
        f"<tr{_marked(n == best)}><td>{html.escape(item.id[:12])}</td>"
        + "".join(f"<td>{column[n]:.6g}</td>" for column in told)
        + f"<td>{item.violation:.6g}</td></tr>"
        for n, item in enumerate(members)
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><p>{len(members):,} members; the picked one is marked.</p>{plots}"
        f"<table><tr><th>member</th>{heads}<th>violation</th></tr>{lines}</table></html>\n"
    )


def _plot(members: Sequence[Stored], results: Results, pair: tuple[str, str], best: int) -> str:
    x, y = (_told(members, results, name) for name in pair)
    across = _EDGE + _share(x) * (_WIDE - 2 * _EDGE)
    down = _HIGH - _EDGE - _share(y) * (_HIGH - 2 * _EDGE)
    dots = "".join(
        f'<circle{_marked(n == best)} cx="{across[n]:.1f}" cy="{down[n]:.1f}" r="{5 if n == best else 3}">'
        f"<title>{html.escape(item.id[:12])}: {x[n]:.6g}, {y[n]:.6g}</title></circle>"
        for n, item in enumerate(members)
    )
    one, other = (html.escape(sanitize_line(name)) for name in pair)
    size = f'width="{_WIDE - 2 * _EDGE}" height="{_HIGH - 2 * _EDGE}"'
    frame = f'<rect x="{_EDGE}" y="{_EDGE}" {size} fill="none" stroke="#ccc"/>'
    texts = (
        f'<text x="{_EDGE}" y="{_EDGE - 8}">{other}: {y.min():.4g} to {y.max():.4g}</text>'
        f'<text x="{_EDGE}" y="{_HIGH - _EDGE + 18}">{one}: {x.min():.4g} to {x.max():.4g}</text>'
    )
    return f'<svg width="{_WIDE}" height="{_HIGH}" role="img">{frame}{texts}{dots}</svg>'


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    return list(itertools.combinations(names, 2)) or [(names[0], names[0])]


def _told(members: Sequence[Stored], results: Results, name: str) -> np.ndarray:
    return np.array([results.told(item, name) for item in members], dtype=float)


def _share(values: np.ndarray) -> np.ndarray:
    spread = float(np.ptp(values))
    return (values - values.min()) / spread if spread > 0.0 else np.full(len(values), 0.5)


def _marked(best: bool) -> str:
    return ' class="best"' if best else ""


def _cell(value: Any) -> Any:
    """Keep a text from being taken for a formula by a spreadsheet."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@" else value
