"""`pbtui doctor [CONFIG]`: looks at everything a bot needs on this machine and says what to do; changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path

from pbtui import __version__
from pbtui.cli import parsing
from pbtui.cli.checks.finding import Asked, Finding, State, fix
from pbtui.cli.narrate import say
from pbtui.core.errors import ExitCode, PbtuiError
from pbtui.core.sanitize import sanitize_line

CHECKS = ("program", "terminal", "folders", "settings", "own_files", "leftovers", "venues")


def main(argv: list[str]) -> int:
    """Print a line for each finding; exit 0 when nothing is in the way of running, 1 otherwise."""
    parser = parsing.Parser(prog="pbtui doctor", description=__doc__)
    parser.add_argument("config", nargs="?", type=Path, metavar="CONFIG", help="a configuration to look at, too")
    parser.add_argument("--offline", action="store_true", help="ask no venue")
    parser.add_argument("--exchange", "-e", type=parsing.words, default=(), metavar="A,B", help="venues to ask")
    parser.add_argument("--endpoints", type=Path, metavar="FILE", help="other addresses of venues (JSON)")
    parsing.add_global_flags(parser)
    try:
        given = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    asked = Asked(given.base_dir, given.config, given.exchange, given.endpoints, given.offline, dict(os.environ))
    findings = examine(asked)
    if given.json:
        found = list(findings)
        print(json.dumps(_report(found)))
    else:
        found = _told(findings)
    return int(ExitCode.FAILED if _count(found, State.FIX) else ExitCode.OK)


def examine(asked: Asked, checks: Iterable[str] = CHECKS) -> Iterator[Finding]:
    """Yield the findings of each check; one that fails is a finding itself, and the next goes on."""
    for name in checks:
        try:
            look: Callable[[Asked], Iterator[Finding]] = import_module(f"pbtui.cli.checks.{name}").look
            yield from look(asked)
        except PbtuiError as error:
            yield fix(name, "check", error.message, error.hint or "correct what is named here")
        except Exception as error:  # noqa: BLE001 - a broken machine is what this is for: each surprise is shown
            text = f"could not be looked at: {type(error).__name__}: {error}"
            yield fix(
                name, "check", text, "an incomplete installation looks like this: uv sync, or install pbtui again"
            )


def _told(findings: Iterable[Finding]) -> list[Finding]:
    """Print findings as they come: asking venues takes seconds, and what is known by then should be seen."""
    found: list[Finding] = []
    wide = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for finding in findings:
        found.append(finding)
        print(line(finding, wide), flush=True)
    say(f"{len(found)} looked at, {_count(found, State.WARN)} warnings, {_count(found, State.FIX)} to fix")
    return found


def line(finding: Finding, wide: int = 0) -> str:
    """Return a finding as one line, or folded under its text where the screen is `wide` columns (0: never)."""
    todo = f" → {finding.todo}" if finding.todo else ""
    head = f"{finding.state.value:<4}  {sanitize_line(finding.area, limit=20):<9} "
    text = sanitize_line(f"{finding.name}: {finding.text}{todo}", limit=1_000)
    if not wide:
        return head + text
    return textwrap.fill(
        text, max(wide, 2 * len(head)), initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )


def _report(found: list[Finding]) -> dict[str, object]:
    rows = [
        {
            "area": finding.area,
            "name": finding.name,
            "state": finding.state.value,
            "text": sanitize_line(finding.text, limit=1_000),
            "todo": sanitize_line(finding.todo, limit=1_000),
        }
        for finding in found
    ]
    counts = {state.value: _count(found, state) for state in State}
    return {"version": __version__, "ok": not counts[State.FIX], "counts": counts, "findings": rows}


def _count(found: list[Finding], state: State) -> int:
    return sum(finding.state is state for finding in found)
