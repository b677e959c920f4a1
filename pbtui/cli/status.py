"""`pbtui status [USER]`: what runs on this machine; exit 0 when something does, 1 when nothing."""

from __future__ import annotations

import json
from typing import Any

from pbtui.cli import figures, parsing, remote
from pbtui.cli.narrate import say
from pbtui.cli.run import run_loop
from pbtui.core.errors import ExitCode, PbtuiError
from pbtui.core.sanitize import sanitize_line
from pbtui.live import lock


def main(argv: list[str]) -> int:
    """Print a line, or with --json an object, for each running bot (or the named one)."""
    parser = parsing.Parser(prog="pbtui status", description=__doc__)
    parser.add_argument("user", nargs="?", metavar="USER", help="only this one")
    parsing.add_global_flags(parser)
    try:
        given = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    folder = lock.state_folder()
    bots = [lock.find(folder, given.user)] if given.user is not None else list(lock.running(folder))
    if not bots:
        say("no bot is running")
        return int(ExitCode.FAILED)
    return run_loop(_show(bots, as_json=given.json))


async def _show(bots: list[lock.LockInfo], *, as_json: bool) -> int:
    for info in bots:
        figure, text = await _look(info)
        print(json.dumps(figures.finite(figure)) if as_json else sanitize_line(text, limit=1_000), flush=True)
    return int(ExitCode.OK)


async def _look(info: lock.LockInfo) -> tuple[dict[str, Any], str]:
    place = {"name": info.name, "config": info.config_name, "run_dir": info.run_dir}
    try:
        link = await remote.connect(info, "status")
        try:
            found = await remote.first_snapshot(link)
        finally:
            await link.close()
    except PbtuiError as error:
        text = f"{info.user} {info.exchange} pid {info.pid}: does not answer ({error.line()})"
        figure = {"type": "status", "user": info.user, "exchange": info.exchange, "kind": info.kind, "pid": info.pid}
        return {**figure, "state": "unreachable", **place}, text
    return {**figures.status(found), **place}, f"{figures.status_text(found)} [{info.name}]"
