"""OKX's private v5 dialect over the simulated books; sources of the shapes: docs/exchange-okx.md."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from aiohttp import web

from pbtui.core.errors import AccountRefused, OrderGone, OrderRejected
from pbtui.core.types import Fill, OpenOrder, OrderRequest, Pside, Side
from tests.venues.core import Record
from tests.venues.okx_public import LOTS, OkxPublic
from tests.venues.simulator import KEY, PASSPHRASE, SECRET, Asked, Reply
from tests.venues.speaking import Speaking, send

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

Params = Any
_REASONS = {
    "min_cost": ("51020", "Your order should meet or exceed the minimum order amount."),
    "reduce_only": ("51169", "Order failed because you don't have any positions in this direction to reduce or close."),
    "duplicate_client_id": ("51016", "Duplicated client order ID"),
    "max_qty": ("51101", "Entered amount exceeds the max order amount (Cont) for limit orders"),
    "insufficient_margin": ("51008", "Order failed. Insufficient USDT margin in account"),
}
_STATE = {"new": "live", "partly": "partially_filled", "filled": "filled", "cancelled": "canceled"}
_LIMITS = {  # requests in two seconds
    "/api/v5/account/balance": 10,
    "/api/v5/account/positions": 10,
    "/api/v5/account/leverage-info": 20,
    "/api/v5/account/set-leverage": 20,
    "/api/v5/trade/fills": 60,
    "/api/v5/trade/fills-history": 10,
    "/api/v5/trade/orders-pending": 60,
}
_WINDOW_MS = 30_000
_FIRST_ID = 2_497_956_918_703_120_384
_CLIENT_ID = re.compile(r"[A-Za-z0-9]{1,32}")


class Refused(Exception):
    """An error of the venue."""

    def __init__(self, code: str, text: str, status: int = 200) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status


class OkxDialect(Speaking):
    """Answers under /api/v5; signatures, passphrase and time are checked as the venue does."""

    name = "okx"
    lots = LOTS

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator)
        self._public = OkxPublic(simulator)
        self._decimals = {f"{m.coin}-USDT-SWAP": m.price_decimals for m in simulator.markets.values()}
        self._asked: Counter[tuple[str, int]] = Counter()
        self.profits_told = True  # profits and fees of fills may come later than the fills
        self.level = "2"  # account mode: 1 spot, 2 futures, 3 multi-currency, 4 portfolio
        self.kinds: set[str] = set()  # of instruments whose orders are listened to
        self.extra_positions: list[dict[str, Any]] = []
        self._routes: dict[str, Callable[[Params], Any]] = {
            "GET /api/v5/account/config": self._config,
            "GET /api/v5/account/balance": self._balance,
            "GET /api/v5/account/positions": self._positions,
            "GET /api/v5/account/leverage-info": self._leverage,
            "GET /api/v5/trade/orders-pending": self._open_orders,
            "GET /api/v5/trade/order": self._one_order,
            "GET /api/v5/trade/fills": lambda params: self._fills(params, days=3),
            "GET /api/v5/trade/fills-history": lambda params: self._fills(params, days=90),
            "POST /api/v5/account/set-position-mode": self._set_mode,
            "POST /api/v5/account/set-leverage": self._set_leverage,
            "POST /api/v5/trade/batch-orders": self._create_batch,
            "POST /api/v5/trade/cancel-batch-orders": self._cancel_batch,
        }

    async def answer(self, asked: Asked) -> Reply | None:
        public = self._public.routes.get(asked.path)
        if public is not None:
            return _reply(public(dict(parse_qsl(asked.query))))
        route = self._routes.get(f"{asked.method} {asked.path}")
        if route is None:
            return Reply({"msg": "API endpoint not found", "code": "404", "data": []}, 404)
        try:
            self._count(asked.path)
            found = route(self._verified(asked))
            found = await found if asyncio.iscoroutine(found) else found
        except Refused as error:
            return Reply({"code": error.code, "data": [], "msg": error.text}, error.status)
        return found if isinstance(found, Reply) else _reply(found)

    def wants_socket(self, path: str) -> bool:
        return "/ws/v5/" in path

    async def socket(self, request: web.Request) -> web.StreamResponse:
        private = request.path.endswith("/private")

        async def hear(ws: web.WebSocketResponse, text: str) -> None:
            if text == "ping":
                await ws.send_str("pong")
            else:
                await self._told(ws, json.loads(text), private=private)

        return await self._attend(request, hear)

    async def push(self) -> None:
        events = self._news()
        if events is None:
            return
        for record, fill in events:
            row = {**self._order(record), **self._last_fill(record, fill)}
            text = json.dumps({"arg": {"channel": "orders", "instType": "SWAP", "uid": "1"}, "data": [row]})
            await self._tell(text)

    async def stream(self) -> None:
        """Send the price of now to who listens."""
        for ws, topics in list(self._streams.items()):
            for channel, market_id in list(topics):
                if channel in ("trades", "bbo-tbt") and not ws.closed:
                    await send(ws, json.dumps(self._public.message(channel, market_id)))

    async def _told(self, ws: web.WebSocketResponse, message: Params, *, private: bool) -> None:
        if message["op"] == "login":
            given = message["args"][0]
            right = _signature(f"{given['timestamp']}GET/users/self/verify")
            timely = not self._late(int(given["timestamp"]) * 1000)
            fine = timely and given["apiKey"] == KEY and given["passphrase"] == PASSPHRASE and given["sign"] == right
            told = {"event": "login", "code": "0", "msg": ""}
            await ws.send_str(json.dumps(told if fine else {"event": "error", "code": "60009", "msg": "Login failed."}))
            if fine:
                self._private.append(ws)
        elif message["op"] == "subscribe":
            for arg in message["args"]:
                if private and ws not in self._private:
                    await ws.send_str(json.dumps({"event": "error", "code": "60011", "msg": "Please log in"}))
                    return
                self._streams[ws].add((arg["channel"], arg.get("instId", "")))
                if arg["channel"] == "orders":
                    self.listeners += 1
                    self.kinds.add(arg["instType"])
                await ws.send_str(json.dumps({"event": "subscribe", "arg": arg, "connId": "a4d3ae55"}))

    def _count(self, path: str) -> None:
        slot = (path, self._now() // 2_000)
        self._asked[slot] += 1
        if self._asked[slot] > _LIMITS.get(path, 1_000):
            raise Refused("50011", "Too Many Requests", 429)

    def _verified(self, asked: Asked) -> Params:
        headers, stamp = asked.headers, asked.headers.get("OK-ACCESS-TIMESTAMP", "")
        if headers.get("OK-ACCESS-KEY") != KEY:
            raise Refused("50111", "Invalid OK-ACCESS-KEY", 401)
        if self._late(datetime.fromisoformat(stamp).timestamp() * 1000):
            raise Refused("50102", "Timestamp request expired", 401)
        query = f"?{asked.query}" if asked.query else ""
        if headers.get("OK-ACCESS-SIGN") != _signature(f"{stamp}{asked.method}{asked.path}{query}{asked.body}"):
            raise Refused("50113", "Invalid Sign", 401)
        if headers.get("OK-ACCESS-PASSPHRASE") != PASSPHRASE:
            raise Refused("50105", "Request header OK-ACCESS-PASSPHRASE incorrect.", 401)
        if asked.path.endswith("/batch-orders"):
            self._check_deadline(datetime.fromisoformat(stamp).timestamp() * 1000, int(headers["expTime"]))
        return json.loads(asked.body) if asked.method == "POST" else dict(parse_qsl(asked.query))

    def _check_deadline(self, stamp_ms: float, until_ms: int) -> None:
        clock = self._simulator.fast_clock
        if clock.now_ms() > stamp_ms + (until_ms - stamp_ms) * max(1.0, clock.speed):
            raise Refused("51149", "Order timed out. Please try again later.", 500)

    def _late(self, stamp_ms: float) -> bool:
        clock = self._simulator.fast_clock
        # The window is in the machine's time: market time passes many times as fast here.
        return abs(clock.now_ms() - stamp_ms) > _WINDOW_MS * max(1.0, clock.speed)

    def _config(self, _: Params) -> Any:
        mode = "long_short_mode" if self.books.books.hedge_mode else "net_mode"
        allowed = "read_only,withdraw,trade" if self.withdrawals else "read_only,trade"
        row = {"uid": "1", "mainUid": "1", "acctLv": self.level, "posMode": mode, "perm": allowed, "ip": "127.0.0.1"}
        return [{**row, "autoLoan": False, "greeksType": "PA", "level": "Lv1", "ctIsoMode": "automatic", "label": "t"}]

    def _balance(self, _: Params) -> Any:
        wallet = f"{self.books.books.balance:.8f}"
        values = {"cashBal": wallet, "eq": wallet, "eqUsd": wallet, "availBal": wallet, "availEq": wallet, "upl": "0"}
        coin = {"ccy": "USDT", **values, "collateralEnabled": False, "uTime": str(self._now())}
        return [{"adjEq": "", "totalEq": wallet, "uTime": str(self._now()), "details": [coin]}]

    def _positions(self, params: Params) -> Any:
        assert params == {"instType": "SWAP"}
        return [self._position(symbol, pside) for symbol, pside in self.books.books.positions] + self.extra_positions

    def _open_orders(self, params: Params) -> Any:
        rows = [self._order(self.books.records[int(name)]) for name in sorted(self.books.books.orders, reverse=True)]
        return _page(rows, params, "ordId")

    def _one_order(self, params: Params) -> Any:
        record = self.books.record_of(params["clOrdId"])
        if record is None or _id(record.request.symbol) != params["instId"]:
            raise Refused("51603", "Order does not exist")
        return [self._order(record)]

    def _fills(self, params: Params, *, days: int) -> Any:
        oldest = max(int(params.get("begin", 0)), self._now() - days * 86_400_000)
        rows = [self._fill(fill) for fill in self.books.ledger.fills() if fill.ts_ms >= oldest]
        return _page(rows[::-1], params, "billId")

    async def _set_mode(self, params: Params) -> Any:
        try:
            await self.books.prepare_account(hedge_mode=params["posMode"] == "long_short_mode")
        except AccountRefused:
            text = "Setting failed. Cancel any open orders, close positions, and stop trading bots first."
            raise Refused("59000", text) from None
        return [{"posMode": params["posMode"]}]

    def _leverage(self, params: Params) -> Any:
        lever = str(self.books.leverage.get(params["instId"], 3))
        sides = ("long", "short") if self.books.books.hedge_mode else ("net",)
        return [{"instId": params["instId"], "mgnMode": "cross", "posSide": side, "lever": lever} for side in sides]

    def _set_leverage(self, params: Params) -> Any:
        assert params["mgnMode"] == "cross"
        symbol = _symbol(params["instId"])
        if any(resting.order.symbol == symbol for resting in self.books.books.orders.values()):
            text = "Leverage can't be modified. Please cancel all pending cross margin orders before adjusting it."
            raise Refused("59107", text)
        self.books.leverage[params["instId"]] = int(params["lever"])
        return [{**params, "posSide": ""}]

    async def _create_batch(self, params: Params) -> Any:
        if len(params) > 20:
            raise Refused("51111", "Maximum 20 orders can be placed in bulk")
        rows: list[dict[str, Any]] = []
        for each in params:
            row = {"clOrdId": each["clOrdId"], "tag": "", "ts": str(self._now())}
            try:
                rows.append({**row, "ordId": await self._create(each), "sCode": "0", "sMsg": "Order placed"})
            except Refused as error:
                rows.append({**row, "ordId": "", "sCode": error.code, "sMsg": error.text})
        return self._outcomes(rows)

    async def _create(self, each: Mapping[str, Any]) -> str:
        if self.reject_next:
            raise Refused(*_REASONS[self.reject_next.pop(0)])
        hedge, told = self.books.books.hedge_mode, each.get("posSide", "net")
        for name, fine in (
            ("posSide", (told in ("long", "short")) is hedge),
            ("tdMode", each["tdMode"] == "cross"),
            ("clOrdId", _CLIENT_ID.fullmatch(each["clOrdId"])),
            ("sz", isinstance(each["sz"], str)),
        ):
            if not fine:
                raise Refused("51000", f"Parameter {name} error")
        side: Side = each["side"]
        pside: Pside = told if hedge else ("long" if side == "buy" else "short")
        request = OrderRequest(
            symbol=_symbol(each["instId"]),
            side=side,
            pside=pside,
            qty=float(each["sz"]),
            price=float(each.get("px", 0)),
            reduce_only=not hedge and bool(each.get("reduceOnly", False)),
            kind="market" if each["ordType"] == "market" else "limit",
            client_id=each["clOrdId"],
            order_type="",
            post_only=each["ordType"] == "post_only",
        )
        return await self._place(request)

    async def _place(self, request: OrderRequest) -> str:
        # A name is used up by the order that had it, whatever became of that: the stricter reading of the venue's text.
        if self.books.record_of(request.client_id) is not None:
            raise Refused(*_REASONS["duplicate_client_id"])
        result = (await self.books.create_orders([request]))[0]
        if isinstance(result.error, OrderRejected) and result.error.reason == "post_only":
            return _order_id(0)  # taken, and cancelled at once
        if result.error is not None:
            reason = result.error.reason if isinstance(result.error, OrderRejected) else ""
            raise Refused(*_REASONS.get(reason, ("51000", result.error.message)))
        assert result.order is not None
        return _order_id(int(result.order.id))

    async def _cancel_batch(self, params: Params) -> Any:
        rows: list[dict[str, Any]] = []
        for each in params:
            number = int(each["ordId"]) - _FIRST_ID
            order = OpenOrder(f"{number:09d}", "", _symbol(each["instId"]), "buy", "long", 0.0, 0.0, False, 0)
            gone = isinstance((await self.books.cancel_orders([order]))[0].error, OrderGone)
            text = "Order cancellation failed as the order has been filled, canceled or does not exist." if gone else ""
            rows.append({"clOrdId": "", "ordId": each["ordId"], "sCode": "51400" if gone else "0", "sMsg": text})
        return self._outcomes(rows)

    def _outcomes(self, rows: Sequence[Mapping[str, Any]]) -> Reply:
        failed = sum(row["sCode"] != "0" for row in rows)
        code = "0" if not failed else "1" if failed == len(rows) else "2"
        text = "" if code == "0" else "All operations failed" if code == "1" else "Bulk operation partially succeeded."
        stamp = str(self._now() * 1000)
        return Reply({"code": code, "data": rows, "msg": text, "inTime": stamp, "outTime": stamp})

    def _position(self, symbol: str, pside: Pside) -> dict[str, Any]:
        held, hedge = self.books.books.held(symbol, pside), self.books.books.hedge_mode
        return {
            "instType": "SWAP",
            "instId": _id(symbol),
            "mgnMode": "cross",
            "posId": "1",
            "posSide": pside if hedge else "net",
            "pos": f"{abs(held.size) if hedge else held.size:.2f}",
            "avgPx": repr(held.price),
            "ccy": "USDT",
            "lever": str(self.books.leverage.get(_id(symbol), 3)),
            "uTime": str(self._now()),
        }

    def _order(self, record: Record) -> dict[str, Any]:
        request, hedge = record.request, self.books.books.hedge_mode
        kind = "post_only" if request.post_only and request.kind == "limit" else request.kind
        return {
            "instType": "SWAP",
            "instId": _id(request.symbol),
            "ordId": _order_id(record.id),
            "clOrdId": request.client_id,
            "side": request.side,
            "posSide": request.pside if hedge else "net",
            "ordType": kind,
            "state": _STATE[record.status],
            "px": "" if kind == "market" else f"{request.price:.{self._decimals[_id(request.symbol)]}f}",
            "sz": f"{request.qty:.2f}",
            "accFillSz": f"{record.executed:.2f}",
            "avgPx": repr(record.average),
            "tdMode": "cross",
            "reduceOnly": "true" if request.reduce_only else "false",
            "lever": "3",
            "category": "normal",
            "fee": "0",
            "feeCcy": "USDT",
            "cTime": str(record.created_ms),
            "uTime": str(record.updated_ms),
        }

    def _last_fill(self, record: Record, fill: Fill | None) -> dict[str, Any]:
        if fill is None:
            return {"fillSz": "0", "fillPx": "", "fillTime": "", "tradeId": "", "execType": "", "code": "0", "msg": ""}
        row = self._fill(fill)
        names = ("fillPx", "fillSz", "fillTime", "tradeId", "execType", "fillPnl")
        return {**{name: row[name] for name in names}, "fillFee": row["fee"], "fillFeeCcy": "USDT", "code": "0"}

    def _fill(self, fill: Fill) -> dict[str, Any]:
        return {
            "instType": "SWAP",
            "instId": _id(fill.symbol),
            "tradeId": str(int(fill.id)),
            "ordId": _order_id(int(fill.order_id)),
            "clOrdId": fill.client_id,
            "billId": _order_id(int(fill.id)),
            "subType": "1",
            "side": fill.side,
            "posSide": fill.pside if self.books.books.hedge_mode else "net",
            "fillPx": repr(fill.price),
            "fillSz": f"{abs(fill.qty):.2f}",
            "fillPnl": repr(fill.pnl),
            "fee": f"{fill.fee:.8f}",
            "feeCcy": "USDT",
            "execType": "M",
            "fillTime": str(fill.ts_ms),
            "ts": str(fill.ts_ms + 1),
            **({} if self.profits_told else {"fillPnl": "", "fee": ""}),
        }


def _reply(rows: Any) -> Reply:
    return Reply({"code": "0", "msg": "", "data": rows})


def _page(rows: Sequence[Mapping[str, Any]], params: Mapping[str, str], key: str) -> Sequence[Mapping[str, Any]]:
    """Return at most a hundred rows, newest first, that are older than the row named by `after`."""
    after = int(params.get("after", 9e18))
    return [row for row in rows if int(row[key]) < after][: min(int(params.get("limit", 100)), 100)]


def _signature(text: str) -> str:
    return base64.b64encode(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _order_id(number: int) -> str:
    return str(_FIRST_ID + number)


def _id(symbol: str) -> str:
    return f"{symbol.partition('/')[0]}-USDT-SWAP"


def _symbol(market_id: str) -> str:
    return f"{market_id.partition('-')[0]}/USDT:USDT"
