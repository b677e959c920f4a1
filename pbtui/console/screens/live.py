"""The live screen: positions, orders, modes, chart and events, arranged by the room there is."""

from __future__ import annotations

from collections.abc import Hashable

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from pbtui.console.actions import label_of
from pbtui.console.checklist import checklist_lines
from pbtui.console.equity import STEPS
from pbtui.console.screens.base import ConsoleScreen
from pbtui.console.state import Key
from pbtui.console.tables import events, modes, orders, positions
from pbtui.console.tables.select import matches
from pbtui.console.text import safe
from pbtui.console.widgets.chart_panel import ChartPanel
from pbtui.console.widgets.columns import Rows
from pbtui.console.widgets.equity_panel import EquityPanel
from pbtui.console.widgets.grid import GridTable
from pbtui.console.widgets.lines import LineView

# What is in view per layout and view number (the key v goes round).
VIEWS: dict[str, tuple[tuple[str, ...], ...]] = {
    "cards": (("positions",), ("orders",), ("modes",), ("chart",), ("events",), ("equity",)),
    "narrow": (("positions", "orders"), ("modes",), ("chart",), ("events",), ("equity",)),
    "normal": (
        ("positions", "orders", "events", "chart"),
        ("positions", "orders", "events", "modes"),
        ("positions", "orders", "events", "equity"),
    ),
    "wide": (
        ("positions", "orders", "events", "chart", "equity", "modes"),
        ("positions", "orders", "events", "equity", "modes"),
    ),
}
_ROOM_FOR_BOTH = 45  # rows from which a wide screen has chart and equity above each other
_LEFT = frozenset({"orders", "events"})
_RIGHT = frozenset({"chart", "equity", "modes"})
_ALL = ("positions", "orders", "events", "chart", "equity", "modes")
_CHOOSING = frozenset({"orders", "modes"})  # panels whose rows may be of coins without a position
_CURVES = frozenset({"chart", "equity"})
_MOST_OF_BODY = {"narrow": 0.6, "normal": 0.4, "wide": 0.4}  # what positions may take of the height
_POSITIONS_LEAST = 5
_MODES_SHARE = 0.4


