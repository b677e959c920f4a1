//! From the arguments of a run to everything that stays fixed while it runs (backtest.md 1).

use super::error::BacktestError;
use crate::engine::input::BotParamsPair;
use crate::params::BotParams;
use crate::types::{ExchangeParams, Side};

const MINUTE_MS: u64 = 60_000;
/// A coin whose data end further before the end of the run than this counts as delisted, in bars.
const DELISTED_BARS: usize = 1400;

/// Arguments of a run as they are given (backtest.md 1.2); balances in USD, fee a fraction, counts as named.
#[derive(Clone, Debug, PartialEq)]
pub struct RunParams {
    pub starting_balance: f64,
    pub maker_fee: f64,
    /// How many of the traded coins have a name.
    pub named_coins: usize,
    pub active_coin_indices: Vec<usize>,
    pub first_timestamp_ms: u64,
    pub requested_start_timestamp_ms: u64,
    pub first_valid_indices: Vec<usize>,
    pub last_valid_indices: Vec<usize>,
    pub warmup_minutes: Vec<u64>,
    pub global_warmup_bars: usize,
    pub btc_collateral_cap: f64,
    pub btc_collateral_ltv_cap: Option<f64>,
    pub metrics_only: bool,
    pub filter_by_min_effective_cost: bool,
    pub dynamic_wel_by_tradability: bool,
    pub hedge_mode: bool,
    pub max_realized_loss_pct: f64,
    /// Coins that open nothing, by side (departures.md: coin lists that act in backtests).
    pub shut: [Vec<usize>; 2],
    pub candle_interval_minutes: u64,
    /// Whether the coming bar decides how many orders are made (backtest.md 2.9).
    pub look_ahead: bool,
    /// Whether orders are decided even before bars that cannot fill any: slower, and the same result.
    pub every_bar: bool,
}

impl RunParams {
    /// Whether equity is wanted in BTC too: to be handed back, or because metrics differ by denomination.
    pub fn wants_btc_equity(&self) -> bool {
        !self.metrics_only || self.btc_collateral_cap > 0.0
    }
}

/// High, low, close and volume of one coin and bar.
pub type Candle = [f64; 4];

/// Candles and BTC prices of a run; `candles` is bar after bar, column after column.
#[derive(Clone, Copy, Debug)]
pub struct Arrays<'a> {
    pub candles: &'a [Candle],
    pub bars: usize,
    pub columns: usize,
    pub btc_usd: &'a [f64],
}

impl<'a> Arrays<'a> {
    /// Takes four values a candle.
    pub fn new(hlcvs: &'a [f64], bars: usize, columns: usize, btc_usd: &'a [f64]) -> Arrays<'a> {
        Arrays { candles: hlcvs.as_chunks().0, bars, columns, btc_usd }
    }

    /// All columns of a bar.
    #[inline]
    pub fn row(&self, bar: usize) -> &'a [Candle] {
        &self.candles[bar * self.columns..][..self.columns]
    }

    /// A column from a first to a last bar.
    #[inline]
    pub fn column(&self, column: usize, first: usize, last: usize) -> impl Iterator<Item = &'a Candle> {
        self.candles[first * self.columns + column..=last * self.columns + column].iter().step_by(self.columns)
    }

    #[inline]
    pub fn candle(&self, bar: usize, column: usize) -> &'a Candle {
        &self.candles[bar * self.columns + column]
    }
}

/// One traded coin.
#[derive(Clone, Debug, PartialEq)]
pub struct Coin {
    pub column: usize,
    pub bots: BotParamsPair,
    pub exchange: ExchangeParams,
    /// First and last bar with data, inclusive.
    pub first: usize,
    pub last: usize,
    /// First bar on which it may trade.
    pub trade_start: usize,
    /// Ends before the run does.
    pub ends_early: bool,
    /// Ends so long before the run that its positions are given up.
    pub delisted: bool,
    /// Sides on which it opens nothing.
    pub shut: [bool; 2],
}

impl Coin {
    #[inline]
    pub fn is_valid(&self, bar: usize) -> bool {
        self.first <= bar && bar <= self.last
    }

    #[inline]
    pub fn is_tradable(&self, bar: usize) -> bool {
        self.trade_start <= bar && self.is_valid(bar)
    }

