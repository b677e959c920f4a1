"""The replay screen's tables: orders wanted after the minute, and the coin's fills around it."""

from __future__ import annotations

from bisect import bisect_right

from pbtui.console.numbers import gain, gain_ink, pct, price, side_letter, size, utc
from pbtui.console.replay.lines import fills_next
from pbtui.console.replay.telling import kind_words
from pbtui.console.replay.view import ReplayView
from pbtui.console.widgets.columns import Column, Row, Rows, cell

ORDER_COLUMNS: tuple[Column, ...] = (
    Column("next", ""),
    Column("pside", "s", rank=1),
    Column("side", "side", rank=3),
    Column("kind", "kind", rank=2, least=8),
    Column("price", "price", ">"),
    Column("qty", "qty", ">", rank=1),
    Column("dist", "dist", ">", rank=2),
)
FILL_COLUMNS: tuple[Column, ...] = (
    Column("now", ""),
    Column("time", "time"),
    Column("pside", "s", rank=2),
    Column("side", "side", rank=3),
    Column("kind", "kind", rank=4, least=8),
    Column("qty", "qty", ">", rank=1),
    Column("price", "price", ">"),
    Column("pnl", "pnl", ">", rank=1),
    Column("held", "holds", ">", rank=5),
)


def order_rows(view: ReplayView) -> Rows:
    """Return the orders by number; the one that fills next carries a mark."""
    replay, orders = view.replay, view.orders
    if replay is None or view.shown is None:
        return Rows.of(())
    places = replay.decimals(view.shown.coin)
    candle = view.shown.step.candle(view.shown.coin)
    close = candle.close if candle is not None else 0.0
    rows: list[Row] = []
    for number, one in enumerate(orders):
        bought = one.qty > 0
        coming = fills_next(view, one)
        cells = (
            cell("▸" if coming else " ", "key"),
            cell(side_letter(one.pside)),
            cell("buy" if bought else "sell", "up" if bought else "down"),
            cell(kind_words(one.kind), "key" if coming else "text"),
            cell(price(one.price, places[0])),
            cell(size(abs(one.qty), places[1])),
            cell(pct(one.price / close - 1.0) if close > 0 else "", "dim"),
        )
        rows.append(Row(number, cells))
    return Rows.of(rows)


def fill_rows(view: ReplayView) -> Rows:
    """Return the coin's fills, oldest first; those of the minute carry a mark, later ones are dim."""
    replay, shown, fills = view.replay, view.shown, view.fills
    if replay is None or shown is None:
        return Rows.of(())
    places, now_ms = replay.decimals(shown.coin), shown.step.time_ms

    def make(index: int) -> Row:
        one = fills[index]
        bought, here, later = one.qty > 0, one.time_ms == now_ms, one.time_ms > now_ms
        ink = "dim" if later else "text"
        cells = (
            cell("▸" if here else " ", "key"),
            cell(utc(one.time_ms, "%m-%d %H:%M"), "key" if here else "dim"),
            cell(side_letter(one.pside), ink),
            cell("buy" if bought else "sell", "dim" if later else "up" if bought else "down"),
            cell(kind_words(one.kind), ink),
            cell(size(abs(one.qty), places[1]), ink),
            cell(price(one.price, places[0]), ink),
            cell(gain(one.pnl) if one.pnl else "", "dim" if later else gain_ink(one.pnl)),
            cell(f"{one.size:+,.8g}" if one.size else "closed", "dim"),
        )
        return Row(one.row, cells)

    return Rows([one.row for one in fills], make)


def row_now(view: ReplayView) -> int | None:
    """Return the key of the last fill made so far, None before the first."""
    if view.shown is None:
        return None
    at = bisect_right(view.fills, view.shown.step.time_ms, key=lambda one: one.time_ms) - 1
    return view.fills[at].row if at >= 0 else None


def fills_title(view: ReplayView) -> str:
    """Return how many fills the coin has, and how many of them were made so far."""
    if view.shown is None:
        return "Fills"
    made = bisect_right(view.fills, view.shown.step.time_ms, key=lambda one: one.time_ms)
    return f"Fills of {view.shown.coin} · {made:,} of {len(view.fills):,}"
