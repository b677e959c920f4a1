"""`pbtui tool verify-hlcvs`: show what prepared datasets hold, or how two of them differ."""

from __future__ import annotations

import argparse
from pathlib import Path

from pbtui.cli.candles_cmd import show, show_json
from pbtui.cli.narrate import say
from pbtui.core.errors import ConfigError, ExitCode
from pbtui.market.audit.finding import stamp
from pbtui.market.prepare.summary import Summary, compare, find_datasets, summarize


def run(options: argparse.Namespace) -> int:
    """Sum datasets up; exit 0 when all is well, 1 when something is wrong, 2 without a dataset."""
    places: list[Path] = options.places or [options.base_dir / "caches" / "datasets"]
    wrong = 0
    for folder in dict.fromkeys(folder for place in places for folder in find_datasets(place)):
        told = summarize(folder, fast=options.fast)
        wrong += bool(told.problems)
        if options.json:
            show_json(told.facts())
        else:
            _show(told)
    return ExitCode.FAILED if wrong else ExitCode.OK


def _show(told: Summary) -> None:
    show(f"{told.path} ({told.layout})")
    for name in ("hlcvs", "timestamps", "btc_usd"):
        show(f"    {name:<10} sha256 {getattr(told, f'{name}_sha256') or '—'}")
    if told.shape is not None:
        show(f"    {' × '.join(map(str, told.shape))} numbers ({told.dtype}), {told.nans:,} without a value")
    if told.first_ms is not None and told.last_ms is not None:
        show(f"    {told.rows:,} rows, {stamp(told.first_ms)} to {stamp(told.last_ms)}")
    if told.coins:
        show(f"    {len(told.coins)} coins: {', '.join(told.coins)}")
    for problem in told.problems:
        show(f"    wrong: {problem}")


def apart(options: argparse.Namespace) -> int:
    """Compare two datasets; exit 0 when they are the same, 1 when they differ, 2 without one."""
    chosen = [find_datasets(place) for place in (options.a, options.b)]
    for place, found in zip((options.a, options.b), chosen, strict=True):
        if len(found) > 1:
            raise ConfigError(f"{place} holds {len(found)} datasets", hint="name one of them")
    differences = compare(chosen[0][0], chosen[1][0], fast=options.fast)
    for each in differences:
        if options.json:
            show_json({"field": each.field, "a": each.a, "b": each.b})
        elif each.field == "numbers that differ":
            show(f"{each.field}: {each.a:,} of {each.b:,}")
        else:
            show(f"{each.field}: {each.a} → {each.b}")
    say(f"{len(differences)} fields differ" if differences else "both hold the same")
    return ExitCode.FAILED if differences else ExitCode.OK
