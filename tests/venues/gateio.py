"""Gate.io's private v4 dialect over the simulated books; sources of the shapes: docs/exchange-gateio.md."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from aiohttp import web

from pbtui.core.errors import AccountRefused, OrderGone, OrderRejected
from pbtui.core.types import Fill, OpenOrder, OrderRequest, Side
from tests.venues.core import Record
from tests.venues.gateio_public import LOTS, GateIoPublic
from tests.venues.simulator import KEY, SECRET, Asked, Reply
from tests.venues.speaking import Speaking, send

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

Params = Any
_USER = 20011
_PATIENCE_MS = 60_000  # a request may be a minute old
_REASONS = {
    "min_cost": ("SIZE_TOO_SMALL", "size too small"),
    "min_qty": ("SIZE_TOO_SMALL", "size too small"),
    "reduce_only": ("REDUCE_EXCEEDED", "empty position"),
    "insufficient_margin": ("INSUFFICIENT_AVAILABLE", "balance not enough"),
    "post_only": ("ORDER_POC_IMMEDIATE", "order price while counter price"),
    "tick": ("INVALID_PRICE", "price is not a multiple of order_price_round"),
}
_PREFIX = "/api/v4"
_OPEN = ("new", "partly")


class Refused(Exception):
    """An error of the venue."""

    def __init__(self, label: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.label, self.text, self.status = label, text, status


class GateIoDialect(Speaking):
    """Answers under /api/v4; signatures and time are checked as the venue does. One side a coin at a time."""

    name = "gateio"
    lots = LOTS
    hedged = False

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator)
        self._public = GateIoPublic(simulator)
        self._decimals = {f"{m.coin}_USDT": m.price_decimals for m in simulator.markets.values()}
        self.keeps_margin = False  # coins stay in isolated margin
        self.margin_mode = "classic"
        self.profits_told = True  # profits may come later than the fills
        self.knows_keys = True  # a key of a sub-account may not ask about keys
        self._routes: dict[str, Callable[[Params], Any]] = {
            "GET /account/detail": lambda _: {"user_id": _USER, "ip_whitelist": ["127.0.0.1"], "key": {"mode": 1}},
            "GET /account/main_keys": self._keys,
            "GET /futures/usdt/accounts": self._account,
            "GET /futures/usdt/positions": self._positions,
            "GET /futures/usdt/orders": self._open_orders,
            "GET /futures/usdt/my_trades_timerange": self._trades,
            "GET /futures/usdt/account_book": self._book,
            "POST /futures/usdt/dual_mode": self._set_mode,
            "POST /futures/usdt/batch_orders": self._create_batch,
            "POST /futures/usdt/batch_cancel_orders": self._cancel_batch,
        }

    async def answer(self, asked: Asked) -> Reply | None:
        public = self._public.routes.get(asked.path)
        if public is not None:
            return Reply(public(dict(parse_qsl(asked.query))))
        path = asked.path.removeprefix(_PREFIX)
        route = self._routes.get(f"{asked.method} {path}")
        limits = {"X-Gate-RateLimit-Requests-Remain": "199", "X-Gate-RateLimit-Limit": "200"}
        try:
            params = self._verified(asked)
            if "/orders/" in path:
                return Reply(self._one_order(path.rpartition("/")[2]), headers=limits)
            if "/positions/" in path:
                contract, _, action = path.rpartition("/positions/")[2].partition("/")
                return Reply(self._position_of(contract, params, asked.method, action), headers=limits)
            if route is None:
                raise Refused("NOT_FOUND", "path", 404)
            found = route(params)
            return Reply(await found if asyncio.iscoroutine(found) else found, headers=limits)
        except Refused as error:
            return Reply({"label": error.label, "message": error.text}, error.status, limits)

    def wants_socket(self, path: str) -> bool:
        return path.endswith("/v4/ws/usdt")

    async def socket(self, request: web.Request) -> web.StreamResponse:
        return await self._attend(request, lambda ws, text: self._told(ws, json.loads(text)))

    async def push(self) -> None:
        events = self._news()
        if events is None:
            return
        now = self._now()
        for record, _ in events:
            told = {"time": now // 1000, "time_ms": now, "channel": "futures.orders", "event": "update"}
            text = json.dumps({**told, "result": [{**self._order(record), "user": str(_USER)}]})
            await self._tell(text)

    async def stream(self) -> None:
        """Send the price of now to who listens."""
        for ws, topics in list(self._streams.items()):
            for channel, contract in list(topics):
                if not ws.closed:
                    await send(ws, json.dumps(self._public.message(channel, contract)))

    async def _told(self, ws: web.WebSocketResponse, message: Mapping[str, Any]) -> None:
        channel, event, payload = message["channel"], message.get("event", ""), message.get("payload", [])
        answer = {"time": self._now() // 1000, "id": message.get("id"), "channel": channel, "event": event}
        if channel == "futures.ping":
            await ws.send_str(json.dumps({**answer, "channel": "futures.pong", "result": None}))
            return
        if channel == "futures.orders":
            text = f"channel={channel}&event={event}&time={message['time']}"
            right = hmac.new(SECRET.encode(), text.encode(), hashlib.sha512).hexdigest()
            auth = message["auth"]
            if (auth["KEY"], auth["SIGN"], payload) != (KEY, right, [str(_USER), "!all"]):
                refused = json.dumps({"label": "INVALID_KEY", "message": "Invalid key provided"})
                await ws.send_str(json.dumps({**answer, "error": {"code": 4, "message": refused}, "result": None}))
                return
            self._private.append(ws)
            self.listeners += 1
        else:
            self._streams[ws] |= {(channel, contract) for contract in payload}
        await ws.send_str(json.dumps({**answer, "result": {"status": "success"}}))

    def _verified(self, asked: Asked) -> Params:
        if asked.headers.get("KEY") != KEY:
            raise Refused("INVALID_KEY", "Invalid key provided", 401)
        stamp = asked.headers.get("Timestamp", "0")
        body = hashlib.sha512(asked.body.encode()).hexdigest()
        signed = "\n".join((asked.method, asked.path, unquote(asked.query), body, stamp))
        if hmac.new(SECRET.encode(), signed.encode(), hashlib.sha512).hexdigest() != asked.headers.get("SIGN"):
            raise Refused("INVALID_SIGNATURE", "Signature mismatch", 401)
        clock = self._simulator.fast_clock
        # The window is in the machine's time: market time passes many times as fast here.
        if abs(clock.now_ms() - int(stamp) * 1000) > _PATIENCE_MS * max(1.0, clock.speed):
            raise Refused("REQUEST_EXPIRED", "gap between request Timestamp and server time exceeds 60", 403)
        if asked.path.endswith("/batch_orders"):
            life_ms = int(asked.headers["x-gate-exptime"]) - int(stamp) * 1000
            if clock.now_ms() > int(stamp) * 1000 + life_ms * max(1.0, clock.speed):
                raise Refused("REQUEST_EXPIRED", "the request came after x-gate-exptime", 403)
        return json.loads(asked.body) if asked.body and asked.body != "{}" else dict(parse_qsl(asked.query))

    def _keys(self, _: Params) -> Any:
        if not self.knows_keys:
            raise Refused("FORBIDDEN", "Request API key does not have account permission", 403)
        perms = [{"name": "futures", "read_only": False}, {"name": "account", "read_only": True}]
        if self.withdrawals:
            perms.append({"name": "withdrawal", "read_only": False})
        return [{"state": 1, "mode": 1, "name": "bot", "user_id": _USER, "perms": perms, "key": f"{KEY[:12]}*****"}]

    def _account(self, _: Params) -> Any:
        dual = self.books.books.hedge_mode
        return {
            "user": _USER,
            "currency": "USDT",
            "total": f"{self.books.books.balance:.12f}",
            "unrealised_pnl": "17.5",
            "position_margin": "0",
            "order_margin": "0",
            "available": "3",
            "in_dual_mode": dual,
            "position_mode": "dual" if dual else "single",
            "margin_mode_name": self.margin_mode,
            "cross_available": "2500.5",
        }

    def _set_mode(self, params: Params) -> Any:
        wanted = params["dual_mode"] == "true"
        if wanted is self.books.books.hedge_mode:
            raise Refused("NO_CHANGE", "no change")
        return self._changed_mode(wanted)

    async def _changed_mode(self, wanted: bool) -> Any:
        try:
            await self.books.prepare_account(hedge_mode=wanted)
        except AccountRefused:
            raise Refused("POSITION_HOLDING", "close all positions and orders first") from None
        return self._account({})

    def _position_of(self, contract: str, params: Params, method: str, action: str) -> Any:
        if method == "POST" and action == "leverage":
            if not self.keeps_margin:
                assert params["leverage"] == "0"
                self.books.leverage[contract] = int(params["cross_leverage_limit"])
        elif contract == "SOL_USDT" and contract not in self.books.leverage:
            raise Refused("POSITION_NOT_FOUND", "position not found")
        return self._position(self._symbol(contract))

    def _positions(self, params: Params) -> Any:
        symbols = dict.fromkeys(symbol for symbol, _ in self.books.books.positions)
        at, size = int(params["offset"]), int(params["limit"])
        return [self._position(symbol) for symbol in symbols][at : at + size]

    def _position(self, symbol: str) -> dict[str, Any]:
        held = [self.books.books.held(symbol, "long"), self.books.books.held(symbol, "short")]
        now = next((each for each in held if each.size), held[0])
        contract = self._id(symbol)
        cross = self.books.leverage.get(contract)
        return {
            "user": _USER,
            "contract": contract,
            "size": round(now.size),
            "leverage": "10" if cross is None else "0",
            "cross_leverage_limit": str(cross or 0),
            "entry_price": repr(now.price),
            "mode": "single",
            "update_time": self._now() // 1000,
        }

    def _one_order(self, name: str) -> Any:
        record = self.books.record_of(name.removeprefix("t-"))
        # By its name an order is known as long as it rests, and a minute longer.
        if record is None or (record.status not in _OPEN and self._now() - record.updated_ms > 60_000):
            raise Refused("ORDER_NOT_FOUND", "order not found", 404)
        return self._order(record)

    def _open_orders(self, params: Params) -> Any:
        if params["status"] == "finished":
            ended = [r for r in reversed(self.books.records.values()) if r.status not in _OPEN]
            mine = [r for r in ended if self._id(r.request.symbol) == params["contract"]]
            return [self._order(record) for record in mine[: int(params["limit"])]]
        numbers = sorted((int(name) for name in self.books.books.orders), reverse=True)
        last = int(params.get("last_id", 10**12))
        rows = [self._order(self.books.records[number]) for number in numbers if number < last]
        return rows[: int(params["limit"])]

    def _trades(self, params: Params) -> Any:
        return self._page([self._trade(fill) for fill in self._fills(params)][::-1], params)

    def _book(self, params: Params) -> Any:
        rows = [
            {
                "time": fill.ts_ms / 1000,
                "change": repr(fill.pnl),
                "balance": "0",
                "type": "pnl",
                "text": f"{self._id(fill.symbol)}:{fill.order_id}",
                "contract": self._id(fill.symbol),
                "trade_id": str(int(fill.id)),
            }
            for fill in self._fills(params)
            if _closing(fill) and self.profits_told
        ]
        assert params["type"] == "pnl"
        return self._page(rows[::-1], params)

    async def _create_batch(self, params: Params) -> Any:
        assert 1 <= len(params) <= 10
        return [await self._create(each) for each in params]

    async def _create(self, each: Mapping[str, Any]) -> dict[str, Any]:
        text, size = each["text"], float(each["size"])
        assert text.startswith("t-")
        assert len(text) <= 30
        if self.reject_next:
            return self._failed(text, *_REASONS[self.reject_next.pop(0)])
        side: Side = "buy" if size > 0 else "sell"
        symbol = self._symbol(each["contract"])
        # The venue takes the same text again and again: nothing tells two such orders apart but their ids.
        twins = sum(r.request.client_id.partition("~")[0] == text[2:] for r in self.books.records.values())
        request = OrderRequest(
            symbol=symbol,
            side=side,
            pside="long" if (side == "buy") is not each["reduce_only"] else "short",
            qty=abs(size),
            price=float(each["price"]),
            reduce_only=each["reduce_only"],
            kind="market" if each["tif"] == "ioc" else "limit",
            client_id=f"{text[2:]}~{twins}" if twins else text[2:],
            order_type="",
            post_only=each["tif"] == "poc",
        )
        result = (await self.books.create_orders([request]))[0]
        if result.error is not None:
            reason = result.error.reason if isinstance(result.error, OrderRejected) else ""
            return self._failed(text, *_REASONS.get(reason, ("INVALID_PARAM_VALUE", result.error.message)))
        assert result.order is not None
        return {"succeeded": True, **self._order(self.books.records[int(result.order.id)])}

    async def _cancel_batch(self, params: Params) -> Any:
        assert 1 <= len(params) <= 20
        rows: list[Any] = []
        for number in params:
            order = OpenOrder(f"{int(number):09d}", "", "", "buy", "long", 0.0, 0.0, False, 0)
            gone = isinstance((await self.books.cancel_orders([order]))[0].error, OrderGone)
            rows.append({"id": number, "user_id": _USER, "succeeded": not gone})
            rows[-1]["message"] = "ORDER_NOT_FOUND" if gone else ""
        return rows

    def _failed(self, text: str, label: str, detail: str) -> dict[str, Any]:
        return {"succeeded": False, "text": text, "label": label, "detail": detail}

    def _page(self, rows: list[Any], params: Params) -> list[Any]:
        at = int(params["offset"])
        return rows[at : at + int(params["limit"])]

    def _fills(self, params: Params) -> list[Fill]:
        start, end = int(params["from"]) * 1000, (int(params["to"]) + 1) * 1000
        if end - start > 30 * 86_400_000:
            raise Refused("INVALID_PARAM_VALUE", "time range exceeds 30 days")
        return [fill for fill in self.books.ledger.fills() if start <= fill.ts_ms < end]

    def _order(self, record: Record) -> dict[str, Any]:
        request = record.request
        contract, sign = self._id(request.symbol), 1 if request.side == "buy" else -1
        resting = record.status in _OPEN
        row = {
            "id": record.id,
            "user": _USER,
            "contract": contract,
            "create_time": record.created_ms / 1000,
            "size": round(sign * request.qty),
            "left": round(sign * (request.qty - record.executed)),
            "price": "0" if request.kind == "market" else f"{request.price:.{self._decimals[contract]}f}",
            "fill_price": repr(record.average),
            "tif": "ioc" if request.kind == "market" else "poc" if request.post_only else "gtc",
            "text": f"t-{request.client_id.partition('~')[0]}",
            "is_reduce_only": request.reduce_only,
            "is_close": False,
            "is_liq": False,
            "status": "open" if resting else "finished",
        }
        if not resting:
            row |= {"finish_as": record.status, "finish_time": record.updated_ms / 1000}
        return row

    def _trade(self, fill: Fill) -> dict[str, Any]:
        return {
            "trade_id": str(int(fill.id)),
            "create_time": fill.ts_ms / 1000,
            "contract": self._id(fill.symbol),
            "order_id": str(int(fill.order_id)),
            "size": str(round(fill.qty)),
            "close_size": str(round(fill.qty)) if _closing(fill) else "0",
            "price": repr(fill.price),
            "role": "maker",
            "text": f"t-{fill.client_id.partition('~')[0]}",
            "fee": repr(-fill.fee),
            "point_fee": "0",
        }

    def _id(self, symbol: str) -> str:
        return f"{symbol.partition('/')[0]}_USDT"

    def _symbol(self, contract: str) -> str:
        return f"{contract.removesuffix('_USDT')}/USDT:USDT"


def _closing(fill: Fill) -> bool:
    return (fill.side == "sell") == (fill.pside == "long")