class LiveScreen(ConsoleScreen):
    """Screen 1."""

    PLACE = "live"
    OPENS = "coin.open"

    def __init__(self) -> None:
        super().__init__()
        self._parked = False  # the checklist took the focus from the positions

    def compose_body(self) -> ComposeResult:
        """Positions (while the bot starts: the checklist) over two columns of panels."""
        with Vertical(id="body"):
            yield LineView(id="checklist", classes="panel")
            yield GridTable(id="positions", classes="panel", show_cursor=True, airy=True)
            with Horizontal(id="lower"):
                with Vertical(id="left"):
                    yield GridTable(id="orders", classes="panel", airy=True)
                    yield GridTable(id="events", classes="panel", follow=True, markers=False)
                with Vertical(id="right"):
                    yield ChartPanel()
                    yield EquityPanel()
                    yield GridTable(id="modes", classes="panel", airy=True)

    def on_mount(self) -> None:
        """Start with the positions."""
        super().on_mount()
        self.query("#positions").focus()

    # -- layout --------------------------------------------------------------------------------------------------

    @property
    def in_view(self) -> tuple[str, ...]:
        """The panels of this layout and view."""
        views = VIEWS[self.layout_name]
        found = views[self.console.state.view % len(views)]
        if "chart" in found and self.app.size.height < _ROOM_FOR_BOTH:
            return tuple(name for name in found if name != "equity")
        return found

    def layout_changed(self) -> None:
        """Show the panels of the view; the focus never stays on a hidden one."""
        starting = self._starting()
        shown = set(self.in_view)
        for name in _ALL:
            self.query_one(f"#{name}").display = name in shown and not (starting and name == "positions")
        self.query_one("#checklist").display = starting and "positions" in shown
        self.query_one("#left").display = bool(shown & _LEFT)
        self.query_one("#right").display = bool(shown & _RIGHT)
        self.query_one("#lower").display = bool(shown & (_LEFT | _RIGHT))
        self.query_one("#modes").styles.max_height = f"{_MODES_SHARE:.0%}" if shown & _CURVES else None
        if self.focused is not None and not self.focused.display:
            first = next((name for name in self.in_view if self.query_one(f"#{name}").display), "")
            if first:
                self._parked = starting and self.focused.id == "positions"
                self.query_one(f"#{first}").focus()

    def show_view(self, view: int) -> None:
        """Show another view and give its first new panel the focus."""
        before = set(self.in_view)
        self.console.state.view = view % len(VIEWS[self.layout_name])
        self.layout_changed()
        new = [name for name in self.in_view if name not in before]
        if new:
            self.query_one(f"#{new[0]}").focus()
        self.call_after_refresh(self.refresh_view)

    def panels(self) -> list[Widget]:
        """Return the panels in view: left column first."""
        return [widget for name in self.in_view if (widget := self.query_one(f"#{name}")).display]

    def _starting(self) -> bool:
        snapshot = self.console.state.snapshot
        return snapshot is None or (snapshot.health.state == "starting" and not snapshot.positions)

    # -- drawing -------------------------------------------------------------------------------------------------

    def refresh_body(self) -> None:
        """Draw the panels in view."""
        if self._starting() is not bool(self.query_one("#checklist").display) and "positions" in self.in_view:
            self.layout_changed()
            if self._parked and not self._starting():
                self._parked = False
                self.query_one("#positions").focus()
        draw = {
            "positions": self._draw_positions,
            "orders": self._draw_orders,
            "modes": self._draw_modes,
            "chart": self._draw_chart,
            "equity": self._draw_equity,
            "events": self._draw_events,
        }
        if self._starting():
            self.draw("checklist", self._draw_checklist)
        for name in self.in_view:
            self.draw(name, draw[name])

    def _draw_checklist(self) -> None:
        panel = self.query_one("#checklist", LineView)
        panel.set_title("Starting")
        panel.show(checklist_lines(self.console.state.snapshot, panel.content_size.width))

    def _draw_positions(self) -> None:
        state, table = self.console.state, self._table("positions")
        found = state.snapshot.positions if state.snapshot else ()
        wanted, sort = state.filters.get("positions", ""), state.sorts["positions"]
        if self.layout_name == "cards":
            cards = [positions.card(row, state.current) for row in positions.chosen(found, wanted, sort)]
            columns, rows = positions.CARD_COLUMNS, Rows.of([line for card in cards for line in card])
        else:
            columns, rows = positions.COLUMNS, positions.rows(found, wanted, sort)
        table.show_header(self.layout_name != "cards")
        held = sum(row.size != 0 for row in found)
        table.set_title(_joined(f"Positions {held}", _filter_note(wanted)))
        table.empty = (
            _no_match()
            if wanted
            else ("no positions yet", "the bot opens one when a coin gets a slot and its price comes")
        )
        table.selected = state.selected
        table.rests = positions.is_head
        if state.current and _coin_key(table.cursor_key) != state.current:
            table.cursor_key = state.current
        self._fit_positions(len(rows))
        table.set_rows(columns, rows, sort=sort.column, descending=sort.descending)
        if state.panel not in _CHOOSING:
            self._act_on_cursor(table)

    def _act_on_cursor(self, table: GridTable) -> None:
        """Where the current coin has left a table, the row that the cursor shows now is what keys act on."""
        state, here = self.console.state, _coin_key(table.cursor_key)
        if table.rows and here is not None and here != state.current:
            state.current = here
            self.console.guard()  # a key on its way was meant for another row

    def _fit_positions(self, count: int) -> None:
        """Give positions the lines they need, up to a share; the other panels get the rest."""
        table, room = self._table("positions"), self.query_one("#body").size.height
        if room <= 0 or "orders" not in self.in_view:
            table.styles.height = "1fr"
            return
        frame = 2 if self.has_class("-flat") else 3
        most = max(_POSITIONS_LEAST, round(room * _MOST_OF_BODY[self.layout_name]))
        table.styles.height = min(most, max(_POSITIONS_LEAST, count + frame))

    def _draw_orders(self) -> None:
        state, table = self.console.state, self._table("orders")
        snapshot = state.snapshot
        found = snapshot.orders if snapshot else ()
        symbol = state.current[0] if state.current else ""
        scope = "all" if state.orders_all or not symbol else safe(state.coin(symbol), 20)
        if scope != "all":
            found = tuple(row for row in found if row.symbol == symbol)
        wanted, sort = state.filters.get("orders", ""), state.sorts["orders"]
        change = orders.difference(found)
        other = (
            ""
            if self.layout_name == "cards"
            else f"· {label_of('orders.scope')} {'this coin' if scope == 'all' else 'all coins'}"
        )
        table.set_title(_joined(f"Orders: {scope} {len(found)}", change, _filter_note(wanted), other))
        nothing = (
            ("no orders",)
            if scope == "all"
            else (f"no orders of {scope}", f"{label_of('orders.scope')} shows those of all coins")
        )
        table.empty = _no_match() if wanted else nothing if snapshot else ()
        now_ms = snapshot.market_ms if snapshot else 0
        one_coin = scope != "all"
        rows = orders.rows(found, wanted, sort, now_ms, one_coin=one_coin, short=self.layout_name == "cards")
        columns = orders.columns_for(one_coin=one_coin, short=self.layout_name == "cards")
        table.set_rows(columns, rows, sort=sort.column, descending=sort.descending)

    def _draw_modes(self) -> None:
        state, table = self.console.state, self._table("modes")
        found = state.snapshot.modes if state.snapshot else ()
        wanted, sort = state.filters.get("modes", ""), state.sorts["modes"]
        by_hand = sum(bool(row.hand) for row in found)
        table.set_title(_joined("Modes", f"· {by_hand} by hand *" * bool(by_hand), _filter_note(wanted)))
        table.empty = _no_match() if wanted else ("no modes yet", "they come with the first turn of the loop")
        table.selected = state.selected
        rows = modes.rows(found, wanted, sort)
        table.styles.height = len(rows) + 3 if _CURVES.intersection(self.in_view) else "1fr"
        if state.current in rows.keys:
            table.cursor_key = state.current
        table.set_rows(modes.COLUMNS, rows, sort=sort.column, descending=sort.descending)
        if state.panel == "modes":
            self._act_on_cursor(table)

    def _draw_chart(self) -> None:
        state = self.console.state
        symbol = state.current[0] if state.current else ""
        self.query_one(ChartPanel).want(symbol, state.coin(symbol) if symbol else "", state.timeframe)

    def _draw_equity(self) -> None:
        panel = self.query_one(EquityPanel)
        panel.look(self.console.state.equity)
        if panel.display and panel.size.height:
            self.console.ask_equity(panel)

    def _draw_events(self) -> None:
        state, table = self.console.state, self._table("events")
        wanted = state.filters.get("events", "")
        table.set_title(_joined(f"Events · {events.LEVELS[state.event_level]}", _filter_note(wanted)))
        table.empty = (
            _no_match()
            if wanted
            else ("nothing to tell", f"{label_of('events.level')} shows more, {label_of('screen.log')} the whole log")
        )
        table.set_rows(events.COLUMNS, events.rows(state.events, state.event_level, wanted))

    def _table(self, name: str) -> GridTable:
        return self.query_one(f"#{name}", GridTable)

    # -- moving in time: the equity panel ------------------------------------------------------------------------

    @property
    def _on_equity(self) -> bool:
        return isinstance(self.focused, EquityPanel)

    def sideways(self, by: int) -> bool:
        """On equity: into the past and back, where not all of it is in view."""
        if not self._on_equity or not self.console.state.equity.step(by):
            return False
        self.refresh_view()
        return True

    def step_pages(self, pages: int) -> bool:
        """On equity: a whole stretch into the past (page up) or back."""
        if self._on_equity:
            self.console.state.equity.step(pages * STEPS)
            self.refresh_view()
        return self._on_equity

    def step_end(self, *, first: bool) -> bool:
        """On equity: its beginning, or its newest end."""
        if self._on_equity:
            self.console.state.equity.jump(first=first)
            self.refresh_view()
        return self._on_equity

    # -- messages ------------------------------------------------------------------------------------------------

    def table_moved(self, table: GridTable) -> None:
        """The row under the cursor becomes the current coin and side."""
        key = _coin_key(table.cursor_key)
        if table.id in ("positions", "orders", "modes") and key is not None:
            self.console.choose(key)

    def on_grid_table_pressed(self, message: GridTable.Pressed) -> None:
        """Do what a card's button says."""
        action = positions.pressed(message.key, message.x)
        if message.table.id == "positions" and action:
            self.console.perform(action)

    def shown_keys(self) -> list[Key]:
        """Return the coins and sides that pass the filter of the positions (or modes) panel."""
        state = self.console.state
        if state.snapshot is None:
            return []
        if state.panel == "modes":
            wanted = state.filters.get("modes", "")
            found = [row for row in state.snapshot.modes if matches(modes.mode_words(row), wanted)]
            return [(row.symbol, row.pside) for row in found]
        wanted = state.filters.get("positions", "")
        held = [row for row in state.snapshot.positions if matches(positions.position_words(row), wanted)]
        return [(row.symbol, row.pside) for row in held]


def _coin_key(key: Hashable) -> Key | None:
    """Return coin and side of a row's key; rows of orders and cards carry more than that."""
    return (key[0], key[1]) if isinstance(key, tuple) and len(key) > 1 else None


def _no_match() -> tuple[str, str]:
    return ("nothing matches the filter", f"{label_of('back')} drops it")


def _joined(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _filter_note(wanted: str) -> str:
    return f"/{safe(wanted, 30)}" if wanted.strip() else ""
