"""The fills screen: filled orders and sums as the bot tells them, filters, older ones, every size, hostile names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pbtui.console.fills.view import PAGE, asked_for
from pbtui.console.screens.fills import FillsScreen
from pbtui.core.actions import Query
from pbtui.core.clock import DAY_MS, VirtualClock
from pbtui.core.errors import PbtuiError
from pbtui.core.fill_pages import FillFilter, FillsPage, FillsQuery
from pbtui.core.types import Fill
from pbtui.exchange.fills.reader import FillReader
from pbtui.exchange.fills.store import FillStore, Owner
from pbtui.link.base import Reply

from .panels_support import fails_and_starts_again
from .sample import NOW_MS, ScriptedLink, snapshot
from .sizes_support import compare, pictures
from .support import LARGE, Desk, make_app


class FillingLink(ScriptedLink):
    """Answers from a store, as a bot does."""

    path = Path()
    trouble = ""

    async def ask(self, query: Query) -> Reply:
        if not isinstance(query, FillsQuery):
            return await super().ask(query)
        self.queries.append(query)
        if self.trouble:
            raise PbtuiError(self.trouble)
        with FillReader(self.path) as reader:
            return reader.page(query.only, query.n)

    @property
    def asked(self) -> list[FillsQuery]:
        return [query for query in self.queries if isinstance(query, FillsQuery)]


def store(folder: Path, *, days: int = 3, evil: str = "") -> Path:
    """Keep some fills: an entry in three parts and a close a day and coin, one close without a profit."""
    path = folder / "fills.db"
    kept = FillStore.open(path, Owner("bybit", "USDT"))
    fills: list[Fill] = []
    for day in range(days):
        for at, coin in enumerate(("BTC", "ETH", evil or "DOGE")):
            ts_ms = NOW_MS - day * DAY_MS - at * 3_600_000
            name = f"{day}{coin}"
            fills += [
                Fill(
                    f"{name}e{part}", ts_ms - 60_000 + part, f"{coin}/USDT:USDT", "long", "buy", 0.125 * (part + 1),
                    101.5 + part, 0.0, -0.0123, "entry_grid_normal_long", "", f"{name}e",
                )
                for part in range(3)
            ]  # fmt: skip
            fills.append(
                Fill(
                    f"{name}c", ts_ms, f"{coin}/USDT:USDT", "long", "sell", -0.75, 104_250.5 if at == 0 else 103.25,
                    0.0 if day == at == 2 else 12.5 - 9 * at, -0.05, "close_grid_long", "", f"{name}c",
                    pnl_known=not day == at == 2,
                )
            )  # fmt: skip
    kept.take(fills, [])
    kept.close()
    return path


@asynccontextmanager
async def at_fills(path: Path, size: tuple[int, int] = LARGE) -> AsyncIterator[Desk]:
    clock = VirtualClock(NOW_MS)
    link = FillingLink(snapshot())
    link.path = path
    app = make_app(link, clock, base_dir=path.parent)
    async with app.run_test(size=size) as pilot:
        found = Desk(app, link, clock, pilot)
        await found.settle()
        await found.press("8")
        await read(found)
        yield found


async def read(d: Desk) -> None:
    """Wait until what was asked for is on the screen."""
    await d.ended("fills")
    await d.settle()


async def test_orders_are_listed_once_with_sums_filters_and_older_ones(tmp_path: Path) -> None:
    async with at_fills(store(tmp_path, days=200), size=(120, 40)) as d:
        link = d.link
        assert isinstance(link, FillingLink)
        assert f"Fills (newest {PAGE})" in d.text
        assert "entry_grid_normal" in d.text
        assert " 0.75 " in d.text  # three parts of one order
        assert "By day" in d.text
        assert "total" in d.text
        await d.press("v")
        assert "By coin" in d.text
        await d.press("v")
        assert "By type" in d.text
        assert "close_grid_long" in d.text
        await d.press("m")
        await read(d)
        assert link.asked[-1].n == 3 * PAGE

        d.app.state.filters["fills"] = "coin:eth type:close"
        d.app.refresh_views()
        await read(d)
        assert link.asked[-1].only == FillFilter(coins=("eth",), types=("close",))
        assert "DOGE" not in d.text
        assert "Fills (200)" in d.text
        await d.press("escape")
        await read(d)
        assert link.asked[-1].only == FillFilter()

        count = len(link.asked)
        kept = FillStore.open(link.path, Owner("bybit", "USDT"))
        late = Fill(
            "new", NOW_MS, "NEW/USDT:USDT", "short", "sell", -1.0, 5.0, 0.0, -0.1, "entry_initial_normal_short", "", "n"
        )
        kept.take([late], [])
        kept.close()
        now = snapshot()
        await d.give(replace(now, money=replace(now.money, n_fills=now.money.n_fills + 1)))
        await read(d)
        assert len(link.asked) == count + 1, "a new fill is asked for by itself"
        first = next(line for line in d.lines if "14 May" in line)
        assert "NEW" in first, "the newest stays in view"
        link.trouble = "the store cannot be read"
        await d.press("ctrl+r")
        await read(d)
        assert "DOGE" in d.text, "what is known stays"


def test_a_filter_is_asked_of_the_bot_where_it_can_be() -> None:
    only, left = asked_for("coin:SOL side:short day:2025-05-20 type:Unstuck !buy x day:never")
    assert only.coins == ("SOL",)
    assert only.pside == "short"
    assert only.types == ("unstuck",)
    assert only.since_ms is not None
    assert only.until_ms == only.since_ms + DAY_MS
    assert only.since_ms == 1_747_699_200_000
    assert left == "!buy x day:never"


async def test_the_fills_screen_at_every_size(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    update = bool(pytestconfig.getoption("--snapshot-update"))
    async with at_fills(store(tmp_path), size=(120, 40)) as d:
        d.app.tick = lambda: None  # type: ignore[method-assign]
        compare("fills", await pictures(d, "fills"), update=update)


async def test_nothing_kept_faults_and_hostile_names_are_harmless(tmp_path: Path) -> None:
    evil = "[b]\x1b[31mX\u202e"
    async with at_fills(store(tmp_path, evil=evil), size=(200, 50)) as d:
        assert "[b]" in d.text
        assert "\x1b" not in d.text
        for panel, method in {"fills": "_draw_list", "fill-sums": "_draw_sums"}.items():
            await fails_and_starts_again(d, panel, FillsScreen, method)
        d.app.draw_fault = ""
        link = d.link
        assert isinstance(link, FillingLink)
        d.app.state.fills.page = FillsPage()
        link.trouble = "the fills of this account are kept in memory only"
        await d.press("ctrl+r")
        await read(d)
        assert link.trouble in d.text
