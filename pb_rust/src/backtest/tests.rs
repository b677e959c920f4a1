//! Whole runs on random markets.

use proptest::prelude::*;

use super::*;
use crate::engine::input::BotParamsPair;
use crate::params::BotParams;
use crate::types::ExchangeParams;

/// A repeatable source of numbers from 0 to 1.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.roll()
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[(self.roll() * choices.len() as f64) as usize]
    }

    fn chance(&mut self, share: f64) -> bool {
        self.roll() < share
    }
}

/// Everything that a run takes.
struct World {
    hlcvs: Vec<f64>,
    btc: Vec<f64>,
    bars: usize,
    bots: Vec<BotParamsPair>,
    exchanges: Vec<ExchangeParams>,
    params: RunParams,
}

const TICK: f64 = 0.01;

/// Candles on a coarse grid, with jumps and quiet stretches; the first and last rows may be missing.
fn candles(dice: &mut Dice, bars: usize, first: usize, last: usize) -> Vec<[f64; 4]> {
    let (mut price, sigma, mut quiet) = (dice.between(5.0, 50.0), dice.between(0.0005, 0.004), false);
    let snap = |x: f64| ((x / TICK).round() * TICK).max(TICK);
    let mut rows = Vec::with_capacity(bars);
    for bar in 0..bars {
        let open = price;
        quiet = quiet != dice.chance(0.01);
        if !quiet {
            let jump = if dice.chance(0.003) { dice.between(-0.15, 0.15) } else { 0.0 };
            price = snap(price * (1.0 + sigma * dice.between(-1.7, 1.7) + jump));
        }
        let wick = |dice: &mut Dice| if quiet { 0.0 } else { sigma * dice.roll() };
        let high = snap(open.max(price) * (1.0 + wick(dice)));
        let low = snap(open.min(price) * (1.0 - wick(dice)));
        let row = [high.max(price), low.min(price), price, (dice.roll() * 1000.0).round()];
        rows.push(if (first..=last).contains(&bar) { row } else { [f64::NAN; 4] });
    }
    rows
}

fn bot(dice: &mut Dice, hard: bool) -> BotParams {
    let ratios = [0.0, 0.0, 0.4, -0.5, 1.0, -1.0];
    BotParams {
        n_positions: dice.pick(&[0, 1, 1, 2, 3]),
        close_grid_markup_end: dice.between(0.001, 0.01),
        close_grid_markup_start: dice.between(0.001, 0.015),
        close_grid_qty_pct: dice.between(0.1, 1.1),
        close_trailing_retracement_pct: dice.between(-0.001, 0.006),
        close_trailing_grid_ratio: dice.pick(&ratios),
        close_trailing_qty_pct: dice.between(0.1, 1.0),
        close_trailing_threshold_pct: dice.between(-0.002, 0.01),
        entry_grid_double_down_factor: dice.between(0.3, 1.5),
        entry_grid_spacing_volatility_weight: dice.pick(&[0.0, 5.0]),
        entry_grid_spacing_we_weight: dice.pick(&[0.0, 0.7]),
        entry_grid_spacing_pct: dice.between(0.003, 0.02),
        entry_volatility_ema_span_hours: dice.pick(&[0.0, 3.0, 20.0]),
        entry_initial_ema_dist: dice.between(-0.01, 0.01),
        entry_initial_qty_pct: dice.between(0.01, 0.2),
        entry_trailing_double_down_factor: dice.between(0.3, 1.5),
        entry_trailing_retracement_pct: dice.between(-0.001, 0.01),
        entry_trailing_retracement_we_weight: dice.pick(&[0.0, 0.5]),
        entry_trailing_retracement_volatility_weight: dice.pick(&[0.0, 5.0]),
        entry_trailing_grid_ratio: dice.pick(&ratios),
        entry_trailing_threshold_pct: dice.between(-0.002, 0.02),
        entry_trailing_threshold_we_weight: dice.pick(&[0.0, 0.5]),
        entry_trailing_threshold_volatility_weight: dice.pick(&[0.0, 5.0]),
        filter_volatility_ema_span: dice.pick(&[60.0, 90.0]),
        filter_volatility_drop_pct: dice.pick(&[0.0, 0.3]),
        filter_volume_ema_span: dice.pick(&[60.0, 120.0]),
        filter_volume_drop_pct: dice.pick(&[0.0, 0.5]),
        ema_span_0: dice.between(5.0, 80.0),
        ema_span_1: dice.between(5.0, 200.0),
        total_wallet_exposure_limit: dice.pick(&[0.0, 0.5, 1.5, 3.0]),
        wallet_exposure_limit: dice.pick(&[-1.0, -1.0, 0.0, 0.6]),
        risk_wel_enforcer_threshold: if hard { dice.between(0.6, 1.1) } else { 1.0 },
        risk_twel_enforcer_threshold: if hard { dice.between(0.5, 1.1) } else { 1.0 },
        risk_we_excess_allowance_pct: dice.pick(&[0.0, 0.3]),
        unstuck_close_pct: dice.between(0.01, 0.2),
        unstuck_ema_dist: dice.between(-0.02, 0.01),
        unstuck_loss_allowance_pct: dice.pick(&[0.0, 0.02]),
        unstuck_threshold: dice.between(0.2, 0.9),
    }
}

