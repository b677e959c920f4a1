"""`pbtui sim`: the live loop against a venue that fails by a seeded plan, in simulated time, checked at every step."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.cli import parsing
from pbtui.cli.narrate import say
from pbtui.core.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from pbtui.live.sim.run import SimReport

_MEMORY = Path("/dev/shm")  # simulated disks need not last
_MOST_SEEDS = 100_000
_MOST_HOURS = 24 * 365


def main(argv: list[str]) -> int:
    """Run seeds; exit 1 at the first invariant broken, with the line that repeats it."""
    parser = parsing.Parser(prog="pbtui sim", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the one seed to run (default 1)")
    parser.add_argument("--seeds", metavar="A-B", help="many seeds, both ends included")
    parser.add_argument("--hours", type=int, default=12, metavar="H", help="simulated hours of each (default 12)")
    parser.add_argument("--only", metavar="FAULTS", help="these faults, comma separated, in place of the seed's choice")
    parser.add_argument("--twice", action="store_true", help="run each seed twice: both must do the same")
    parsing.add_global_flags(parser)
    try:
        given = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    if not 1 <= given.hours <= _MOST_HOURS:
        raise ConfigError("--hours wants a number of hours from 1 to 8760")
    only = _faults(given.only)
    for seed in _seeds(given.seeds, given.seed):
        report = _run(seed, given.hours, only)
        same = not given.twice or _run(seed, given.hours, only).journal == report.journal
        _show(report, same=same, as_json=given.json)
        if report.breach is not None or not same:
            say(f"repeat it: {_command(report, given.only)}")
            return int(ExitCode.FAILED)
    return int(ExitCode.OK)


def _seeds(span: str | None, one: int) -> Sequence[int]:
    if span is None:
        return (one,)
    first, dash, last = span.partition("-")
    if not (first.isdigit() and dash and last.isdigit() and 0 <= int(last) - int(first) < _MOST_SEEDS):
        raise ConfigError("--seeds wants a span such as 1-50")
    return range(int(first), int(last) + 1)


def _faults(text: str | None) -> tuple[str, ...]:
    from pbtui.live.sim.weather import FAULTS

    names = tuple(name for name in (text or "").split(",") if name)
    unknown = sorted(set(names) - set(FAULTS))
    if unknown:
        raise ConfigError(f"no such fault: {', '.join(unknown)}", hint=f"there are {', '.join(FAULTS)}")
    return names


def _run(seed: int, hours: int, only: Sequence[str]) -> SimReport:
    from pbtui.live.sim.run import simulate

    folder = Path(tempfile.mkdtemp(prefix="pbtui-sim-", dir=_MEMORY if _MEMORY.is_dir() else None))
    try:
        return simulate(seed, hours, folder, only=only)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _show(report: SimReport, *, same: bool, as_json: bool) -> None:
    if as_json:
        print(json.dumps({**asdict(report), "same": same}), flush=True)
        return
    breach = report.breach
    if breach is not None:
        print(f"seed {report.seed}: minute {breach.minute}: {breach.invariant} broken: {breach.text}", flush=True)
    elif not same:
        print(f"seed {report.seed}: two runs differ: something depends on more than the seed", flush=True)
    else:
        faults = sum(report.faults.values())
        print(
            f"seed {report.seed}: ok, {report.hours} h, {faults} faults, {report.orders} orders, {report.fills} fills, "
            f"{report.lives} lives, {report.kills} kills, journal {report.journal[:16]}",
            flush=True,
        )


def _command(report: SimReport, only: str | None) -> str:
    return f"pbtui sim --seed {report.seed} --hours {report.hours}{f' --only {only}' if only else ''}"
