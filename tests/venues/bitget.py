"""Bitget's private v2 dialect over the simulated books; sources of the shapes: docs/exchange-bitget.md."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from aiohttp import web

from pbtui.core.errors import AccountRefused, OrderGone, OrderRejected
from pbtui.core.types import OpenOrder, OrderRequest, Pside, Side
from tests.venues.bitget_public import BitgetPublic
from tests.venues.bitget_rows import FIRST_ID, Rows, list_page
from tests.venues.simulator import KEY, PASSPHRASE, SECRET, Asked, Reply
from tests.venues.speaking import Speaking, send

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

Params = Mapping[str, Any]
_WINDOW_MS = 30_000
_DAY_MS = 86_400_000
_CROSSED_ID = FIRST_ID + 10**15  # orders that were taken and cancelled at once
_REASONS = {
    "min_cost": ("45110", "less than the minimum amount 5 USDT"),
    "min_qty": ("45111", "less than the minimum order quantity"),
    "reduce_only": ("22002", "No position to close"),
    "duplicate_client_id": ("40786", "Duplicate clientOid"),
    "insufficient_margin": ("40762", "The order size is greater than the max open size"),
}


class Refused(Exception):
    """An error of the venue."""

    def __init__(self, code: str, text: str, status: int = 200) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status


class BitgetDialect(Speaking):
    """Answers under /api/v2; signatures, passphrase and time are checked as the venue does."""

    name = "bitget"

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator)
        self._public = BitgetPublic(simulator)
        self._rows = Rows(simulator, self._public.price)
        self.isolated = self._rows.isolated  # market ids that are kept in isolated margin, with their positions
        self.unified = False
        self.foreign: list[dict[str, Any]] = []  # positions that the bot has nothing to do with
        self.says_profit = True  # whether the account tells unrealised profit, or the positions only
        self.most_used = 0
        self.unnamed: list[str] = []  # the next batches leave these lists out of their answers
        self._crossed: list[dict[str, Any]] = []
        self._named: set[str] = set()  # client ids that were taken
        self._routes: dict[str, Callable[[Params], Any]] = {
            "GET /api/v2/spot/account/info": self._key,
            "GET /api/v2/mix/account/accounts": lambda _: [self._rows.account(told=self.says_profit)],
            "GET /api/v2/mix/account/account": self._setting,
            "GET /api/v2/mix/position/all-position": lambda _: [*self._rows.positions(), *self.foreign],
            "GET /api/v2/mix/order/orders-pending": self._open_orders,
            "GET /api/v2/mix/order/detail": self._detail,
            "GET /api/v2/mix/order/fill-history": self._fills,
            "POST /api/v2/mix/account/set-position-mode": self._set_mode,
            "POST /api/v2/mix/account/set-margin-mode": self._set_margin,
            "POST /api/v2/mix/account/set-leverage": self._set_leverage,
            "POST /api/v2/mix/order/batch-place-order": self._create_batch,
            "POST /api/v2/mix/order/batch-cancel-orders": self._cancel_batch,
        }

    async def answer(self, asked: Asked) -> Reply | None:
        public = self._public.routes.get(asked.path)
        if public is not None:
            return self._reply(public(dict(parse_qsl(asked.query))))
        route = self._routes.get(f"{asked.method} {asked.path}")
        try:
            if route is None:
                raise Refused("40404", "Request URL NOT FOUND", 404)
            found = route(self._verified(asked))
            return self._reply(await found if asyncio.iscoroutine(found) else found)
        except Refused as error:
            return self._reply(None, code=error.code, text=error.text, status=error.status)

    def wants_socket(self, path: str) -> bool:
        return "/v2/ws/" in path

    async def socket(self, request: web.Request) -> web.StreamResponse:
        async def hear(ws: web.WebSocketResponse, text: str) -> None:
            if text == "ping":
                await ws.send_str("pong")
            else:
                await self._told(ws, json.loads(text))

        return await self._attend(request, hear)

    async def push(self) -> None:
        events = self._news()
        crossed, self._crossed = self._crossed, []
        if events is None:
            return
        rows = [self._rows.event(record, fill) for record, fill in events] + crossed
        arg = {"instType": "USDT-FUTURES", "channel": "orders", "instId": "default"}
        for row in rows:
            text = json.dumps({"action": "snapshot", "arg": arg, "data": [row], "ts": self._now()})
            await self._tell(text)

    async def stream(self) -> None:
        """Send the price of now to who listens."""
        makers = {"trade": self._public.trade_message, "ticker": self._public.ticker_message}
        for ws, topics in list(self._streams.items()):
            for channel, market_id in list(topics):
                if channel in makers and not ws.closed:
                    await send(ws, json.dumps(makers[channel](market_id)))

    async def _told(self, ws: web.WebSocketResponse, message: Params) -> None:
        if message["op"] == "login":
            said = message["args"][0]
            right = said["apiKey"] == KEY and said["passphrase"] == PASSPHRASE
            right = right and said["sign"] == _signature(f"{said['timestamp']}GET/user/verify")
            clock = self._simulator.fast_clock
            right = right and abs(clock.now_ms() - 1_000 * int(said["timestamp"])) < _WINDOW_MS * max(1.0, clock.speed)
            wrong = {"event": "error", "code": 30015, "msg": "Invalid sign"}
            await ws.send_str(json.dumps({"event": "login", "code": 0} if right else wrong))
        elif message["op"] == "subscribe":
            for arg in message["args"]:
                self._streams[ws].add((arg["channel"], arg["instId"]))
                if arg["channel"] == "orders":
                    self._private.append(ws)
                    self.listeners += 1
                await ws.send_str(json.dumps({"event": "subscribe", "arg": arg}))

    def _verified(self, asked: Asked) -> Params:
        assert "X-CHANNEL-API-CODE" not in asked.headers, "a broker's code"
        stamp, query = asked.headers.get("ACCESS-TIMESTAMP", "0"), unquote(asked.query)
        if asked.headers.get("ACCESS-KEY") != KEY:
            raise Refused("40006", "Invalid ACCESS_KEY", 400)
        if asked.headers.get("ACCESS-PASSPHRASE") != PASSPHRASE:
            raise Refused("40012", "apikey/password is incorrect", 400)
        signed = f"{stamp}{asked.method}{asked.path}{'?' if query else ''}{query}{asked.body}"
        if asked.headers.get("ACCESS-SIGN") != _signature(signed):
            raise Refused("40009", "sign signature error", 400)
        clock = self._simulator.fast_clock
        # The window is in the machine's time: market time passes many times as fast here.
        if not -1_000 * clock.speed <= clock.now_ms() - int(stamp) <= _WINDOW_MS * max(1.0, clock.speed):
            raise Refused("40008", "Request timestamp expired", 400)
        if self.unified:
            text = "You are in Unified Account mode, and the Classic Account API is not supported at this time"
            raise Refused("40085", text, 400)
        return json.loads(asked.body) if asked.method == "POST" else dict(parse_qsl(query))

    def _reply(self, data: Any, *, code: str = "00000", text: str = "success", status: int = 200) -> Reply:
        return Reply({"code": code, "msg": text, "requestTime": self._now(), "data": data}, status)

    def _key(self, _: Params) -> Any:
        allowed = ["coow", "cpow", "stor", "wtor"] + (["wwow"] if self.withdrawals else [])
        return {"userId": "1", "inviterId": None, "ips": "127.0.0.1", "authorities": allowed, "parentId": 1}

    def _setting(self, params: Params) -> Any:
        return self._rows.setting(params["symbol"])

    def _open_orders(self, params: Params) -> Any:
        # Unasked the venue tells only of orders that nothing of was filled.
        wanted = "partly" if params.get("status", "live") == "partially_filled" else "new"
        records = [self.books.records[int(name)] for name in self.books.books.orders]
        rows = [self._rows.order(record) for record in records if record.status == wanted]
        return list_page("entrustedList", "orderId", rows, params)

    def _detail(self, params: Params) -> Any:
        if "orderId" in params:
            record = self.books.records.get(int(params["orderId"]) - FIRST_ID)
        else:
            record = self.books.record_of(params["clientOid"])
        if record is None:
            raise Refused("40109", "The data of the order cannot be found, please confirm the order number", 400)
        row = self._rows.order(record)
        return {**row, "state": row.pop("status")}

    def _fills(self, params: Params) -> Any:
        start, end = int(params["startTime"]), int(params["endTime"])
        if end - start > 7 * _DAY_MS:
            raise Refused("00001", "startTime and endTime interval cannot be greater than 7 days", 400)
        if start < self._now() - 90 * _DAY_MS:
            raise Refused("40704", "Can only check the data of the last three months", 400)
        rows = [self._rows.fill(fill) for fill in self.books.ledger.fills() if start <= fill.ts_ms <= end]
        return list_page("fillList", "tradeId", rows, params)

    async def _set_mode(self, params: Params) -> Any:
        try:
            await self.books.prepare_account(hedge_mode=params["posMode"] == "hedge_mode")
        except AccountRefused:
            raise Refused("40920", "Position or order exists, the position mode cannot be switched") from None
        return {"posMode": params["posMode"]}

    def _set_margin(self, params: Params) -> Any:
        if params["symbol"] in self.isolated:
            raise Refused("45117", "Currently holding positions or orders, the margin mode cannot be adjusted")
        self.books.margin[params["symbol"]] = params["marginMode"]
        return {"symbol": params["symbol"], "marginCoin": "USDT", "marginMode": params["marginMode"]}

    def _set_leverage(self, params: Params) -> Any:
        leverage = params["leverage"]
        if not 1 <= int(leverage) <= 125:
            raise Refused("40797", "Exceeded the maximum settable leverage")
        self.books.leverage[params["symbol"]] = int(leverage)
        return {"symbol": params["symbol"], "crossMarginLeverage": leverage, "marginMode": "crossed"}

    async def _create_batch(self, params: Params) -> Any:
        held = any(self._rows.id(symbol) == params["symbol"] for symbol, _ in self.books.books.positions)
        if held and params["marginMode"] != self._rows.margin(params["symbol"]):
            raise Refused("40017", "Parameter verification failed marginMode", 400)
        taken: list[Any] = []
        refused: list[Any] = []
        for each in params["orderList"]:
            try:
                order_id = await self._create(params["symbol"], each)
                taken.append({"orderId": order_id, "clientOid": each["clientOid"]})
            except Refused as error:
                named = {"orderId": "", "clientOid": each["clientOid"]}
                refused.append({**named, "errorMsg": error.text, "errorCode": error.code})
        answer = {"successList": taken, "failureList": refused}
        return answer | {name: [] for name in self.unnamed.pop(0).split()} if self.unnamed else answer

    async def _create(self, market_id: str, each: Params) -> str:
        if self.reject_next:
            raise Refused(*_REASONS[self.reject_next.pop(0)])
        request = self._request(market_id, each)
        # A name is used up by the order that had it, whatever became of that: the stricter reading of the venue's text.
        if request.client_id in self._named:
            raise Refused(*_REASONS["duplicate_client_id"])
        if each.get("tradeSide") == "close":
            await self._make_room(request)
        result = (await self.books.create_orders([request]))[0]
        if result.error is not None:
            reason = result.error.reason if isinstance(result.error, OrderRejected) else ""
            if reason == "post_only":  # taken, and cancelled before anybody could trade with it
                self._named.add(request.client_id)
                order_id = str(_CROSSED_ID + self._now())
                self._crossed.append(self._rows.crossed(request, order_id))
                return order_id
            raise Refused(*_REASONS.get(reason, ("40017", result.error.message)))
        assert result.order is not None
        self._named.add(request.client_id)
        return str(FIRST_ID + int(result.order.id))

    async def _make_room(self, request: OrderRequest) -> None:
        """In hedge mode resting closes lock the position: a market close cancels them, another one is refused."""
        side = (request.symbol, request.pside)
        locking = [
            each.order
            for each in self.books.books.orders.values()
            if each.closing and (each.order.symbol, each.order.pside) == side
        ]
        held = abs(self.books.books.held(*side).size)
        if sum(order.qty for order in locking) + request.qty <= held * (1.0 + 1e-9):
            return
        if request.kind == "limit":
            raise Refused("40757", "Not enough position is available.")
        await self.books.cancel_orders(locking)

    def _request(self, market_id: str, each: Params) -> OrderRequest:
        side: Side = each["side"]
        if ("tradeSide" in each) is not self.books.books.hedge_mode:
            text = "The order type for unilateral position must also be the unilateral position type."
            raise Refused("40774", text)
        pside: Pside = "long" if side == "buy" else "short"
        if each.get("tradeSide") == "close":
            side = "sell" if side == "buy" else "buy"
        return OrderRequest(
            symbol=self._rows.symbol(market_id),
            side=side,
            pside=pside,
            qty=float(each["size"]),
            price=float(each.get("price", 0)),
            reduce_only=each.get("reduceOnly") == "YES",
            kind=each["orderType"],
            client_id=each["clientOid"],
            order_type="",
            post_only=each.get("force") == "post_only",
        )

    async def _cancel_batch(self, params: Params) -> Any:
        done: list[Any] = []
        gone: list[Any] = []
        for each in params["orderIdList"]:
            order_id = f"{int(each['orderId']) - FIRST_ID:09d}"
            symbol = self._rows.symbol(params["symbol"])
            order = OpenOrder(order_id, "", symbol, "buy", "long", 0.0, 0.0, False, 0)
            row = {"orderId": each["orderId"], "clientOid": None}
            if isinstance((await self.books.cancel_orders([order]))[0].error, OrderGone):
                gone.append({**row, "errorMsg": "Order does not exist", "errorCode": "40768"})
            else:
                done.append(row)
        return {"successList": done, "failureList": gone}


def _signature(text: str) -> str:
    return base64.b64encode(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()).decode()
