"""What a dataset is asked to be: window, coins, feeds and tolerances (backtest.md 1.6, 4.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pbtui.config.coin_names import coin_of, short_name
from pbtui.config.coins import backtest_coins
from pbtui.config.dates import DAY_MS, day_text, parse_date
from pbtui.config.model import Config
from pbtui.config.warmup import DEFAULT, global_warmup_minutes, warmup_minutes_by_coin
from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import ConfigError, DataError, ExitCode
from pbtui.core.sanitize import sanitize_line


class NoData(DataError):
    """Nothing is left to run on: every coin dropped, or no candle in the window."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One dataset; two runs with equal requests and equal candles have equal arrays."""

    exchanges: tuple[str, ...]  # short names; two or more are combined coin by coin
    coins: tuple[str, ...] | None  # None: every coin the exchanges list
    requested_start_ms: int  # trading may begin
    end_ms: int  # open time of the last minute, itself included
    warmup_minutes: int = 0  # history before the requested start
    interval_minutes: int = 1  # width of a bar
    min_age_days: float = 0.0
    gap_tolerance_minutes: float = 120.0  # largest distance between two real candles
    coin_sources: Mapping[str, str] = field(default_factory=dict[str, str])
    market_settings_sources: Mapping[str, str] = field(default_factory=dict[str, str])
    source_dir: Path | None = None  # tree of day files tried before the store
    coin_warmups: Mapping[str, int] = field(default_factory=dict[str, int])  # `__default__`: of all others

    @property
    def fetch_start_ms(self) -> int:
        """First minute wanted: the warm-up before the requested start (4.1)."""
        start = self.requested_start_ms - self.warmup_minutes * MINUTE_MS
        return max(0, start // MINUTE_MS * MINUTE_MS)

    @property
    def combined(self) -> bool:
        """Whether each coin takes the best of several feeds (4.4)."""
        return len(self.exchanges) > 1

    @property
    def warmup_bars(self) -> int:
        """Bars before any trading (1.6)."""
        return math.ceil(self.warmup_minutes / self.interval_minutes)

    def coin_warmup(self, coin: str) -> int:
        """Return the warm-up of one coin in minutes (1.6)."""
        return self.coin_warmups.get(coin, self.coin_warmups.get(DEFAULT, 0))

    @classmethod
    def of(cls, config: Config, *, base_dir: Path = Path()) -> Request:
        """Return what a backtest of `config` asks for; raises ConfigError as `with_coins`, NoData for no coin."""
        sides = backtest_coins(config)
        coins = None if sides is None else tuple(sorted({coin for side in sides.values() for coin in side}))
        if coins is not None and not coins:
            raise NoData("live.approved_coins leaves no coin to trade")
        return cls.with_coins(config, coins, base_dir=base_dir)

    @classmethod
    def with_coins(cls, config: Config, coins: tuple[str, ...] | None, *, base_dir: Path = Path()) -> Request:
        """Return what `config` asks for with these coins; raises ConfigError for dates out of order and no exchange."""
        settings = config.backtest
        exchanges = tuple(dict.fromkeys(exchange_name(name) for name in settings.exchanges if name.strip()))
        if not exchanges:
            raise ConfigError("backtest.exchanges is empty", hint="name at least one exchange")
        start, end = window_of(settings.start_date, settings.end_date)
        return cls(
            exchanges=exchanges,
            coins=coins,
            requested_start_ms=start,
            end_ms=end,
            warmup_minutes=global_warmup_minutes(config),
            interval_minutes=settings.candle_interval_minutes,
            min_age_days=config.live.minimum_coin_age_days,
            gap_tolerance_minutes=settings.gap_tolerance_ohlcvs_minutes,
            coin_sources=_by_coin(settings.coin_sources),
            market_settings_sources=_by_coin(settings.market_settings_sources),
            source_dir=base_dir / Path(settings.ohlcv_source_dir).expanduser() if settings.ohlcv_source_dir else None,
            coin_warmups=warmup_minutes_by_coin(config),
        )


def window_of(start_date: str, end_date: str) -> tuple[int, int]:
    """Return the first moment traded and the last minute used, epoch ms (4.1); raises ConfigError.

    The end date is a concrete one (config.dates.resolve_end_date); of its day only the first minute is used.
    """
    try:
        start, end = parse_date(start_date), parse_date(end_date) // DAY_MS * DAY_MS
    except ValueError as error:
        raise ConfigError(f"backtest dates: {sanitize_line(error, limit=120)}") from error
    if start >= end:
        raise ConfigError(
            f"backtest.start_date {day_text(start)} is not before backtest.end_date {day_text(end)}",
            hint="the end date itself is no longer traded",
        )
    return start, end


def exchange_name(name: str) -> str:
    """Return the standard short name of an exchange."""
    return short_name(name.strip().lower())


def _by_coin(given: Mapping[str, str]) -> dict[str, str]:
    return {coin_of(coin): exchange_name(name) for coin, name in given.items() if name}
