"""`pbtui attach [USER]`: the console on a bot that runs in another process."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.cli import parsing, pick_bot, remote
from pbtui.cli.narrate import say
from pbtui.cli.run import run_loop
from pbtui.cli.run_args import add_screen_flags
from pbtui.console.tty.terminal import why_no_screen
from pbtui.core.clock import RealClock
from pbtui.core.errors import ConfigError, ExitCode, PbtuiError
from pbtui.core.record import record
from pbtui.live import lock

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp
    from pbtui.console.leaving import ConsoleExit


def main(argv: list[str]) -> int:
    """Open the console on a running bot; leaving it never touches the bot."""
    parser = parsing.Parser(prog="pbtui attach", description=__doc__)
    parser.add_argument("user", nargs="?", metavar="USER", help="which bot; asked for when several run")
    parser.add_argument("--view", action="store_true", help="only watch")
    parser.add_argument("--take", action="store_true", help="take the controls from another console")
    parser.add_argument("--plain", action="store_true", help="lines instead of a screen: type `help` for the words")
    parser.add_argument("--every", type=parsing.duration_ms, default=60_000, metavar="TIME", help="status in line mode")
    parser.add_argument("--follow", action="store_true", help="in line mode: stay after the end of standard input")
    add_screen_flags(parser)
    parsing.add_global_flags(parser)
    try:
        given = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    if given.view and given.take:
        raise ConfigError("--view and --take contradict each other")
    problem = why_no_screen()
    several = given.user is None and len(list(lock.running(lock.state_folder()))) > 1
    info = None if several and not given.plain and not problem else remote.sole_user(given.user)
    if info is not None and given.plain:
        return run_loop(_speak(info, given))
    if problem:
        raise ConfigError(problem, hint="use --plain, or pbtui status")
    if given.theme:
        from pbtui.console.theming.themes import check_theme

        check_theme(given.theme)
    if info is None:
        return _one_after_the_other(given)
    return show(info, Manner(view=given.view, take=given.take, theme=given.theme))


def _one_after_the_other(given: argparse.Namespace) -> int:
    """Let the operator choose among the running bots, again after each console, until none is chosen."""
    code = int(ExitCode.OK)
    while True:
        chosen = pick_bot.choose(list(lock.running(lock.state_folder())), pick_bot.ask_terminal)
        if chosen is None:
            return code
        code = show(chosen, Manner(view=given.view, take=given.take, theme=given.theme))


@record
class Manner:
    """How a console is opened on a bot. `take`: by force; `locked`: nothing can be changed until it is unlocked."""

    view: bool = False
    take: bool = False
    theme: str = ""
    locked: bool = False
    notice: str = ""


def follow(name: str, former: str, manner: Manner) -> int:
    """Show the running bot of that unique name, turned to from the console of `former`; raises as `show`."""
    folder = lock.state_folder()
    before = next((bot for bot in lock.running(folder) if bot.name == former), None)
    try:
        return show(lock.find(folder, name), replace(manner, notice=_arrival(name)), before)
    except lock.NotRunning as error:
        if before is None:
            raise
        return show(before, replace(manner, notice=error.line()))


def show(info: lock.LockInfo, manner: Manner, former: lock.LockInfo | None = None) -> int:
    """Show a bot and every other one the operator turns to; a bot that does not answer leads back to the one before.

    Raises as `lock.find` and LinkClosed where there is none before.
    """
    while True:
        try:
            left = run_loop(_attach(info, manner))
        except PbtuiError as error:
            if former is None:
                raise
            info, former, manner = former, None, replace(manner, notice=f"{info.user}: {error.line()}")
            continue
        if left.reason != "switch":
            break
        manner = replace(manner, take=False, locked=left.locked, notice=_arrival(left.text))
        try:
            former, info = info, lock.find(lock.state_folder(), left.text)
        except PbtuiError as error:
            manner = replace(manner, notice=error.line())
    if left.reason == "crash":
        say(f"pbtui: the console failed: {left.text}; the bot is not touched")
        return int(ExitCode.FAILED)
    return int(ExitCode.OK)


def _arrival(name: str) -> str:
    return f"this is {name} now"


async def _attach(info: lock.LockInfo, manner: Manner) -> ConsoleExit:
    from pbtui.cli.account_list import find_accounts
    from pbtui.console.app import ConsoleOptions, run_console
    from pbtui.console.kept import kept_file

    # A bot's folder lies two levels below its base folder, where its candles are too.
    base_dir = Path(info.run_dir).parent.parent
    options = ConsoleOptions(
        attached=True,
        read_only=manner.locked,
        theme=manner.theme,
        kept=kept_file(info.user),
        base_dir=base_dir,
        accounts=partial(find_accounts, base_dir),
        notice=manner.notice,
    )
    link = await remote.connect(info, "viewer" if manner.view else "controller", take=manner.take)
    try:
        if manner.notice:
            _forget_keys()
        return await run_console(link, options, on_app=_leave_on_signals)
    finally:
        await link.close()


def _forget_keys() -> None:
    """Drop what was typed while no console read the terminal: it was meant for another bot."""
    import termios  # only where there is a console

    with suppress(OSError, termios.error):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


async def _speak(info: lock.LockInfo, given: argparse.Namespace) -> int:
    from pbtui.cli.output import LineWriter
    from pbtui.cli.plain import LineOptions, LineSession, seating_text
    from pbtui.cli.stdin import StdinLines

    level = 2 if given.verbose else 1 if given.log_level is None else given.log_level
    options = LineOptions(given.json, level, given.every / 1000, given.follow)
    out = LineWriter(1)
    link = await remote.connect(info, "viewer" if given.view else "controller", take=given.take)
    try:
        await remote.first_snapshot(link)
        if not given.json:
            out.put(f"attached to {info.user}, help lists the words; {seating_text(link.seating)}")
        return await LineSession(link, StdinLines(), out, RealClock(), options).run()
    finally:
        await link.close()
        await asyncio.to_thread(out.close)


def _leave_on_signals(app: ConsoleApp) -> None:
    """End the console, not the bot, and give the terminal back in order."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: app.leave("detach"))
    loop.add_signal_handler(signal.SIGHUP, app.hang_up)
    loop.add_signal_handler(signal.SIGINT, lambda: app.perform("quit"))
