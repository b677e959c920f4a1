//! Whole runs over synthetic minutes: one coin on one side, ten coins on both.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pb_rust::backtest::{Arrays, RunParams, Setup, run};
use pb_rust::engine::input::BotParamsPair;
use pb_rust::params::BotParams;
use pb_rust::types::ExchangeParams;

const BARS: usize = 50_000;

/// Candles of a random walk with a drift back to its start; repeatable, high above low, on a grid of cents.
fn candles(coins: usize) -> Vec<f64> {
    let mut state = 20_240_229_u64;
    let mut roll = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut prices = vec![100.0; coins];
    let cents = |x: f64| (x * 100.0).round() / 100.0;
    let mut all = Vec::with_capacity(BARS * coins * 4);
    for _ in 0..BARS {
        for price in &mut prices {
            let open = *price;
            let close = cents(open * (1.0 + 0.002 * (roll() + roll() - 1.0) + 1e-5 * (100.0 - open) / 100.0));
            let (up, down) = (1.0 + 0.0005 * roll(), 1.0 - 0.0005 * roll());
            all.extend([cents(open.max(close) * up), cents(open.min(close) * down), close, 1000.0 * roll()]);
            *price = close;
        }
    }
    all
}

fn bot(n_positions: usize, total_wallet_exposure_limit: f64) -> BotParams {
    BotParams {
        n_positions,
        total_wallet_exposure_limit,
        wallet_exposure_limit: -1.0,
        close_grid_markup_end: 0.0045,
        close_grid_markup_start: 0.0085,
        close_grid_qty_pct: 0.35,
        close_trailing_retracement_pct: 0.0025,
        close_trailing_grid_ratio: -0.6,
        close_trailing_qty_pct: 0.3,
        close_trailing_threshold_pct: 0.006,
        entry_grid_double_down_factor: 0.85,
        entry_grid_spacing_volatility_weight: 8.0,
        entry_grid_spacing_we_weight: 0.6,
        entry_grid_spacing_pct: 0.02,
        entry_volatility_ema_span_hours: 240.0,
        entry_initial_ema_dist: -0.003,
        entry_initial_qty_pct: 0.025,
        entry_trailing_double_down_factor: 0.9,
        entry_trailing_retracement_pct: 0.004,
        entry_trailing_grid_ratio: -0.5,
        entry_trailing_threshold_pct: 0.008,
        filter_volatility_ema_span: 180.0,
        filter_volatility_drop_pct: 0.1,
        filter_volume_ema_span: 520.0,
        filter_volume_drop_pct: 0.4,
        ema_span_0: 220.0,
        ema_span_1: 770.0,
        risk_wel_enforcer_threshold: 1.02,
        risk_twel_enforcer_threshold: 1.0,
        risk_we_excess_allowance_pct: 0.2,
        unstuck_close_pct: 0.05,
        unstuck_ema_dist: -0.08,
        unstuck_loss_allowance_pct: 0.01,
        unstuck_threshold: 0.5,
        ..BotParams::default()
    }
}

fn params(coins: usize) -> RunParams {
    RunParams {
        starting_balance: 100_000.0,
        maker_fee: 0.0002,
        named_coins: coins,
        active_coin_indices: Vec::new(),
        first_timestamp_ms: 1_704_067_200_000,
        requested_start_timestamp_ms: 0,
        first_valid_indices: Vec::new(),
        last_valid_indices: Vec::new(),
        warmup_minutes: vec![1000; coins],
        global_warmup_bars: 1000,
        btc_collateral_cap: 0.0,
        btc_collateral_ltv_cap: None,
        metrics_only: false,
        filter_by_min_effective_cost: false,
        dynamic_wel_by_tradability: true,
        hedge_mode: true,
        max_realized_loss_pct: 1.0,
        candle_interval_minutes: 1,
        look_ahead: true,
        every_bar: false,
        shut: [Vec::new(), Vec::new()],
    }
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("backtest");
    group.sample_size(10);
    for (coins, short) in [(1, 0.0), (10, 0.8)] {
        let (hlcvs, btc) = (candles(coins), vec![50_000.0; BARS]);
        let arrays = Arrays::new(&hlcvs, BARS, coins, &btc);
        let slots = coins.div_ceil(2);
        let bots = vec![BotParamsPair { long: bot(slots, 1.25), short: bot(slots, short) }; coins];
        let limits = ExchangeParams { qty_step: 0.01, price_step: 0.01, min_qty: 0.01, min_cost: 5.0, c_mult: 1.0 };
        let setup = Setup::new(&arrays, &bots, &vec![limits; coins], params(coins)).expect("arguments that fit");
        println!("{coins} coins: {} fills", run(&setup, &arrays).expect("a run").fills.len());
        group.throughput(Throughput::Elements((BARS * coins) as u64));
        group.bench_function(BenchmarkId::from_parameter(coins), |b| b.iter(|| run(black_box(&setup), &arrays)));
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
