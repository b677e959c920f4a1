"""The `backtest` section (config.md 4)."""

from __future__ import annotations

from typing import Any

from pbtui.config.keys import key
from pbtui.config.shipped import AGGREGATE, SCENARIOS
from pbtui.core.record import record


@record(kw_only=True)
class BacktestSettings:
    """Values of `backtest`; dates are texts, `end_date` is concrete in a loaded backtest."""

    aggregate: dict[str, str] = key(
        "modes_map", "How values of a metric over scenarios become one.", shipped=AGGREGATE, used_by="BO"
    )
    balance_sample_divider: int = key(
        "int", "Bucket width of the balance and equity series.", unit="min", shipped=60, low=1, used_by="B"
    )
    base_dir: str = key("str", "Root folder of results.", unit="path", shipped="backtests", used_by="B")
    btc_collateral_cap: float = key(
        "float",
        "Target share of equity held as BTC collateral; above 1 borrows.",
        unit="share of equity",
        shipped=0.0,
        built_in=1.0,
        low=0,
        used_by="BO",
    )
    btc_collateral_ltv_cap: float | None = key(
        "float",
        "No more BTC is bought above this loan-to-value; null = no ceiling.",
        unit="debt ÷ equity",
        shipped=None,
        above=0,
        nullable=True,
        blank=True,
        used_by="BO",
    )
    candle_interval_minutes: int = key(
        "int", "Width of the bars the engine steps over.", unit="min", shipped=2, built_in=1, low=1, used_by="BO"
    )
    coin_sources: dict[str, str] = key(
        "map", "Forces the candle source of a coin when exchanges are combined.", shipped={}, used_by="BO", flag=False
    )
    compress_cache: bool = key(
        "bool",
        "Has no effect; prepared candles are mapped into memory as they lie on disk.",
        shipped=True,
        used_by="BO",
    )
    dynamic_wel_by_tradability: bool = key(
        "bool",
        "true: position limit = total limit ÷ min(n_positions, most coins tradable so far); false: ÷ n_positions.",
        shipped=True,
        used_by="BO",
    )
    end_date: str = key("date", "End of the run; now = midnight two days ago.", shipped="now", used_by="BO")
    exchanges: list[str] = key(
        "names",
        "Candle sources; two or more are combined coin by coin. The first is also the venue of paper trading.",
        shipped=["binance", "bybit"],
        built_in=["binance", "bybit", "gateio", "bitget"],
        used_by="LBO",
    )
    filter_by_min_effective_cost: bool | None = key(
        "bool",
        "Skip coins whose first entry is below the minimum cost; null = as live.",
        shipped=False,
        built_in=None,
        nullable=True,
        used_by="BO",
    )
    gap_tolerance_ohlcvs_minutes: float = key(
        "float",
        "Longest candle gap that is filled rather than refused.",
        unit="min",
        shipped=120,
        built_in=120.0,
        low=0,
        used_by="BO",
    )
    maker_fee_override: float | None = key(
        "float",
        "Maker fee of every fill; null = the fee of the alphabetically first coin.",
        unit="fraction",
        shipped=0.0004,
        built_in=None,
        nullable=True,
        blank=True,
        used_by="BO",
    )
    market_settings_sources: dict[str, str] = key(
        "map",
        "Takes steps, minimums and fees of a coin from another exchange.",
        shipped={},
        used_by="BO",
        flag=False,
    )
    max_warmup_minutes: float = key(
        "float",
        "Has no effect; the cap in force is live.max_warmup_minutes.",
        unit="min",
        shipped=0,
        built_in=0.0,
        used_by="",
    )
    ohlcv_source_dir: str | None = key(
        "str",
        "Local candle tree tried first: <dir>/<exchange>/1m/<coin>/YYYY-MM-DD.npz or .npy.",
        unit="path",
        shipped=None,
        nullable=True,
        used_by="BO",
    )
    scenarios: list[dict[str, Any]] = key(
        "scenarios", "Scenarios of a suite; empty = suite off.", shipped=SCENARIOS, used_by="BO"
    )
    start_date: str = key("date", "First minute traded.", shipped="2021-01-01", built_in="2021-04-01", used_by="BO")
    starting_balance: float = key(
        "float", "Opening wallet.", unit="USD", shipped=100_000, built_in=100_000.0, above=0, used_by="BO"
    )
    suite_enabled: bool = key("bool", "Run the scenarios.", shipped=True, used_by="BO")
    volume_normalization: bool = key(
        "bool", "Has no effect; combined data are always volume-normalised.", shipped=True, used_by=""
    )
    honour_coin_lists: bool = key(
        "bool",
        "Let ignored_coins and one-sided approved_coins act in backtests as they do in live.",
        shipped=True,
        built_in=False,
        used_by="BO",
        ours=True,
    )
