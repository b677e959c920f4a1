"""`pbtui tool config-from-passivbot`: show what becomes of a Passivbot folder, or copy it."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

from pbtui.cli.candles_cmd import show, show_json
from pbtui.cli.narrate import say
from pbtui.cli.troubles import tell
from pbtui.core.clock import RealClock
from pbtui.core.errors import ExitCode
from pbtui.market.adopt import Done, Item, Plan, apply, survey
from pbtui.market.holdings import Library


def run(options: argparse.Namespace) -> int:
    """Exit 0 when all was planned or copied, 1 when a file could not be taken."""
    base: Path = options.base_dir if options.to is None else options.to
    plan = survey(options.place, base)
    faults = _carry_out(plan, options) if options.apply else 0
    if not options.apply:
        for item in plan.items:
            _show_item(item, options)
    _left_out(plan, options)
    if plan.replay:
        words = shlex.join(plan.replay)
        say(f"a first replay with it{'' if options.apply else ' (after --apply)'}:")
        show_json({"replay": list(plan.replay)}) if options.json else show(f"  {words}")
    if not options.apply:
        say("nothing was copied: --apply does it; the old folder is only read")
    return ExitCode.FAILED if faults else ExitCode.OK


def _carry_out(plan: Plan, options: argparse.Namespace) -> int:
    clock = RealClock()
    faults = 0
    for done in apply(plan, Library(plan.base, clock, tell), clock.now_ms()):
        faults += len(done.faults)
        for line in done.faults:
            say(f"pbtui: {line}")
        _show_item(done.item, options, done)
    return faults


def _show_item(item: Item, options: argparse.Namespace, done: Done | None = None) -> None:
    if item.kind == "left out":
        return
    if options.json:
        show_json(_record(item, done))
        return
    count = "" if item.candles or item.copies else ": already there"
    if done is not None and item.candles:
        count = f": {done.candles:,} candles stored"
    elif done is not None and item.copies:
        count = f": {done.files} files copied"
    show(f"{item.kind}: {item.source} → {item.target}{count}")
    for note in item.notes:
        show(f"    {note}")


def _left_out(plan: Plan, options: argparse.Namespace) -> None:
    for item in plan.items:
        if item.kind != "left out":
            continue
        if options.json:
            show_json(_record(item, None))
        else:
            show(f"left out: {item.source}: {'; '.join(item.notes)}")


def _record(item: Item, done: Done | None) -> dict[str, Any]:
    record: dict[str, Any] = {
        "kind": item.kind,
        "source": item.source,
        "target": item.target,
        "notes": list(item.notes),
    }
    if done is not None:
        record |= {"files": done.files, "candles": done.candles, "faults": list(done.faults)}
    return record
