"""The dialogs of danger levels 3 and 4: the exact orders, then a typed word; for everything, a countdown as well."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from textual import events
from textual.app import ComposeResult
from textual.widgets import Input

from pbtui.console.dialogs.base import WIDEST, Choice, Dialog, Words
from pbtui.console.dialogs.confirm import words
from pbtui.console.numbers import clock, gain, gain_ink, money, price, signed, size
from pbtui.console.text import Line, fit, safe
from pbtui.console.widgets.columns import Column, Row, cell, layout, natural_widths, place
from pbtui.core.actions import PanicQuery, Target
from pbtui.core.errors import PbtuiError
from pbtui.core.snapshot import PanicOrder, PanicPreview
from pbtui.link.base import Reply

REFRESH_S = 2.0
COUNTDOWN_S = 3
_MOST_ORDERS = 8
_DECIMALS = 8
_FEE_DECIMALS = 4
_COLUMNS = (
    Column("side", ""),
    Column("coin", "coin"),
    Column("qty", "qty", ">"),
    Column("kind", "kind", rank=3),
    Column("price", "price", ">", rank=1),
    Column("mark", "mark", ">", rank=4),
    Column("pnl", "realises", ">"),
    Column("fee", "fee", ">", rank=2),
)


def shown_decimals(value: float) -> int:
    """Return how many decimals a number needs, at most eight."""
    text = f"{value:.{_DECIMALS}f}".rstrip("0")
    return len(text.partition(".")[2])


def order_lines(orders: Sequence[PanicOrder], places: Mapping[str, int], room: int) -> list[Line]:
    """Return panic orders as a table; `places` are the decimals of prices by symbol, as far as they are known."""
    rows = [_order_row(order, places.get(order.symbol, shown_decimals(order.price))) for order in orders]
    spread = layout(_COLUMNS, natural_widths(_COLUMNS, rows), room)
    head = tuple((fit(_COLUMNS[i].title, wide, _COLUMNS[i].align) + " ", "head") for i, wide in spread)
    lines = [head]
    for row in rows:
        cells = [(*place(row.cells[i], wide, _COLUMNS[i].align), (" ", "text")) for i, wide in spread]
        lines.append(tuple(span for content in cells for span in content))
    return lines


def _order_row(order: PanicOrder, decimals: int) -> Row:
    return Row(
        (order.symbol, order.pside),
        (
            cell("buy" if order.qty > 0 else "sell", "up" if order.qty > 0 else "down"),
            cell(f"{safe(order.coin, 12)} {order.pside}", "strong"),
            cell(size(abs(order.qty), shown_decimals(order.qty))),
            cell(order.kind, "dim"),
            cell(price(order.price, decimals)),
            cell(price(order.mark, decimals), "dim"),
            cell(gain(order.est_pnl), gain_ink(order.est_pnl)),
            cell(signed(order.est_fee, _FEE_DECIMALS), "dim"),
        ),
    )


def preview_lines(
    preview: PanicPreview, now_ms: int, places: Mapping[str, int] = MappingProxyType({}), room: int = WIDEST
) -> list[Line]:
    """Return exactly what a panic would send, and what it is likely to cost."""
    lines: list[Line] = [((f"as of {clock(now_ms)}, computed by the engine", "dim"),), ()]
    if preview.orders:
        lines += order_lines(preview.orders[:_MOST_ORDERS], places, room)
    if len(preview.orders) > _MOST_ORDERS:
        lines.append(((f"and {len(preview.orders) - _MOST_ORDERS} more", "dim"),))
    if not preview.orders:
        lines.append((("no position to close; entries stay blocked", "text"),))
    total = preview.total_pnl + preview.total_fee
    orders = "order is" if preview.cancels == 1 else "orders are"
    lines += [
        (),
        (
            (f"{preview.cancels} resting {orders} cancelled first; entries are blocked before closing", "text"),
        ),
        (
            ("notional ", "dim"), (money(preview.notional), "text"),
            ("  fees ", "dim"), (signed(preview.total_fee, _FEE_DECIMALS) if preview.orders else "0.00", "text"),
            ("  realised ", "dim"), (gain(total).strip() if preview.orders else "0.00", gain_ink(total)),
        ),
    ]  # fmt: skip
    return lines


class PanicDialog(Dialog[str]):
    """Shows the preview, kept fresh, and returns the word once it is typed as asked."""

    def __init__(self, title: str, targets: Sequence[Target], word: str) -> None:
        super().__init__(title, danger=True)
        self._targets = tuple(targets)
        self._word = word
        self._ready = False

    def compose_inside(self) -> ComposeResult:
        """Preview, input, Cancel."""
        yield Words(id="words")
        yield Input(placeholder=f"type {self._word}, then Enter: it closes", max_length=40, compact=True)
        yield self.choices(Choice("cancel", "esc", "Cancel"))

    def on_mount(self) -> None:
        """Ask for the preview now and every two seconds."""
        super().on_mount()
        self.show([(("asking the engine…", "dim"),)])
        self.run_worker(self._load(), exit_on_error=False)
        self.set_interval(REFRESH_S, lambda: self.run_worker(self._load(), exit_on_error=False, exclusive=True))

    def focus_first(self) -> None:
        """The word is typed into the input."""
        self.query_one(Input).focus()

    async def _load(self) -> None:
        try:
            reply: Reply = await self.console.link.ask(PanicQuery(self._targets))
        except PbtuiError as error:
            self._ready = False
            self.show(words(error.line(), "bad"))
            return
        if isinstance(reply, PanicPreview):
            self._ready = True
            places = self.console.state.price_places()
            now_ms = self.console.clock.now_ms()
            self.show(lambda room: preview_lines(reply, now_ms, places, room))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return the word when it is right and the preview is on the screen."""
        typed = event.value.strip()
        if not self._ready or not self.rested:
            return
        right = typed == self._word if self._word == "PANIC" else typed.casefold() == self._word.casefold()
        if right:
            self.dismiss(typed)
        else:
            self.query_one(Input).value = ""
            self.query_one(Input).placeholder = f"not {self._word}: type it to close, esc leaves"


class CountdownDialog(Dialog[bool]):
    """Counts down; any key (or click) aborts. Returns True when nobody did."""

    def __init__(self, title: str) -> None:
        super().__init__(title, danger=True)

    def compose_inside(self) -> ComposeResult:
        """One line, and a choice that aborts."""
        yield Words(id="words")
        yield self.choices(Choice("cancel", "", "any key aborts", "warn"))

    def on_mount(self) -> None:
        """Count."""
        super().on_mount()
        self.run_worker(self._count(), exit_on_error=False)

    async def _count(self) -> None:
        for left in range(COUNTDOWN_S, 0, -1):
            self.show([((f"closing everything in {left} s", "bad"),)])
            await self.console.clock.sleep(1.0)
        await asyncio.sleep(0)  # a key that is already here still aborts
        if self.is_current:
            self.dismiss(True)

    def on_key(self, event: events.Key) -> None:
        """Abort."""
        event.stop()
        event.prevent_default()
        self.dismiss(False)

    def action_leave(self) -> None:
        """Abort."""
        self.dismiss(False)
