"""Hyperliquid's private dialect over the simulated books: signed actions, an account's questions, its order stream.

Recorded: `clearinghouseState`, `frontendOpenOrders`, `userFillsByTime`, `userRole`. Documented: outcomes of `order` and
`cancel`, errors, `updateLeverage`, `userAbstraction`, `orderUpdates`, weights and signatures.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from pbtui.core.errors import OrderGone, OrderRejected
from pbtui.core.types import Fill, OpenOrder, OrderRequest
from tests.venues.core import Record
from tests.venues.hyperliquid_public import MAX_LEVERAGE, HyperliquidPublic
from tests.venues.hyperliquid_wallet import address_of, signer_of
from tests.venues.simulator import Asked, Reply
from tests.venues.speaking import send

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

WALLET = "0xcab1e00c0ffee00c0ffee00c0ffee00c0ffeecab"
PRIVATE_KEY = "0xcafe5f1c0d9e77a24b61b8e3f2a1946d4c05cafe5f1c0d9e77a24b61b8e3f2a1"
MINUTE_MS = 60_000
_LIMIT = 1_200
_LIGHT = ("allMids", "clearinghouseState", "exchangeStatus", "orderStatus")
_MIN_COST = 10.0
_DAY_MS = 86_400_000
TICK = "Price must be divisible by tick size. asset=0"
ERRORS = {
    "min_cost": "Order must have minimum value of $10. asset=0",
    "reduce_only": "Reduce only order would increase position. asset=0",
    "insufficient_margin": "Insufficient margin to place order. asset=0",
    "post_only": "Post only order would have immediately matched, bbo was 1@2. asset=0",
    "duplicate_client_id": "Duplicate cloid",
}
GONE = "Order was never placed, already canceled, or filled. asset=0"
_STATUS = {"new": "open", "partly": "open", "filled": "filled", "cancelled": "canceled"}
_CLOID = re.compile(r"0x[0-9a-f]{32}")


class Refused(Exception):
    """An action that is refused as a whole."""


class HyperliquidDialect:
    """Answers /info and /exchange; who signed is found out from the signature, as the venue does."""

    name = "hyperliquid"
    hedged = False
    entry: Mapping[str, Any] = {"wallet_address": WALLET, "private_key": PRIVATE_KEY}
    secrets = (PRIVATE_KEY, PRIVATE_KEY[2:])

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self.books = simulator.books
        self.public = HyperliquidPublic(simulator)
        self._streams: dict[web.WebSocketResponse, set[tuple[str, str]]] = {}
        self.listeners = 0  # order streams so far
        self.agent = address_of(PRIVATE_KEY)
        self.roles: dict[str, Any] = {
            WALLET: {"role": "user"},
            self.agent: {"role": "agent", "data": {"user": WALLET}},
        }
        self.vault: str | None = None
        self.abstraction = "default"
        self.cross: dict[str, bool] = {}
        self.actions: list[dict[str, Any]] = []
        self.reject_next: list[str] = []  # reasons for which the next creates are refused
        self.say_next: list[Any] = []  # what is answered to the next batches, after they were taken
        self.most_used = 0
        self._used: dict[int, int] = {}
        self._nonces: set[int] = set()
        self._about: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "userRole": lambda asked: self.roles.get(asked["user"].lower(), {"role": "missing"}),
            "userAbstraction": lambda _: self.abstraction,
            "clearinghouseState": lambda _: self._state(),
            "frontendOpenOrders": lambda _: self._open_orders(),
            "orderStatus": self._order_status,
            "userFillsByTime": self._fills,
        }
        self._does: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "order": self._create,
            "cancel": self._cancel,
            "updateLeverage": self._leverage,
        }

    def label(self, asked: Asked) -> str:
        """Return what a request is about: its address doesn't tell."""
        body = json.loads(asked.body or "{}")
        return f"#{body['action']['type'] if 'action' in body else body.get('type')}"

    async def answer(self, asked: Asked) -> Reply | None:
        body = json.loads(asked.body or "{}")
        if not self._afford(asked, body):
            return Reply(None, 429)
        if asked.path == "/info":
            kind = body["type"]
            make = self.public.answers.get(kind) or self._about.get(kind)
            return Reply(None, 422) if make is None else Reply(make(body))
        try:
            self._check(body)
            found = self._does[body["action"]["type"]](body["action"])
            found = await found if asyncio.iscoroutine(found) else found
        except Refused as error:
            return Reply({"status": "err", "response": str(error)})
        return Reply(self.say_next.pop(0) if self.say_next and isinstance(found, list) else _done(body, found))

    def wants_socket(self, path: str) -> bool:
        return path.endswith("/ws")

    async def socket(self, request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        self._streams[ws] = set()
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    await self._told(ws, json.loads(message.data))
        finally:
            del self._streams[ws]
        return ws

    async def push(self) -> None:
        events, self.books.events = self.books.events, []
        if self._simulator.faults.silent:
            return
        for record, _ in events:
            row = {"order": self._order(record), "status": _STATUS[record.status], "statusTimestamp": self._now()}
            await self._send(("orderUpdates", WALLET), {"channel": "orderUpdates", "data": [row]})

    async def stream(self) -> None:
        """Send the prices of now to who listens."""
        for coin in self.public.coins:
            await self._send(("trades", coin), self.public.trade_message(coin))
        await self._send(("allMids", ""), {"channel": "allMids", "data": {"mids": self.public.mids()}})

    async def _send(self, topic: tuple[str, str], message: Mapping[str, Any]) -> None:
        for ws in [ws for ws, topics in self._streams.items() if topic in topics and not ws.closed]:
            await send(ws, json.dumps(message))

    async def _told(self, ws: web.WebSocketResponse, message: Mapping[str, Any]) -> None:
        if message.get("method") == "ping":
            await ws.send_str('{"channel":"pong"}')
            return
        wanted = message["subscription"]
        topic = (wanted["type"], (wanted.get("user") or wanted.get("coin") or "").replace(WALLET.upper(), WALLET))
        self._streams[ws].add(topic)
        self.listeners += topic == ("orderUpdates", WALLET)
        await ws.send_str(json.dumps({"channel": "subscriptionResponse", "data": message}))

    def _afford(self, asked: Asked, body: Mapping[str, Any]) -> bool:
        """Count the weight of a request; tell whether the minute has room for it."""
        if asked.path == "/exchange":
            action = body["action"]
            weight = 1 + len(action.get("orders", action.get("cancels", []))) // 40
        else:
            weight = 2 if body["type"] in _LIGHT else 60 if body["type"] == "userRole" else 20
        minute = self._now() // MINUTE_MS
        self._used = {minute: self._used.get(minute, 0) + weight}
        self.most_used = max(self.most_used, self._used[minute])
        return self._used[minute] <= _LIMIT

    def _check(self, body: Mapping[str, Any]) -> None:
        vault = body.get("vaultAddress")
        until = body.get("expiresAfter")
        signer = signer_of(body["action"], body["nonce"], body["signature"], vault=vault, until=until)
        if signer != self.agent or vault != self.vault:
            raise Refused(f"User or API Wallet {signer} does not exist.")
        if not self._now() - 2 * _DAY_MS < body["nonce"] < self._now() + _DAY_MS or body["nonce"] in self._nonces:
            raise Refused(f"Invalid nonce: duplicate nonce {body['nonce']}")
        if body["action"]["type"] == "order":
            assert until is not None, "an order that comes late must die"
            if self._now() > body["nonce"] + (until - body["nonce"]) * max(1.0, self._simulator.fast_clock.speed):
                raise Refused(f"Action expired: expiresAfter {until}")
        self._nonces.add(body["nonce"])
        self.actions.append(body["action"])

    def _leverage(self, action: Mapping[str, Any]) -> Any:
        coin = self.public.coins[action["asset"]]
        if action["isCross"] and coin in self.public.isolated:
            raise Refused("Cross margin is not allowed for this asset.")
        if not 1 <= action["leverage"] <= MAX_LEVERAGE:
            raise Refused("Invalid leverage value")
        if self.cross.get(coin, True) is not action["isCross"] and self._held(coin):
            raise Refused("Cannot switch leverage type with open position.")
        self.cross[coin] = action["isCross"]
        self.books.leverage[coin] = action["leverage"]
        return {"type": "default"}

    async def _create(self, action: Mapping[str, Any]) -> Any:
        orders = action["orders"]
        assert set(action) == {"type", "orders", "grouping"}, "a builder's fee is never added"
        if any(not self._on_tick(each) for each in orders):
            return [{"error": TICK}]  # looked at before anything else: one answer for the whole batch
        return [await self._create_one(each) for each in orders]

    async def _create_one(self, each: Mapping[str, Any]) -> Any:
        if self.reject_next:
            return {"error": ERRORS[self.reject_next.pop(0)]}
        assert _CLOID.fullmatch(each["c"]), each
        coin, side = self.public.coins[each["a"]], "buy" if each["b"] else "sell"
        if not each["r"] and float(each["p"]) * float(each["s"]) < _MIN_COST:
            return {"error": ERRORS["min_cost"]}
        tif = each["t"]["limit"]["tif"]
        request = OrderRequest(
            symbol=_symbol(coin),
            side=side,
            pside="long" if (side == "buy") is not each["r"] else "short",
            qty=float(each["s"]),
            price=float(each["p"]),
            reduce_only=each["r"],
            kind="market" if tif == "Ioc" else "limit",
            client_id=each["c"],
            order_type="",
            post_only=tif == "Alo",
        )
        result = (await self.books.create_orders([request]))[0]
        if result.error is not None:
            reason = result.error.reason if isinstance(result.error, OrderRejected) else ""
            return {"error": ERRORS.get(reason, result.error.message)}
        assert result.order is not None
        record = self.books.records[int(result.order.id)]
        if record.executed and result.order.qty == 0.0:
            filled = {"totalSz": f"{record.executed:g}", "avgPx": f"{record.average:g}", "oid": record.id}
            return {"filled": {**filled, "cloid": each["c"]}}
        return {"resting": {"oid": record.id, "cloid": each["c"]}}

    async def _cancel(self, action: Mapping[str, Any]) -> Any:
        told: list[Any] = []
        for each in action["cancels"]:
            symbol = _symbol(self.public.coins[each["a"]])
            order = OpenOrder(f"{each['o']:09d}", "", symbol, "buy", "long", 0.0, 0.0, False, 0)
            gone = isinstance((await self.books.cancel_orders([order]))[0].error, OrderGone)
            told.append({"error": GONE} if gone else "success")
        return told

    def _on_tick(self, each: Mapping[str, Any]) -> bool:
        """Tell whether a price has five significant digits at most, and six decimals less those of sizes."""
        whole, _, part = each["p"].partition(".")
        digits = len((whole + part).lstrip("0"))
        decimals = self.public.decimals(self.public.coins[each["a"]])
        assert not part.endswith("0"), "what is signed has no zeros at the end"
        return not part or (digits <= 5 and len(part) <= 6 - decimals)

    def _state(self) -> dict[str, Any]:
        rows: list[dict[str, Any]] = []
        for (symbol, _), held in self.books.books.positions.items():
            coin = symbol.partition("/")[0]
            unrealized = held.size * (self.public.price(coin) - held.price)
            leverage = {"type": "cross" if self.cross.get(coin, True) else "isolated", "value": 20}
            row = {"coin": coin, "szi": f"{held.size:g}", "entryPx": repr(held.price), "leverage": leverage}
            rows.append({"position": {**row, "unrealizedPnl": f"{unrealized:.6f}"}, "type": "oneWay"})
        value = self.books.books.balance + sum(float(row["position"]["unrealizedPnl"]) for row in rows)
        summary = {"accountValue": f"{value:.6f}", "totalMarginUsed": "0.0", "totalNtlPos": "0.0", "totalRawUsd": "0.0"}
        sums = {"marginSummary": summary, "crossMarginSummary": summary, "withdrawable": "0.0"}
        return {"assetPositions": rows, **sums, "time": self._now()}

    def _open_orders(self) -> list[dict[str, Any]]:
        rows = [self._order(self.books.records[int(name)]) for name in self.books.books.orders]
        stop = {"isTrigger": False, "triggerPx": "0.0", "triggerCondition": "N/A", "isPositionTpsl": False}
        spot = {"coin": "@107", "oid": 1, "side": "B", "limitPx": "40.0", "sz": "1.0", "timestamp": self._now()}
        return [{**row, **stop, "children": [], "orderType": "Limit", "tif": "Gtc"} for row in (spot, *rows)]

    def _order_status(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        record = self.books.record_of(asked["oid"])
        if record is None:
            return {"status": "unknownOid"}
        told = {"order": self._order(record), "status": _STATUS[record.status], "statusTimestamp": record.updated_ms}
        return {"status": "order", "order": told}

    def _fills(self, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the fills since then, two thousand at most, the oldest first."""
        held: dict[str, float] = {}
        rows: list[dict[str, Any]] = []
        for fill in self.books.ledger.fills():
            rows.append(self._fill(fill, held.get(fill.symbol, 0.0)))
            held[fill.symbol] = round(held.get(fill.symbol, 0.0) + fill.qty, 8)
        return [row for row in rows if row["time"] >= asked["startTime"]][:2_000]

    def _fill(self, fill: Fill, before: float) -> dict[str, Any]:
        closing = (fill.side == "sell") == (fill.pside == "long")
        record = self.books.records[int(fill.order_id)]
        return {
            "coin": fill.symbol.partition("/")[0],
            "px": repr(fill.price),
            "sz": f"{abs(fill.qty):g}",
            "side": "B" if fill.side == "buy" else "A",
            "time": fill.ts_ms,
            "startPosition": repr(before),
            "dir": f"{'Close' if closing else 'Open'} {fill.pside.capitalize()}",
            "closedPnl": repr(fill.pnl),
            "hash": "0x6c355c9d2b7709bb6daf043ea4135301c8007482c67a288d0ffe07efea7ae3a6",
            "oid": record.id,
            "crossed": False,
            "fee": f"{-fill.fee:.10f}",
            "tid": int(fill.id),
            "feeToken": "USDC",
            "cloid": fill.client_id,
            "twapId": None,
        }

    def _order(self, record: Record) -> dict[str, Any]:
        request = record.request
        return {
            "coin": request.symbol.partition("/")[0],
            "side": "B" if request.side == "buy" else "A",
            "limitPx": repr(request.price),
            "sz": f"{round(request.qty - record.executed, 8):g}",
            "oid": record.id,
            "timestamp": record.created_ms,
            "origSz": f"{request.qty:g}",
            "reduceOnly": request.reduce_only,
            "cloid": request.client_id,
        }

    def _held(self, coin: str) -> bool:
        return any(symbol == _symbol(coin) for symbol, _ in self.books.books.positions)

    def _now(self) -> int:
        return self._simulator.fast_clock.now_ms()


def _symbol(coin: str) -> str:
    return f"{coin}/USDT:USDT"  # as the books name it


def _done(body: Mapping[str, Any], found: Any) -> dict[str, Any]:
    kind = body["action"]["type"]
    told = {"type": kind, "data": {"statuses": found}} if isinstance(found, list) else found
    return {"status": "ok", "response": told}
