"""Bybit linear perpetuals on a unified account: raw v5 endpoints, read strictly (exchanges.md 4; candles.md 18)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pbtui.core.clock import DAY_MS, HOUR_MS
from pbtui.core.errors import AccountRefused, ExchangeError, UnreadableAnswer
from pbtui.core.types import Fill, OpenOrder, OrderRequest
from pbtui.exchange.port import CancelResult, Capabilities, CreateResult, HeldPosition, OrderFate
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.quirks import KeyFacts, Look, MarginMode, Modes, VenueFacts
from pbtui.exchange.private.taken import taken
from pbtui.exchange.private.wire import Wire
from pbtui.exchange.venues.bybit_codes import MEANINGS
from pbtui.exchange.venues.bybit_rows import PSIDE, balance_of, fill_of, order_of, position_of, result_of

_CODE = re.compile(r'"ret_?[cC]ode"\s*:\s*"?(\d+)')
_WEEK_MS = 7 * DAY_MS - HOUR_MS  # the venue answers for seven days at most
_MOST_PAGES = 500
_CURSOR = 2_000  # characters; cursors are long
_LINEAR = {"category": "linear"}
_RESTING = ("New", "PartiallyFilled", "Untriggered", "Triggered")
_ENDED = ("Filled", "Cancelled", "PartiallyFilledCanceled", "Rejected", "Deactivated")
_TRADES = ("Trade", "AdlTrade", "BustTrade")
_MARGINS: Mapping[str, MarginMode] = {
    "REGULAR_MARGIN": "cross",
    "ISOLATED_MARGIN": "isolated",
    "PORTFOLIO_MARGIN": "portfolio",
}


class Bybit:
    """Quirks of Bybit; the budget counts requests, 600 a minute, well below what an address may send."""

    facts = VenueFacts(
        venue="bybit",
        credentials=("apiKey", "secret"),
        capabilities=Capabilities(order_stream=True, max_batch_create=10, max_batch_cancel=10, client_id_length=36),
        per_minute=600.0,
        reserve=60.0,
        public_costs={},
        meanings=MEANINGS,
        most_window_ms=60_000,  # ours: the venue names none, and a lost order is waited for that long
        fill_window_ms=_WEEK_MS,
    )

    def code_of(self, text: str) -> str:
        """Return the code of an error's JSON."""
        found = _CODE.search(text)
        return found.group(1) if found else ""

    async def key_facts(self, wire: Wire) -> KeyFacts:
        """Return what the key may do."""
        found = result_of(await wire.read("key", "privateGetV5UserQueryApi"), "key")
        allowed, ips = found.row("permissions"), found.texts("ips")
        trade = "Order" in allowed.texts("ContractTrade") and found.number("readOnly") == 0
        return KeyFacts(
            trade=trade,
            withdraw="Withdraw" in allowed.texts("Wallet"),
            bound_to_ip=ips not in ((), ("*",)),
            account_id=found.text("userID", empty=True),
        )

    async def modes(self, wire: Wire, book: Book) -> Modes:
        """Return position and margin mode; a flat market has one row in one-way mode and two in hedge mode."""
        hedge = await _hedged(wire, book.some_id())
        account = result_of(await wire.read("margin mode", "privateGetV5AccountInfo"), "margin mode")
        return Modes(hedge, _MARGINS[account.word("marginMode", *_MARGINS)])

    async def set_hedge(self, wire: Wire, book: Book, *, hedge: bool) -> None:
        """Change the position mode."""
        params = {**_LINEAR, "coin": book.quote, "mode": 3 if hedge else 0}
        await wire.write("set position mode", "privatePostV5PositionSwitchMode", params)

    async def set_cross(self, wire: Wire) -> None:
        """Set cross margin: it holds for the whole account here."""
        await wire.write("set margin", "privatePostV5AccountSetMarginMode", {"setMarginMode": "REGULAR_MARGIN"})

    async def prepare_symbol(self, wire: Wire, book: Book, symbol: str, leverage: int) -> None:
        """Set leverage; margin is a matter of the account here. Raises Unchanged where it is set already.

        Raises AccountRefused for a coin in another position mode than the account: it can be set coin by coin.
        """
        hedge = await _hedged(wire, book.id(symbol))
        if hedge is not None and hedge is not book.hedge:
            has, needed = ("hedge", "one-way") if hedge else ("one-way", "hedge")
            raise AccountRefused(
                f"{symbol} is in {has} mode on bybit, the account in {needed} mode",
                hint=f"close its position and orders, then set it to {needed} mode there",
            )
        both = {"buyLeverage": str(leverage), "sellLeverage": str(leverage)}
        params = {**_LINEAR, "symbol": book.id(symbol), **both}
        await wire.write("set leverage", "privatePostV5PositionSetLeverage", params)

    async def balance(self, wire: Wire, quote: str) -> float:
        """Return the wallet balance of all coins that count as margin, in quote, without unrealised profit."""
        answer = await wire.read("balance", "privateGetV5AccountWalletBalance", {"accountType": "UNIFIED"})
        return balance_of(answer, quote)

    async def positions(self, wire: Wire, book: Book) -> list[HeldPosition]:
        """Return every open position."""
        params = {**_LINEAR, "settleCoin": book.quote, "limit": 200}
        found = await _pages(wire, "positions", "privateGetV5PositionList", params)
        return [held for row in found if (held := position_of(row, book)) is not None]

    async def open_orders(self, wire: Wire, book: Book) -> list[OpenOrder]:
        """Return every resting order."""
        params = {**_LINEAR, "settleCoin": book.quote, "limit": 50}
        told = await _pages(wire, "open orders", "privateGetV5OrderRealtime", params)
        # Orders that come or go between two pages may shift one onto both: twice it would be one too many, and go.
        return list({order.id: order for order in (order_of(row, book) for row in told)}.values())

    async def fills(self, wire: Wire, book: Book, look: Look) -> list[Fill]:
        """Return fills of all symbols; the entry prices of closes come from the closed profits of the same time."""
        found = await _windows(wire, "fills", "privateGetV5ExecutionList", look)
        traded = [row for row in found if row.text("execType") in _TRADES]
        closes = [row for row in traded if row.number("closedSize", least=0.0) > 0.0 and "execPnl" not in row]
        entries: dict[str, float] = {}
        if closes:
            told = await _windows(wire, "closed profits", "privateGetV5PositionClosedPnl", look)
            entries = {row.text("orderId"): row.positive("avgEntryPrice") for row in told}
        return [fill_of(row, book, entries, look.now_ms) for row in traded]

    async def order_by_client_id(self, wire: Wire, book: Book, symbol: str, client_id: str) -> OrderFate:
        """Return what became of an order: those of late are told with the resting ones, older ones by the history."""
        params = {**_LINEAR, "symbol": book.id(symbol), "orderLinkId": client_id}
        for method in ("privateGetV5OrderRealtime", "privateGetV5OrderHistory"):
            for row in result_of(await wire.read("order", method, params), "order").rows("list"):
                if row.text("orderLinkId", empty=True) == client_id:
                    return "resting" if row.word("orderStatus", *_RESTING, *_ENDED) in _RESTING else "done"
        return "absent"

    async def create(self, wire: Wire, book: Book, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send up to ten orders in one request; the answer only says that they were taken."""
        wanted = {**_LINEAR, "request": [_order_params(request, book) for request in requests]}
        urgent = all(request.reduce_only for request in requests)
        answer = await wire.write(
            "create", "privatePostV5OrderCreateBatch", wanted, cost=len(requests) / 2, urgent=urgent
        )
        told = _outcomes(answer, len(requests), wire, "create")
        results: list[CreateResult] = []
        for request, (row, error) in zip(requests, told, strict=True):
            order = None if error is not None else taken(request, row.text("orderId"), row.time_ms("createAt"))
            results.append(CreateResult(request, order, error))
        return results

    async def cancel(self, wire: Wire, book: Book, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Cancel up to ten orders in one request."""
        named = [{"symbol": book.told_id(order.symbol), "orderId": order.id} for order in orders]
        wanted = {**_LINEAR, "request": named}
        answer = await wire.write("cancel", "privatePostV5OrderCancelBatch", wanted, cost=len(orders) / 2, urgent=True)
        told = _outcomes(answer, len(orders), wire, "cancel")
        return [CancelResult(order, error) for order, (_, error) in zip(orders, told, strict=True)]


async def _hedged(wire: Wire, market_id: str) -> bool | None:
    """Tell whether a market is in hedge mode: a flat one has one row in one-way mode, two in hedge mode."""
    answer = await wire.read("position mode", "privateGetV5PositionList", {**_LINEAR, "symbol": market_id})
    held = result_of(answer, "position mode").rows("list")
    return None if not held else any(row.text("positionIdx") in PSIDE for row in held)


async def _pages(wire: Wire, name: str, method: str, params: Mapping[str, Any]) -> list[Row]:
    """Return the rows of all pages, by the venue's cursor."""
    found: list[Row] = []
    asked = dict(params)
    for _ in range(_MOST_PAGES):
        page = result_of(await wire.read(name, method, asked), name)
        found += page.rows("list")
        cursor = page.text("nextPageCursor", empty=True, longest=_CURSOR)
        if not cursor or cursor == asked.get("cursor"):
            return found
        asked["cursor"] = cursor
    raise UnreadableAnswer(f"{name}: more than {_MOST_PAGES} pages")


async def _windows(wire: Wire, name: str, method: str, look: Look) -> list[Row]:
    """Return the rows since then, in windows of a week."""
    found: list[Row] = []
    for start in range(look.since_ms, look.end_ms + 1, _WEEK_MS):
        window = {"startTime": start, "endTime": min(start + _WEEK_MS, look.end_ms + HOUR_MS), "limit": 100}
        found += await _pages(wire, name, method, {**_LINEAR, **window})
    return found


def _order_params(request: OrderRequest, book: Book) -> dict[str, Any]:
    params: dict[str, Any] = {
        "symbol": book.id(request.symbol),
        "side": request.side.capitalize(),
        "orderType": request.kind.capitalize(),
        "qty": book.qty_text(request.symbol, request.qty),
        "orderLinkId": request.client_id,
        "positionIdx": (1 if request.pside == "long" else 2) if book.hedge else 0,
    }
    if not book.hedge and request.reduce_only:
        params["reduceOnly"] = True
    if request.kind == "limit":
        params["price"] = book.price_text(request.symbol, request.price)
        params["timeInForce"] = "PostOnly" if request.post_only else "GTC"
    return params


def _outcomes(answer: Any, count: int, wire: Wire, what: str) -> list[tuple[Row, ExchangeError | None]]:
    """Return per order of a batch its row and, where it was refused, the error."""
    told = result_of(answer, what).rows("list")
    verdicts = Row(answer, what).row("retExtInfo").rows("list")
    if not len(told) == len(verdicts) == count:
        raise UnreadableAnswer(f"{what}: {count} orders were named, {len(verdicts)} were answered")
    found: list[tuple[Row, ExchangeError | None]] = []
    for row, verdict in zip(told, verdicts, strict=True):
        code = verdict.text("code")
        error = None if code == "0" else wire.outcome(code, verdict.said("msg"), what)
        found.append((row, error))
    return found