fn exchange(dice: &mut Dice) -> ExchangeParams {
    let qty_step = dice.pick(&[0.001, 0.1, 1.0]);
    ExchangeParams {
        qty_step,
        price_step: dice.pick(&[TICK, 0.005, 0.1]),
        min_qty: qty_step,
        min_cost: dice.pick(&[0.0, 5.0, 40.0]),
        c_mult: dice.pick(&[1.0, 1.0, 0.1]),
    }
}

fn params(dice: &mut Dice, coins: usize, firsts: Vec<usize>, lasts: Vec<usize>) -> RunParams {
    RunParams {
        starting_balance: dice.pick(&[200.0, 2000.0, 50_000.0]),
        maker_fee: dice.pick(&[0.0, 0.0002, 0.002]),
        named_coins: coins,
        active_coin_indices: Vec::new(),
        first_timestamp_ms: 1_700_000_000_000 / 60_000 * 60_000,
        requested_start_timestamp_ms: 0,
        first_valid_indices: firsts,
        last_valid_indices: lasts,
        warmup_minutes: vec![30; coins],
        global_warmup_bars: 60,
        btc_collateral_cap: dice.pick(&[0.0, 0.0, 0.0, 0.8, 1.5]),
        btc_collateral_ltv_cap: dice.pick(&[None, Some(0.4)]),
        metrics_only: false,
        filter_by_min_effective_cost: dice.chance(0.4),
        dynamic_wel_by_tradability: dice.chance(0.5),
        hedge_mode: dice.chance(0.7),
        max_realized_loss_pct: dice.pick(&[1.0, 1.0, 0.05]),
        shut: [(); 2].map(|()| if dice.chance(0.3) { vec![dice.pick(&[0, coins - 1])] } else { Vec::new() }),
        candle_interval_minutes: dice.pick(&[1, 1, 1, 5]),
        look_ahead: true,
        every_bar: false,
    }
}

fn world(seed: u64) -> World {
    let mut dice = Dice(seed);
    let (coins, bars) = (dice.pick(&[1, 2, 3, 5]), dice.pick(&[900, 2500]));
    let firsts: Vec<usize> = (0..coins).map(|_| if dice.chance(0.3) { dice.pick(&[1, 100, 400]) } else { 0 }).collect();
    let lasts: Vec<usize> =
        (0..coins).map(|_| if dice.chance(0.3) { dice.pick(&[700, bars - 20]) } else { bars - 1 }).collect();
    let columns: Vec<Vec<[f64; 4]>> =
        firsts.iter().zip(&lasts).map(|(&first, &last)| candles(&mut dice, bars, first, last)).collect();
    let hlcvs = (0..bars).flat_map(|bar| columns.iter().flat_map(move |rows| rows[bar])).collect();
    let hard = dice.chance(0.5);
    let own = dice.chance(0.3);
    let shared = BotParamsPair { long: bot(&mut dice, hard), short: bot(&mut dice, hard) };
    let mut pair = |_| {
        if own { BotParamsPair { long: bot(&mut dice, hard), short: bot(&mut dice, hard) } } else { shared }
    };
    let bots = (0..coins).map(&mut pair).collect();
    let exchanges = (0..coins).map(|_| exchange(&mut dice)).collect();
    let params = params(&mut dice, coins, firsts, lasts);
    let btc = (0..bars).map(|_| dice.between(29_000.0, 31_000.0)).collect();
    World { hlcvs, btc, bars, bots, exchanges, params }
}

