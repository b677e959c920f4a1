"""What the keys of the replay screen do, and the key that opens it from a backtest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.console.replay.desk import ReplayDesk
from pbtui.console.replay.view import ReplayView

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp


class Replays:
    """Handlers of the actions on replays."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        self.desk = ReplayDesk(
            app.options.base_dir,
            app.state.replay,
            app.clock,
            say=lambda text, ink: app.say(text, ink=ink),
            draw=app.refresh_views,
        )
        desk = self.desk
        self.handlers: dict[str, Callable[[], None]] = {
            "backtest.replay": self.open_run,
            "replay.on": lambda: desk.next_change(forward=True),
            "replay.back": lambda: desk.next_change(forward=False),
            "replay.minute_on": lambda: desk.minutes(1),
            "replay.minute_back": lambda: desk.minutes(-1),
            "replay.hour_on": lambda: desk.hours(1),
            "replay.hour_back": lambda: desk.hours(-1),
            "replay.day_on": lambda: desk.hours(24),
            "replay.day_back": lambda: desk.hours(-24),
            "replay.first": lambda: desk.end(first=True),
            "replay.last": lambda: desk.end(first=False),
            "replay.fill_on": lambda: desk.next_fill(forward=True),
            "replay.fill_back": lambda: desk.next_fill(forward=False),
            "replay.any_on": lambda: desk.next_fill(forward=True, any_coin=True),
            "replay.any_back": lambda: desk.next_fill(forward=False, any_coin=True),
            "replay.whole": desk.turn_ladders,
            "replay.go": self.ask_moment,
            "replay.coin": self.ask_coin,
            "replay.open": self.open,
        }

    @property
    def _view(self) -> ReplayView:
        return self._app.state.replay

    def show(self, place: Path, *, coin: str = "", at_ms: int | None = None, whole: bool = False) -> None:
        """Open a replay and its screen."""
        from pbtui.console.screens.replay import ReplayScreen

        self.desk.open(place, coin=coin, at_ms=at_ms, whole=whole)
        self._app.push_screen(ReplayScreen())

    def open_run(self) -> None:
        """Replay the run looked at; from its list of fills, from the fill on which the cursor stands."""
        state = self._app.state
        folder, result = state.backtest.folder(), state.backtest.result()
        screen = self._app.console_screen
        if folder is None:
            return
        coin, at_ms = "", None
        table = screen.table if screen is not None else None
        if state.panel == "run-fills" and table is not None and result is not None and result.fills is not None:
            place = table.cursor_key
            if isinstance(place, int):
                coin, at_ms = result.fills.coin[place], int(result.fills.ts_ms[place])
        self.show(folder, coin=coin, at_ms=at_ms)

    # -- places to go --------------------------------------------------------------------------------------------

    def ask_moment(self) -> None:
        """Ask for a moment and go there."""
        from pbtui.console.replay.dialogs import MomentDialog

        replay = self._view.replay
        if replay is None:
            return
        first, last = replay.time_ms(replay.first_bar), replay.time_ms(replay.last_bar)
        dialog = MomentDialog(replay.time_ms(self._view.bar), first, last)
        self._app.push_screen(dialog, lambda ms: self.desk.go(replay.bar_at(ms)) if ms is not None else None)

    def ask_coin(self) -> None:
        """Ask for a coin and look at it."""
        from pbtui.console.replay.dialogs import CoinDialog

        replay = self._view.replay
        if replay is None:
            return
        counts = [(coin, len(replay.ledger.of_coin(place))) for place, coin in enumerate(replay.coins)]
        dialog = CoinDialog(counts, self._view.coin)
        self._app.push_screen(dialog, lambda coin: self.desk.go(self._view.bar, coin) if coin else None)

    def open(self) -> None:
        """Tell why the order under the cursor stands there; on a fill, go to its minute."""
        from pbtui.console.dialogs.words import WordsDialog
        from pbtui.console.replay.lines import order_words
        from pbtui.console.replay.telling import kind_words

        state, view = self._app.state, self._view
        screen, replay = self._app.console_screen, self._view.replay
        table = screen.table if screen is not None else None
        if table is None or replay is None or not table.rows or not isinstance(table.cursor_key, int):
            return
        if state.panel == "replay-fills":
            self.desk.go(replay.ledger.bar(table.cursor_key))
        elif state.panel == "replay-orders" and table.cursor_key < len(view.orders):
            order = view.orders[table.cursor_key]
            title = f"{order.coin} {order.pside} {kind_words(order.kind)}"
            self._app.push_screen(WordsDialog(title, order_words(view, order)))