    /// Whether positions are given up at a bar: after the data, or on their last bar where they end early.
    #[inline]
    pub fn is_given_up(&self, bar: usize) -> bool {
        if self.delisted { bar >= self.last } else { !self.is_valid(bar) }
    }

    /// Whether a side of the coin has any trailing orders.
    pub fn trails(&self, side: Side) -> bool {
        let bot = self.bots.get(side);
        bot.close_trailing_grid_ratio != 0.0 || bot.entry_trailing_grid_ratio != 0.0
    }
}

/// What stays fixed during a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    pub params: RunParams,
    pub coins: Vec<Coin>,
    /// Portfolio-level parameters: the first coin's, with no more positions than coins.
    pub master: BotParamsPair,
    /// Positions as configured, long and short.
    pub configured: [usize; 2],
    /// Sides on which fills and trailing extremes are followed at all.
    pub side_on: [bool; 2],
    /// First bar at whose end orders are decided.
    pub first_decision: usize,
    pub interval_ms: u64,
    /// No entry of any coin costs less than this, in quote; 0 where that cannot be told.
    pub least_entry_cost: f64,
}

impl Setup {
    /// Open time of a bar.
    #[inline]
    pub fn time_ms(&self, bar: usize) -> u64 {
        self.params.first_timestamp_ms + bar as u64 * self.interval_ms
    }

    /// Whether a side trades at all.
    pub fn decides(&self, side: Side) -> bool {
        self.side_on[side.idx()] && self.master.get(side).total_wallet_exposure_limit > 0.0
    }

    /// Whether a side may have fewer free places than coins, and so must choose.
    ///
    /// A coin that ends early may keep its place for ever.
    pub fn chooses(&self, side: Side) -> bool {
        let narrow = self.coins.len() > self.master.get(side).n_positions;
        self.decides(side) && (narrow || self.coins.iter().any(|coin| coin.ends_early))
    }

    /// Checks the arguments against each other and works out ranges, warm-up and portfolio parameters.
    pub fn new(
        arrays: &Arrays,
        bots: &[BotParamsPair],
        exchanges: &[ExchangeParams],
        params: RunParams,
    ) -> Result<Setup, BacktestError> {
        check(arrays, bots, exchanges, &params)?;
        let bots: Vec<BotParamsPair> = bots.iter().map(with_limits).collect();
        let columns = columns(&params, bots.len(), arrays.columns)?;
        let coins: Vec<Coin> =
            (0..bots.len()).map(|i| coin(i, columns[i], arrays.bars, &bots, exchanges, &params)).collect();
        let configured = Side::BOTH.map(|side| bots[0].get(side).n_positions);
        let mut master = bots[0];
        for side in Side::BOTH {
            let bot = side.pick(&mut master.long, &mut master.short);
            bot.n_positions = bot.n_positions.min(coins.len());
        }
        let limited = |side: Side| bots.iter().any(|pair| pair.get(side).wallet_exposure_limit != 0.0);
        let side_on = Side::BOTH.map(|side| limited(side) && master.get(side).n_positions > 0);
        let interval_ms = params.candle_interval_minutes * MINUTE_MS;
        let first_decision = first_decision(&params, warmup_bars(&params, &bots), interval_ms);
        let least_entry_cost = exchanges.iter().map(least_entry_cost).fold(f64::INFINITY, f64::min);
        Ok(Setup { params, coins, master, configured, side_on, first_decision, interval_ms, least_entry_cost })
    }
}

fn check(
    arrays: &Arrays,
    bots: &[BotParamsPair],
    exchanges: &[ExchangeParams],
    params: &RunParams,
) -> Result<(), BacktestError> {
    let same = |what, wanted: usize, got: usize| {
        if wanted == got { Ok(()) } else { Err(BacktestError::Length { what, wanted, got }) }
    };
    let positive = |what, count: u64| if count > 0 { Ok(()) } else { Err(BacktestError::Zero { what }) };
    positive("the number of bars", arrays.bars as u64)?;
    positive("the number of coins", bots.len() as u64)?;
    positive("candle_interval_minutes", params.candle_interval_minutes)?;
    same("hlcvs", arrays.bars.saturating_mul(arrays.columns), arrays.candles.len())?;
    same("btc_usd", arrays.bars, arrays.btc_usd.len())?;
    same("exchange_params", bots.len(), exchanges.len())?;
    let last = params.candle_interval_minutes.checked_mul(MINUTE_MS).and_then(|ms| ms.checked_mul(arrays.bars as u64));
    let end = last.and_then(|ms| ms.checked_add(params.first_timestamp_ms)).filter(|&ms| i64::try_from(ms).is_ok());
    end.map(|_| ()).ok_or(BacktestError::TimeRange { bars: arrays.bars })
}

