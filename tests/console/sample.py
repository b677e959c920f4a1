"""A realistic bot to look at: snapshots, a chart, and a link that plays them and records what is asked of it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import replace

from pbtui.core.actions import (
    Action,
    ActionResult,
    BacklogQuery,
    ChartQuery,
    CoinQuery,
    HealthQuery,
    ModeQuery,
    PanicQuery,
    Query,
    ReloadQuery,
)
from pbtui.core.errors import LinkClosed
from pbtui.core.history import Backlog, Equity, HealthReport
from pbtui.core.snapshot import (
    AccountHead,
    Chart,
    CoinFacts,
    ConfigChange,
    EventRow,
    Exposure,
    FillRow,
    Level,
    LoopHealth,
    ModeEffect,
    ModeRow,
    Money,
    OrderRow,
    PanicOrder,
    PanicPreview,
    ParamRow,
    PositionRow,
    ReadyItem,
    ReloadPreview,
    Snapshot,
)
from pbtui.core.types import Pside
from pbtui.link.base import Reply, Role, Seating, Wish

NOW_MS = 1_747_224_224_000  # 2025-05-14 12:03:44Z
MINUTE_MS = 60_000

# coin, side, mode, by hand, size, entry, mark, uPnL, WE, limit, next kind, next price, flags, price and qty decimals
_POSITIONS = (
    ("SOL", "long", "normal", False, 4.2, 148.21, 149.655, 6.07, 0.62, 0.75, "entry_grid_normal_long", 145.9, (), 3, 1),
    ("ETH", "long", "graceful_stop", True, 0.021, 2510.4, 2498.11, -0.26, 0.05, 0.75, "entry_grid_normal_long", 2460.0,
     (), 2, 3),
    ("XRP", "long", "normal", False, 310.0, 2.441, 2.201, -74.4, 0.75, 0.75, "close_unstuck_long", 2.2032,
     ("stuck",), 4, 0),
    ("BTC", "short", "normal", False, -0.013, 103_920.0, 103_411.5, 6.61, 0.31, 0.5, "entry_trailing_normal_short",
     105_240.0, ("trailing 0.42/0.80%",), 1, 3),
    ("DOGE", "long", "normal", False, 0.0, 0.0, 0.22841, 0.0, 0.0, 0.75, "entry_initial_normal_long", 0.22601,
     (), 5, 0),
)  # fmt: skip
_ORDERS = (
    ("SOL", "long", "sell", "close_grid_long", 149.95, -1.1, 0.002, 12, "a7f3a", "open", 3, 1),
    ("SOL", "long", "sell", "close_grid_long", 150.82, -1.1, 0.0078, 12, "b1d22", "open", 3, 1),
    ("SOL", "long", "buy", "entry_grid_normal_long", 145.9, 2.3, 0.0251, 3_723, "c91c0", "cancel", 3, 1),
    ("SOL", "long", "buy", "entry_grid_normal_long", 145.88, 2.3, 0.0252, 0, "", "create", 3, 1),
    ("SOL", "long", "buy", "entry_grid_cropped_long", 139.2, 4.1, 0.0699, 90_500, "d0e11", "open", 3, 1),
    ("SOL", "long", "buy", "foreign", 120.0, 1.0, 0.1981, 864_000, "manual-77", "foreign", 3, 1),
    ("ETH", "long", "sell", "close_grid_long", 2531.0, -0.021, 0.0132, 410, "e5551", "open", 2, 3),
    ("BTC", "short", "buy", "close_grid_short", 103_102.0, 0.006, 0.003, 55, "f7f70", "open", 1, 3),
)  # fmt: skip
_EVENTS = (
    (12, 1, "filled", "SOL", "buy 1.1 @148.020", False),
    (11, 1, "cancel", "SOL", "2 orders", False),
    (9, 0, "warn", "", "binanceusdm answered 429, backing off 2 s", False),
    (8, 2, "call", "", "create_orders 3 in 84 ms", False),
    (6, 1, "mode", "ETH", "graceful_stop by operator", False),
    (4, 0, "reject", "XRP", "order would immediately trigger", True),
    (3, 1, "filled", "BTC", "sell 0.006 @103,944.0, entry_trailing_normal_short", False),
    (1, 3, "stream", "DOGE", "book ticker 0.22841", False),
)


def symbol_of(coin: str) -> str:
    return f"{coin}/USDT:USDT"


def position(row: tuple) -> PositionRow:
    coin, pside, mode, by_hand, size, entry, mark, upnl, we, limit, kind, where, flags, digits, lots = row
    sign = 1 if pside == "long" else -1
    return PositionRow(
        symbol=symbol_of(coin), coin=coin, pside=pside, mode=mode, hand_mode=by_hand, size=size, entry=entry, mark=mark,
        dist=sign * (mark / entry - 1) if entry else 0.0, upnl=upnl, we=we, we_limit=limit, next_kind=kind,
        next_price=where, next_dist=where / mark - 1, flags=flags, n_orders=2, price_decimals=digits,
        qty_decimals=lots, slot=True,
    )  # fmt: skip


def order(row: tuple) -> OrderRow:
    coin, pside, side, kind, price, qty, dist, age, name, state, digits, lots = row
    created = NOW_MS - age * 1000 if age else 0
    return OrderRow(symbol_of(coin), coin, pside, side, kind, price, qty, dist, created, name, state, digits, lots)


def mode(row: tuple) -> ModeRow:
    coin, pside, effective, by_hand = row[:4]
    stops = {"graceful_stop": "new positions", "tp_only": "entries"}.get(effective, "")
    return ModeRow(
        symbol_of(coin), coin, pside, "normal", effective, effective if by_hand else "",
        "operator" if by_hand else "config", NOW_MS - 6 * MINUTE_MS if by_hand else 0, stops,
    )  # fmt: skip


def events() -> tuple[EventRow, ...]:
    return tuple(
        EventRow(NOW_MS - ago * 1000, level, tag, coin, text, seq, bad)
        for seq, (ago, level, tag, coin, text, bad) in enumerate(_EVENTS, start=1)
    )


def snapshot(seq: int = 1, **changes: object) -> Snapshot:
    """Return a running paper bot with five coins."""
    base = Snapshot(
        seq=seq,
        wall_ms=NOW_MS,
        market_ms=NOW_MS,
        account=AccountHead(
            "paper", "binanceusdm", "USDT", "paper", "PAPER", True, "paper.hjson", 4242, NOW_MS - 10**7
        ),
        money=Money(1_012.44, 950.46, -61.98, 12.44, 1_000.0, 14.02, -1.58, 37),
        exposure=(Exposure("long", 1.42, 1.5, 3, 4), Exposure("short", 0.31, 0.5, 1, 1)),
        health=LoopHealth("running", "", 812, NOW_MS - 400, 38.0, 2_000, "up", 1, 1, 0),
        readiness=(ReadyItem("markets", True, "212 known"), ReadyItem("entries", True, "5/5 coins have averages")),
        positions=tuple(map(position, _POSITIONS)),
        orders=tuple(map(order, _ORDERS)),
        modes=tuple(map(mode, _POSITIONS)),
        events=events(),
        warnings=("max_realized_loss_pct is 0: every close at a loss is held back",),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def starting(seq: int = 1) -> Snapshot:
    """Return a bot that has just been started."""
    return snapshot(
        seq,
        money=Money(),
        exposure=(),
        positions=(),
        orders=(),
        modes=(),
        events=(),
        warnings=(),
        health=LoopHealth("starting"),
        readiness=(
            ReadyItem("markets", True, "212 known"),
            ReadyItem("balance, positions, orders", False, "reading"),
            ReadyItem("prices", False, "0/5 coins"),
            ReadyItem("protection of held coins", False, "0/0 coins"),
            ReadyItem("entries", False, "0/5 coins have averages"),
        ),
    )


def chart(query: ChartQuery) -> Chart:
    """Return a wave of candles around the coin's mark, with the levels of its orders."""
    found = next((row for row in _POSITIONS if symbol_of(row[0]) == query.symbol), _POSITIONS[0])
    mark, step = found[6], {"1m": 1, "15m": 15, "1h": 60}[query.timeframe] * MINUTE_MS
    closes = [mark * (1 - 0.008 * math.sin((query.n - 1 - i) / 9) - 0.002 * math.sin(i * 1.7)) for i in range(query.n)]
    closes[-1] = mark
    opens = [closes[0], *closes[:-1]]
    levels = [
        Level("mark", "", mark),
        Level("ema_lower", found[1], mark * 0.994),
        Level("ema_upper", found[1], mark * 1.003),
    ]
    if found[4]:
        levels.append(Level("entry(pos)", found[1], found[5], found[4]))
    levels += [Level(row[3], row[1], row[4], row[5]) for row in _ORDERS if symbol_of(row[0]) == query.symbol]
    return Chart(
        query.symbol,
        query.timeframe,
        tuple(NOW_MS // step * step - (query.n - 1 - i) * step for i in range(query.n)),
        tuple(opens),
        tuple(max(a, b) * 1.0012 for a, b in zip(opens, closes, strict=True)),
        tuple(min(a, b) * 0.9988 for a, b in zip(opens, closes, strict=True)),
        tuple(closes),
        tuple(levels),
        found[13],
    )


def equity(points: int = 600) -> Equity:
    """Return balance and equity of a bot that has traded for ten hours: a fall and what came after it."""
    balance = [1_000.0 + 0.02 * n + 3 * math.floor(n / 90) for n in range(points)]
    return Equity(
        tuple(NOW_MS // MINUTE_MS * MINUTE_MS - (points - 1 - n) * MINUTE_MS for n in range(points)),
        tuple(balance),
        tuple(have - 20 * math.exp(-(((n - 380) / 60) ** 2)) - abs(math.sin(n / 25)) for n, have in enumerate(balance)),
    )


def panic_preview() -> PanicPreview:
    sol: Pside = "long"
    one = PanicOrder(symbol_of("SOL"), "SOL", sol, -4.2, 149.63, 149.655, 4.2, 148.21, 5.96, -0.31)
    return PanicPreview((one,), 4, 5.96, -0.31, 628.45)


def coin_facts(query: CoinQuery) -> CoinFacts:
    """Return four parameters, one of them the coin's own, and two fills."""
    side = query.pside
    params = (
        ParamRow(f"live.forced_mode_{side}", "none", "template"),
        ParamRow(f"bot.{side}.ema_span_0", "60", "paper.hjson"),
        ParamRow(f"bot.{side}.close_grid_qty_pct", "0.34", "coin override", own=True),
        ParamRow(f"bot.{side}.wallet_exposure_limit", "0.75", "total_wallet_exposure_limit ÷ n_positions"),
    )
    fills = (
        FillRow("f2", NOW_MS - 60_000, f"close_grid_{side}", -1.1, 149.95, 1.914, -0.033),
        FillRow("f1", NOW_MS - 3_600_000, f"entry_grid_normal_{side}", 2.3, 1_148.02, 0.0, -0.068),
    )
    return CoinFacts(query.symbol, side, params, fills, 3, 1)


class ScriptedLink:
    """A link that hands out the snapshots it is given, answers queries from this file and keeps every action."""

    def __init__(self, *snapshots: Snapshot, role: Role = "controller") -> None:
        self._latest: Snapshot | None = None
        self._waiting: list[Snapshot] = list(snapshots)
        self._changed = asyncio.Event()
        self._ended: str | None = None
        self._role: Role = role
        self._names = ("", "")
        self.wishes: list[Wish] = []
        self.backlog = Backlog(equity=equity())
        self.report = HealthReport(LoopHealth())
        self.actions: list[Action] = []
        self.queries: list[Query] = []
        self.answer = ActionResult(ok=True, text="done")
        self.reload = ReloadPreview((ConfigChange("bot.long.n_positions", "4", "6", False, True, "raises"),))
        self.no_chart = False

    def give(self, snap: Snapshot) -> None:
        """Publish a snapshot."""
        self._waiting.append(snap)
        self._wake()

    def end(self, why: str = "") -> None:
        """End the bot; with a reason the link breaks."""
        self._ended = why
        self._wake()

    def seat(self, role: Role, holder: str = "", asker: str = "") -> None:
        self._role, self._names = role, (holder, asker)

    @property
    def seating(self) -> Seating:
        return Seating(self._role, *self._names, watchers=1)

    async def controls(self, wish: Wish) -> ActionResult:
        self.wishes.append(wish)
        return self.answer

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def latest(self) -> Snapshot | None:
        return self._latest

    @property
    def role(self) -> Role:
        return self._role

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        while True:
            while self._waiting:
                self._latest = self._waiting.pop(0)
                yield self._latest
            if self._ended is not None:
                if self._ended:
                    raise LinkClosed(self._ended)
                return
            await self._changed.wait()

    async def act(self, action: Action) -> ActionResult:
        if self._ended is not None:
            raise LinkClosed("the bot is gone")
        self.actions.append(action)
        return self.answer

    async def ask(self, query: Query) -> Reply:
        self.queries.append(query)
        if self._ended is not None:
            raise LinkClosed("the bot is gone")
        match query:
            case ChartQuery():
                if self.no_chart:
                    raise LinkClosed("no candles here")
                return chart(query)
            case PanicQuery():
                return panic_preview()
            case ModeQuery():
                names = [f"{target.symbol} {target.pside}: normal → {query.mode}" for target in query.targets]
                return ModeEffect(tuple(f"{name}; cancels 2 resting entries" for name in names), lowers_risk=True)
            case ReloadQuery():
                return self.reload
            case CoinQuery():
                return coin_facts(query)
            case BacklogQuery():
                return self.backlog
            case HealthQuery():
                return self.report

    async def close(self) -> None:
        return
