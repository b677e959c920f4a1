"""What a bot publishes: one immutable picture per tick, enough to draw every live panel."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from pbtui.core.record import record
from pbtui.core.types import Pside, Side

VenueKind = Literal["paper", "live", "replay", "synthetic"]
RunState = Literal["starting", "running", "paused", "blocked", "error", "stopping", "stopped", "finished"]
OrderState = Literal["open", "create", "cancel", "foreign"]  # create/cancel: what the next send would change


@record
class AccountHead:
    """Who trades where."""

    user: str
    exchange: str
    quote: str
    kind: VenueKind
    badge: str  # PAPER, LIVE, REPLAY 60x, SYNTHETIC 60x
    hedge_mode: bool
    config_name: str
    pid: int = 0
    started_ms: int = 0
    log_path: str = ""  # the log file on the machine of the bot


@record
class Money:
    """Account totals in quote; `day_pnl` is realised today (UTC, market time) net of fees."""

    balance: float = 0.0
    equity: float = 0.0
    upnl: float = 0.0
    day_pnl: float = 0.0
    start_balance: float = 0.0
    realized_pnl: float = 0.0  # gross, since the ledger began
    fees: float = 0.0  # ≤ 0 when paid
    n_fills: int = 0


@record
class Exposure:
    """Wallet exposure of one side against its limit (fractions of the balance)."""

    pside: Pside
    value: float = 0.0
    limit: float = 0.0
    n_positions: int = 0
    max_positions: int = 0


@record
class LoopHealth:
    """Is the bot alive: ages and counters of the loop and its connections."""

    state: RunState = "starting"
    reason: str = ""  # why blocked, paused, in error or stopped
    tick: int = 0
    last_tick_ms: int = 0  # wall time of the last good tick
    tick_took_ms: float = 0.0
    expected_interval_ms: int = 0
    stream: Literal["none", "up", "stale", "down"] = "none"
    rate_limited_1h: int = 0
    errors_1h: int = 0
    restarts: int = 0
    entries_paused: bool = False
    creations_paused: bool = False  # the operator's pause key
    on_stop: str = "cancel_entries"
    rss_mb: float = 0.0
    # None = not known. How late the event loop woke over the last minutes (p50, p99, worst) …
    loop_lag_p50_ms: float | None = None
    loop_lag_ms: float | None = None
    loop_lag_max_ms: float | None = None
    # … how long remote calls took (median, longest), and how old is what the loop works on.
    rest_ms: float | None = None
    rest_max_ms: float | None = None
    clock_skew_ms: float | None = None  # this machine's clock minus the venue's
    candle_age_ms: int | None = None  # since the newest candle of the coin that waits longest for its next
    event_age_ms: int | None = None  # since the venue's stream last said anything
    rate_used: float | None = None  # share of the venue's request budget in use, 0 to 1
    silent_s: float = 0.0  # silence still owed to the venue after a rate limit


@record
class ReadyItem:
    """One line of the start-up checklist."""

    name: str
    done: bool
    detail: str = ""


@record
class PositionRow:
    """One coin and side with a position, an open order, or a slot."""

    symbol: str
    coin: str
    pside: Pside
    mode: str  # effective mode
    hand_mode: bool  # set by the operator's hand
    size: float  # signed
    entry: float
    mark: float
    dist: float  # mark against entry, positive = in profit
    upnl: float
    we: float
    we_limit: float
    next_kind: str  # order type of the nearest ideal entry (or unstuck/close) and where it waits
    next_price: float
    next_dist: float
    flags: tuple[str, ...]  # short words: stuck, trailing 0.42/0.80%, wel, twel, lossgate, off
    n_orders: int
    price_decimals: int
    qty_decimals: int
    slot: bool = False
    danger: bool = False  # a position that nothing protects (side switched off)


@record
class OrderRow:
    """One order on the venue or wanted by the engine; qty signed (buy +, sell −)."""

    symbol: str
    coin: str
    pside: Pside
    side: Side
    kind: str  # order type name, or "foreign"
    price: float
    qty: float
    dist: float  # ≥ 0: distance from mark to fill
    created_ms: int
    id: str
    state: OrderState
    price_decimals: int
    qty_decimals: int


@record
class ModeRow:
    """Mode of one coin and side: configured, effective, and who set it when."""

    symbol: str
    coin: str
    pside: Pside
    configured: str  # what config and forager say
    effective: str
    hand: str  # hand-set mode, "" if none
    set_by: str
    set_ms: int
    stops: str  # what this mode stops: "", "entries", "entries+closes", ...


@record
class EventRow:
    """One line of the event panel; level 0 error/warning, 1 info, 2 debug, 3 trace."""

    ts_ms: int
    level: int
    tag: str
    coin: str
    text: str
    seq: int = 0
    is_error: bool = False


@record
class Snapshot:
    """The published state after one tick; `seq` only grows, `market_ms` is the venue's time."""

    seq: int
    wall_ms: int
    market_ms: int
    account: AccountHead
    money: Money = field(default_factory=Money)
    exposure: tuple[Exposure, ...] = ()
    health: LoopHealth = field(default_factory=LoopHealth)
    readiness: tuple[ReadyItem, ...] = ()
    positions: tuple[PositionRow, ...] = ()
    orders: tuple[OrderRow, ...] = ()
    modes: tuple[ModeRow, ...] = ()
    events: tuple[EventRow, ...] = ()  # the last 200
    warnings: tuple[str, ...] = ()  # standing ones: derived markets, loss gate, config


