"""Whole backtests through Python: what is refused, what is handed back, and that other threads go on meanwhile."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pbtui.engine import InvalidInput
from pbtui.engine.backtest import BacktestOutcome, run_backtest

Floats = NDArray[np.float64]
BARS = 3000
SIDE = {
    "close_grid_markup_end": 0.002,
    "close_grid_markup_start": 0.004,
    "close_grid_qty_pct": 0.4,
    "close_trailing_grid_ratio": 0.0,
    "close_trailing_qty_pct": 1.0,
    "close_trailing_retracement_pct": 0.001,
    "close_trailing_threshold_pct": 0.002,
    "ema_span_0": 20.0,
    "ema_span_1": 60.0,
    "entry_grid_double_down_factor": 0.8,
    "entry_grid_spacing_pct": 0.004,
    "entry_grid_spacing_volatility_weight": 0.0,
    "entry_grid_spacing_we_weight": 0.5,
    "entry_initial_ema_dist": 0.0,
    "entry_initial_qty_pct": 0.05,
    "entry_trailing_double_down_factor": 0.8,
    "entry_trailing_grid_ratio": 0.0,
    "entry_trailing_retracement_pct": 0.001,
    "entry_trailing_retracement_volatility_weight": 0.0,
    "entry_trailing_retracement_we_weight": 0.0,
    "entry_trailing_threshold_pct": 0.002,
    "entry_trailing_threshold_volatility_weight": 0.0,
    "entry_trailing_threshold_we_weight": 0.0,
    "entry_volatility_ema_span_hours": 3.0,
    "filter_volatility_drop_pct": 0.0,
    "filter_volatility_ema_span": 60.0,
    "filter_volume_drop_pct": 0.0,
    "filter_volume_ema_span": 60.0,
    "n_positions": 1.0,
    "risk_we_excess_allowance_pct": 0.0,
    "total_wallet_exposure_limit": 1.0,
    "unstuck_close_pct": 0.05,
    "unstuck_ema_dist": 0.0,
    "unstuck_loss_allowance_pct": 0.02,
    "unstuck_threshold": 0.5,
    "wallet_exposure_limit": -1.0,
}
LIMITS = {"qty_step": 0.01, "price_step": 0.01, "min_qty": 0.01, "min_cost": 1.0, "c_mult": 1.0}


def market(bars: int = BARS, coins: int = 1) -> Floats:
    rng = np.random.default_rng(7)
    close = np.round(100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.001, (bars, coins)), axis=0)), 2)
    high, low = np.round(close * 1.0008, 2), np.round(close * 0.9992, 2)
    return np.ascontiguousarray(np.stack([high, low, close, np.full_like(close, 500.0)], axis=-1))


def pair(**changed: float) -> dict[str, Any]:
    return {"long": SIDE | changed, "short": SIDE | {"total_wallet_exposure_limit": 0.0, "n_positions": 0.0}}


@dataclass
class Call:
    """The arguments of a run, each replaceable."""

    hlcvs: Any = field(default_factory=market)
    btc_usd: Any = field(default_factory=lambda: np.full(BARS, 50_000.0))
    bots: list[Any] = field(default_factory=lambda: [pair()])
    limits: list[Any] = field(default_factory=lambda: [LIMITS])
    params: dict[str, Any] = field(default_factory=dict)

    def run(self, **options: Any) -> BacktestOutcome:
        params = {
            "starting_balance": 1000.0,
            "maker_fee": 0.0002,
            "coins": ["A"],
            "dynamic_wel_by_tradability": True,
            "global_warmup_bars": 100,
        }
        return run_backtest(self.hlcvs, self.btc_usd, self.bots, self.limits, params | self.params, **options)


def test_hands_back_fills_equity_and_metrics() -> None:
    outcome = Call().run()
    assert outcome.fills is not None
    assert outcome.equity is not None
    assert len(outcome.fills) > 50
    assert set(outcome.fills.order_types()) >= {"entry_initial_normal_long", "close_grid_long"}
    assert outcome.fills.coin.tolist() == [0] * len(outcome.fills)
    # Orders are first decided one bar after the warm-up, and equity is kept from there to the last bar but one.
    assert len(outcome.equity) == BARS - 1 - 101
    assert np.all(np.diff(outcome.equity.timestamp_ms) == 60_000)
    last = outcome.fills.usd_total_balance[-1]
    assert last == pytest.approx(1000.0 + outcome.fills.pnl.sum() + outcome.fills.fee_paid.sum())
    assert outcome.analysis_usd == outcome.analysis_btc
    assert outcome.analysis_usd["gain"] is not None


def test_metrics_alone_are_the_same_metrics() -> None:
    whole, metrics = Call().run(), Call(params={"metrics_only": True}).run()
    assert (metrics.fills, metrics.equity) == (None, None)
    assert metrics.analysis_usd == whole.analysis_usd


def test_without_look_ahead_whole_ladders_stand() -> None:
    ahead, blind = Call().run(), Call().run(look_ahead=False)
    assert ahead.fills is not None
    assert blind.fills is not None
    assert len(blind.fills) > 50
    # Nothing stands in the way of the ladders here, so making them early changes no fill.
    assert blind.fills.fill_price.tolist() == ahead.fills.fill_price.tolist()


def test_numbers_may_be_integers_and_odd_scalars_fall_back() -> None:
    plain = Call(params={"maker_fee": 0.0}).run()
    odd = Call(params={"starting_balance": 1000, "maker_fee": None, "first_timestamp_ms": "soon"}).run()
    assert odd.analysis_usd == plain.analysis_usd


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"hlcvs": market()[:, :, :3].copy()}, "4 values"),
        ({"hlcvs": market()[::2]}, "C-contiguous"),
        ({"hlcvs": market().astype(np.float32)}, "float64"),
        ({"hlcvs": "candles"}, "hlcvs"),
        ({"hlcvs": np.empty((0, 1, 4)), "btc_usd": np.empty(0)}, "bars"),
        ({"btc_usd": np.full(BARS - 1, 1.0)}, "btc_usd"),
        ({"bots": []}, "coins"),
        ({"bots": [pair(), pair()], "limits": [LIMITS, LIMITS]}, "column 1"),
        ({"bots": [{"long": SIDE}]}, "bot_params[0].short"),
        ({"bots": [{"long": {k: v for k, v in SIDE.items() if k != "ema_span_0"}, "short": SIDE}]}, "ema_span_0"),
        ({"bots": [pair(ema_span_0="long")]}, "ema_span_0"),
        ({"bots": [3]}, "bot_params"),
        ({"limits": []}, "exchange_params"),
        ({"limits": ["steps"]}, "exchange_params"),
        ({"params": {"candle_interval_minutes": 0}}, "candle_interval_minutes"),
        ({"params": {"candle_interval_minutes": 1.5}}, "candle_interval_minutes"),
        ({"params": {"hedge_mode": 1}}, "hedge_mode"),
        ({"params": {"dynamic_wel_by_tradability": None}}, "dynamic_wel_by_tradability"),
        ({"params": {"first_valid_indices": [-1]}}, "first_valid_indices"),
        ({"params": {"active_coin_indices": [3]}}, "column 3"),
        ({"params": {"first_timestamp_ms": 2**63}}, "first_timestamp_ms"),
        ({"params": {"coins": []}}, "coins"),
        ({"params": {"starting_balance": float("nan")}}, "balance"),
        ({"bots": [pair(ema_span_0=-5.0)]}, "MissingEma"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refuses_what_makes_no_run(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Call(**changed).run()
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_switch_is_named() -> None:
    with pytest.raises(InvalidInput, match="dynamic_wel_by_tradability"):
        run_backtest(market(), np.full(BARS, 1.0), [pair()], [LIMITS], {"coins": ["A"]})


def test_an_account_below_zero_is_a_result() -> None:
    hlcvs = market()
    hlcvs[1500:, :, :3] *= 0.05
    outcome = Call(hlcvs=hlcvs, bots=[pair(total_wallet_exposure_limit=10.0)]).run()
    assert outcome.equity is not None
    assert outcome.equity.usd.min() < 0.0
    assert len(outcome.equity) == BARS - 102


def test_other_threads_go_on_meanwhile() -> None:
    hlcvs = market(40_000, 4)
    call = Call(
        hlcvs=hlcvs,
        btc_usd=np.full(len(hlcvs), 1.0),
        bots=[pair(n_positions=2.0)] * 4,
        limits=[LIMITS] * 4,
        params={"coins": ["A", "B", "C", "D"], "metrics_only": True},
    )
    done = threading.Event()
    worker = threading.Thread(target=lambda: (call.run(look_ahead=False), done.set()))
    worker.start()
    turns = 0
    while not done.is_set():
        turns += 1
    worker.join()
    # Held all along, the interpreter would give this thread one turn at the end.
    assert turns > 1000
