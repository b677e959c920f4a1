"""One step of a replay in words and figures, for the screen, for lines and for programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pbtui.console.levels import short_kind
from pbtui.console.numbers import gain, money, pct, ratio, signed, utc
from pbtui.core.amounts import plain
from pbtui.core.snapshot import ReasonRow

if TYPE_CHECKING:
    from pbtui.backtest.replay_told import HeldRow, ReplayFill, ReplayOrder

STAMP = "%Y-%m-%d %H:%MZ"


def reason_of(order: ReplayOrder, reasons: Iterable[ReasonRow]) -> ReasonRow | None:
    """Return the reason that made an order."""
    wanted = (order.pside, order.kind, order.qty, order.price)
    made = (row for row in reasons if row.effect == "makes")
    return next((row for row in made if (row.pside, row.order_type, row.qty, row.price) == wanted), None)


def kind_words(kind: str, *, short: bool = False) -> str:
    """Return an order's type without its side, or one word for it."""
    return short_kind(kind) if short else kind.removesuffix("_long").removesuffix("_short")


def fill_words(fill: ReplayFill) -> str:
    """Return a fill in one line."""
    side = "buy" if fill.qty > 0 else "sell"
    held = f"holds {fill.size:+,.8g} @ {fill.entry:,.8g}" if fill.size else "closed"
    earned = f", {gain(fill.pnl).strip()}" if fill.pnl else ""
    return f"{side} {plain(abs(fill.qty))} @ {plain(fill.price)} {fill.kind}{earned}; {held}"


def held_words(row: HeldRow) -> str:
    """Return a position in one line."""
    sign = 1.0 if row.pside == "long" else -1.0
    away = sign * (row.mark / row.entry - 1.0) if row.entry > 0 else 0.0
    since = utc(row.since_ms, "%d %b %H:%MZ")
    return (
        f"{row.size:+,.8g} @ {row.entry:,.8g} {pct(away)} {signed(row.upnl)} "
        f"WE {ratio(row.exposure, row.limit)}, unchanged since {since}"
    )


def account_words(balance: float, equity: float) -> str:
    """Return balance and equity in one line."""
    return f"balance {money(balance)} equity {money(equity)}"
