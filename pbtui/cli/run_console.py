"""A run with its console in one process: the bot outlives the screen, whatever ends the screen."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from pbtui.cli import figures
from pbtui.cli.early import EarlySignals
from pbtui.cli.launcher import Stage
from pbtui.cli.narrate import say
from pbtui.cli.plan import RunPlan
from pbtui.cli.session import Session, open_session
from pbtui.console.leaving import ConsoleExit
from pbtui.core.clock import Clock
from pbtui.core.errors import ExitCode
from pbtui.link.local import LocalLink
from pbtui.live.supervisor import Ending

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp
    from pbtui.console.tty.curtain import Curtain

_FIRST_PICTURE_S = 2.0  # a terminal that shows nothing by then keeps no bot waiting


async def run_session(plan: RunPlan, clock: Clock, stage: Stage, curtain: Curtain, early: EarlySignals) -> int:
    """Trade with a console until stopped; after a detach, a hang-up or a crash of the screen go on without one."""
    async with open_session(plan, clock, linger=True) as session:
        screen = _Screen(session, stage, curtain)
        screen.install_signals(asyncio.get_running_loop(), early)
        bot = asyncio.create_task(_start_late(session, screen))
        bot.add_done_callback(screen.leave_if_nothing_ran)
        left = await screen.show()
        session.supervisor.watch_no_more()
        if left.reason == "switch" or (not bot.done() and left.reason in ("detach", "crash")):
            screen.go_on_alone(left, ended=bot.done())
        ending = await bot
        if not screen.gone:
            _say_ending(ending)
        return int(ending.exit_code)


async def _start_late(session: Session, screen: _Screen) -> Ending:
    """Run the bot once the first picture is painted: loading the engine would hold that up."""
    with suppress(TimeoutError):
        await asyncio.wait_for(screen.seen(), _FIRST_PICTURE_S)
    return await session.supervisor.run()


class _Screen:
    """The console in this process, and what signals do to it."""

    def __init__(self, session: Session, stage: Stage, curtain: Curtain) -> None:
        self.gone = False  # nobody reads this terminal any more
        self._session = session
        self._stage = stage
        self._curtain = curtain
        self._app: ConsoleApp | None = None
        self._begun = asyncio.Event()

    def install_signals(self, loop: asyncio.AbstractEventLoop, early: EarlySignals) -> None:
        """SIGHUP lets go of the terminal, SIGTERM stops in order, SIGINT asks as Ctrl+C does; so do earlier ones."""
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        loop.add_signal_handler(signal.SIGTERM, self._terminate)
        loop.add_signal_handler(signal.SIGINT, self._interrupt)
        early.check()
        if early.hung_up:
            self._hang_up()

    async def show(self) -> ConsoleExit:
        """Show the console until it is left; a fault of it is a way to leave, and so is a terminal that is gone."""
        if self.gone:
            self._begun.set()
            return ConsoleExit("detach")
        from pbtui.cli.account_list import find_accounts
        from pbtui.console.app import ConsoleOptions, run_console
        from pbtui.console.kept import kept_file

        link = LocalLink(self._session.supervisor, self._session.seats)
        try:
            given = self._session.plan.options
            config = self._session.plan.config.path
            options = ConsoleOptions(
                base_dir=given.base_dir,
                endpoints=given.endpoints,
                config=config,
                theme=given.theme,
                kept=kept_file(self._session.info.user),
                accounts=partial(find_accounts, given.base_dir),
            )
            await asyncio.sleep(0)  # signals that came while all this was loaded are heard now
            if self.gone:
                return ConsoleExit("detach")
            left = await run_console(link, options, on_app=self._keep)
        except Exception as error:  # noqa: BLE001 (the screen may fail in any way; the bot goes on and says how to come back)
            left = ConsoleExit("crash", f"{type(error).__name__}: {error}")
        finally:
            self._app = None
            self._begun.set()
            self._curtain.fall()
            await link.close()
        if left.reason == "crash":
            self._session.supervisor.journal.say("screen", f"the console failed: {left.text}", level=0, is_error=True)
        return left

    async def seen(self) -> None:
        """Wait for the first picture, or for the end of a console that never had one."""
        await self._begun.wait()
        if self._app is not None:
            await self._app.seen.wait()

    def leave_if_nothing_ran(self, bot: asyncio.Task[Ending]) -> None:
        """An error before the first turn (a wrong folder, a damaged ledger) is one line in the shell."""
        if self._app is None or bot.cancelled() or bot.exception() is not None:
            return
        if bot.result().error is not None and bot.result().summary is None:
            self._app.leave("stopped")

    def go_on_alone(self, left: ConsoleExit, *, ended: bool = False) -> None:
        """Give the shell back, or the terminal to another bot; the bot goes on without, unless it has ended."""
        user = self._session.info.user
        if not ended:
            text = f"going on without a screen: `pbtui attach {user}` opens one"
            self._session.supervisor.journal.say("session", text)
        if self.gone:
            return
        self.gone = True
        if left.reason == "switch":
            farewell = f"{user} has ended" if ended else self._farewell()
            self._stage.detach(farewell, following=(left.text, self._session.info.name), locked=left.locked)
        elif left.reason == "crash":
            self._stage.detach(f"the console failed ({left.text}); {self._farewell()}", code=int(ExitCode.FAILED))
        else:
            self._stage.detach(self._farewell())

    def _farewell(self) -> str:
        info = self._session.info
        return f"the bot goes on (pid {info.pid}): pbtui attach {info.user} · status {info.user} · stop {info.user}"

    def _keep(self, app: ConsoleApp) -> None:
        self._app = app
        self._begun.set()

    def _hang_up(self) -> None:
        self._stage.leave_terminal()
        if self.gone:
            return
        self.gone = True
        self._session.supervisor.journal.say("session", "the terminal hung up")
        if self._app is not None:
            self._app.hang_up()

    def _terminate(self) -> None:
        self._session.supervisor.journal.say("shutdown", "SIGTERM: stopping in order")
        self._session.supervisor.request_stop()

    def _interrupt(self) -> None:
        if self._app is not None and self._app.is_running:
            self._app.perform("quit")
        else:
            self._terminate()


def _say_ending(ending: Ending) -> None:
    if ending.summary is not None:
        say(figures.summary_text(ending.summary))
    if ending.error is not None:
        say(f"pbtui: {ending.error.line()}")
