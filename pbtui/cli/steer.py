"""`pbtui mode USER COIN SIDE MODE` and `pbtui stop USER`: short words to a running bot."""

from __future__ import annotations

import argparse
from dataclasses import replace

from pbtui.cli import parsing, remote
from pbtui.cli.acting import do, wait_stopped
from pbtui.cli.narrate import say
from pbtui.cli.run import run_loop
from pbtui.core.errors import ExitCode
from pbtui.link.verbs import MODE_WORDS, Command, parse
from pbtui.live import lock


def main(argv: list[str]) -> int:
    """Run `mode …` or `stop …` (the first word says which)."""
    word, rest = argv[0], argv[1:]
    parser = _mode_parser() if word == "mode" else _stop_parser()
    try:
        given = parser.parse_args(rest)
    except SystemExit as stop:
        return int(stop.code or 0)
    if word == "mode":
        command = replace(parse(f"mode {given.coin} {given.side} {given.mode}"), confirm=given.confirm)
    else:
        command = parse(f"stop {given.orders or ''}")
    return run_loop(_steer(lock.find(lock.state_folder(), given.user), command))


def _mode_parser() -> argparse.ArgumentParser:
    parser = parsing.Parser(prog="pbtui mode", description="Set a mode by hand; it stays until it is set to `c`.")
    parser.add_argument("user", metavar="USER")
    parser.add_argument("coin", metavar="COIN", help="as in BTC; `all` for every coin (not for panic)")
    parser.add_argument("side", choices=("long", "short", "both"))
    parser.add_argument(
        "mode",
        choices=tuple(MODE_WORDS),
        metavar="MODE",
        help="n normal, gs graceful stop, t tp only, m manual, p panic, c config",
    )
    parser.add_argument("--confirm", default="", metavar="COIN", help="the coin again: panic closes at any price")
    parsing.add_global_flags(parser)
    return parser


def _stop_parser() -> argparse.ArgumentParser:
    parser = parsing.Parser(prog="pbtui stop", description="Stop a bot in order.")
    parser.add_argument("user", metavar="USER")
    parser.add_argument(
        "--orders", choices=("keep", "cancel_entries", "cancel_all"), help="resting orders (default: live.on_stop)"
    )
    parsing.add_global_flags(parser)
    return parser


async def _steer(info: lock.LockInfo, command: Command) -> int:
    """Carry out a command; what came of it is narration here, one line."""
    link = await remote.connect(info, "command")
    try:
        found = await remote.first_snapshot(link)
        answer = await do(command, found, link, "command")
        if command.verb.name == "stop" and answer.code is ExitCode.OK:
            say(answer.lines[0])
            answer = await wait_stopped(link, info.user)
    finally:
        await link.close()
    text = answer.lines[0] if answer.lines else ""
    say(text if answer.code is ExitCode.OK else f"pbtui: {text}")
    return int(answer.code)
