"""The Textual app: reads snapshots from a link, keeps the view's state, performs actions; entry is `run_console`."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.app import App, ScreenStackError
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import LineFilter, NoColor
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from pbtui.console.accounts import FindAccounts
from pbtui.console.actions import BY_ID, ConsoleAction, Danger, move_keys
from pbtui.console.availability import ENDED, why_not
from pbtui.console.backtest.desk import BacktestDesk
from pbtui.console.backtest.keys import PURPOSE
from pbtui.console.candles.desk import CandleDesk
from pbtui.console.config.desk import ConfigDesk
from pbtui.console.dialogs.base import Dialog
from pbtui.console.dialogs.quit import StoppingDialog
from pbtui.console.errands import Errands
from pbtui.console.faults import Sturdy, reason_of, restart_key
from pbtui.console.keeper import Keeper
from pbtui.console.keymap import keys_or_default, user_keys_file
from pbtui.console.leaving import ConsoleExit, Reason
from pbtui.console.log.desk import LogDesk
from pbtui.console.log.keys import PURPOSE as LOG_PURPOSE
from pbtui.console.look import Look
from pbtui.console.notes import Notes
from pbtui.console.operate import Operate
from pbtui.console.optimize.desk import OptimizeDesk
from pbtui.console.optimize.keys import PURPOSE as SEARCH_PURPOSE
from pbtui.console.prompt import Completer, Prompt
from pbtui.console.pump import Pump
from pbtui.console.replay.keys import Replays
from pbtui.console.screens.base import ConsoleScreen
from pbtui.console.screens.coin import CoinScreen
from pbtui.console.screens.live import LiveScreen
from pbtui.console.state import Key, ViewState
from pbtui.console.text import safe
from pbtui.console.theming.themes import user_themes_dir
from pbtui.console.theming.wardrobe import Wardrobe
from pbtui.console.tty.burst import Burst
from pbtui.console.tty.driver import PatientDriver
from pbtui.console.tty.terminal import speaks_utf8
from pbtui.console.widgets.chart_panel import ChartPanel
from pbtui.console.widgets.equity_panel import EquityPanel
from pbtui.core.actions import Action
from pbtui.core.clock import Clock, RealClock
from pbtui.core.record import record
from pbtui.link.base import Link

GUARD_S = 0.3  # dangerous keys rest after a paste, a change of focus, a dialog
CLOCK_TICK_S = 1.0


@record
class ConsoleOptions:
    """How a console starts. `attached`: the bot lives in another process and outlives this console."""

    attached: bool = False
    read_only: bool = False
    theme: str = ""
    ascii_only: bool | None = None  # None: as the locale says
    operator: str = "operator"
    clock: Clock | None = None
    base_dir: Path = Path()  # holds caches/ and configs/
    endpoints: Path | None = None  # other addresses of venues
    config: Path | None = None  # the file the bot runs on, where it is known
    themes_dir: Path | None = None  # themes of the user's own
    keys_file: Path | None = None  # keys of the user's own
    kept: Path | None = None  # where choices of view are kept
    accounts: FindAccounts | None = None  # the other bots and accounts of this machine
    notice: str = ""  # said first, and keys that change something rest a moment


class ConsoleApp(Sturdy, App[ConsoleExit], inherit_bindings=False):
    """The console of one bot."""

    CSS_PATH = "console.tcss"
    TITLE = "pbtui"
    ENABLE_COMMAND_PALETTE = False
    ESCAPE_TO_MINIMIZE = False
    ANIMATION_LEVEL = "none"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "perform('quit')", "quit", show=False)]

    def __init__(
        self, link: Link, options: ConsoleOptions | None = None, *, driver_class: type[Driver] | None = None
    ) -> None:
        super().__init__(driver_class=driver_class)
        self.options = options or ConsoleOptions()
        self.link = link
        self.clock: Clock = self.options.clock or RealClock()
        self.operator = safe(self.options.operator, 40)
        self.state = ViewState(role=link.role, locked=self.options.read_only, attached=self.options.attached)
        if link.latest is not None:  # the first picture names who trades where
            self.state.take(link.latest)
        self.notes = Notes()
        self.ascii_only = self.options.ascii_only if self.options.ascii_only is not None else not speaks_utf8()
        self.inks: dict[str, Style] = {}
        self.cursor_style = Style()
        self.stop_asked = False
        self.leaving = False
        self.crash_text = ""
        self.draw_fault = ""  # the last fault while drawing a panel
        self.seen = asyncio.Event()  # the first picture with panels has been drawn
        keys, self._keys_problem = keys_or_default(self.options.keys_file)
        move_keys(keys)
        self.live = LiveScreen()
        self.animation_level = "none"
        self._guard_until = 0.0
        self._burst = Burst()
        self._refresh_due = False
        self._look = Look(self)
        self._operate = Operate(self)
        self.errands = Errands(self, self._look, self._operate)
        self._pump = Pump(self)
        self.candles = CandleDesk(
            self.options.base_dir,
            self.state.candles,
            self.clock,
            say=lambda text, ink: self.say(text, ink=ink),
            draw=self.refresh_views,
            endpoints=self.options.endpoints,
        )
        self.logs = LogDesk(self.state.log, self.refresh_views, lambda: self.slow_link)
        self.backtests = BacktestDesk(
            self.options.base_dir,
            self.state.backtest,
            self.clock,
            say=lambda text, ink: self.say(text, ink=ink),
            draw=self.refresh_views,
            config=self.options.config,
        )
        self.optimizer = self._optimize_desk()
        self.configs = ConfigDesk(self.options.base_dir, self.state.config, self.link.ask, self.refresh_views)
        self.keeper = Keeper(self, self.options.kept)
        self.wardrobe = Wardrobe(self)
        self.themes = self.wardrobe.themes
        self.wardrobe.begin()
        kept_theme = self.keeper.begin()
        if kept_theme in self.themes.palettes and not self.options.theme and not self.no_color:
            self.use_theme(kept_theme)

    def _optimize_desk(self) -> OptimizeDesk:
        """Make the desk of the searches and their fronts."""
        return OptimizeDesk(
            self.options.base_dir,
            self.state.optimize,
            self.state.pareto,
            self.clock,
            say=lambda text, ink: self.say(text, ink=ink),
            draw=self.refresh_views,
        )

    # -- life ----------------------------------------------------------------------------------------------------

    def get_default_screen(self) -> LiveScreen:
        """The live screen lies at the bottom of the stack."""
        return self.live

    def on_mount(self) -> None:
        """Start reading snapshots and ticking."""
        self.set_class(self.ascii_only, "-ascii")
        self._pump.start()
        self._look.company.arrive()
        self.set_interval(CLOCK_TICK_S, self.tick)
        self.keeper.arrive()
        if self._keys_problem:
            self.say(self._keys_problem, ink="warn")
        if self.options.notice:
            self.guard()  # keys were meant for another bot a moment ago
            self.say(safe(self.options.notice, 200), ink="warn")
        self.wardrobe.watch()

    def tick(self) -> None:
        """Once a second: ages, fading notes, the chart, the coin."""
        self._pump.tick()
        self._look.company.tick()
        self.ask_chart()
        if isinstance(self.console_screen, CoinScreen):
            self._pump.ask_coin()
        self.run_worker(self.keeper.keep(), group="keep", exclusive=True, exit_on_error=False)

    def leave(self, reason: Reason, text: str = "") -> None:
        """End the console; the bot is not touched."""
        self.leaving = True
        self.keeper.keep_now()
        self.candles.close()
        self.exit(ConsoleExit(reason, text, locked=reason == "switch" and self.state.locked))

    def hang_up(self) -> None:
        """The terminal is gone: stop reading it and leave at once, as a detach. For the SIGHUP handler."""
        if self._driver is not None:
            self._driver.disable_input()
        self.leave("detach")

    @property
    def replays(self) -> Replays:
        """Backtests that are stepped through."""
        return self._look.replays

    @property
    def slow_link(self) -> bool:
        """Tell whether the terminal takes what is drawn too slowly."""
        return isinstance(self._driver, PatientDriver) and self._driver.slow

    @property
    def choked_link(self) -> bool:
        """Tell whether so much waits for the terminal that drawing more makes it later still."""
        return isinstance(self._driver, PatientDriver) and self._driver.choked

    @property
    def bot_ended(self) -> bool:
        """Tell whether the bot says that it has stopped or finished."""
        return self.state.snapshot is not None and self.state.snapshot.health.state in ENDED

    def _fatal_error(self) -> None:
        # Textual's own way prints local variables; those could hold what must not be seen.
        error = self._exception
        self.crash_text = safe("".join(traceback.format_exception_only(error)) if error else "unknown error")
        self._close_messages_no_wait()

    # -- drawing -------------------------------------------------------------------------------------------------

    @property
    def console_screen(self) -> ConsoleScreen | None:
        """The screen behind any dialog; none before the first and after the last."""
        try:
            stack = self.screen_stack
        except ScreenStackError:
            return None
        return next((screen for screen in reversed(stack) if isinstance(screen, ConsoleScreen)), None)

    def refresh_views(self) -> None:
        """Draw the screen in front from the state."""
        self._refresh_due = False
        state = self.state
        state.role = self.link.role
        state.slow_link = self.slow_link
        state.undo_ready = self.notes.undo_ready(self.clock.monotonic())
        screen = self.console_screen
        if screen is None or self.leaving or not self.is_running:
            return
        screen.refresh_view()
        if not self.seen.is_set():
            self.call_after_refresh(self.seen.set)
        if isinstance(self.screen, StoppingDialog):
            self.screen.progress(state)

    def guarded_draw(self, draw: Callable[[], None], where: str = "a panel") -> None:
        """Do something that draws; a fault is told of and never ends the console."""
        try:
            draw()
        except Exception as error:  # noqa: BLE001 - drawing may fail, watching the bot must not
            self._keep_fault(where, reason_of(error))  # drawing the words at once would fail for ever

    def note_fault(self, where: str, reason: str) -> None:
        """Tell of a part of the console that failed."""
        self._keep_fault(where, reason)
        self._refresh_soon()

    def _keep_fault(self, where: str, reason: str) -> None:
        self.draw_fault = f"{where}: {reason}"
        self.notes.say(f"{where} failed ({reason}); {restart_key()} starts it again", self.clock.monotonic(), ink="bad")

    def _refresh_soon(self) -> None:
        if self.is_running and not self._refresh_due:
            self._refresh_due = True
            self.call_later(self.refresh_views)

    def broke(self, error: Exception) -> None:
        """Tell of a fault in a handler of the app; before there is a screen nothing can be told."""
        if not self.is_running or self.console_screen is None:
            raise error
        if isinstance(self.screen, Dialog):  # keys come by way of the app
            self.screen.broke(error)
        else:
            self.note_fault("the console", reason_of(error))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tell of an action that failed on its way."""
        if event.state is WorkerState.ERROR:
            self.note_fault(event.worker.group, reason_of(event.worker.error or RuntimeError("no reason")))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """NO_COLOR means none at all: the terminal's own two colours are always readable."""
        return [NoColor()] if self.no_color else super().get_line_filters()

    def use_theme(self, name: str) -> None:
        """Use a theme for styles and lines."""
        self.wardrobe.wear(name)

    def say(self, text: str, *, ink: str = "text", undo: tuple[Action, ...] = ()) -> None:
        """Show a message for some seconds, with an undo key where one is given."""
        self.notes.say(text, self.clock.monotonic(), ink=ink, undo=undo)
        self._refresh_soon()

    def choose(self, key: Key) -> None:
        """Make a coin and side the current one."""
        if self.state.current != key:
            fresh_symbol = self.state.current is None or self.state.current[0] != key[0]
            self.state.current = key
            self.refresh_views()
            if fresh_symbol:
                self.ask_chart()

    def ask_chart_once(self) -> None:
        """Ask for candles if a chart in view has none yet; fresher ones come with the tick."""
        screen = self.console_screen
        if (
            screen is not None
            and screen.is_attached
            and any(p.chart is None and not p.problem for p in screen.query(ChartPanel))
        ):
            self.ask_chart()

    def ask_coin_once(self) -> None:
        """Ask for what is behind the current coin if nothing is known of it yet; fresher facts come with the tick."""
        facts = self.state.facts
        if facts is None or (facts.symbol, facts.pside) != self.state.current:
            self._pump.ask_coin()

    def ask_chart(self) -> None:
        """Ask for candles of the chart in view, unless the last question is still open."""
        screen = self.console_screen
        if screen is None or not screen.is_attached:
            return
        for panel in screen.query(ChartPanel):
            if panel.display and panel.size.height and not self.state.link_ended:
                self._pump.ask_chart(panel)

    def ask_equity(self, panel: EquityPanel) -> None:
        """Ask for equity since the bot began, unless the last answer is fresh."""
        self._pump.ask_equity(panel)

    # -- acting --------------------------------------------------------------------------------------------------

    def guard(self) -> None:
        """Let dangerous keys rest for a moment."""
        self._guard_until = self.clock.monotonic() + GUARD_S

    def guard_passed(self, since: float) -> bool:
        """Tell whether the rest that began at `since` (monotonic seconds), and any later one, is over."""
        now = self.clock.monotonic()
        return now >= since + GUARD_S and now >= self._guard_until

    async def on_event(self, event: events.Event) -> None:
        """See keys and pastes before any widget does.

        Keys that follow a paste are dead for a moment, a flood of keys is dropped, typing ahead goes to the prompt.
        """
        if isinstance(event, events.Paste):
            self.guard()
        elif isinstance(event, events.Key):
            if isinstance(self.focused, Prompt) and self.focused.takes(event):
                return
            now = self.clock.monotonic()
            self._burst.key(now)
            if self._burst.fast(now):
                self.guard()
            meant = isinstance(self.focused, Input) or not (event.is_printable or event.key == "enter")
            if not meant and self._burst.flood(now):
                self.say("keys ignored: they came all at once, like a paste", ink="warn")
                return
        await super().on_event(event)

    def action_perform(self, action_id: str) -> None:
        """Do what a key stands for."""
        self.perform(action_id)

    def perform(self, action_id: str, *, from_list: bool = False) -> None:
        """Take an action of the registry, or say why not. `from_list`: chosen by name, not by a stray key."""
        action = BY_ID[action_id]
        state = self.state
        state.role = self.link.role
        state.undo_ready = self.notes.undo_ready(self.clock.monotonic())
        reason = why_not(action, state)
        if reason:
            self.say(f"{action.verb}: {reason}", ink="warn")
            return
        if action.acts and not from_list and self.clock.monotonic() < self._guard_until:
            self.say(f"{action.verb}: key ignored, too soon after a paste or a change of focus", ink="warn")
            return
        handler = self._operate.handlers.get(action_id)
        if handler is not None and action.acts and self._acting(action):
            self.say(f"{action.verb}: the last action is not done yet", ink="warn")
        elif handler is not None:
            self.run_worker(handler(), group=action_id, exclusive=True, exit_on_error=False)
        else:
            self._look.handlers[action_id]()

    def _acting(self, action: ConsoleAction) -> bool:
        """Tell whether an action waits for its dialog or the bot; a panic waits for nothing but another panic."""
        least = Danger.COSTS if action.danger >= Danger.COSTS else Danger.REVERSIBLE
        found = (BY_ID[worker.group] for worker in self.workers if worker.is_running and worker.group in BY_ID)
        return any(other.acts and other.danger >= least for other in found)

    # -- the prompt ----------------------------------------------------------------------------------------------

    def open_prompt(self, purpose: str, text: str, hint: str, complete: Completer | None = None) -> None:
        """Open the prompt of the screen in front."""
        screen = self.console_screen
        if screen is not None:
            screen.query_one(Prompt).open(purpose, text, hint, complete)

    def on_prompt_typed(self, message: Prompt.Typed) -> None:
        """Filter while typing."""
        if message.purpose.startswith("filter:"):
            self.state.filters[message.purpose[7:]] = message.text
            self.refresh_views()
        elif message.purpose == "command":
            self.errands.tell(message.text)

    def on_prompt_done(self, message: Prompt.Done) -> None:
        """Keep or drop the filter; carry out the command; give the focus back."""
        if message.purpose.startswith("filter:"):
            panel = message.purpose[7:]
            self.state.filters[panel] = message.text if message.kept else ""
        screen = self.console_screen
        if screen is not None:
            panels = [panel for panel in screen.panels() if panel.id == self.state.panel] or screen.panels()
            if panels:
                panels[0].focus()
        if message.purpose.startswith(PURPOSE) and message.kept:
            self._look.backtest_keys.typed(message.purpose, message.text)
        if message.purpose.startswith(SEARCH_PURPOSE) and message.kept:
            self._look.optimize_keys.typed(message.purpose, message.text)
        if message.purpose.startswith(LOG_PURPOSE) and message.kept:
            self._look.log_keys.typed(message.purpose, message.text)
        if message.purpose == "command" and message.kept:
            self.carry_out(message.text)
        self.refresh_views()

    def carry_out(self, text: str) -> None:
        """Carry out a typed command, behind the ritual of its action."""
        self.errands.carry_out(text)


async def run_console(
    link: Link, options: ConsoleOptions | None = None, *, on_app: Callable[[ConsoleApp], None] | None = None
) -> ConsoleExit:
    """Run the console until it is left; `on_app` gets the app first (for signals). Never raises for a UI fault."""
    options = options or ConsoleOptions()
    options = replace(
        options,
        themes_dir=options.themes_dir or user_themes_dir(),
        keys_file=options.keys_file or user_keys_file(),
    )
    app = ConsoleApp(link, options, driver_class=PatientDriver)
    if on_app is not None:
        on_app(app)
    try:
        result = await app.run_async()
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - a fault of the screen is an exit reason, not the bot's end
        return ConsoleExit("crash", safe(f"{type(error).__name__}: {error}"))
    finally:
        app.candles.close()
        await app.backtests.let_go()
        await app.optimizer.let_go()
    if app.crash_text:
        return ConsoleExit("crash", app.crash_text)
    return result or ConsoleExit("link_closed" if app.state.link_ended else "detach")
