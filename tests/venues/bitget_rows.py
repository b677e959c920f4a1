"""What the simulated books hold, as rows of Bitget's answers and events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pbtui.core.types import Fill, OrderRequest, Pside, Side
from tests.venues.core import Record

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

FIRST_ID = 1_491_000_000_000_000_000
_STATUS = {"new": "live", "partly": "partially_filled", "filled": "filled", "cancelled": "canceled"}


class Rows:
    """Rows with the fields and the writing of numbers that recorded answers have."""

    def __init__(self, simulator: Simulator, price: Callable[[str], float]) -> None:
        self.isolated: set[str] = set()
        self._books = simulator.books
        self._price = price
        self._now = simulator.fast_clock.now_ms
        self._decimals = {m.id: (m.price_decimals, m.qty_decimals) for m in simulator.markets.values()}

    def id(self, symbol: str) -> str:
        return f"{symbol.partition('/')[0]}USDT"

    def symbol(self, market_id: str) -> str:
        return f"{market_id.removesuffix('USDT')}/USDT:USDT"

    def margin(self, market_id: str) -> str:
        """Return the margin mode of a market's positions."""
        return "isolated" if market_id in self.isolated else "crossed"

    def account(self, *, told: bool) -> dict[str, Any]:
        """Return the account; `told`: unrealised profit is in it. What is free is less by the margin in use."""
        profit = sum(self._profit(symbol, pside) for symbol, pside in self._books.books.positions)
        wallet = self._books.books.balance
        numbers = {"available": wallet * 0.9, "accountEquity": wallet + profit, "usdtEquity": wallet + profit}
        texts = {name: f"{value:.8f}" for name, value in numbers.items()}
        shares = {"unrealizedPL": f"{profit:.8f}" if told else "", "crossedUnrealizedPL": None}
        return {"marginCoin": "USDT", "locked": "0", **texts, **shares, "coupon": "0", "assetMode": "single"}

    def setting(self, market_id: str) -> dict[str, Any]:
        """Return how a market is set: in isolated margin until somebody changes it."""
        return {
            "marginCoin": "USDT",
            "crossedMarginLeverage": self._books.leverage.get(market_id, 10),
            "isolatedLongLever": 10,
            "isolatedShortLever": 10,
            "marginMode": "isolated" if market_id in self.isolated else self._books.margin.get(market_id, "isolated"),
            "posMode": self._mode(),
            "assetMode": "single",
        }

    def positions(self) -> list[dict[str, Any]]:
        """Return the open positions."""
        return [self._position(symbol, pside) for symbol, pside in self._books.books.positions]

    def order(self, record: Record) -> dict[str, Any]:
        """Return an order as the lists and the detail have it."""
        request = record.request
        return {
            "symbol": self.id(request.symbol),
            "size": self._qty(request.symbol, request.qty),
            "orderId": str(FIRST_ID + record.id),
            "clientOid": request.client_id,
            "baseVolume": self._qty(request.symbol, record.executed),
            "fee": "0",
            "price": f"{request.price:.{self._decimals[self.id(request.symbol)][0]}f}",
            "priceAvg": repr(record.average) if record.executed else "",
            "status": _STATUS[record.status],
            **self._direction(request),
            "orderType": request.kind,
            "force": "post_only" if request.post_only else "gtc",
            "marginCoin": "USDT",
            "marginMode": "crossed",
            "posMode": self._mode(),
            "orderSource": "normal",
            "cTime": str(record.created_ms),
            "uTime": str(record.updated_ms),
        }

    def event(self, record: Record, fill: Fill | None) -> dict[str, Any]:
        """Return an order as the stream tells it."""
        row = self.order(record)
        told = {**row, "instId": row.pop("symbol"), "accBaseVolume": row.pop("baseVolume"), "leverage": "10"}
        told = {name: value for name, value in told.items() if name not in ("symbol", "baseVolume", "fee")}
        if fill is not None:
            told |= {"baseVolume": self._qty(fill.symbol, abs(fill.qty)), "fillPrice": repr(fill.price)}
            told |= {"tradeId": self._trade_id(fill), "fillTime": str(fill.ts_ms), "fillFee": f"{fill.fee:.8f}"}
        return told

    def crossed(self, request: OrderRequest, order_id: str) -> dict[str, Any]:
        """Return the event of a post-only order that was cancelled at once."""
        row = self.event(Record(0, request, self._now(), self._now(), "cancelled"), None)
        return {**row, "orderId": order_id}

    def fill(self, fill: Fill) -> dict[str, Any]:
        """Return a fill; the client id is not among what is told."""
        closing = (fill.side == "sell") == (fill.pside == "long")
        hedge = self._books.books.hedge_mode
        side = fill.side if not hedge else "buy" if fill.pside == "long" else "sell"
        trade = f"{fill.side}_single" if not hedge else "close" if closing else "open"
        fee = {"deduction": "no", "feeCoin": "USDT", "totalDeductionFee": None, "totalFee": f"{fill.fee:.8f}"}
        return {
            "tradeId": self._trade_id(fill),
            "symbol": self.id(fill.symbol),
            "orderId": str(FIRST_ID + int(fill.order_id)),
            "price": repr(fill.price),
            "baseVolume": self._qty(fill.symbol, abs(fill.qty)),
            "feeDetail": [fee],
            "side": side,
            "quoteVolume": f"{abs(fill.qty) * fill.price:.4f}",
            "profit": repr(fill.pnl) if closing else "0",
            "tradeSide": trade,
            "posMode": self._mode(),
            "tradeScope": "maker",
            "cTime": str(fill.ts_ms),
        }

    def _direction(self, request: OrderRequest) -> dict[str, Any]:
        closing = (request.side == "sell") == (request.pside == "long")
        if not self._books.books.hedge_mode:
            told = "YES" if request.reduce_only else "NO"
            return {"side": request.side, "posSide": "net", "tradeSide": f"{request.side}_single", "reduceOnly": told}
        side: Side = "buy" if request.pside == "long" else "sell"
        trade, told = ("close", "YES") if closing else ("open", "NO")
        return {"side": side, "posSide": request.pside, "tradeSide": trade, "reduceOnly": told}

    def _position(self, symbol: str, pside: Pside) -> dict[str, Any]:
        held = self._books.books.held(symbol, pside)
        size = self._qty(symbol, abs(held.size))
        return {
            "marginCoin": "USDT",
            "symbol": self.id(symbol),
            "holdSide": pside,
            "available": size,
            "locked": "0",
            "total": size,
            "leverage": str(self._books.leverage.get(self.id(symbol), 10)),
            "openPriceAvg": repr(held.price),
            "marginMode": self.margin(self.id(symbol)),
            "posMode": self._mode(),
            "unrealizedPL": f"{self._profit(symbol, pside):.8f}",
            "markPrice": repr(self._price(self.id(symbol))),
            "cTime": str(self._now()),
        }

    def _profit(self, symbol: str, pside: Pside) -> float:
        held = self._books.books.held(symbol, pside)
        return held.size * (self._price(self.id(symbol)) - held.price)

    def _mode(self) -> str:
        return "hedge_mode" if self._books.books.hedge_mode else "one_way_mode"

    def _trade_id(self, fill: Fill) -> str:
        return str(FIRST_ID + 10**12 + int(fill.id))

    def _qty(self, symbol: str, qty: float) -> str:
        return f"{qty:.{self._decimals[self.id(symbol)][1]}f}"


def list_page(name: str, key: str, rows: list[dict[str, Any]], params: Mapping[str, Any]) -> dict[str, Any]:
    """Cut a page as the venue does: newest first, below the id that was asked for, two nulls where nothing is."""
    below = int(params.get("idLessThan", 10**19))
    found = sorted((row for row in rows if int(row[key]) < below), key=lambda row: -int(row[key]))
    page = found[: int(params.get("limit", 100))]
    return {name: page or None, "endId": page[-1][key] if page else None}
