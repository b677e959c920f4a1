"""One configuration on the same recorded minutes twice: by the live loop on paper, and by the backtester."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pbtui.backtest.inputs import bot_params
from pbtui.config import Config, load
from pbtui.config.dates import parse_date
from pbtui.config.pipeline import PROGRAM_ROOT
from pbtui.core.clock import DAY_MS, MINUTE_MS, VirtualClock
from pbtui.core.snapshot import AccountHead
from pbtui.core.types import Market
from pbtui.engine.backtest import run_backtest
from pbtui.exchange.paper.factory import open_paper
from pbtui.live.bot import Bot, RunLimits
from pbtui.market.replay import ReplayFeed

HEAD = AccountHead("replay", "binance", "USDT", "replay", "REPLAY max", hedge_mode=True, config_name="twin")
BALANCE = 2_000.0
# What a backtest does not know: the delay of a plan, tolerances, batches, distances (live.md 17 to 19).
LIKE_A_BACKTEST: Mapping[str, Any] = {
    "live.mimic_backtest_1m_delay": True,
    "live.balance_hysteresis_snap_pct": 0,
    "live.order_match_tolerance_pct": 0,
    "live.max_n_creations_per_batch": 1_000,
    "live.max_n_cancellations_per_batch": 1_000,
    "live.price_distance_threshold": 1e9,
    "live.minimum_coin_age_days": 0,
    "live.time_in_force": "good_till_cancelled",
    "backtest.dynamic_wel_by_tradability": False,
    "backtest.candle_interval_minutes": 1,
    "backtest.btc_collateral_cap": 0,
    "backtest.filter_by_min_effective_cost": None,
}
# The backtester decides for the first time at the end of its third bar: it passes over the first, and always warms up.
FIRST_DECISION = 3


@dataclass(frozen=True, slots=True)
class Made:
    """A fill as both tell of it; `position_price` is 0 after a full close."""

    ts_ms: int
    coin: str
    order_type: str
    qty: float
    price: float
    position_size: float
    position_price: float
    pnl: float
    fee: float


@dataclass(frozen=True, slots=True)
class Twins:
    """A configuration and the minutes it runs on."""

    example: str
    coins: tuple[str, ...]
    values: Mapping[str, Any]
    folder: Path
    start: str = "2025-05-12"
    days: int = 10

    async def feed(self) -> ReplayFeed:
        first = parse_date(self.start)
        feed = ReplayFeed(
            self.folder,
            exchange="binance",
            quote="USDT",
            coins=self.coins,
            from_ms=first,
            to_ms=first + self.days * DAY_MS,
            markets_file=None,
        )
        await feed.start()
        return feed

    def config(self, command: Any, *, without: Sequence[str] = (), also: Mapping[str, Any] | None = None) -> Config:
        common = {key: value for key, value in LIKE_A_BACKTEST.items() if key not in without}
        flags = {**common, **self.values, **(also or {}), "live.approved_coins": sorted(self.coins)}
        path = PROGRAM_ROOT / "configs" / "examples" / self.example
        return load(path, command=command, flags=flags, base_dir=PROGRAM_ROOT)

    async def live(self, home: Path, *, without: Sequence[str] = ()) -> list[Made]:
        """Run the live loop minute by minute, `without` some of what makes it like a backtest.

        Nothing is decided before the backtester does.
        """
        clock = VirtualClock()
        venue = open_paper(await self.feed(), home / "ledger.db", start_balance=BALANCE, clock=clock)
        await venue.start()
        config = self.config("live", without=without)
        bot = Bot(config, venue, run_dir=home, clock=clock, head=HEAD, limits=RunLimits(), level=0)
        minutes = 0
        while await venue.step_minute():
            minutes += 1
            if minutes >= FIRST_DECISION:
                await bot.core.turn()
        fills = await venue.fetch_fills(0)
        await venue.close()
        last = venue.first_ms + (minutes - 1) * MINUTE_MS
        return [
            Made(
                ts_ms=fill.ts_ms,
                coin=_coin(fill.symbol),
                order_type=fill.order_type,
                qty=abs(fill.qty) * (1.0 if fill.side == "buy" else -1.0),
                price=fill.price,
                position_size=fill.psize,
                position_price=fill.pprice if fill.psize else 0.0,
                pnl=fill.pnl,
                fee=fill.fee,
            )
            for fill in fills
            if fill.ts_ms < last  # the backtester never looks at its last bar
        ]

    async def backtest(self, *, look_ahead: bool = False, also: Mapping[str, Any] | None = None) -> list[Made]:
        """Run the backtester on the same minutes; `also` are values that only it is given."""
        feed = await self.feed()
        markets = {_coin(symbol): market for symbol, market in (await feed.markets()).items()}
        coins = sorted(self.coins)
        first = parse_date(self.start)
        candles = [await feed.candles(markets[coin].symbol, "1m", first, first + self.days * DAY_MS) for coin in coins]
        columns = [np.stack([c.high, c.low, c.close, c.volume], axis=1) for c in candles]
        hlcvs = np.ascontiguousarray(np.stack(columns, axis=1))
        config = self.config("backtest", also=also)
        bots = bot_params(config, coins)
        settings = [_settings(markets[coin]) for coin in coins]
        parameters = _parameters(config, coins, markets[coins[0]].maker_fee, int(candles[0].ts_ms[0]), len(hlcvs))
        outcome = run_backtest(hlcvs, np.ones(len(hlcvs)), bots, settings, parameters, look_ahead=look_ahead)
        fills = outcome.fills
        assert fills is not None
        return [
            Made(
                ts_ms=int(fills.timestamp_ms[n]),
                coin=coins[int(fills.coin[n])],
                order_type=kind,
                qty=float(fills.fill_qty[n]),
                price=float(fills.fill_price[n]),
                position_size=float(fills.position_size[n]),
                position_price=float(fills.position_price[n]) if fills.position_size[n] else 0.0,
                pnl=float(fills.pnl[n]),
                fee=float(fills.fee_paid[n]),
            )
            for n, kind in enumerate(fills.order_types())
        ]


def _parameters(config: Config, coins: Sequence[str], fee: float, first_ms: int, bars: int) -> dict[str, Any]:
    live, settings = config.live, config.backtest
    least = settings.filter_by_min_effective_cost
    return {
        "starting_balance": BALANCE,
        "maker_fee": fee,
        "coins": list(coins),
        "btc_collateral_cap": 0.0,
        "btc_collateral_ltv_cap": None,
        "requested_start_timestamp_ms": first_ms,
        "first_timestamp_ms": first_ms,
        "first_valid_indices": [0] * len(coins),
        "last_valid_indices": [bars - 1] * len(coins),
        "warmup_minutes": [0] * len(coins),
        "global_warmup_bars": 1,
        "metrics_only": False,
        "filter_by_min_effective_cost": bool(live.filter_by_min_effective_cost if least is None else least),
        "dynamic_wel_by_tradability": settings.dynamic_wel_by_tradability,
        "hedge_mode": live.hedge_mode,
        "max_realized_loss_pct": live.max_realized_loss_pct,
        "candle_interval_minutes": 1,
    }


def _settings(market: Market) -> dict[str, float]:
    return {name: getattr(market, name) for name in ("qty_step", "price_step", "min_qty", "min_cost", "c_mult")}


def _coin(symbol: str) -> str:
    return symbol.partition("/")[0]