/// Column of each traded coin: as listed, or the first ones in order.
fn columns(params: &RunParams, count: usize, columns: usize) -> Result<Vec<usize>, BacktestError> {
    let listed = &params.active_coin_indices;
    let found: Vec<usize> = if listed.len() == count { listed.clone() } else { (0..count).collect() };
    match found.iter().find(|&&column| column >= columns) {
        Some(&column) => Err(BacktestError::NoSuchColumn { column, columns }),
        None => Ok(found),
    }
}

/// A limit of exactly 0 means an equal share of the total limit, once and for all (backtest.md 1.4).
fn with_limits(pair: &BotParamsPair) -> BotParamsPair {
    let limited = |mut bot: BotParams| {
        if bot.wallet_exposure_limit == 0.0 && bot.n_positions > 0 {
            bot.wallet_exposure_limit = bot.total_wallet_exposure_limit / bot.n_positions as f64;
        }
        bot
    };
    BotParamsPair { long: limited(pair.long), short: limited(pair.short) }
}

fn coin(
    i: usize,
    column: usize,
    bars: usize,
    bots: &[BotParamsPair],
    exchanges: &[ExchangeParams],
    params: &RunParams,
) -> Coin {
    let listed = |list: &[usize], absent: usize| if list.len() == bots.len() { list[i] } else { absent };
    let first = listed(&params.first_valid_indices, 0).min(bars - 1);
    let last = listed(&params.last_valid_indices, bars - 1).min(bars - 1).max(first);
    let minutes = if params.warmup_minutes.len() == bots.len() { params.warmup_minutes[i] } else { 0 };
    let warm = usize::try_from(minutes.div_ceil(params.candle_interval_minutes)).unwrap_or(usize::MAX);
    Coin {
        column,
        bots: bots[i],
        exchange: exchanges[i],
        first,
        last,
        trade_start: first.saturating_add(warm).min(last),
        ends_early: last + 1 < bars,
        delisted: last + DELISTED_BARS < bars,
        shut: Side::BOTH.map(|side| params.shut[side.idx()].contains(&i)),
    }
}

/// Close to the market's least cost: quantities are rounded up to it, but to ten decimals only.
fn least_entry_cost(exchange: &ExchangeParams) -> f64 {
    let sane = exchange.qty_step >= 1e-6 && exchange.c_mult > 0.0 && exchange.min_cost > 0.0;
    if sane { exchange.min_cost * 0.999 } else { 0.0 }
}

/// Longest span of any coin and side, in minutes.
fn longest_span(bots: &[BotParamsPair]) -> f64 {
    let spans = |bot: &BotParams| {
        [
            bot.ema_span_0,
            bot.ema_span_1,
            bot.filter_volume_ema_span,
            bot.filter_volatility_ema_span,
            60.0 * bot.entry_volatility_ema_span_hours,
        ]
    };
    bots.iter().flat_map(|pair| [spans(&pair.long), spans(&pair.short)]).flatten().fold(0.0, f64::max)
}

/// Bars before any trading; without a count the longest span, whose minutes are taken for bars (wart 3).
fn warmup_bars(params: &RunParams, bots: &[BotParamsPair]) -> usize {
    let given = params.global_warmup_bars;
    let bars = if given == 0 { longest_span(bots).ceil() as usize } else { given };
    bars.max(1)
}

fn first_decision(params: &RunParams, warmup_bars: usize, interval_ms: u64) -> usize {
    let wait_ms = params.requested_start_timestamp_ms.saturating_sub(params.first_timestamp_ms);
    let waited = usize::try_from(wait_ms.div_ceil(interval_ms)).unwrap_or(usize::MAX);
    warmup_bars.saturating_add(1).max(waited)
}
