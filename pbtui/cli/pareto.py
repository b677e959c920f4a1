"""`pbtui pareto`: list, filter, sort, pick, compare and export the members of a front."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from pbtui.cli.narrate import say
from pbtui.cli.pareto_args import ParetoOptions, parse
from pbtui.cli.pareto_show import compared, head_lines, listing, validation_lines
from pbtui.core.errors import ConfigError, ExitCode
from pbtui.core.sanitize import sanitize_line
from pbtui.optimize.exports import config_text, csv_text, draw_front, json_text, page, rows_of, write_new
from pbtui.optimize.picking import Picked, check_key, chosen_objectives, keep_those, pick, sort_by, spread
from pbtui.optimize.results import Results, Stored, metric_names, open_everything, open_results


@dataclass(frozen=True, slots=True)
class View:
    """What is shown: members in order, each one's distance, and the place of the chosen one among them.

    `kept` counts those within the limits given, before a handful of them was chosen.
    """

    members: list[Stored]
    distances: list[float]
    best: int
    picked: Picked
    objectives: tuple[str, ...]
    kept: int

    @property
    def chosen(self) -> Stored:
        """Return the chosen member."""
        return self.members[self.best]


def main(argv: list[str]) -> int:
    """Run `pbtui pareto …`; returns the exit code."""
    try:
        options = parse(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    opening = open_everything if options.everything else open_results
    results = opening(options.folder, base_dir=options.base_dir)
    for line in results.odd:
        say(f"left out: {line}")
    if options.metrics:
        print("\n".join(map(sanitize_line, metric_names(results.members))))
        return int(ExitCode.OK)
    if options.compare:
        members = [results.find(start) for start in options.compare]
        print("\n".join(compared(members, results)))
        return int(ExitCode.OK)
    view = view_of(results, options)
    _write(view, results, options)
    if options.json:
        print(json.dumps(_facts(view, results, options), allow_nan=False))
    else:
        shown = view.members[: options.top]
        columns = options.columns or results.unseen_keys
        print("\n".join(listing(shown, results, view.distances, view.best, columns)))
        counted = f"{view.kept:,} of " if options.limits else ""
        print("\n".join(head_lines(view.chosen, view.distances[view.best], results, options.mode, counted)))
        print("\n".join(validation_lines(results)), end="\n" if results.validation else "")
    return int(ExitCode.OK)


def view_of(results: Results, options: ParetoOptions) -> View:
    """Return what is asked for; raises ConfigError."""
    kept = keep_those(results, options.limits)
    for key in options.columns:
        check_key(results, key)
    within = len(kept)
    objectives = chosen_objectives(results, options.objectives)
    picked = pick(
        kept, objectives, options.mode, weights=options.weights, tolerance=options.tolerance, unseen=options.unseen
    )
    chosen = kept[picked.place]
    if options.member:
        chosen = results.find(options.member)
        if chosen not in kept:
            raise ConfigError(f"member {sanitize_line(options.member, limit=80)} is outside the limits given")
    far = {id(item): distance for item, distance in zip(kept, picked.distances, strict=True)}
    if options.diverse is not None:
        # A penalty in place of objectives would stretch them all.
        whole = [item for item in kept if not item.violation] or kept
        apart = {id(item) for item in (chosen, *spread(whole, objectives, options.diverse))}
        kept = [item for item in kept if id(item) in apart]
    members = sort_by(kept, results, options.sort) if options.sort else sorted(kept, key=lambda item: far[id(item)])
    return View(members, [far[id(item)] for item in members], members.index(chosen), picked, objectives, within)


def _write(view: View, results: Results, options: ParetoOptions) -> None:
    shown = view.members[: options.top]
    if options.write is not None:
        write_new(options.write, config_text(view.chosen), replace=options.force)
    if options.export is not None:
        rows = rows_of(shown, results)
        kind = options.export.suffix.lower()
        if kind not in (".json", ".csv"):
            raise ConfigError(f"{sanitize_line(options.export.name, limit=80)}: end the name with .json or .csv")
        write_new(options.export, csv_text(rows) if kind == ".csv" else json_text(rows), replace=options.force)
    if options.html is not None:
        write_new(options.html, page(view.members, results, view.best), replace=options.force)
    if options.png is not None:
        if options.png.exists() and not options.force:
            raise ConfigError(f"{sanitize_line(options.png, limit=200)} is there already", hint="or add --force")
        draw_front(options.png, view.members, results, view.best)
    for path in (options.write, options.export, options.html, options.png):
        if path is not None:
            say(f"written: {sanitize_line(path, limit=500)}")


def _facts(view: View, results: Results, options: ParetoOptions) -> dict[str, object]:
    names = list(results.objectives)

    def places(values: Sequence[float], objectives: Sequence[str]) -> dict[str, float]:
        return {f"w_{names.index(name)}": value for name, value in zip(objectives, values, strict=True)}

    chosen = view.chosen
    keys = (*results.objectives, *(options.columns or results.unseen_keys))
    validated: dict[str, object] = {"validation": results.validation} if results.validation else {}
    return validated | {
        "folder": str(results.folder),
        "n_members": len(results.members),
        "objectives": {f"w_{n}": name for n, name in enumerate(names)},
        "mode": options.mode,
        "ideal": places(view.picked.ideal, view.objectives),
        "closest": {
            "hash": chosen.id,
            "file": str(chosen.path),
            **places(list(chosen.objectives.values()), names),
            "normalized_distance": _finite(view.distances[view.best]),
        },
        "members": [
            {"id": item.id, "file": item.path.name, "distance": _finite(far), "violation": item.violation}
            | {key: item.value(key) for key in keys}
            for item, far in list(zip(view.members, view.distances, strict=True))[: options.top]
        ],
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
