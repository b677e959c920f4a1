"""The coin screen with everything a bot can tell of a coin: chart, reasons of both sides, parameters, fills."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pbtui.console.screens.coin import VIEWS, CoinScreen
from pbtui.console.widgets.chart_panel import ChartPanel
from pbtui.console.widgets.lines import LineView
from pbtui.core.actions import ChartQuery, CoinQuery, Query
from pbtui.core.clock import VirtualClock
from pbtui.core.snapshot import Chart, CoinFacts, Level, ReasonRow
from pbtui.link.base import Reply

from .sample import NOW_MS, ScriptedLink, snapshot
from .support import Desk, make_app

FAR = {"distance_pct": 0.0251, "from_position_pct": -0.0156}
REASONS = (
    ReasonRow("long", "entry", "entry_grid", "makes", FAR, 1, "entry_grid_normal_long", 2.3, 145.9),
    ReasonRow("long", "entry", "entry_grid", "makes", {**FAR, "distance_pct": 0.0699}, 2, "e", 4.1, 139.2),
    ReasonRow("long", "entry", "position_full", "keeps", {"exposure": 0.7512, "limit": 0.75}, 3),
    ReasonRow("long", "entry", "too_far_to_send", "keeps", {"distance_pct": 0.0699, "threshold_pct": 0.05}, 0,
              "entry_grid_normal_long", 4.1, 139.2),
    ReasonRow("long", "close", "trailing_retracement", "keeps", {"pulled_pct": 0.0042, "needed_pct": 0.008,
              "retracement_price": 149.31, "extreme_price": 150.51}, 1),
    ReasonRow("long", "close", "unstuck_not_stuck", "keeps", {"share": 0.83, "threshold": 0.9}),
    ReasonRow("long", "close", "loss_gate", "keeps", {"projected_pnl": -11.1, "balance_after": 978.9, "floor": 979.7},
              0, "close_unstuck_long", -1.0, 148.0),
    ReasonRow("short", "entry", "outranked", "keeps", {"rank": 5.0, "slots": 3.0}),
    ReasonRow("short", "close", "not_held", "keeps"),
)  # fmt: skip
TRAILING = (
    Level("trail_turn", "long", 148.92, -1.0),
    Level("trail_extreme", "long", 151.4, -1.0),
    Level("trail_threshold", "long", 147.31, -1.0),
)


class KnowingLink(ScriptedLink):
    """A bot that tells reasons and what trailing orders wait for."""

    async def ask(self, query: Query) -> Reply:
        reply = await super().ask(query)
        if isinstance(query, CoinQuery) and isinstance(reply, CoinFacts):
            return replace(reply, reasons=REASONS)
        if isinstance(query, ChartQuery) and isinstance(reply, Chart):
            return replace(reply, levels=(*reply.levels, *TRAILING))
        return reply


async def seen(size: tuple[int, int]) -> tuple[str, str]:
    """Return the text of all views of the screen one after the other, and of the facts panel alone."""
    clock = VirtualClock(NOW_MS)
    link = KnowingLink(snapshot())
    app = make_app(link, clock)
    async with app.run_test(size=size) as pilot:
        d = Desk(app, link, clock, pilot)
        await d.settle()
        await d.press("enter")
        await d.settle()
        screen = app.screen
        assert isinstance(screen, CoinScreen)
        texts: list[str] = []
        for _ in VIEWS[screen.layout_name]:
            texts.append(d.text)
            await d.press("v")
            await d.settle()
        told = "\n".join("".join(text for text, _ in line) for line in screen.query_one("#facts", LineView).lines)
        assert screen.query_one(ChartPanel).fault == ""
        assert app.draw_fault == ""
        return "\n".join(texts), told


@pytest.mark.parametrize("size", [(40, 20), (80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_everything_known_of_a_coin_is_told_at_every_size(size: tuple[int, int]) -> None:
    text, told = await seen(size)
    for words in ("149.655 mark", "148.210 pos", "148.920 turn", "151.400 ext", "147.310 thr"):
        assert words in text
    for words in ("close_grid_qty_pct", "coin overr", "close_grid", "Why · long"):
        assert words in text
    folded = " ".join(told.split())
    for words in (
        "position 4.2 @ 148.210",
        "Why · long entries + grid entry at 145.900, 2.51% away; 1 more to 139.200, 6.99% away",
        "− no further entry: with all entries filled the exposure is 0.75, the limit 0.75",
        "− entry at 139.200 not sent yet: 6.99% away, sent from 5.00%",
        "closes − trailing is armed, waits for the way back to 149.310: 0.42% of 0.80% from 150.510",
        "− not stuck: 0.83 of its limit in use, stuck from 0.90",
        "− unstuck at 148.000 held back: losing -11.10 would leave 978.90, below the floor 979.70",
        "Why · short entries − others rank higher: rank 5 by volatility, slots: 3 closes − nothing to close",
    ):
        assert words in folded
    if size[0] >= 120:  # room enough to see the reasons of the coin's side without scrolling
        assert "979.70" in text