@record
class Level:
    """A horizontal line of a chart."""

    kind: str  # order type name, "entry(pos)", "mark", "ema_lower", "ema_upper"
    pside: Pside | Literal[""]
    price: float
    qty: float = 0.0


@record
class Chart:
    """Candles of one symbol (oldest first) with the levels to draw over them."""

    symbol: str
    timeframe: str
    ts_ms: tuple[int, ...]
    open: tuple[float, ...]
    high: tuple[float, ...]
    low: tuple[float, ...]
    close: tuple[float, ...]
    levels: tuple[Level, ...]
    price_decimals: int = 2


@record
class PanicOrder:
    """One order that a panic would send; qty signed, pnl and fee in quote (fee ≤ 0)."""

    symbol: str
    coin: str
    pside: Pside
    qty: float
    price: float
    mark: float
    size: float
    entry: float
    est_pnl: float
    est_fee: float
    kind: str = "limit"


@record
class PanicPreview:
    """Exactly what a panic of the asked coins and sides would do now."""

    orders: tuple[PanicOrder, ...]
    cancels: int  # resting orders that would be cancelled
    total_pnl: float = 0.0
    total_fee: float = 0.0
    notional: float = 0.0


@record
class ConfigChange:
    """One key that a config reload would change."""

    path: str
    old: str
    new: str
    needs_restart: bool
    raises_risk: bool  # it raises risk, or may
    risk: Literal["", "raises", "may raise", "lowers"] = ""


@record
class ConfigProblem:
    """What is wrong with one key of a config file; `path` is empty for the file as a whole."""

    path: str
    text: str


@record
class ReloadPreview:
    """What reloading the config file would change, or why it cannot be loaded."""

    changes: tuple[ConfigChange, ...]
    error: str = ""
    problems: tuple[ConfigProblem, ...] = ()  # every fault of the file, the first of which is `error`


@record
class ConfigRow:
    """One key of a config in effect; values are short texts, `default` fills what a file omits."""

    path: str
    value: str
    default: str
    origin: str  # file, template, built-in default, override file, coin override, flag, …
    detail: str = ""  # which file or flag
    changed: bool = False  # differs from the default
    notes: tuple[str, ...] = ()  # warnings about this key


@record
class ConfigFacts:
    """A config in effect, key by key; `file` is where it can be edited, empty when it stands in no file."""

    name: str
    file: str
    rows: tuple[ConfigRow, ...]
    warnings: tuple[str, ...] = ()  # those of no single key


@record
class ModeEffect:
    """What a change of mode would do, in words and orders: shown before it is confirmed."""

    lines: tuple[str, ...]
    lowers_risk: bool


@record
class ParamRow:
    """One effective parameter of a coin and side, and where its value comes from."""

    name: str
    value: str
    origin: str  # file paper.hjson, coin override, built-in default, …
    own: bool = False  # differs from the side's own: this coin only


@record
class FillRow:
    """One execution; qty signed (buy +, sell −), pnl gross of fees, fee ≤ 0 when paid."""

    id: str
    ts_ms: int
    kind: str
    qty: float
    price: float
    pnl: float
    fee: float


@record
class ReasonRow:
    """Why an order exists or does not (docs/why.md); numbers by name, in the order in which they are declared.

    `rung` counts from 1, 0 = about no place of a ladder; `order_type` "" = about no order, else `qty` (signed) and
    `price` are that order's. `detail` is what the bot adds in words.
    """

    pside: Pside
    part: Literal["entry", "close"]
    code: str
    effect: Literal["makes", "keeps", "tells"]
    numbers: dict[str, float] = field(default_factory=dict)
    rung: int = 0
    order_type: str = ""
    qty: float = 0.0
    price: float = 0.0
    detail: str = ""


@record
class CoinFacts:
    """What is behind one coin and side: its parameters, and its last fills, newest first."""

    symbol: str
    pside: Pside
    params: tuple[ParamRow, ...]
    fills: tuple[FillRow, ...]
    price_decimals: int = 2
    qty_decimals: int = 3
    reasons: tuple[ReasonRow, ...] = ()  # of both sides
