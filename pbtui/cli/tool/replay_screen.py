"""A replay on a console of its own: no bot runs in it."""

from __future__ import annotations

import argparse
import asyncio
import signal
from functools import partial
from typing import TYPE_CHECKING

from pbtui.cli.narrate import say
from pbtui.cli.run import run_loop
from pbtui.console.tty.terminal import why_no_screen
from pbtui.core.errors import ConfigError, ExitCode
from pbtui.core.sanitize import sanitize_line

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp


def show_replay(options: argparse.Namespace) -> int:
    """Show the screen until it is left; raises ConfigError where none can be drawn or there is no such place."""
    problem = why_no_screen()
    if problem:
        raise ConfigError(problem, hint="use --plain or --json")
    if not options.place.exists():
        shown = sanitize_line(options.place, limit=200)
        raise ConfigError(f"{shown} is not there", hint="name the folder of a backtest, or a config")
    if options.theme:
        from pbtui.console.theming.themes import check_theme

        check_theme(options.theme)
    return run_loop(_show(options))


async def _show(options: argparse.Namespace) -> int:
    from pbtui.console.app import ConsoleOptions, run_console
    from pbtui.link.nobody import NoBot

    tasks: list[asyncio.Task[None]] = []
    problems: list[str] = []  # why there is nothing to step through

    async def begin(app: ConsoleApp) -> None:
        await app.seen.wait()
        show = partial(app.replays.show, coin=options.coin, at_ms=options.at, whole=options.whole_ladders)
        app.call_later(show, options.place)  # screens are pushed by the app's own task
        await app.replays.desk.settled.wait()
        if app.state.replay.problem:
            problems.append(app.state.replay.problem)
            app.leave("detach")

    def on_app(app: ConsoleApp) -> None:
        _leave_on_signals(app)
        tasks.append(asyncio.get_running_loop().create_task(begin(app)))

    left = await run_console(NoBot(), ConsoleOptions(theme=options.theme, base_dir=options.base_dir), on_app=on_app)
    for task in tasks:
        task.cancel()
    if left.reason == "crash":
        say(f"pbtui: the console failed: {left.text}")
        return int(ExitCode.FAILED)
    for problem in problems:
        say(f"pbtui: {problem}")
    return int(ExitCode.USAGE if problems else ExitCode.OK)


def _leave_on_signals(app: ConsoleApp) -> None:
    """End the console and give the terminal back in order."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: app.leave("detach"))
    loop.add_signal_handler(signal.SIGHUP, app.hang_up)
    loop.add_signal_handler(signal.SIGINT, lambda: app.perform("quit"))
