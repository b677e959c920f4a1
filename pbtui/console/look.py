"""What the keys that only look do: moving, filtering, sorting, changing the view."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pbtui.console.backtest.keys import BacktestKeys
from pbtui.console.candles.keys import CandleKeys
from pbtui.console.company import Company
from pbtui.console.config.keys import ConfigKeys
from pbtui.console.dialogs.help import HelpDialog
from pbtui.console.dialogs.palette import PaletteDialog
from pbtui.console.dialogs.themes import ThemesDialog
from pbtui.console.dialogs.words import WordsDialog, event_words, warning_words
from pbtui.console.fills.keys import FillsKeys
from pbtui.console.log.keys import LogKeys
from pbtui.console.optimize.keys import OptimizeKeys
from pbtui.console.replay.keys import Replays
from pbtui.console.screens.base import ConsoleScreen
from pbtui.console.screens.coin import CoinScreen
from pbtui.console.screens.live import LiveScreen
from pbtui.console.state import MOST_LEVEL, Sort
from pbtui.console.switching import Switching
from pbtui.console.tables import backtest_lists, backtest_result, candle_lists, coverage, modes, orders, positions
from pbtui.console.tables.events import LEVELS
from pbtui.console.widgets.lines import LineView

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp

_SORTABLE = {
    "positions": positions.SORTABLE,
    "orders": orders.SORTABLE,
    "modes": modes.SORTABLE,
    "coverage": coverage.SORTABLE,
    "gaps": candle_lists.GAP_SORTABLE,
    "findings": candle_lists.FINDING_SORTABLE,
    "runs": backtest_lists.RUN_SORTABLE,
    "run-coins": backtest_result.COIN_SORTABLE,
    "run-fills": backtest_result.FILL_SORTABLE,
}
_LEAST_CHOICE = 3


class Look:
    """Handlers of the actions that change nothing of the bot."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        self.backtest_keys = BacktestKeys(app, self.to_live)
        self.optimize_keys = OptimizeKeys(app, self.to_live)
        self.company = Company(app)
        self.replays = Replays(app)
        self.switching = Switching(app)
        self.log_keys = LogKeys(app, self.to_live)
        self.handlers: dict[str, Callable[[], None]] = {
            "screen.live": self.to_live,
            "coin.open": self.open,
            "back": self.back,
            "help": lambda: self._push(HelpDialog(app.state)),
            "palette": self.palette,
            "command": self.command,
            "redraw": self.redraw,
            "theme.next": self.next_theme,
            "theme.pick": self.pick_theme,
            "warnings": lambda: self._push(WordsDialog("Warnings and checklist", warning_words(app.state.snapshot))),
            "panel.next": lambda: self.step_panel(1),
            "panel.previous": lambda: self.step_panel(-1),
            "view.cycle": self.cycle,
            "cursor.down": lambda: self.move(1),
            "cursor.up": lambda: self.move(-1),
            "cursor.left": lambda: self.step_side(-1),
            "cursor.right": lambda: self.step_side(1),
            "cursor.page_down": lambda: self.move_page(1),
            "cursor.page_up": lambda: self.move_page(-1),
            "cursor.first": lambda: self.jump(first=True),
            "cursor.last": lambda: self.jump(first=False),
            "select.toggle": self.toggle,
            "select.all": self.select_all,
            "filter": self.filter,
            "sort": self.sort,
            "sort.reverse": self.reverse,
            "columns": self.columns,
            "orders.scope": self.scope,
            "events.level": self.level,
            "chart.shorter": lambda: self.timeframe(-1),
            "chart.longer": lambda: self.timeframe(1),
            **CandleKeys(app, self.to_live).handlers,
            **self.backtest_keys.handlers,
            **self.optimize_keys.handlers,
            **self.company.handlers,
            **self.replays.handlers,
            **self.switching.handlers,
            **self.log_keys.handlers,
            **ConfigKeys(app, self.to_live).handlers,
            **FillsKeys(app, self.to_live).handlers,
        }

    @property
    def _screen(self) -> ConsoleScreen | None:
        return self._app.console_screen

    def _push(self, dialog: HelpDialog | PaletteDialog | WordsDialog) -> None:
        self._app.push_screen(dialog)

    def to_live(self) -> None:
        """Go back to the live screen."""
        while len(self._app.screen_stack) > 1 and not isinstance(self._app.screen, LiveScreen):
            self._app.pop_screen()

    def open(self) -> None:
        """Open the coin of the row; on events, the whole text of the event."""
        state, screen = self._app.state, self._screen
        if state.panel == "events" and screen is not None and screen.table is not None:
            seq = screen.table.cursor_key
            event = next((event for event in state.events if event.seq == seq), None)
            if event is not None:
                self._push(WordsDialog("Event", event_words(event)))
        else:
            self._app.push_screen(CoinScreen())

    def back(self) -> None:
        """Leave the screen; on Live, clear what narrows it: filter first, then the selection."""
        state = self._app.state
        if isinstance(self._app.screen, ConsoleScreen) and self._app.screen.take_back():
            return
        if not isinstance(self._app.screen, LiveScreen):
            self._app.pop_screen()
        elif state.filters.pop(state.panel, ""):
            self.redraw_view()
        elif state.selected:
            state.selected.clear()
            self.redraw_view()

    def palette(self) -> None:
        """Show every action."""
        self._app.push_screen(PaletteDialog(self._app.state), self._chosen)

    def _chosen(self, action_id: str | None) -> None:
        if action_id:
            self._app.perform(action_id, from_list=True)

    def command(self) -> None:
        """Ask for a typed command."""
        if self._screen is not None:
            self.switching.offered()  # asked for now, so that they are known when they are typed
            hint = "mode BTC long gs · panic ETH long · bt configs/x.json · tab completes"
            self._app.open_prompt("command", "", hint, self._app.errands.complete)

    def redraw(self) -> None:
        """Paint everything again; panels that failed start anew."""
        for screen in self._app.screen_stack:
            for panel in screen.query(LineView):
                panel.restart()
        self.redraw_view()
        self._app.refresh(layout=True)
        self._app.screen.refresh(repaint=True, layout=True)
        for widget in self._app.screen.query("*"):
            widget.refresh()

    def redraw_view(self) -> None:
        """Draw what changed."""
        self._app.refresh_views()

    def next_theme(self) -> None:
        """Use the next theme."""
        names = self._app.themes.names
        here = names.index(self._app.theme) if self._app.theme in names else 0
        name = names[(here + 1) % len(names)]
        self._app.use_theme(name)
        self._app.say(f"theme {name}")

    def pick_theme(self) -> None:
        """Choose a theme by looking at it."""
        self._app.push_screen(ThemesDialog(self._app.theme))

    def step_panel(self, by: int) -> None:
        """Move the focus to the next panel."""
        screen = self._screen
        panels = [panel for panel in (screen.panels() if screen else []) if panel.can_focus]
        if screen is None or not panels:
            return
        here = panels.index(screen.focused) if screen.focused in panels else -1 if by > 0 else 0
        panels[(here + by) % len(panels)].focus()

    def step_side(self, by: int) -> None:
        """Move the focus to the nearest panel on the left or right."""
        screen = self._screen
        if screen is None or screen.focused is None or screen.sideways(by):
            return
        here = screen.focused.region
        beside = [panel for panel in screen.panels() if (panel.region.x - here.x) * by > 0 and panel.can_focus]
        if beside:
            min(beside, key=lambda panel: abs(panel.region.y - here.y)).focus()

    def cycle(self) -> None:
        """Show the next view of the screen."""
        if isinstance(self._app.screen, LiveScreen):
            self._app.screen.show_view(self._app.state.view + 1)
        elif isinstance(self._app.screen, CoinScreen):
            self._app.screen.cycle()
        elif isinstance(self._app.screen, ConsoleScreen):
            self._app.screen.cycle_view()

    def move(self, rows: int) -> None:
        """Move the cursor of the focused table."""
        screen = self._screen
        if screen is None or screen.step_rows(rows):
            return
        if screen.table is not None:
            screen.table.move_by(rows)
            screen.table_moved(screen.table)

    def move_page(self, pages: int) -> None:
        """Move the cursor by a page."""
        if self._screen is not None and self._screen.step_pages(pages):
            return
        table = self._screen.table if self._screen else None
        if table is not None:
            self.move(pages * table.page)

    def jump(self, *, first: bool) -> None:
        """Move the cursor to an end."""
        if self._screen is not None and self._screen.step_end(first=first):
            return
        table = self._screen.table if self._screen else None
        if table is not None:
            self.move(-len(table.rows) if first else len(table.rows))

    def toggle(self) -> None:
        """Select the current row and move on."""
        state = self._app.state
        if state.current is not None:
            state.toggle(state.current)
            self.move(1)
            self.redraw_view()

    def select_all(self) -> None:
        """Select every row in view, or none."""
        if isinstance(self._app.screen, LiveScreen):
            self._app.state.select_all(self._app.screen.shown_keys())
            self.redraw_view()

    def filter(self) -> None:
        """Ask for a filter of the focused table."""
        state = self._app.state
        panel = state.panel if state.panel != "chart" else "positions"
        self._app.open_prompt(f"filter:{panel}", state.filters.get(panel, ""), "text · !text · column:text")

    def sort(self) -> None:
        """Sort by the next column."""
        state = self._app.state
        own = self._screen.sortable(state.panel) if self._screen is not None else []
        state.turn_sort(state.panel, own or _SORTABLE[state.panel])
        self.redraw_view()
        column = state.sorts[state.panel].column
        self._app.say(f"{state.panel} sorted by {column}" if column else f"{state.panel} as they come")

    def reverse(self) -> None:
        """Turn the order round."""
        self._app.state.reverse_sort(self._app.state.panel)
        self.redraw_view()

    def columns(self) -> None:
        """Choose the columns of the focused table."""
        from pbtui.console.dialogs.columns import ColumnsDialog

        table = self._screen.table if self._screen is not None else None
        if table is None or len(table.columns) < _LEAST_CHOICE or not table.id:
            self._app.say("columns: this panel is no table of columns; tab goes to the next", ink="warn")
            return
        self._app.push_screen(ColumnsDialog(table.id, table.columns))

    def scope(self) -> None:
        """Show orders of all coins, or of the current one."""
        self._app.state.orders_all = not self._app.state.orders_all
        self.redraw_view()

    def level(self) -> None:
        """Show more events, then few again."""
        state = self._app.state
        state.event_level = (state.event_level + 1) % (MOST_LEVEL + 1)
        self.redraw_view()
        self._app.say(f"events down to level {state.event_level}, {LEVELS[state.event_level]}")

    def timeframe(self, by: int) -> None:
        """Show longer or shorter candles; of equity, a longer or shorter stretch."""
        if self._app.state.panel == "equity":
            self._app.state.equity.zoom(by)
            self.redraw_view()
            return
        self._app.state.step_timeframe(by)
        self.redraw_view()
        self._app.ask_chart()

    def sort_by(self, panel: str, column: str) -> bool:
        """Sort a panel by a named column; False when it has no such column."""
        name = next((known for known in _SORTABLE.get(panel, []) if known.casefold() == column.casefold()), "")
        if name:
            self._app.state.sorts[panel] = Sort(name)
            self.redraw_view()
        return bool(name)
