"""`pbtui do USER WORDS…`: one typed command to a running bot; `pbtui do USER help` lists the words."""

from __future__ import annotations

import json
from dataclasses import replace

from pbtui.cli import figures, parsing, remote
from pbtui.cli.acting import do, wait_stopped
from pbtui.cli.asking import Answer, look
from pbtui.cli.narrate import say
from pbtui.cli.run import run_loop
from pbtui.core.errors import ConfigError, ExitCode, PbtuiError
from pbtui.link.client import SocketLink
from pbtui.link.verbs import VERBS, Command, parse
from pbtui.live import lock


def main(argv: list[str]) -> int:
    """Carry out one command; exit codes: 0 done, 1 failed, 2 no such word or coin, 4 refused."""
    parser = parsing.Parser(prog="pbtui do", description=__doc__, epilog="words: " + "; ".join(v.usage for v in VERBS))
    parser.add_argument("user", metavar="USER")
    parser.add_argument("words", nargs="+", metavar="WORDS", help='as in "mode BTC long gs"; quoted or not')
    parser.add_argument("--confirm", default="", metavar="WORD", help="what a dangerous command asks to be repeated")
    parsing.add_global_flags(parser)
    try:
        given = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    as_json = given.json
    try:
        command = parse(" ".join(given.words))
        command = replace(command, confirm=given.confirm or command.confirm)
        as_json = as_json or command.as_json
        if command.verb.session:
            raise ConfigError(f"{command.verb.name} needs an open session", hint="pbtui attach USER --plain")
        info = lock.find(lock.state_folder(), given.user)
        return run_loop(_run(info, command, as_json=as_json))
    except PbtuiError as error:
        if not as_json:
            raise
        word = " ".join(given.words).split()[:1]
        return put(Answer((error.line(),), error.exit_code), word[0] if word else "", as_json=True)


async def _run(info: lock.LockInfo, command: Command, *, as_json: bool) -> int:
    link = await remote.connect(info, "command")
    try:
        answer = await carry_out(link, command, by="command")
        if command.verb.name == "stop" and answer.code is ExitCode.OK:
            answer = await wait_stopped(link, info.user)
    finally:
        await link.close()
    return put(answer, command.verb.name, as_json=as_json)


async def carry_out(link: SocketLink, command: Command, *, by: str) -> Answer:
    """Carry out a command over a link; raises PbtuiError with a line and an exit code."""
    found = await remote.first_snapshot(link)
    if command.verb.acts:
        return await do(command, found, link, by)
    return await look(command, found, link)


def put(answer: Answer, verb: str, *, as_json: bool) -> int:
    """Write an answer: data on standard output, a refusal on standard error; returns the exit code."""
    if as_json:
        print(json.dumps(figures.finite(answer.as_json(verb))), flush=True)
        return int(answer.code)
    lines = list(answer.lines)
    if answer.code is not ExitCode.OK and lines:
        say(f"pbtui: {lines.pop(0)}")
    if lines:
        print("\n".join(lines), flush=True)
    return int(answer.code)
