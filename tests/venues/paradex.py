"""Paradex's private dialect over the simulated books; signatures of logins and orders are checked as the venue does.

Shapes are documented by the venue (its OpenAPI and stream documents, and its own client); docs/exchange-paradex.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from aiohttp import WSMsgType, web

from pbtui.core.errors import OrderGone, OrderRejected
from pbtui.core.types import Fill, OpenOrder, OrderRequest
from tests.venues import paradex_sbe as sbe
from tests.venues.core import Record
from tests.venues.paradex_public import CHAIN, ParadexPublic
from tests.venues.paradex_wallet import login_hash, order_hash, public_point, signed_by
from tests.venues.simulator import Asked, Reply
from tests.venues.speaking import send

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

ACCOUNT = "0x129c135ed63df9353885e292be4426b8ed6122b13c6c0e1bb787288a1f5adfa"
PRIVATE_KEY = "0x2cafe5f1c0d9e77a24b61b8e3f2a1946d4c05cafe5f1c0d9e77a24b61b8e3f2"
MAIN_KEY = "0x3cafe5f1c0d9e77a24b61b8e3f2a1946d4c05cafe5f1c0d9e77a24b61b8e3f3"
MINUTE_MS = 60_000
_TOKEN_MS = 5 * MINUTE_MS
_LIMIT = 600  # questions a minute
_MOST_LEVERAGE = 50
REASONS = {
    "insufficient_margin": "NOT_ENOUGH_MARGIN",
    "post_only": "POST_ONLY_WOULD_CROSS",
    "reduce_only": "REDUCE_ONLY_WILL_INCREASE",
    "not_filled": "EMPTY_MARKET",
    "price_band": "PRICE_OUTSIDE_BANDS",
}
ERRORS = {
    "min_cost": ("VALIDATION_ERROR", "order notional value is below the minimum notional of 10"),
    "duplicate_client_id": ("DUPLICATED_CLIENT_ID", "client id was used already"),
    "tick": ("INVALID_PRICE_PRECISION", "price is not a multiple of the tick size"),
}
_CLIENT_ID = re.compile(r".{1,64}")


class Refused(Exception):
    """An error of the venue."""

    def __init__(self, code: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status


class ParadexDialect:
    """Answers under /v1; tokens live five minutes."""

    name = "paradex"
    hedged = False
    entry: Mapping[str, Any] = {"wallet_address": ACCOUNT, "private_key": PRIVATE_KEY}
    secrets = (PRIVATE_KEY, PRIVATE_KEY[2:], str(int(PRIVATE_KEY, 16)))

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self.books = simulator.books
        self.public = ParadexPublic(simulator)
        self.main = hex(public_point(MAIN_KEY)[0])
        self.keys = {hex(public_point(key)[0]): public_point(key) for key in (PRIVATE_KEY, MAIN_KEY)}
        self.cidrs: list[str] = []
        self.isolated_market = ""
        self.methodology = "cross_margin"
        self.margins: dict[str, dict[str, Any]] = {}
        self.keeps_isolated: set[str] = set()
        # A request takes its time, however fast the market's time runs.
        self._stretch = max(1.0, simulator.fast_clock.speed)
        self.listeners = 0  # order streams so far
        self.logins = 0
        self.most_asked = 0
        self.spare_fields: dict[str, Any] = {}  # what the next answers to creates say in place of the truth
        self.reject_next: list[str] = []  # reasons for which the risk check ends the next orders
        self.refuse_next: list[str] = []  # reasons for which the next orders are refused at once
        self.sent: list[dict[str, Any]] = []  # orders as they came
        self._ended: dict[str, dict[str, Any]] = {}  # orders that the risk check ended, by id
        self._tokens: dict[str, tuple[str, int]] = {}  # key and end of a token
        self._asked: dict[int, int] = {}
        self._seq = 0
        self._sockets: dict[web.WebSocketResponse, set[str]] = {}
        self._routes: tuple[tuple[str, str, Callable[..., Any]], ...] = (
            ("GET", "/v1/account/info", lambda _: {"results": [self._info()]}),
            ("GET", "/v1/account/keys/subkeys/(?P<key>.+)", self._subkey),
            ("GET", "/v1/account/margin", self._margin),
            ("POST", "/v1/account/margin/(?P<market>.+)", self._set_margin),
            ("GET", "/v1/balance", lambda _: {"results": [self._balance()]}),
            ("GET", "/v1/positions", lambda _: {"results": self._positions()}),
            ("GET", "/v1/orders", lambda _: {"results": self._resting()}),
            ("GET", "/v1/orders/by_client_id/(?P<client_id>.+)", self._by_client_id),
            ("POST", "/v1/orders/batch", self._create),
            ("DELETE", "/v1/orders/batch", self._cancel),
            ("GET", "/v1/orders/(?P<order_id>[^/]+)", self._order_by_id),
            ("GET", "/v1/fills", self._fills),
        )

    async def answer(self, asked: Asked) -> Reply | None:
        query = dict(parse_qsl(asked.query))
        route = self.public.routes.get(asked.path)
        if route is not None:
            return Reply(route(query))
        try:
            if asked.method == "POST" and asked.path.startswith("/v1/auth"):
                return Reply({"jwt_token": self._log_in(asked)})
            return Reply(await self._private(asked, query), 201 if asked.method == "POST" else 200)
        except Refused as error:
            return Reply({"error": error.code, "message": error.text, "data": None}, error.status)

    def wants_socket(self, path: str) -> bool:
        return "ws.api." in path

    async def socket(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("sbeSchemaId") != "1":
            return web.Response(status=400)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        self._sockets[ws] = set()
        known = False
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    known = await self._told(ws, json.loads(message.data), known)
        finally:
            del self._sockets[ws]
        return ws

    async def push(self) -> None:
        events, self.books.events = self.books.events, []
        if self._simulator.faults.silent:
            return
        for record, _ in events:
            await self._send_order(self._row(record))

    async def stream(self) -> None:
        """Send the prices of now to who listens."""
        wanted = {
            channel for topics in self._sockets.values() for channel in topics if not channel.startswith("orders")
        }
        for channel in wanted:
            for frame in self.public.frames(channel):
                await self._send(channel, frame)

    def forget_tokens(self) -> None:
        """Let every login have ended."""
        self._tokens.clear()

    async def _send_order(self, row: dict[str, Any]) -> None:
        self._seq += 1
        await self._send("orders.ALL", sbe.order(row, self._now(), self._seq))

    async def _send(self, channel: str, frame: bytes) -> None:
        for ws in [ws for ws, topics in self._sockets.items() if channel in topics and not ws.closed]:
            await send(ws, frame)

    async def _told(self, ws: web.WebSocketResponse, message: Mapping[str, Any], known: bool) -> bool:
        """Answer a message; return whether the connection has logged in by now."""
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": message.get("id"), "usIn": 1, "usDiff": 1, "usOut": 2}
        params = message["params"]
        if message["method"] == "auth":
            known = params["bearer"] in self._tokens
            wrong = {"error": {"code": 40111, "message": "invalid bearer token"}}
            await ws.send_json({**answer, **({"result": {"node_id": "73cf456f7cb78d59"}} if known else wrong)})
            return known
        private = params["channel"].startswith("orders")
        if private and not known:
            await ws.send_json({**answer, "error": {"code": -32600, "message": "invalid subscribe request"}})
            return known
        self._sockets[ws].add(params["channel"])
        self.listeners += private
        await ws.send_json({**answer, "result": {"channel": params["channel"]}})
        return known

    def _log_in(self, asked: Asked) -> str:
        headers = asked.headers
        key = asked.path.removeprefix("/v1/auth").strip("/") or self.main
        stamp, until = int(headers["PARADEX-TIMESTAMP"]), int(headers["PARADEX-SIGNATURE-EXPIRATION"])
        if headers["PARADEX-STARKNET-ACCOUNT"] != ACCOUNT:
            raise Refused("ACCOUNT_NOT_FOUND", "account not found")
        if key not in self.keys:
            raise Refused("PUBLIC_KEY_INVALID", "public key is not registered", 401)
        if abs(stamp * 1000 - self._now()) > MINUTE_MS * self._stretch or until <= stamp:
            raise Refused("INVALID_TIMESTAMP", "timestamp is too far from the time of the server")
        signature = headers["PARADEX-STARKNET-SIGNATURE"]
        if not signed_by(signature, login_hash(CHAIN, ACCOUNT, stamp, until), self.keys[key]):
            raise Refused("STARKNET_SIGNATURE_VERIFICATION_FAILED", "signature verification failed", 401)
        self.logins += 1
        token = f"jwt-{self.logins}"
        self._tokens[token] = (key, self._now() + round(_TOKEN_MS * self._stretch))
        return token

    async def _private(self, asked: Asked, query: Mapping[str, str]) -> Any:
        token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        key, until = self._tokens.get(token, ("", 0))
        if until <= self._now():
            raise Refused("INVALID_TOKEN", "invalid bearer jwt", 401)
        if asked.method == "GET" and not self._afford():
            raise Refused("RATE_LIMIT", "too many requests", 429)
        for method, path, make in self._routes:
            found = re.fullmatch(path, asked.path)
            if found is not None and method == asked.method:
                body = json.loads(asked.body) if asked.body else {}
                told = body if isinstance(body, list) else {**query, **body, **found.groupdict()}
                made = make(told, key) if make == self._create else make(told)
                return await made if hasattr(made, "__await__") else made
        raise Refused("NOT_FOUND", asked.path, 404)

    def _afford(self) -> bool:
        minute = self._now() // MINUTE_MS
        self._asked = {minute: self._asked.get(minute, 0) + 1}
        self.most_asked = max(self.most_asked, self._asked[minute])
        return self._asked[minute] <= _LIMIT

    def _info(self) -> dict[str, Any]:
        shown = {"account": ACCOUNT, "public_key": self.main, "kind": "main", "username": "grid"}
        return {**shown, "isolated_market": self.isolated_market, "parent_account": "", "created_at": self._now()}

    def _subkey(self, asked: Mapping[str, str]) -> Any:
        if asked["key"] not in self.keys or asked["key"] == self.main:
            raise Refused("NOT_FOUND", "subkey not found", 404)
        return {"public_key": asked["key"], "name": "bot", "state": "active", "allowed_cidrs": self.cidrs}

    def _margin(self, asked: Mapping[str, str]) -> Any:
        entry = self.margins.get(asked["market"])
        told = [] if entry is None else [{"market": asked["market"], **entry}]
        return {"account": ACCOUNT, "configs": told, "margin_methodology": self.methodology}

    def _set_margin(self, asked: Mapping[str, Any]) -> Any:
        market, leverage = asked["market"], asked["leverage"]
        if not 1 <= leverage <= _MOST_LEVERAGE:
            raise Refused("VALIDATION_ERROR", f"leverage must be between 1 and {_MOST_LEVERAGE}")
        kind = "ISOLATED" if market in self.keeps_isolated else asked["margin_type"]
        self.margins[market] = {"leverage": leverage, "margin_type": kind}
        self.books.leverage[market] = leverage
        return {"account": ACCOUNT, "market": market, **self.margins[market]}

    def _balance(self) -> dict[str, Any]:
        return {"token": "USDC", "size": f"{self.books.books.balance:.10f}", "last_updated_at": self._now()}

    def _positions(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for (symbol, pside), held in self.books.books.positions.items():
            market = _market(symbol)
            prices = {"average_entry_price": repr(held.price), "average_entry_price_usd": repr(held.price)}
            signed = {"side": pside.upper(), "size": f"{held.size:.10f}".rstrip("0").rstrip("."), "status": "OPEN"}
            more = {"unrealized_pnl": "-2.39", "leverage": "5", "liquidation_price": "", "closed_at": 0}
            rows.append({"id": f"{ACCOUNT}-{market}", "account": ACCOUNT, "market": market, **prices, **signed, **more})
        return rows

    def _resting(self) -> list[dict[str, Any]]:
        return [self._row(self.books.records[int(name)]) for name in self.books.books.orders]

    def _order_by_id(self, asked: Mapping[str, str]) -> Any:
        name = asked["order_id"]
        if name in self._ended:
            return self._ended[name]
        record = self.books.records.get(int(name)) if name.isdigit() else None
        if record is None:
            raise Refused("ORDER_ID_NOT_FOUND", "order not found", 404)
        return self._row(record)

    def _by_client_id(self, asked: Mapping[str, str]) -> Any:
        record = self.books.record_of(asked["client_id"])
        ended = [row for row in self._ended.values() if row["client_id"] == asked["client_id"]]
        if record is None and not ended:
            raise Refused("CLIENT_ORDER_ID_NOT_FOUND", "order not found", 404)
        return ended[-1] if record is None else self._row(record)

    async def _create(self, orders: list[dict[str, Any]], key: str) -> Any:
        if not 1 <= len(orders) <= 10:
            raise Refused("BATCH_SIZE_OUT_OF_RANGE", "a batch has 1 to 10 orders")
        for each in orders:  # one bad signature refuses them all
            if not signed_by(each["signature"], order_hash(CHAIN, ACCOUNT, each), self.keys[key]):
                raise Refused("INVALID_ORDER_SIGNATURE", "order signature is wrong")
            if self._now() > each["signature_timestamp"] + each["recv_window"] * self._stretch:
                raise Refused("VALIDATION_ERROR", "order came after its recv_window")
        told: list[dict[str, Any]] = []
        errors: list[dict[str, str]] = []
        for each in orders:
            self.sent.append(each)
            reason = self.refuse_next.pop(0) if self.refuse_next else await self._create_one(each, told)
            if reason:
                code, text = ERRORS.get(reason, ("VALIDATION_ERROR", reason))
                errors.append({"error": code, "message": text})
        return {"orders": told, "errors": errors, **self.spare_fields}

    async def _create_one(self, each: Mapping[str, Any], told: list[dict[str, Any]]) -> str:
        """Take an order; return why it is refused at once, empty where it was queued."""
        assert _CLIENT_ID.fullmatch(each["client_id"]), each
        side = each["side"].lower()
        closing = "REDUCE_ONLY" in each.get("flags", [])
        request = OrderRequest(
            symbol=_symbol(each["market"]),
            side=side,
            pside="long" if (side == "buy") is not closing else "short",
            qty=float(each["size"]),
            price=float(each["price"]),
            reduce_only=closing,
            kind=each["type"].lower(),
            client_id=each["client_id"],
            order_type="",
            post_only=each["instruction"] == "POST_ONLY",
        )
        if self.reject_next:
            told.append(await self._end(each, REASONS[self.reject_next.pop(0)]))
            return ""
        result = (await self.books.create_orders([request]))[0]
        if result.error is not None:
            reason = result.error.reason if isinstance(result.error, OrderRejected) else "invalid"
            if reason not in REASONS:
                return reason
            told.append(await self._end(each, REASONS[reason]))
            return ""
        assert result.order is not None
        row = self._row(self.books.records[int(result.order.id)])
        told.append({**row, "status": "NEW", "remaining_size": row["size"]})
        return ""

    async def _end(self, each: Mapping[str, Any], why: str) -> dict[str, Any]:
        """Queue an order that the risk check ends a moment later; return it as it was queued."""
        name = f"9{len(self._ended):09d}"
        row = {
            "id": name,
            "account": ACCOUNT,
            **{name: each[name] for name in ("client_id", "market", "side", "type", "size", "price", "instruction")},
            "flags": each.get("flags", []),
            "status": "NEW",
            "remaining_size": each["size"],
            "cancel_reason": "",
            "created_at": self._now(),
            "last_updated_at": self._now(),
        }
        self._ended[name] = {**row, "status": "CLOSED", "cancel_reason": why}
        await self._send_order(self._ended[name])
        return row

    async def _cancel(self, asked: Mapping[str, Any]) -> Any:
        told: list[dict[str, Any]] = []
        for name in asked["order_ids"]:
            record = self.books.records.get(int(name))
            if record is None:
                told.append({"id": name, "status": "NOT_FOUND"})
                continue
            order = OpenOrder(f"{int(name):09d}", "", record.request.symbol, "buy", "long", 0.0, 0.0, False, 0)
            gone = isinstance((await self.books.cancel_orders([order]))[0].error, OrderGone)
            status = "ALREADY_CLOSED" if gone else "QUEUED_FOR_CANCELLATION"
            named = {"id": name, "client_id": record.request.client_id, "market": _market(record.request.symbol)}
            told.append({**named, "account": ACCOUNT, "status": status})
        return {"results": told}

    def _fills(self, asked: Mapping[str, str]) -> Any:
        """Return a page of fills, the newest first, and the cursor of the next."""
        since, until = int(asked.get("start_at", 0)), int(asked.get("end_at", 2**60))
        rows = [self._fill(f) for f in self.books.ledger.fills() if since <= f.ts_ms <= until][::-1]
        first, size = int(asked.get("cursor", "0")), int(asked["page_size"])
        more = f"{first + size}" if first + size < len(rows) else None
        return {"next": more, "prev": None, "results": rows[first : first + size]}

    def _fill(self, fill: Fill) -> dict[str, Any]:
        record = self.books.records[int(fill.order_id)]
        return {
            "id": str(8_615_262_148_007_718_462 + int(fill.id)),
            "account": ACCOUNT,
            "side": fill.side.upper(),
            "liquidity": "MAKER" if record.request.kind == "limit" else "TAKER",
            "market": _market(fill.symbol),
            "order_id": str(record.id),
            "price": repr(fill.price),
            "size": f"{abs(fill.qty):.10f}".rstrip("0").rstrip("."),
            "fee": f"{-fill.fee:.10f}",
            "fee_currency": "USDC",
            "created_at": fill.ts_ms,
            "remaining_size": "0",
            "client_id": fill.client_id,
            "fill_type": "FILL",
            "realized_pnl": repr(fill.pnl),
            "realized_funding": "0",
            "underlying_price": repr(fill.price),
            "flags": [],
        }

    def _row(self, record: Record) -> dict[str, Any]:
        request = record.request
        gone = record.status in ("filled", "cancelled")
        left = round(request.qty - record.executed, 10)
        return {
            "id": str(record.id),
            "account": ACCOUNT,
            "market": _market(request.symbol),
            "side": request.side.upper(),
            "type": request.kind.upper(),
            "size": f"{request.qty:.10f}".rstrip("0").rstrip("."),
            "remaining_size": f"{left:.10f}".rstrip("0").rstrip("."),
            "price": repr(request.price),
            "status": "CLOSED" if gone else "OPEN",
            "created_at": record.created_ms,
            "last_updated_at": record.updated_ms,
            "timestamp": record.created_ms,
            "cancel_reason": "USER_CANCELED" if record.status == "cancelled" else "",
            "client_id": request.client_id,
            "seq_no": 1_681_471_234_972_000_000,
            "instruction": "POST_ONLY" if request.post_only else "GTC",
            "avg_fill_price": repr(record.average) if record.executed else "",
            "stp": "EXPIRE_TAKER",
            "flags": ["REDUCE_ONLY"] if request.reduce_only else [],
            "trigger_price": "0",
        }

    def _now(self) -> int:
        return self._simulator.fast_clock.now_ms()


def _market(symbol: str) -> str:
    return f"{symbol.partition('/')[0]}-USD-PERP"


def _symbol(market: str) -> str:
    return f"{market.partition('-')[0]}/USDT:USDT"  # as the books name it
