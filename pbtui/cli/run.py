"""`pbtui [CONFIG]`: the bot with its console, or without one."""

from __future__ import annotations

import gc
import os
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

from pbtui.cli.confirm import confirm_real_money
from pbtui.cli.narrate import say
from pbtui.cli.run_args import RunOptions, parse
from pbtui.console.tty.terminal import why_no_screen
from pbtui.core.errors import ConfigError

T = TypeVar("T")
_STARTED_S = 2.0  # by then the modules of a console and a bot are loaded


def main(argv: list[str]) -> int:
    """Run a bot; returns the exit code."""
    try:
        options = parse(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    confirm_real_money(options)
    # Arrow's own allocator keeps 8 MB for a bot that stores a few candles a minute.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    if options.no_ui:
        return _headless(options)
    if options.once or options.json:
        raise ConfigError("--once and --json need --no-ui")
    problem = why_no_screen()
    if problem:
        raise ConfigError(problem, hint="run it with --no-ui")
    if options.theme:
        from pbtui.console.theming.themes import check_theme

        check_theme(options.theme)
    from pbtui.cli.launcher import launch

    return launch(lambda stage: _console(options, stage), partial(_follow, options.theme))


def _follow(theme: str, name: str, former: str, locked: bool) -> int:
    """Show another bot in the terminal that the console of this one has left."""
    from pbtui.cli.attach import Manner, follow

    return follow(name, former, Manner(theme=theme, locked=locked))


def _headless(options: RunOptions) -> int:
    from pbtui.cli.headless import run_headless
    from pbtui.cli.plan import make_plan
    from pbtui.core.clock import RealClock

    return run_loop(run_headless(make_plan(options), RealClock()))


def _console(options: RunOptions, stage: Any) -> int:
    gc.disable()  # what is loaded now stays: looking through it would cost a fifth of the start; see `run_loop`
    from pbtui.cli.early import EarlySignals
    from pbtui.cli.plan import make_plan
    from pbtui.console.tty.curtain import Curtain
    from pbtui.core.clock import RealClock

    plan = make_plan(options)
    curtain = Curtain(plan.badge(), f"{plan.exchange}  {plan.user}", "loading the console")

    def let_go() -> None:
        curtain.fall()
        if early.hung_up:
            stage.leave_terminal()

    with EarlySignals(let_go) as early:
        try:
            with curtain:
                from pbtui.cli.run_console import run_session

                return run_loop(run_session(plan, RealClock(), stage, curtain, early))
        except SystemExit:
            if not early.stopped:
                raise
            say("stopped before the bot had begun")
            return 0


def run_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on uvloop where there is one."""
    import asyncio

    # The start-up's objects live as long as the process: no need to look through them again and again.
    gc.disable()
    work = _with_collector(work)
    try:
        import uvloop
    except ImportError:  # Windows, and Pythons that it is not made for
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def _with_collector(work: Coroutine[Any, Any, T]) -> T:
    """Do the work; the collector of garbage begins once the program has started."""
    import asyncio

    later = asyncio.get_running_loop().call_later(_STARTED_S, _collect_from_now_on)
    try:
        return await work
    finally:
        later.cancel()
        gc.enable()


def _collect_from_now_on() -> None:
    gc.freeze()
    gc.enable()
