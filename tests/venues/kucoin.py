"""KuCoin's private futures dialect over the simulated books; sources of the shapes: docs/exchange-kucoin.md."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from aiohttp import web

from pbtui.core.errors import AccountRefused, OrderGone, OrderRejected
from pbtui.core.types import Fill, OpenOrder, OrderRequest, Pside, Side
from tests.venues.core import Record
from tests.venues.kucoin_public import LOTS, KucoinPublic, contract_of
from tests.venues.simulator import KEY, PASSPHRASE, SECRET, Asked, Reply
from tests.venues.speaking import Speaking, send

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

Params = Any
_PATIENCE_MS = 5_000  # a request may be five seconds old
_FIRST_ID = 284_486_580_000_000_000
_REASONS = {
    "min_cost": ("400100", "Order size below the minimum requirement."),
    "min_qty": ("400100", "Order size below the minimum requirement."),
    "reduce_only": ("300009", "No open positions to close."),
    "duplicate_client_id": ("300018", "clientOid parameter repeated"),
    "insufficient_margin": ("300003", "Balance not enough, order cost exceeds it"),
    "tick": ("300000", "price increment invalid"),
}
_TYPES = {"new": "open", "partly": "match", "filled": "filled", "cancelled": "canceled"}


class Refused(Exception):
    """An error of the venue."""

    def __init__(self, code: str, text: str, status: int = 200) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status


class KucoinDialect(Speaking):
    """Answers under /api; signatures, passphrases and times are checked as the venue does."""

    name = "kucoin"
    lots = LOTS

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator)
        self._public = KucoinPublic(simulator)
        self._symbols = {contract_of(m.coin): f"{m.coin}/USDT:USDT" for m in simulator.markets.values()}
        self._contracts = {symbol: contract for contract, symbol in self._symbols.items()}
        self._tokens = itertools.count(1)
        self._crossed: list[dict[str, Any]] = []  # post-only orders that would have taken: cancelled once taken
        self.cross: set[str] = set()
        self.keeps_margin = False  # coins stay in isolated margin
        self.unified = False
        self._routes: dict[str, Callable[[Params], Any]] = {
            "GET /api/v1/user/api-key": self._key,
            "GET /api/ua/v1/account/mode": lambda _: {"selfAccountMode": "UNIFIED" if self.unified else "CLASSIC"},
            "GET /api/v1/account-overview": self._overview,
            "GET /api/v1/positions": self._positions,
            "GET /api/v1/history-positions": self._closed,
            "GET /api/v1/orders": self._open_orders,
            "GET /api/v1/orders/byClientOid": self._named,
            "GET /api/v1/fills": self._fills,
            "GET /api/v2/position/getPositionMode": lambda _: {"positionMode": int(self.books.books.hedge_mode)},
            "POST /api/v2/position/switchPositionMode": self._set_mode,
            "GET /api/v2/position/getMarginMode": self._margin,
            "POST /api/v2/position/changeMarginMode": self._set_margin,
            "GET /api/v2/getCrossUserLeverage": self._leverage,
            "POST /api/v2/changeCrossUserLeverage": self._set_leverage,
            "POST /api/v1/orders/multi": self._create_batch,
            "DELETE /api/v1/orders/multi-cancel": self._cancel_batch,
            "POST /api/v1/bullet-private": lambda _: self._bullet("private"),
        }

    async def answer(self, asked: Asked) -> Reply | None:
        name = f"{asked.method} {asked.path}"
        headers = {"gw-ratelimit-limit": "2000", "gw-ratelimit-remaining": "1990", "gw-ratelimit-reset": "29000"}
        if name == "POST /api/v1/bullet-public":
            return _reply(self._bullet("public"))
        public = self._public.routes.get(name)
        if public is not None:
            return _reply(public(dict(parse_qsl(asked.query))))
        try:
            params = self._verified(asked)
            if asked.path.startswith("/api/v1/orders/2") and asked.method == "GET":
                return _reply(self._one(asked.path.rpartition("/")[2]), headers=headers)
            route = self._routes.get(name)
            if route is None:
                raise Refused("404000", "Url Not Found", 404)
            found = route(params)
            return _reply(await found if asyncio.iscoroutine(found) else found, headers=headers)
        except Refused as error:
            return Reply({"code": error.code, "msg": error.text}, error.status, headers)

    def wants_socket(self, path: str) -> bool:
        return path.endswith("/endpoint")

    async def socket(self, request: web.Request) -> web.StreamResponse:
        welcome = json.dumps({"id": request.query.get("connectId", ""), "type": "welcome"})
        token = request.query.get("token", "")
        return await self._attend(request, lambda ws, text: self._told(ws, json.loads(text), token), welcome)

    async def push(self) -> None:
        events = self._news()
        crossed, self._crossed = self._crossed, []
        if events is None:
            return
        told = [self._event(record, fill) for record, fill in events] + crossed
        for data in told:
            text = json.dumps(
                {
                    "type": "message",
                    "topic": "/contractMarket/tradeOrders",
                    "subject": "orderChange",
                    "channelType": "private",
                    "data": data,
                }
            )
            await self._tell(text)

    async def stream(self) -> None:
        """Send the price of now to who listens."""
        for ws, topics in list(self._streams.items()):
            for kind, contract in list(topics):
                if not ws.closed:
                    await send(ws, json.dumps(self._public.message(kind, contract)))

    async def _told(self, ws: web.WebSocketResponse, message: Mapping[str, Any], token: str) -> None:
        kind, topic = message["type"], message.get("topic", "")
        if kind == "ping":
            await ws.send_str(json.dumps({"id": message["id"], "type": "pong"}))
        if kind != "subscribe":
            return
        if topic == "/contractMarket/tradeOrders":
            if not token.startswith("private-"):
                await ws.send_str(json.dumps({"id": message["id"], "type": "error", "code": 401, "data": "token"}))
                return
            self._private.append(ws)
            self.listeners += 1
        else:
            channel, _, contracts = topic.partition(":")
            self._streams[ws] |= {(channel.rpartition("/")[2], contract) for contract in contracts.split(",")}
        await ws.send_str(json.dumps({"id": message["id"], "type": "ack"}))

    def _bullet(self, kind: str) -> Any:
        endpoint = f"{self._simulator.base_url.replace('http', 'ws', 1)}/ws-api-futures.kucoin.com/endpoint"
        server = {"endpoint": endpoint, "encrypt": False, "protocol": "websocket", "pingInterval": 18_000}
        return {"token": f"{kind}-{next(self._tokens)}", "instanceServers": [{**server, "pingTimeout": 10_000}]}

    def _verified(self, asked: Asked) -> Params:
        if asked.headers.get("KC-API-KEY") != KEY:
            raise Refused("400003", "KC-API-KEY not exists", 401)
        stamp = asked.headers.get("KC-API-TIMESTAMP", "0")
        endpoint = f"{asked.path}?{asked.query}" if asked.query else asked.path
        if _signed(f"{stamp}{asked.method}{endpoint}{asked.body}") != asked.headers.get("KC-API-SIGN"):
            raise Refused("400005", "Invalid KC-API-SIGN", 401)
        if _signed(PASSPHRASE) != asked.headers.get("KC-API-PASSPHRASE"):
            raise Refused("400004", "Invalid KC-API-PASSPHRASE", 401)
        assert "KC-API-PARTNER" not in asked.headers, "nobody's partner code"
        clock = self._simulator.fast_clock
        # The window is in the machine's time: market time passes many times as fast here.
        if abs(clock.now_ms() - int(stamp)) > _PATIENCE_MS * max(1.0, clock.speed):
            raise Refused("400002", "Invalid KC-API-TIMESTAMP", 401)
        return json.loads(asked.body) if asked.body else dict(parse_qsl(asked.query))

    def _key(self, _: Params) -> Any:
        permission = "General,Futures,Transfer" if self.withdrawals else "General,Futures"
        return {"remark": "bot", "apiKey": KEY, "permission": permission, "ipWhitelist": "127.0.0.1", "uid": 4_711}

    def _overview(self, params: Params) -> Any:
        balance = self.books.books.balance
        unrealised = 12.5
        return {
            "currency": params["currency"],
            "accountEquity": balance + unrealised,
            "unrealisedPNL": unrealised,
            "marginBalance": balance,
            "availableBalance": 5.0,
        }

    def _positions(self, _: Params) -> Any:
        return [self._position(symbol, pside) for symbol, pside in self.books.books.positions]

    def _position(self, symbol: str, pside: Pside) -> dict[str, Any]:
        held = self.books.books.held(symbol, pside)
        return {
            "id": f"{symbol}-{pside}",
            "symbol": self._contracts[symbol],
            "crossMode": True,
            "marginMode": "CROSS",
            "positionSide": pside.upper() if self.books.books.hedge_mode else "BOTH",
            "currentQty": round(held.size),
            "avgEntryPrice": held.price,
            "leverage": 7,
            "isOpen": True,
            "settleCurrency": "USDT",
        }

    def _closed(self, params: Params) -> Any:
        rows = [
            {
                "closeId": fill.id,
                "symbol": params["symbol"],
                "type": f"CLOSE_{fill.pside.upper()}",
                "openPrice": repr(self.books.entry_price[int(fill.id)]),
                "closePrice": repr(fill.price),
                "closeTime": fill.ts_ms + 3,
                "marginMode": "CROSS",
            }
            for fill in self.books.ledger.fills()
            if fill.psize == 0.0
            and self._contracts[fill.symbol] == params["symbol"]
            and int(params["from"]) <= fill.ts_ms <= int(params["to"])
        ]
        return {"currentPage": 1, "pageSize": 200, "totalNum": len(rows), "totalPage": 1, "items": rows}

    def _open_orders(self, params: Params) -> Any:
        assert params["status"] == "active"
        numbers = sorted((int(name) for name in self.books.books.orders), reverse=True)
        return _page([self._order(self.books.records[number]) for number in numbers], params)

    def _one(self, order_id: str) -> Any:
        record = self.books.records.get(int(order_id) - _FIRST_ID)
        if record is None:
            raise Refused("100001", "error.getOrder.orderNotExist")
        return self._order(record)

    def _named(self, params: Params) -> Any:
        record = self.books.record_of(params["clientOid"])
        if record is None:
            raise Refused("100001", "error.getOrder.orderNotExist")
        return self._order(record)

    def _fills(self, params: Params) -> Any:
        start, end = int(params["startAt"]), int(params["endAt"])
        if end - start > 86_400_000:
            raise Refused("400100", "The query time range cannot exceed 24 hours")
        found = [fill for fill in self.books.ledger.fills() if start <= fill.ts_ms <= end]
        return _page([self._trade(fill) for fill in found][::-1], params)

    async def _set_mode(self, params: Params) -> Any:
        try:
            await self.books.prepare_account(hedge_mode=params["positionMode"] == "1")
        except AccountRefused:
            text = "Please close all positions and cancel all orders before switching the position mode"
            raise Refused("330011", text) from None
        return {"positionMode": params["positionMode"]}

    def _margin(self, params: Params) -> Any:
        mode = "CROSS" if params["symbol"] in self.cross else "ISOLATED"
        return {"symbol": params["symbol"], "marginMode": mode}

    def _set_margin(self, params: Params) -> Any:
        if not self.keeps_margin:
            self.cross.add(params["symbol"])
        return self._margin(params)

    def _leverage(self, params: Params) -> Any:
        return {"symbol": params["symbol"], "leverage": str(self.books.leverage.get(params["symbol"], 3))}

    def _set_leverage(self, params: Params) -> Any:
        self.books.leverage[params["symbol"]] = int(params["leverage"])
        return True

    async def _create_batch(self, params: Params) -> Any:
        assert 1 <= len(params) <= 20
        rows: list[Any] = []
        for each in params:
            row = {"clientOid": each["clientOid"], "symbol": each["symbol"], "orderId": None}
            try:
                rows.append({**row, "orderId": await self._create(each), "code": "200000", "msg": "success"})
            except Refused as error:
                rows.append({**row, "code": error.code, "msg": error.text})
        return rows

    async def _create(self, each: Mapping[str, Any]) -> str:
        if self.reject_next:
            raise Refused(*_REASONS[self.reject_next.pop(0)])
        hedge, told = self.books.books.hedge_mode, each["positionSide"]
        if (told != "BOTH") is not hedge:
            raise Refused("330012", "Your order's mode differs from your account's. Update your settings.")
        if each["marginMode"] != "CROSS" or each["symbol"] not in self.cross:
            raise Refused("330005", "The order's margin mode does not match the selected one.")
        side: Side = each["side"]
        closing = each["reduceOnly"]
        pside: Pside = "long" if told == "LONG" or (told == "BOTH" and (side == "buy") is not closing) else "short"
        request = OrderRequest(
            symbol=self._symbols[each["symbol"]],
            side=side,
            pside=pside,
            qty=float(each["size"]),
            price=float(each.get("price", 0)),
            reduce_only=closing,
            kind=each["type"],
            client_id=each["clientOid"],
            order_type="",
            post_only=each.get("postOnly", False),
        )
        result = (await self.books.create_orders([request]))[0]
        if result.error is not None:
            reason = result.error.reason if isinstance(result.error, OrderRejected) else ""
            if reason == "post_only":
                return self._cross(request)
            raise Refused(*_REASONS.get(reason, ("400100", result.error.message)))
        assert result.order is not None
        return str(_FIRST_ID + int(result.order.id))

    def _cross(self, request: OrderRequest) -> str:
        """Take a post-only order that would trade, and cancel it: that is how the venue refuses it."""
        ghost = Record(10**9 + next(self._tokens), request, self._now(), self._now(), status="cancelled")
        self._crossed.append(self._event(ghost, None))
        return str(_FIRST_ID + ghost.id)

    async def _cancel_batch(self, params: Params) -> Any:
        assert 1 <= len(params["orderIdsList"]) <= 10
        rows: list[Any] = []
        for name in params["orderIdsList"]:
            order = OpenOrder(f"{int(name) - _FIRST_ID:09d}", "", "", "buy", "long", 0.0, 0.0, False, 0)
            gone = isinstance((await self.books.cancel_orders([order]))[0].error, OrderGone)
            row = {"orderId": name, "clientOid": None, "code": "200", "msg": "success"}
            rows.append({**row, "code": "100004", "msg": "Order is in not cancelable state"} if gone else row)
        return rows

    def _order(self, record: Record) -> dict[str, Any]:
        request = record.request
        resting = record.status in ("new", "partly")
        return {
            "id": str(_FIRST_ID + record.id),
            "symbol": self._contracts[request.symbol],
            "type": request.kind,
            "side": request.side,
            "price": repr(request.price),
            "size": round(request.qty),
            "filledSize": round(record.executed),
            "dealSize": round(record.executed),
            "clientOid": request.client_id,
            "postOnly": request.post_only,
            "reduceOnly": request.reduce_only,
            "closeOrder": False,
            "marginMode": "CROSS",
            "positionSide": request.pside.upper() if self.books.books.hedge_mode else "BOTH",
            "isActive": resting,
            "status": "open" if resting else "done",
            "createdAt": record.created_ms,
            "updatedAt": record.updated_ms,
            "orderTime": record.created_ms * 1_000_000,
        }

    def _event(self, record: Record, fill: Fill | None) -> dict[str, Any]:
        order = self._order(record)
        kind = _TYPES[record.status]
        left = 0 if kind in ("filled", "canceled") else order["size"] - order["filledSize"]
        names = ("symbol", "side", "size", "filledSize", "price", "clientOid", "positionSide", "marginMode")
        data = {
            **{name: str(order[name]) for name in names},
            "orderId": order["id"],
            "orderType": order["type"],
            "type": kind,
            "status": "done" if left == 0 else "open",
            "remainSize": str(left),
            "canceledSize": str(order["size"] - order["filledSize"] if kind == "canceled" else 0),
            "orderTime": order["orderTime"],
            "ts": self._now() * 1_000_000,
        }
        if fill is not None and kind == "match":
            data |= {"matchPrice": repr(fill.price), "matchSize": str(round(abs(fill.qty))), "tradeId": fill.id}
        return data

    def _trade(self, fill: Fill) -> dict[str, Any]:
        closing, fee = (fill.side == "sell") == (fill.pside == "long"), repr(-fill.fee)
        return {
            "symbol": self._contracts[fill.symbol],
            "tradeId": str(1_828_954_000_000 + int(fill.id)),
            "orderId": str(_FIRST_ID + int(fill.order_id)),
            "side": fill.side,
            "liquidity": "maker",
            "price": repr(fill.price),
            "size": round(abs(fill.qty)),
            "openFeePay": "0" if closing else fee,
            "closeFeePay": fee if closing else "0",
            "fee": fee,
            "feeCurrency": "USDT",
            "settleCurrency": "USDT",
            "marginMode": "CROSS",
            "tradeType": "trade",
            "tradeTime": fill.ts_ms * 1_000_000,
            "createdAt": fill.ts_ms // 1000 * 1000,
        }


def _signed(text: str) -> str:
    return base64.b64encode(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _reply(data: Any, *, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply({"code": "200000", "data": data}, headers=headers or {})


def _page(rows: list[Any], params: Params) -> Any:
    size, page = int(params["pageSize"]), int(params["currentPage"])
    total = max(1, -(-len(rows) // size))
    items = rows[(page - 1) * size : page * size]
    return {"currentPage": page, "pageSize": size, "totalNum": len(rows), "totalPage": total, "items": items}
