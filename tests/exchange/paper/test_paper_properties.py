"""Whatever is ordered and however prices run: the books balance, and reduce-only orders never open."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from paper_support import A, B, StreamFeedByHand, on_minutes, on_stream, order

from pbtui.core.types import Fill, OrderRequest

PRICE = {A: st.integers(160, 240).map(lambda n: n / 2), B: st.integers(800, 1200).map(lambda n: n / 100)}
QTY = {A: st.integers(1, 40).map(lambda n: n / 10), B: st.integers(1, 400).map(float)}


@st.composite
def minute(draw: st.DrawFn) -> dict[str, tuple[float, float, float, float]]:
    """Draw a candle of each symbol, or a gap."""
    row: dict[str, tuple[float, float, float, float]] = {}
    for symbol in (A, B):
        prices = sorted(draw(st.tuples(*[PRICE[symbol]] * 4)))
        if draw(st.integers(0, 9)):
            row[symbol] = (prices[1], prices[3], prices[0], prices[2])
    return row


@st.composite
def wish(draw: st.DrawFn) -> OrderRequest:
    """Draw an order of any kind, sensible or not."""
    symbol = draw(st.sampled_from([A, B]))
    return order(
        draw(st.sampled_from(["buy", "sell"])),
        draw(st.sampled_from(["long", "short"])),
        draw(QTY[symbol]),
        draw(PRICE[symbol]),
        symbol=symbol,
        reduce_only=draw(st.booleans()),
        kind=draw(st.sampled_from(["limit", "limit", "limit", "market"])),
        post_only=draw(st.booleans()),
    )


def check_fills(fills: list[Fill], reduce_only: Callable[[str], bool]) -> None:
    """Follow positions fill by fill: sizes add up, signs hold, and what reduces only shrinks."""
    sizes: dict[tuple[str, str], float] = {}
    assert [fill.id for fill in fills] == sorted(fill.id for fill in fills)
    assert [fill.ts_ms for fill in fills] == sorted(fill.ts_ms for fill in fills)
    for fill in fills:
        key = (fill.symbol, fill.pside)
        before = sizes.get(key, 0.0)
        assert abs(before + fill.qty - fill.psize) < 1e-6
        assert fill.psize >= 0.0 if fill.pside == "long" else fill.psize <= 0.0
        assert fill.fee < 0.0
        if reduce_only(fill.client_id):
            assert abs(fill.psize) < abs(before)
        if abs(fill.psize) > abs(before):
            assert fill.pnl == 0.0
        sizes[key] = fill.psize


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(minute(), st.lists(wish(), max_size=6), st.integers(0, 3)), min_size=2, max_size=12),
    st.booleans(),
)
def test_candles(
    script: list[tuple[dict[str, tuple[float, float, float, float]], list[OrderRequest], int]], hedge: bool
) -> None:
    async def run(folder: Path) -> None:
        venue = await on_minutes(folder, [row for row, _, _ in script], hedge_mode=hedge)
        sent: dict[str, OrderRequest] = {}
        more = True
        turn = 0
        while more:
            _, wishes, cancels = script[turn]
            sent |= {wanted.client_id: wanted for wanted in wishes}
            await venue.create_orders(wishes)
            await venue.cancel_orders((await venue.fetch_open_orders())[:cancels])
            more = await venue.step_minute()
            turn += 1
        found = venue.audit()
        assert found.ok, found
        check_fills(await venue.fetch_fills(0), lambda client_id: sent[client_id].reduce_only)
        held = await venue.fetch_positions()
        if not hedge:
            assert len({position.symbol for position in held}) == len(held)
        await venue.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


trades = st.tuples(st.sampled_from([A, B]), st.integers(0, 20), st.integers(1, 60))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(wish(), trades), min_size=1, max_size=30), st.booleans(), st.booleans())
def test_trades(script: list[OrderRequest | tuple[str, int, int]], hedge: bool, partial: bool) -> None:
    async def run(folder: Path) -> None:
        feed = StreamFeedByHand()
        venue = await on_stream(folder, feed, partial_fills=partial, hedge_mode=hedge)
        for symbol in (A, B):
            await venue.prepare_symbol(symbol, leverage=5)
        sent: dict[str, OrderRequest] = {}
        for step in script:
            if isinstance(step, OrderRequest):
                sent[step.client_id] = step
                await venue.create_orders([step])
            else:
                symbol, level, lots = step
                price = 95.0 + level / 2 if symbol == A else 9.0 + level / 10
                feed.trade(symbol, price, qty=lots / 10 if symbol == A else float(lots))
        found = venue.audit()
        assert found.ok, found
        check_fills(await venue.fetch_fills(0), lambda client_id: sent[client_id].reduce_only)
        for resting in await venue.fetch_open_orders():
            assert 0.0 < resting.qty <= sent[resting.client_id].qty
        await venue.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))
