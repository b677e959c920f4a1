"""Tasks beside the screen: snapshots in (drawn four times a second at most, slow links once), chart questions out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.timer import Timer

from pbtui.console.text import safe
from pbtui.console.widgets.chart_panel import ChartPanel
from pbtui.console.widgets.equity_panel import AGAIN_S, EquityPanel
from pbtui.core.actions import BacklogQuery, ChartQuery, CoinQuery
from pbtui.core.errors import LinkClosed, PbtuiError
from pbtui.core.history import Backlog
from pbtui.core.snapshot import Chart, CoinFacts, Snapshot

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp

LEAST_GAP_S = 0.25
SLOW_GAP_S = 1.0  # where the terminal does not keep up
MOST_CANDLES = 240
MOST_POINTS = 1_440  # of equity: all that a bot keeps


class Pump:
    """Reads the link for as long as the app runs."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        self._drawn_at = float("-inf")
        self._timer: Timer | None = None
        self._asking: set[str] = set()

    def start(self) -> None:
        """Read snapshots in the background."""
        self._app.run_worker(self._read(), name="snapshots", exit_on_error=True)

    async def _read(self) -> None:
        app = self._app
        why = "it ended"
        try:
            async for snapshot in app.link.snapshots():
                self._take(snapshot)
        except LinkClosed as error:
            why = error.line()
        self._ended(why)

    def _take(self, snapshot: Snapshot) -> None:
        first = self._app.state.snapshot is None
        self._app.state.take(snapshot)
        wait = self._drawn_at + self._gap - asyncio.get_running_loop().time()
        if wait <= 0 or first:
            self._draw()
        elif self._timer is None:
            self._timer = self._app.set_timer(wait, self._draw)

    @property
    def _gap(self) -> float:
        return SLOW_GAP_S if self._app.slow_link else LEAST_GAP_S

    def tick(self) -> None:
        """Draw for the clock's sake, unless a snapshot has just done so on a slow link, or much waits already."""
        early = self._drawn_at + self._gap > asyncio.get_running_loop().time()
        if not (self._app.slow_link and early) and not self._app.choked_link:
            self._app.refresh_views()

    def _draw(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._app.choked_link and not self._app.bot_ended:  # the next tick may find room
            return
        self._drawn_at = asyncio.get_running_loop().time()
        self._app.refresh_views()
        if self._app.stop_asked and self._app.bot_ended:
            self._app.leave("stopped")

    def _ended(self, why: str) -> None:
        """The bot is gone: leave when it was stopped here, else stay and say so."""
        app = self._app
        app.state.link_ended = safe(why)
        stopped = app.state.snapshot is not None and app.state.snapshot.health.state == "stopped"
        if app.stop_asked or (stopped and not app.options.attached):
            app.leave("stopped")
        else:
            app.refresh_views()

    def ask_chart(self, panel: ChartPanel) -> None:
        """Ask for the candles a panel wants, one question at a time."""
        symbol, timeframe = panel.wanted
        mark = f"{panel.id}"
        if symbol and mark not in self._asking:
            self._asking.add(mark)
            query = ChartQuery(symbol, timeframe, max(30, min(MOST_CANDLES, panel.size.width)))
            self._app.run_worker(self._fetch(panel, query, mark), group="chart", exit_on_error=False)

    def ask_coin(self) -> None:
        """Ask for parameters and fills of the current coin, one question at a time."""
        key = self._app.state.current
        if key is not None and "coin" not in self._asking and not self._app.state.link_ended:
            self._asking.add("coin")
            self._app.run_worker(self._fetch_coin(CoinQuery(*key)), group="coin", exit_on_error=False)

    async def _fetch_coin(self, query: CoinQuery) -> None:
        state = self._app.state
        try:
            reply = await self._app.link.ask(query)
        except PbtuiError as error:
            state.facts_problem = safe(error.line())
            return
        finally:
            self._asking.discard("coin")
        if isinstance(reply, CoinFacts) and reply != state.facts:
            state.facts, state.facts_problem = reply, ""
            self._app.refresh_views()

    def ask_equity(self, panel: EquityPanel) -> None:
        """Ask for equity since the bot began, now and then while a panel shows it."""
        now = self._app.clock.monotonic()
        if "equity" not in self._asking and now - panel.asked_at >= AGAIN_S and not self._app.state.link_ended:
            panel.asked_at = now
            self._asking.add("equity")
            self._app.run_worker(self._fetch_equity(), group="equity", exit_on_error=False)

    async def _fetch_equity(self) -> None:
        view = self._app.state.equity
        try:
            reply = await self._app.link.ask(BacklogQuery(events=0, points=MOST_POINTS))
        except PbtuiError as error:
            view.problem = safe(error.line())
            return
        finally:
            self._asking.discard("equity")
        if isinstance(reply, Backlog):
            view.take(reply.equity)
            self._app.refresh_views()

    async def _fetch(self, panel: ChartPanel, query: ChartQuery, mark: str) -> None:
        try:
            reply = await self._app.link.ask(query)
        except PbtuiError as error:
            if panel.is_attached and panel.wanted == (query.symbol, query.timeframe):
                panel.fail(error.line())
            return
        finally:
            self._asking.discard(mark)
        if isinstance(reply, Chart) and panel.is_attached:
            panel.take(reply)
