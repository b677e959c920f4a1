"""Bybit's private v5 dialect over the simulated books; sources of the shapes: docs/exchange-bybit.md."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from aiohttp import web

from pbtui.core.errors import AccountRefused, OrderGone, OrderRejected
from pbtui.core.types import Fill, OpenOrder, OrderRequest, Pside, Side
from tests.venues.bybit_public import BybitPublic
from tests.venues.core import Record
from tests.venues.simulator import KEY, SECRET, Asked, Reply
from tests.venues.speaking import Speaking, send

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

Params = Mapping[str, Any]
_REASONS = {
    "min_cost": (110094, "Order does not meet minimum order value 5USDT"),
    "reduce_only": (110017, "current position is zero, cannot fix reduce-only order qty"),
    "duplicate_client_id": (110072, "OrderLinkedID is duplicate"),
    "max_qty": (10001, "The number of contracts exceeds maximum limit allowed: too large"),
    "insufficient_margin": (110007, "ab not enough for new order"),
}
_STATUS = {"new": "New", "partly": "PartiallyFilled", "filled": "Filled", "cancelled": "Cancelled"}
_IDX = {"long": 1, "short": 2}


class Refused(Exception):
    """An error of the venue."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class BybitDialect(Speaking):
    """Answers under /v5; signatures and time are checked as the venue does."""

    name = "bybit"

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator)
        self._public = BybitPublic(simulator)
        self._decimals = {m.id: (m.price_decimals, m.qty_decimals) for m in simulator.markets.values()}
        self._margin = "ISOLATED_MARGIN"
        self.keeps_margin = False  # refuses another margin mode, as it does while there are positions
        self.one_way: set[str] = set()  # market ids that are in one-way mode whatever the account is
        self.most_used = 0
        self._routes: dict[str, Callable[[Params], Any]] = {
            "GET /v5/user/query-api": self._key,
            "GET /v5/account/info": lambda _: {"marginMode": self._margin, "unifiedMarginStatus": 5, "timeWindow": 10},
            "GET /v5/account/wallet-balance": self._wallet,
            "GET /v5/position/list": self._positions,
            "GET /v5/order/realtime": self._open_orders,
            "GET /v5/order/history": self._old_orders,
            "GET /v5/execution/list": self._executions,
            "GET /v5/position/closed-pnl": self._closed,
            "POST /v5/position/switch-mode": self._set_mode,
            "POST /v5/account/set-margin-mode": self._set_margin,
            "POST /v5/position/set-leverage": self._set_leverage,
            "POST /v5/order/create-batch": self._create_batch,
            "POST /v5/order/cancel-batch": self._cancel_batch,
        }

    async def answer(self, asked: Asked) -> Reply | None:
        public = self._public.routes.get(asked.path)
        if public is not None:
            return self._reply(public(dict(parse_qsl(asked.query))))
        route = self._routes.get(f"{asked.method} {asked.path}")
        if route is None:
            return Reply({"retCode": 404, "retMsg": "path", "result": {}, "retExtInfo": {}, "time": self._now()}, 404)
        try:
            found = route(self._verified(asked))
            found = await found if asyncio.iscoroutine(found) else found
        except Refused as error:
            return self._reply({}, code=error.code, text=error.text)
        return self._reply(found, extra=found.pop("_extra", {}) if isinstance(found, dict) else {})

    def wants_socket(self, path: str) -> bool:
        return "/v5/" in path

    async def socket(self, request: web.Request) -> web.StreamResponse:
        private = request.path.endswith("/v5/private")
        return await self._attend(request, lambda ws, text: self._told(ws, json.loads(text), private=private))

    async def push(self) -> None:
        events = self._news()
        if events is None:
            return
        for record, _ in events:
            text = json.dumps({"topic": "order", "id": "1", "creationTime": self._now(), "data": [self._order(record)]})
            await self._tell(text)

    async def stream(self) -> None:
        """Send the price of now to who listens."""
        for ws, topics in list(self._streams.items()):
            for topic in list(topics):
                kind, _, market_id = topic.rpartition(".")
                if kind in ("publicTrade", "orderbook.1") and not ws.closed:
                    make = self._public.trade_message if kind == "publicTrade" else self._public.book_message
                    await send(ws, json.dumps(make(market_id)))

    async def _told(self, ws: web.WebSocketResponse, message: Params, *, private: bool) -> None:
        op, args = message.get("op"), message.get("args", [])
        if op == "auth":
            key, expires, sign = args
            right = hmac.new(SECRET.encode(), f"GET/realtime{expires}".encode(), hashlib.sha256).hexdigest()
            fine = key == KEY and sign == right
            await ws.send_str(json.dumps({"success": fine, "op": "auth", "conn_id": "c", "ret_msg": ""}))
        elif op == "subscribe":
            self._streams[ws] |= set(args)
            if private and "order" in args:
                self._private.append(ws)
                self.listeners += 1
            answer = {"success": True, "ret_msg": "", "conn_id": "c", "req_id": message.get("req_id"), "op": op}
            await ws.send_str(json.dumps(answer))
        elif op == "ping":
            await ws.send_str(json.dumps({"success": True, "ret_msg": "pong", "op": "ping", "conn_id": "c"}))

    def _verified(self, asked: Asked) -> Params:
        stamp, window = asked.headers.get("X-BAPI-TIMESTAMP", "0"), asked.headers.get("X-BAPI-RECV-WINDOW", "0")
        text = asked.body if asked.method == "POST" else asked.query
        if asked.headers.get("X-BAPI-API-KEY") != KEY:
            raise Refused(10003, "API key is invalid.")
        signed = f"{stamp}{KEY}{window}{text}"
        if hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest() != asked.headers.get("X-BAPI-SIGN"):
            raise Refused(10004, "error sign! origin_string")
        clock = self._simulator.fast_clock
        late = clock.now_ms() - int(stamp)
        # The window is in the machine's time: market time passes many times as fast here.
        if not -1_000 * clock.speed <= late <= int(window) * max(1.0, clock.speed):
            raise Refused(10002, "invalid request, please check your server timestamp or recv_window param.")
        return json.loads(text) if asked.method == "POST" else dict(parse_qsl(text))

    def _reply(self, result: Any, *, code: int = 0, text: str = "OK", extra: Any = None) -> Reply:
        document = {"retCode": code, "retMsg": text, "result": result, "retExtInfo": extra or {}, "time": self._now()}
        return Reply(document)

    def _key(self, _: Params) -> Any:
        wallet = ["AccountTransfer", "Withdraw"] if self.withdrawals else ["AccountTransfer"]
        allowed = {"ContractTrade": ["Order", "Position"], "Spot": [], "Wallet": wallet}
        return {"id": "1", "readOnly": 0, "permissions": allowed, "ips": ["127.0.0.1"], "userID": 4711, "uta": 1}

    def _wallet(self, _: Params) -> Any:
        wallet = f"{self.books.books.balance:.8f}"
        coin = {"coin": "USDT", "walletBalance": wallet, "equity": wallet, "usdValue": wallet, "unrealisedPnl": "0"}
        flags = {"marginCollateral": True, "collateralSwitch": True}
        return {"list": [{"accountType": "UNIFIED", "totalWalletBalance": wallet, "coin": [{**coin, **flags}]}]}

    def _positions(self, params: Params) -> Any:
        held = self.books.books.positions
        rows = [self._position(symbol, pside) for symbol, pside in held]
        if "symbol" in params:
            symbol = self._symbol(params["symbol"])
            hedge = self.books.books.hedge_mode and params["symbol"] not in self.one_way
            sides: tuple[Pside, ...] = ("long", "short") if hedge else ("long",)
            rows = [{**self._position(symbol, pside), **({} if hedge else {"positionIdx": 0})} for pside in sides]
        return self._page(rows, params)

    def _old_orders(self, params: Params) -> Any:
        record = self.books.record_of(params["orderLinkId"])
        resting = record is not None and record.status in ("new", "partly")
        return self._page([] if record is None or resting else [self._order(record)], params)

    def _open_orders(self, params: Params) -> Any:
        if "orderLinkId" in params:
            found = self.books.record_of(params["orderLinkId"])
            resting = found is not None and found.status in ("new", "partly")
            return self._page([self._order(found)] if found is not None and resting else [], params)
        return self._page([self._order(self.books.records[int(name)]) for name in self.books.books.orders], params)

    def _executions(self, params: Params) -> Any:
        return self._page([self._execution(fill) for fill in self._fills(params)][::-1], params)

    def _closed(self, params: Params) -> Any:
        rows = [
            {
                "symbol": self._id(fill.symbol),
                "orderId": self._order_id(int(fill.order_id)),
                "side": fill.side.capitalize(),
                "closedSize": self._qty(fill.symbol, abs(fill.qty)),
                "avgEntryPrice": repr(self.books.entry_price[int(fill.id)]),
                "avgExitPrice": repr(fill.price),
                "closedPnl": repr(fill.pnl),
                "createdTime": str(fill.ts_ms),
                "updatedTime": str(fill.ts_ms),
            }
            for fill in self._fills(params)
            if _closing(fill)
        ]
        return self._page(rows[::-1], params)

    async def _set_mode(self, params: Params) -> Any:
        wanted = params["mode"] == 3
        if wanted is self.books.books.hedge_mode:
            raise Refused(110025, "Position mode is not modified")
        try:
            await self.books.prepare_account(hedge_mode=wanted)
        except AccountRefused:
            raise Refused(110024, "You have an existing position, so the position mode cannot be switched") from None
        return {}

    def _set_margin(self, params: Params) -> Any:
        if self.keeps_margin:
            raise Refused(3400045, "Set margin mode failed")
        self._margin = params["setMarginMode"]
        return {"reasons": []}

    def _set_leverage(self, params: Params) -> Any:
        leverage = int(params["buyLeverage"])
        if self.books.leverage.get(params["symbol"]) == leverage:
            raise Refused(110043, "Set leverage has not been modified")
        self.books.leverage[params["symbol"]] = leverage
        return {}

    async def _create_batch(self, params: Params) -> Any:
        rows: list[Any] = []
        verdicts: list[Any] = []
        for each in params["request"]:
            row, code, text = {"category": "linear", "symbol": each["symbol"], "orderId": "", "createAt": ""}, 0, "OK"
            try:
                row |= await self._create(each)
            except Refused as error:
                code, text = error.code, error.text
            rows.append({**row, "orderLinkId": each["orderLinkId"]})
            verdicts.append({"code": code, "msg": text})
        return {"list": rows, "_extra": {"list": verdicts}}

    async def _create(self, each: Params) -> dict[str, Any]:
        if self.reject_next:
            raise Refused(*_REASONS[self.reject_next.pop(0)])
        hedge, idx = self.books.books.hedge_mode, each["positionIdx"]
        if (idx != 0) is not hedge:
            raise Refused(10001, "position idx not match position mode")
        side: Side = "buy" if each["side"] == "Buy" else "sell"
        pside: Pside = "long" if idx == 1 or (idx == 0 and side == "buy") else "short"
        request = OrderRequest(
            symbol=self._symbol(each["symbol"]),
            side=side,
            pside=pside,
            qty=float(each["qty"]),
            price=float(each.get("price", 0)),
            reduce_only=bool(each.get("reduceOnly", False)),
            kind="market" if each["orderType"] == "Market" else "limit",
            client_id=each["orderLinkId"],
            order_type="",
            post_only=each.get("timeInForce") == "PostOnly",
        )
        result = (await self.books.create_orders([request]))[0]
        if result.error is not None:
            reason = result.error.reason if isinstance(result.error, OrderRejected) else ""
            raise Refused(*_REASONS.get(reason, (10001, result.error.message)))
        assert result.order is not None
        return {"orderId": self._order_id(int(result.order.id)), "createAt": str(self._now())}

    async def _cancel_batch(self, params: Params) -> Any:
        rows: list[Any] = []
        verdicts: list[Any] = []
        for each in params["request"]:
            number = int(each["orderId"].rpartition("-")[2])
            order = OpenOrder(f"{number:09d}", "", self._symbol(each["symbol"]), "buy", "long", 0.0, 0.0, False, 0)
            gone = isinstance((await self.books.cancel_orders([order]))[0].error, OrderGone)
            rows.append({"category": "linear", **each, "orderLinkId": ""})
            text = "order not exists or too late to cancel" if gone else "OK"
            verdicts.append({"code": 110001 if gone else 0, "msg": text})
        return {"list": rows, "_extra": {"list": verdicts}}

    def _page(self, rows: list[Any], params: Params) -> Any:
        """Cut a page by the cursor, as the venue does."""
        at, size = int(params.get("cursor", 0)), int(params.get("limit", 20))
        more = str(at + size) if at + size < len(rows) else ""
        return {"category": "linear", "nextPageCursor": more, "list": rows[at : at + size]}

    def _fills(self, params: Params) -> list[Fill]:
        start, end = int(params["startTime"]), int(params["endTime"])
        if end - start > 7 * 86_400_000:
            raise Refused(10001, "The time range between startTime and endTime cannot exceed 7 days")
        return [fill for fill in self.books.ledger.fills() if start <= fill.ts_ms <= end]

    def _position(self, symbol: str, pside: Pside) -> dict[str, Any]:
        held = self.books.books.held(symbol, pside)
        return {
            "positionIdx": _IDX[pside] if self.books.books.hedge_mode else 0,
            "symbol": self._id(symbol),
            "side": "" if not held.size else "Buy" if held.size > 0 else "Sell",
            "size": self._qty(symbol, abs(held.size)),
            "avgPrice": repr(held.price),
            "leverage": str(self.books.leverage.get(self._id(symbol), 10)),
            "updatedTime": str(self._now()),
        }

    def _order(self, record: Record) -> dict[str, Any]:
        request, symbol = record.request, record.request.symbol
        return {
            "category": "linear",
            "symbol": self._id(symbol),
            "orderId": self._order_id(record.id),
            "orderLinkId": request.client_id,
            "side": request.side.capitalize(),
            "positionIdx": _IDX[request.pside] if self.books.books.hedge_mode else 0,
            "orderType": request.kind.capitalize(),
            "orderStatus": _STATUS[record.status],
            "price": f"{request.price:.{self._decimals[self._id(symbol)][0]}f}",
            "qty": self._qty(symbol, request.qty),
            "leavesQty": self._qty(symbol, request.qty - record.executed),
            "cumExecQty": self._qty(symbol, record.executed),
            "timeInForce": "PostOnly" if request.post_only else "GTC",
            "reduceOnly": request.reduce_only,
            "createdTime": str(record.created_ms),
            "updatedTime": str(record.updated_ms),
        }

    def _execution(self, fill: Fill) -> dict[str, Any]:
        closed = abs(fill.qty) if _closing(fill) else 0.0
        return {
            "symbol": self._id(fill.symbol),
            "orderId": self._order_id(int(fill.order_id)),
            "orderLinkId": fill.client_id,
            "side": fill.side.capitalize(),
            "execFee": f"{-fill.fee:.8f}",
            "execId": f"exec-{fill.id}",
            "execPrice": repr(fill.price),
            "execQty": self._qty(fill.symbol, abs(fill.qty)),
            "closedSize": self._qty(fill.symbol, closed),
            "execType": "Trade",
            "execTime": str(fill.ts_ms),
            "isMaker": True,
        }

    def _order_id(self, number: int) -> str:
        return f"order-{number:09d}"

    def _id(self, symbol: str) -> str:
        return f"{symbol.partition('/')[0]}USDT"

    def _symbol(self, market_id: str) -> str:
        return f"{market_id.removesuffix('USDT')}/USDT:USDT"

    def _qty(self, symbol: str, qty: float) -> str:
        return f"{qty:.{self._decimals[self._id(symbol)][1]}f}"


def _closing(fill: Fill) -> bool:
    return (fill.side == "sell") == (fill.pside == "long")
