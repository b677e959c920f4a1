"""What drawing costs: only visible rows are built, only changed columns are repainted, the screen is quick to come."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import pytest
from textual.geometry import Region

from pbtui.console.screens.live import LiveScreen
from pbtui.console.tables import orders, positions
from pbtui.console.widgets.grid import GridTable
from pbtui.core.snapshot import OrderRow, PositionRow, Snapshot

from .sample import snapshot
from .support import desk


def crowd(seq: int, coins: int = 150) -> Snapshot:
    """Return a snapshot of many coins with four orders each; figures move with `seq`."""
    base = snapshot(seq)
    held, modes, resting = [], [], []
    for number in range(coins):
        symbol, coin = f"C{number}/USDT:USDT", f"C{number}"
        row = base.positions[number % 5]
        held.append(replace(row, symbol=symbol, coin=coin, upnl=number + seq * 0.01, mark=row.mark * (1 + seq * 1e-4)))
        modes.append(replace(base.modes[number % 5], symbol=symbol, coin=coin))
        resting += [replace(row, symbol=symbol, coin=coin, id=f"{number}-{row.id}") for row in base.orders[:4]]
    return replace(base, positions=tuple(held), orders=tuple(resting), modes=tuple(modes))


async def test_only_rows_in_view_are_built(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []

    def spy_position(row: PositionRow) -> positions.Row:
        built.append(row.coin)
        return make_position(row)

    def spy_order(row: OrderRow, number: int, now_ms: int, *, short: bool = False) -> orders.Row:
        built.append(row.id)
        return make_order(row, number, now_ms, short=short)

    make_position, make_order = positions.make_row, orders.make_row
    monkeypatch.setattr(positions, "make_row", spy_position)
    monkeypatch.setattr(orders, "make_row", spy_order)
    async with desk(crowd(1)) as d:
        d.app.state.orders_all = True
        d.app.refresh_views()
        await d.settle()
        built.clear()
        await d.give(crowd(2))
        assert 0 < len(built) <= 3 * 36


async def test_a_changed_figure_repaints_its_own_columns_only(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk() as d:
        table = d.app.live.query_one("#positions", GridTable)
        painted: list[Region] = []
        original = GridTable.refresh

        def spy(self: GridTable, *regions: Region, **kwargs: bool) -> GridTable:
            if self is table:
                painted.extend(regions or [Region(0, 0, 999, 999)])
            return original(self, *regions, **kwargs)

        monkeypatch.setattr(GridTable, "refresh", spy)
        base = snapshot(2)
        moved = replace(base.positions[1], upnl=-0.27)
        await d.give(replace(base, positions=(base.positions[0], moved, *base.positions[2:])))
        assert [(region.y, region.height) for region in painted] == [(2, 1)]
        assert painted[0].width <= 8


async def test_an_unchanged_snapshot_repaints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk() as d:
        painted: list[str] = []
        monkeypatch.setattr(GridTable, "refresh", lambda self, *_, **__: painted.append(str(self.id)))
        await d.give(snapshot(2))
        assert painted == []


async def test_snapshots_are_drawn_at_most_four_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk() as d:
        drawn: list[float] = []
        original = LiveScreen.refresh_body

        def spy(self: LiveScreen) -> None:
            drawn.append(time.monotonic())
            original(self)

        monkeypatch.setattr(LiveScreen, "refresh_body", spy)
        began = time.monotonic()
        for seq in range(2, 42):
            d.link.give(snapshot(seq))
            await d.pilot.pause()
        took = time.monotonic() - began
        assert len(drawn) <= took * 4 + took + 3  # and once a second for the clock
        assert d.app.state.snapshot is not None
        assert d.app.state.snapshot.seq == 41


async def test_150_coins_take_little_of_the_screen_s_thread() -> None:
    async with desk(crowd(1), size=(160, 50)) as d:
        d.app.state.orders_all = True
        took = []
        for seq in range(2, 12):
            d.app.state.take(crowd(seq))
            began = time.process_time()
            d.app.refresh_views()
            took.append(time.process_time() - began)
            await d.pilot.pause()
        assert sorted(took)[len(took) // 2] < 0.020


def test_the_console_imports_no_heavy_library() -> None:
    code = "import sys, pbtui.console.app; print(sorted({m.split('.')[0] for m in sys.modules}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("ccxt", "pandas", "pyarrow", "plotext", "numpy", "aiohttp", "hjson"):
        assert f"'{heavy}'" not in found
    code = "import sys, pbtui.console.app; print([m for m in sys.modules if m[:10] in ('pbtui.live', 'pbtui.exch')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