fn run_world(world: &World, every_bar: bool) -> BacktestResult {
    let columns = world.bots.len();
    let arrays = Arrays::new(&world.hlcvs, world.bars, columns, &world.btc);
    let params = RunParams { every_bar, ..world.params.clone() };
    let setup = Setup::new(&arrays, &world.bots, &world.exchanges, params).expect("arguments that fit");
    run(&setup, &arrays).expect("decidable bars")
}

/// Numbers by their bits, so that nothing passes for equal.
fn bits(result: &BacktestResult) -> (Vec<String>, Vec<u64>) {
    let fills = result.fills.iter().map(|fill| format!("{fill:?}")).collect();
    let equity = &result.equity;
    let numbers = equity.usd.iter().chain(&equity.btc).copied().chain(equity.net_exposure.iter());
    (fills, numbers.map(f64::to_bits).collect())
}

/// Markets in which a bar once went undecided that mattered.
#[test]
fn bars_that_once_mattered_still_do() {
    for seed in [8_765_805_693_745_731_881, 16_952_434_971_533_490_488] {
        let world = world(seed);
        assert_eq!(bits(&run_world(&world, false)), bits(&run_world(&world, true)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn bars_that_are_not_decided_would_not_have_mattered(seed in any::<u64>()) {
        let world = world(seed);
        prop_assert_eq!(bits(&run_world(&world, false)), bits(&run_world(&world, true)));
    }
}

#[test]
fn random_markets_are_traded() {
    let fills: Vec<usize> = (0..40).map(|seed| run_world(&world(seed), false).fills.len()).collect();
    assert!(fills.iter().filter(|&&count| count > 20).count() > 20, "{fills:?}");
}

fn watched(world: &World, progress: &Progress) -> Result<BacktestResult, BacktestError> {
    let arrays = Arrays::new(&world.hlcvs, world.bars, world.bots.len(), &world.btc);
    let setup = Setup::new(&arrays, &world.bots, &world.exchanges, world.params.clone()).expect("arguments that fit");
    run_watched(&setup, &arrays, progress)
}

#[test]
fn a_watched_run_tells_its_bars_fills_and_money() {
    let (world, progress) = (world(3), Progress::default());
    let result = watched(&world, &progress).expect("decidable bars");
    assert_eq!(bits(&result), bits(&run_world(&world, false)));
    let (counts, samples) = progress.look(0);
    assert_eq!((counts.bar, counts.bars, counts.fills), (world.bars - 1, world.bars - 1, result.fills.len()));
    assert!(samples.windows(2).all(|pair| pair[0].timestamp_ms < pair[1].timestamp_ms));
    let last = samples.last().expect("samples");
    assert_eq!(
        (last.timestamp_ms, last.equity),
        (result.equity.times.at(result.equity.len() - 1), *result.equity.usd.last().unwrap())
    );
    assert_eq!(progress.look(samples.len() - 1).1, vec![*last]);
    assert!(progress.look(samples.len() + 5).1.is_empty());
}

#[test]
fn a_cancelled_run_ends_at_once_with_nothing() {
    let (world, progress) = (world(3), Progress::default());
    progress.cancel();
    let ended = watched(&world, &progress);
    assert!(matches!(ended, Err(BacktestError::Cancelled { bar }) if bar < 200), "{ended:?}");
}

#[test]
fn samples_stay_few_however_long_the_run() {
    for bars in [1, 64, 2_000, 34_560, 525_600, 2_628_000, 40_000_000] {
        let pace = Progress::default().begin(bars);
        let reports = bars.div_ceil(pace.stride);
        assert!(reports.div_ceil(pace.sampling) <= progress::SAMPLES, "{bars}: {pace:?}");
        assert!(pace.stride <= 1024);
    }
}
