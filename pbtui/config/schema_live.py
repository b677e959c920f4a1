"""The `live` and `logging` sections (config.md 5.2, 5.3)."""

from __future__ import annotations

from pbtui.config.keys import key
from pbtui.core.record import record

_EMPTY_LISTS: dict[str, list[str]] = {"long": [], "short": []}


@record(kw_only=True)
class LiveSettings:
    """Values of `live`; lists are the coins named in the file or its coin files, per side."""

    approved_coins: dict[str, list[str]] = key(
        "coins",
        "Coins that may be traded.",
        shipped="configs/approved_coins.json",
        built_in=_EMPTY_LISTS,
        risk="coins",
    )
    auto_gs: bool = key(
        "bool",
        "A position on a coin no longer approved: true → graceful stop, false → manual.",
        shipped=True,
        used_by="L",
        risk="off",
    )
    balance_hysteresis_snap_pct: float = key(
        "float",
        "The balance used for sizing moves only when it differs by more than this; 0 = off.",
        unit="fraction",
        shipped=0.02,
        low=0,
        used_by="L",
    )
    balance_override: float | None = key(
        "float",
        "Fixed balance used instead of the fetched one.",
        unit="quote",
        shipped=None,
        nullable=True,
        blank=True,
        raises_risk=True,
        used_by="L",
        risk="any",
    )
    candle_lock_timeout_seconds: float = key(
        "float",
        "Has no effect; 10 s are waited for a lock of the candle store.",
        unit="s",
        shipped=10,
        built_in=10.0,
        above=0,
        used_by="L",
    )
    empty_means_all_approved: bool = key(
        "bool",
        "An empty approved list means every eligible market.",
        shipped=True,
        built_in=False,
        risk="on",
    )
    enable_archive_candle_fetch: bool = key(
        "bool",
        "Has no effect; what Passivbot allows with it: bulk archive downloads of candles in live.",
        shipped=False,
        used_by="L",
    )
    execution_delay_seconds: float = key(
        "float",
        "Pause after each execution cycle.",
        unit="s",
        shipped=2,
        built_in=2.0,
        low=0,
        used_by="L",
    )
    filter_by_min_effective_cost: bool = key(
        "bool",
        "Skip coins whose first entry (balance × effective limit × entry_initial_qty_pct) is below the minimum cost.",
        shipped=True,
        risk="off",
    )
    forced_mode_long: str = key(
        "mode",
        "Mode forced on every long position; also switches coin selection off.",
        shipped="",
        used_by="L",
        risk="any",
    )
    forced_mode_short: str = key(
        "mode",
        "Mode forced on every short position; also switches coin selection off.",
        shipped="",
        used_by="L",
        risk="any",
    )
    hedge_mode: bool = key("bool", "Allow long and short on one coin at once.", shipped=True, risk="on", restart=True)
    ignored_coins: dict[str, list[str]] = key(
        "coins",
        "Coins that are never opened.",
        shipped=_EMPTY_LISTS,
        risk="left_out",
    )
    inactive_coin_candle_ttl_minutes: float = key(
        "float",
        "Age after which cached candles of untraded coins are refreshed.",
        unit="min",
        shipped=10,
        built_in=10.0,
        low=0,
        used_by="L",
    )
    leverage: float = key(
        "float",
        "Leverage set on the venue (cut to a whole number); never enters sizing.",
        unit="×",
        shipped=10,
        built_in=10.0,
        low=1,
        used_by="L",
        risk="more",
    )
    market_orders_allowed: bool = key(
        "bool",
        "Turn orders at or through the market into market orders.",
        shipped=False,
        built_in=True,
        raises_risk=True,
        used_by="L",
        risk="on",
    )
    max_concurrent_api_requests: int | None = key(
        "int",
        "Has no effect; in Passivbot the most candle requests at once.",
        shipped=None,
        low=0,
        nullable=True,
        blank=True,
        used_by="L",
    )
    max_disk_candles_per_symbol_per_tf: int = key(
        "int",
        "Has no effect; every finished candle is kept on disk.",
        unit="candles",
        shipped=2_000_000,
        low=1,
        used_by="L",
    )
    max_memory_candles_per_symbol: int = key(
        "int",
        "Has no effect; in Passivbot the 1-minute candles kept in memory per symbol.",
        unit="candles",
        shipped=200_000,
        built_in=20_000,
        low=1,
        used_by="L",
    )
    max_n_cancellations_per_batch: int = key(
        "int", "Cancellations sent per cycle, reduce-only first.", unit="orders", shipped=5, low=1, used_by="L"
    )
    max_n_creations_per_batch: int = key(
        "int", "Orders created per cycle.", unit="orders", shipped=3, low=1, used_by="L"
    )
    max_n_restarts_per_day: int = key(
        "int",
        "Restarts within 24 hours after which the bot stops; those after an outage of the venue don't count.",
        shipped=10,
        low=0,
        used_by="L",
        restart=True,
    )
    max_ohlcv_fetches_per_minute: int = key(
        "int", "Candle refreshes per minute for coin selection; 0 or less = unlimited.", shipped=30, used_by="L"
    )
    max_realized_loss_pct: float = key(
        "float",
        "Blocks closes (but panic) that would take the realised balance below peak × (1 − x); "
        "0 blocks every loss, 1 or more switches the gate off.",
        unit="fraction of peak balance",
        shipped=0.05,
        built_in=1.0,
        raises_risk=True,
        risk="more",
    )
    max_warmup_minutes: float = key(
        "float",
        "Cap on the warm-up; 0 = no cap.",
        unit="min",
        shipped=0,
        built_in=0.0,
        low=0,
        restart=True,
    )
    minimum_coin_age_days: float = key(
        "float",
        "Coins younger than this are not traded.",
        unit="days",
        shipped=365,
        built_in=7.0,
        low=0,
        risk="less",
    )
    order_match_tolerance_pct: float = key(
        "float",
        "Orders closer than this in price and quantity to the wanted ones are left alone; 0 or less = off.",
        unit="fraction",
        shipped=0.0002,
        used_by="L",
    )
    pnls_max_lookback_days: float = key(
        "float",
        "How far back fills are read for the profit history.",
        unit="days",
        shipped=30,
        built_in=30.0,
        low=0,
        used_by="L",
        restart=True,
    )
    price_distance_threshold: float = key(
        "float",
        "Initial and unstuck orders further than this from the market are not sent.",
        unit="fraction",
        shipped=0.002,
        low=0,
        used_by="L",
    )
    recv_window_ms: int = key(
        "int",
        "How late a signed request, and an order with it, may reach Binance or Bybit, 60000 at most there; other "
        "exchanges have fixed deadlines (exchanges.md, Orders whose answer was lost).",
        unit="ms",
        shipped=5000,
        low=1,
        used_by="L",
        restart=True,
    )
    time_in_force: str = key(
        "str",
        "Order policy.",
        shipped="good_till_cancelled",
        choices=("good_till_cancelled", "post_only"),
        used_by="L",
    )
    user: str = key(
        "str", "Account to trade: a name in api-keys.json.", shipped="bybit_01", used_by="L", risk="any", restart=True
    )
    warmup_concurrency: int = key(
        "int", "Has no effect; in Passivbot the candle fetches at once during start-up.", shipped=0, low=0, used_by="L"
    )
    warmup_jitter_seconds: float = key(
        "float",
        "Longest random delay before the warm-up.",
        unit="s",
        shipped=30,
        built_in=30.0,
        low=0,
        used_by="L",
    )
    warmup_ratio: float = key(
        "float",
        "Warm-up as a share of the longest span; negative counts as 0.",
        unit="× longest span",
        shipped=0.3,
        built_in=0.2,
        restart=True,
    )
    mimic_backtest_1m_delay: bool = key(
        "bool",
        "Plan and reconcile once per completed minute, right after its candle, never in between.",
        shipped=False,
        used_by="L",
        ours=True,
        restart=True,
    )
    on_stop: str = key(
        "str",
        "What a stop does with resting orders.",
        shipped="cancel_entries",
        choices=("keep", "cancel_entries", "cancel_all"),
        used_by="L",
        ours=True,
    )
    max_order_notional: float | None = key(
        "float",
        "Largest notional of a single order; null = what the exposure limits allow.",
        unit="quote",
        shipped=None,
        above=0,
        nullable=True,
        used_by="L",
        ours=True,
        risk="ceiling",
    )


@record(kw_only=True)
class LoggingSettings:
    """Values of `logging`; `level` is 0 warning, 1 info, 2 debug, 3 trace."""

    level: int = key("level", "Verbosity; a level on the command line wins.", shipped=1, flag=False, restart=True)
    memory_snapshot_interval_minutes: float = key(
        "float",
        "Has no effect; in Passivbot the interval of the memory line.",
        unit="min",
        shipped=30,
        built_in=30.0,
        above=0,
        used_by="L",
    )
    volume_refresh_info_threshold_seconds: float = key(
        "float",
        "Has no effect; in Passivbot a bulk volume refresh slower than this is logged at info.",
        unit="s",
        shipped=30,
        built_in=30.0,
        low=0,
        used_by="L",
    )
