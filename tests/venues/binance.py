"""Binance USDⓈ-M's private dialect over the simulated books; sources of the shapes: docs/exchange-binance.md."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from aiohttp import WSMsgType, web

from pbtui.core.errors import AccountRefused, OrderGone, OrderRejected
from pbtui.core.types import Fill, OpenOrder, OrderRequest, Pside, Side
from pbtui.exchange.port import CancelResult, CreateResult
from tests.venues.core import Record
from tests.venues.simulator import KEY, SECRET, Asked, Reply
from tests.venues.speaking import send

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

Params = Mapping[str, str]
_LIMIT = 2_400
_LONGEST_WINDOW_MS = 60_000
_REASONS = {
    "min_cost": (-4164, "Order's notional must be no smaller than 5 (unless you choose reduce only)."),
    "min_qty": (-4003, "Quantity less than or equal to zero."),
    "reduce_only": (-2022, "ReduceOnly Order is rejected."),
    "duplicate_client_id": (-4116, "ClientOrderId is duplicated."),
    "post_only": (-5022, "Due to the order could not be executed as maker, the Post Only order will be rejected."),
    "tick": (-4014, "Price not increased by tick size."),
    "lot": (-4023, "Qty not increased by step size."),
    "max_qty": (-4005, "Quantity greater than max quantity."),
    "insufficient_margin": (-2019, "Margin is insufficient."),
}
_STATUS = {"new": "NEW", "partly": "PARTIALLY_FILLED", "filled": "FILLED", "cancelled": "CANCELED"}


class Refused(Exception):
    """An error of the venue."""

    def __init__(self, code: int, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.document = {"code": code, "msg": text}
        self.status = status


class BinanceDialect:
    """Answers under /fapi and /sapi; signatures, clock, weights and listen keys are checked as the venue does."""

    name = "binance"

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self.books = simulator.books
        self._ids = {f"{market.coin}USDT": f"{market.coin}/USDT:USDT" for market in simulator.markets.values()}
        self._decimals = {m.id: (m.price_decimals, m.qty_decimals) for m in simulator.markets.values()}
        self._sockets: list[web.WebSocketResponse] = []
        self._listen_keys = itertools.count(1)
        self._used: list[tuple[int, int]] = []
        self.most_used = 0
        self.listeners = 0  # private connections so far
        self.withdrawals = False
        self.reject_next: list[str] = []  # reasons for which the next creates are refused
        self._routes: dict[str, tuple[int, Callable[[Params], Any]]] = {
            "GET /sapi/v1/account/apiRestrictions": (1, self._restrictions),
            "GET /api/v3/account": (1, lambda _: {"uid": 4711, "accountType": "SPOT", "canTrade": True}),
            "GET /fapi/v3/account": (5, self._account),
            "GET /fapi/v3/positionRisk": (5, self._positions),
            "GET /fapi/v1/openOrders": (40, self._open_orders),
            "GET /fapi/v1/allOrders": (5, self._all_orders),
            "GET /fapi/v1/userTrades": (5, self._trades),
            "GET /fapi/v1/income": (30, self._income),
            "GET /fapi/v1/symbolConfig": (5, self._symbol_config),
            "GET /fapi/v1/leverageBracket": (1, lambda _: []),
            "GET /fapi/v1/positionSide/dual": (30, lambda _: {"dualSidePosition": self.books.books.hedge_mode}),
            "POST /fapi/v1/positionSide/dual": (1, self._set_mode),
            "POST /fapi/v1/marginType": (1, self._set_margin),
            "POST /fapi/v1/leverage": (1, self._set_leverage),
            "GET /fapi/v1/order": (1, self._one_order),
            "POST /fapi/v1/order": (1, self._create),
            "POST /fapi/v1/batchOrders": (5, self._create_batch),
            "DELETE /fapi/v1/order": (1, self._cancel),
            "DELETE /fapi/v1/batchOrders": (1, self._cancel_batch),
        }

    async def answer(self, asked: Asked) -> Reply | None:
        if asked.path == "/fapi/v1/listenKey":
            return self._listen_key(asked)
        route = self._routes.get(f"{asked.method} {asked.path}")
        if route is None:
            return None
        headers = self._weigh(route[0])
        try:
            params = self._verified(asked)
            found = route[1](params)
            return Reply(await found if asyncio.iscoroutine(found) else found, headers=headers)
        except Refused as error:
            return Reply(error.document, error.status, headers)

    def wants_socket(self, path: str) -> bool:
        return path.endswith("/private/ws")

    async def socket(self, request: web.Request) -> web.StreamResponse:
        if not request.query.get("listenKey", "").startswith("listen-"):
            return web.Response(status=401)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        self._sockets.append(ws)
        self.listeners += 1
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    await ws.send_str(json.dumps({"result": None, "id": json.loads(message.data).get("id")}))
        finally:
            self._sockets.remove(ws)
        return ws

    async def push(self) -> None:
        events, self.books.events = self.books.events, []
        if self._simulator.faults.silent:
            return
        for record, fill in events:
            text = json.dumps(self._event(record, fill))
            for ws in [ws for ws in self._sockets if not ws.closed]:
                await send(ws, text)

    async def stream(self) -> None:
        """The public side has its own sockets."""
        await self._simulator.sockets.step()

    def _weigh(self, weight: int) -> dict[str, str]:
        """Count the request's weight in the venue's minute; the header tells it as the venue does."""
        now = self._simulator.fast_clock.now_ms()
        self._used = [(at, each) for at, each in self._used if at // 60_000 == now // 60_000]
        self._used.append((now, weight))
        used = sum(each for _, each in self._used)
        self.most_used = max(self.most_used, used)
        return {"X-MBX-USED-WEIGHT-1M": str(used)}

    def _verified(self, asked: Asked) -> Params:
        """Check key, signature and time; return the parameters."""
        if asked.headers.get("X-MBX-APIKEY") != KEY:
            raise Refused(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        text = asked.query if asked.method in ("GET", "DELETE") else asked.body
        signed, _, signature = text.rpartition("&signature=")
        if hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest() != signature:
            raise Refused(-1022, "Signature for this request is not valid.")
        if self.most_used > _LIMIT:
            raise Refused(-1003, "Too many requests; current limit is 2400 request weight per 1 MINUTE.", 429)
        params = dict(parse_qsl(signed, keep_blank_values=True))
        if int(params.get("recvWindow", 5_000)) > _LONGEST_WINDOW_MS:
            raise Refused(-1131, "recvWindow must be less than 60000.")
        clock = self._simulator.fast_clock
        late = clock.now_ms() - int(params["timestamp"])
        # The window is in the machine's time: market time passes many times as fast here.
        if not -1_000 * clock.speed <= late <= int(params.get("recvWindow", 5_000)) * max(1.0, clock.speed):
            raise Refused(-1021, "Timestamp for this request is outside of the recvWindow.")
        return params

    def _listen_key(self, asked: Asked) -> Reply:
        if asked.headers.get("X-MBX-APIKEY") != KEY:
            return Reply({"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}, 401)
        return Reply({"listenKey": f"listen-{next(self._listen_keys)}"})

    def _restrictions(self, _: Params) -> Any:
        flags = {"enableReading": True, "enableFutures": True, "enableWithdrawals": self.withdrawals}
        return {"ipRestrict": True, "createTime": 1_600_000_000_000, **flags, "enableInternalTransfer": False}

    def _account(self, _: Params) -> Any:
        wallet = f"{self.books.books.balance:.8f}"
        names = ("totalWalletBalance", "totalCrossWalletBalance", "totalMarginBalance", "availableBalance")
        return {**dict.fromkeys(names, wallet), "totalUnrealizedProfit": "0.00000000", "assets": [], "positions": []}

    def _positions(self, _: Params) -> Any:
        rows: list[dict[str, Any]] = []
        for (symbol, pside), held in self.books.books.positions.items():
            rows.append(
                {
                    "symbol": self._id(symbol),
                    "positionSide": pside.upper() if self.books.books.hedge_mode else "BOTH",
                    "positionAmt": self._qty(symbol, held.size),
                    "entryPrice": repr(held.price),
                    "unRealizedProfit": "0",
                    "markPrice": "1",
                    "liquidationPrice": "0",
                    "notional": "1",
                    "marginAsset": "USDT",
                    "updateTime": self._now(),
                }
            )
        return rows

    def _open_orders(self, params: Params) -> Any:
        wanted = params.get("symbol")
        rows = [self._order(self.books.records[int(name)]) for name in self.books.books.orders]
        return [row for row in rows if wanted in (None, row["symbol"])]

    def _one_order(self, params: Params) -> Any:
        record = self.books.record_of(params["origClientOrderId"])
        if record is None or not self._of(params, record.request.symbol):
            raise Refused(-2013, "Order does not exist.")
        return self._order(record)

    def _all_orders(self, params: Params) -> Any:
        least = int(params.get("orderId", 0))
        found = [r for r in self.books.records.values() if r.id >= least and self._of(params, r.request.symbol)]
        return [self._order(record) for record in found[: int(params.get("limit", 500))]]

    def _trades(self, params: Params) -> Any:
        start, end = int(params.get("startTime", 0)), int(params.get("endTime", 4e12))
        if "startTime" in params and end - start > 7 * 86_400_000:
            raise Refused(-4013, "The time range must not exceed seven days.")
        least = int(params.get("fromId", 0))
        fills = [f for f in self.books.ledger.fills() if self._of(params, f.symbol)]
        kept = [f for f in fills if start <= f.ts_ms <= end and int(f.id) >= least]
        return [self._trade(fill) for fill in kept[: int(params.get("limit", 500))]]

    def _income(self, params: Params) -> Any:
        start, end = int(params.get("startTime", 0)), int(params.get("endTime", 4e12))
        rows: list[dict[str, Any]] = []
        for fill in self.books.ledger.fills():
            if start <= fill.ts_ms <= end:
                common = {"symbol": self._id(fill.symbol), "asset": "USDT", "time": fill.ts_ms, "tradeId": fill.id}
                rows.append({**common, "incomeType": "COMMISSION", "income": f"{fill.fee:.8f}"})
        return rows[: int(params.get("limit", 100))]

    def _symbol_config(self, params: Params) -> Any:
        name = params["symbol"]
        margin = self.books.margin.get(name, "ISOLATED")
        return [{"symbol": name, "marginType": margin, "leverage": self.books.leverage.get(name, 20)}]

    async def _set_mode(self, params: Params) -> Any:
        wanted = params["dualSidePosition"] == "true"
        if wanted is self.books.books.hedge_mode:
            raise Refused(-4059, "No need to change position side.")
        try:
            await self.books.prepare_account(hedge_mode=wanted)
        except AccountRefused:
            raise Refused(-4068, "Position side cannot be changed if there exists position.") from None
        return {"code": 200, "msg": "success"}

    def _set_margin(self, params: Params) -> Any:
        if self.books.margin.get(params["symbol"]) == params["marginType"]:
            raise Refused(-4046, "No need to change margin type.")
        self.books.margin[params["symbol"]] = params["marginType"]
        return {"code": 200, "msg": "success"}

    def _set_leverage(self, params: Params) -> Any:
        leverage = int(params["leverage"])
        if not 1 <= leverage <= 125:
            raise Refused(-4028, f"Leverage {leverage} is not valid")
        self.books.leverage[params["symbol"]] = leverage
        return {"symbol": params["symbol"], "leverage": leverage, "maxNotionalValue": "1000000"}

    async def _create(self, params: Params) -> Any:
        result = (await self.books.create_orders([self._request(params)]))[0]
        return self._created(result)

    async def _create_batch(self, params: Params) -> Any:
        wanted = json.loads(params["batchOrders"])
        if len(wanted) > 5:
            raise Refused(-4082, "Invalid number of batch place orders.")
        documents: list[Any] = []
        for each in wanted:
            try:
                documents.append(await self._create(each))
            except Refused as error:
                documents.append(error.document)
        return documents

    async def _cancel(self, params: Params) -> Any:
        return self._cancelled(await self._cancel_one(params["symbol"], params["orderId"]))

    async def _cancel_batch(self, params: Params) -> Any:
        names = json.loads(params["orderidlist"])
        documents: list[Any] = []
        for name in names:
            try:
                documents.append(self._cancelled(await self._cancel_one(params["symbol"], str(name))))
            except Refused as error:
                documents.append(error.document)
        return documents

    async def _cancel_one(self, market_id: str, order_id: str) -> CancelResult:
        symbol = self._ids[market_id]
        order = OpenOrder(f"{int(order_id):09d}", "", symbol, "buy", "long", 0.0, 0.0, False, 0)
        return (await self.books.cancel_orders([order]))[0]

    def _request(self, params: Params) -> OrderRequest:
        if self.reject_next:
            raise Refused(*_REASONS[self.reject_next.pop(0)])
        hedge = self.books.books.hedge_mode
        told = params.get("positionSide", "BOTH")
        if (told != "BOTH") is not hedge:
            raise Refused(-4061, "Order's position side does not match user's setting.")
        side: Side = "buy" if params["side"] == "BUY" else "sell"
        pside: Pside = {"LONG": "long", "SHORT": "short"}.get(told, "long" if side == "buy" else "short")  # type: ignore[assignment]
        return OrderRequest(
            symbol=self._ids[params["symbol"]],
            side=side,
            pside=pside,
            qty=float(params["quantity"]),
            price=float(params.get("price", 0)),
            reduce_only=params.get("reduceOnly") == "true",
            kind="market" if params["type"] == "MARKET" else "limit",
            client_id=params["newClientOrderId"],
            order_type="",
            post_only=params.get("timeInForce") == "GTX",
        )

    def _created(self, result: CreateResult) -> Any:
        if result.error is not None:
            reason = result.error.reason if isinstance(result.error, OrderRejected) else ""
            raise Refused(*_REASONS.get(reason, (-1013, result.error.message)))
        assert result.order is not None
        return self._order(self.books.records[int(result.order.id)])

    def _cancelled(self, result: CancelResult) -> Any:
        if isinstance(result.error, OrderGone):
            raise Refused(-2011, "Unknown order sent.")
        return self._order(self.books.records[int(result.order.id)])

    def _order(self, record: Record) -> dict[str, Any]:
        request = record.request
        symbol = request.symbol
        return {
            "orderId": record.id,
            "symbol": self._id(symbol),
            "status": _STATUS[record.status],
            "clientOrderId": request.client_id,
            "price": self._price(symbol, request.price),
            "avgPrice": f"{record.average:.5f}",
            "origQty": self._qty(symbol, request.qty),
            "executedQty": self._qty(symbol, record.executed),
            "cumQuote": f"{record.cost:.5f}",
            "timeInForce": "GTX" if request.post_only else "GTC",
            "type": request.kind.upper(),
            "reduceOnly": request.reduce_only,
            "closePosition": False,
            "side": request.side.upper(),
            "positionSide": request.pside.upper() if self.books.books.hedge_mode else "BOTH",
            "stopPrice": "0",
            "workingType": "CONTRACT_PRICE",
            "priceProtect": False,
            "origType": request.kind.upper(),
            "time": record.created_ms,
            "updateTime": record.updated_ms,
        }

    def _trade(self, fill: Fill) -> dict[str, Any]:
        cost = abs(fill.qty) * fill.price
        return {
            "symbol": self._id(fill.symbol),
            "id": int(fill.id),
            "orderId": int(fill.order_id),
            "side": fill.side.upper(),
            "price": self._price(fill.symbol, fill.price),
            "qty": self._qty(fill.symbol, abs(fill.qty)),
            "realizedPnl": f"{fill.pnl:.8f}",
            "marginAsset": "USDT",
            "quoteQty": f"{cost:.8f}",
            "commission": f"{-fill.fee:.8f}",
            "commissionAsset": "USDT",
            "time": fill.ts_ms,
            "positionSide": fill.pside.upper() if self.books.books.hedge_mode else "BOTH",
            "buyer": fill.side == "buy",
            "maker": True,
        }

    def _event(self, record: Record, fill: Fill | None) -> dict[str, Any]:
        order, now = self._order(record), self._now()
        what = "TRADE" if fill else {"new": "NEW"}.get(record.status, "CANCELED")
        last = self._qty(record.request.symbol, abs(fill.qty)) if fill else "0"
        detail = {
            "s": order["symbol"],
            "c": order["clientOrderId"],
            "S": order["side"],
            "o": order["type"],
            "f": order["timeInForce"],
            "q": order["origQty"],
            "p": order["price"],
            "ap": order["avgPrice"],
            "sp": "0",
            "x": what,
            "X": order["status"],
            "i": record.id,
            "l": last,
            "z": order["executedQty"],
            "L": self._price(record.request.symbol, fill.price) if fill else "0",
            "N": "USDT",
            "n": f"{-fill.fee:.8f}" if fill else "0",
            "T": fill.ts_ms if fill else now,
            "t": int(fill.id) if fill else 0,
            "R": order["reduceOnly"],
            "ps": order["positionSide"],
            "rp": f"{fill.pnl:.8f}" if fill else "0",
        }
        return {"e": "ORDER_TRADE_UPDATE", "T": now, "E": now, "o": detail}

    def _of(self, params: Params, symbol: str) -> bool:
        return params.get("symbol") in (None, self._id(symbol))

    def _id(self, symbol: str) -> str:
        return f"{symbol.partition('/')[0]}USDT"

    def _price(self, symbol: str, price: float) -> str:
        return f"{price:.{self._decimals[self._id(symbol)][0]}f}"

    def _qty(self, symbol: str, qty: float) -> str:
        return f"{qty:.{self._decimals[self._id(symbol)][1]}f}"

    def _now(self) -> int:
        return self._simulator.fast_clock.now_ms()
