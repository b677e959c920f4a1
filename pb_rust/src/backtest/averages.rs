//! Averages of all coins, brought forward bar by bar (backtest.md 2.6).
//!
//! The recursion is that of `indicators::Ema`, without its divisor: that starts at 1 and stays there to the last bit,
//! as `1 − α` is exact or off by less than what adding `α` again rounds away. So the numerator is the value.

use super::setup::{Arrays, Candle, Coin, Setup};
use crate::indicators::ema::{Ema, alpha_of_hours, alpha_of_minutes};
use crate::indicators::hourly::log_range;
use crate::params::BotParams;
use crate::types::{EmaBands, Side};

const HOUR_MS: u64 = 3_600_000;

/// Lanes of a coin and side: three closes, volume, log range.
const LANES: usize = 5;
const VOLUME: usize = 3;
const RANGE: usize = 4;

/// The averages of one coin and side, but for the hourly one.
#[derive(Clone, Copy, Debug)]
struct Lanes {
    alpha: [f64; LANES],
    keep: [f64; LANES],
    value: [f64; LANES],
}

impl Lanes {
    #[inline]
    fn update(&mut self, x: &[f64; LANES]) {
        for (i, &x) in x.iter().enumerate() {
            self.value[i] = self.alpha[i] * x + self.keep[i] * self.value[i];
        }
    }

    /// As `update`, leaving alone what an observation that is no number would spoil.
    fn update_finite(&mut self, x: &[f64; LANES]) {
        let before = self.value;
        self.update(x);
        for (i, seen) in x.iter().enumerate() {
            if !seen.is_finite() {
                self.value[i] = before[i];
            }
        }
    }
}

/// One coin's averages.
#[derive(Clone, Debug)]
struct CoinAverages {
    column: usize,
    first: usize,
    last: usize,
    lanes: [Lanes; 2],
    hourly: [Ema; 2],
    hourly_alpha: [f64; 2],
    /// Highest and lowest of the last full hour that had usable bars.
    bucket: (f64, f64),
}

/// Spans of the three close averages of a side in ascending order, in minutes.
pub fn close_spans(bot: &BotParams) -> [f64; 3] {
    let mut spans = [bot.ema_span_0, bot.ema_span_1, (bot.ema_span_0 * bot.ema_span_1).sqrt()];
    spans.sort_by(f64::total_cmp);
    spans
}

/// Whether every span that orders depend on is a number.
fn has_spans(coin: &Coin) -> bool {
    Side::BOTH.into_iter().map(|side| coin.bots.get(side)).all(|bot| {
        close_spans(bot).iter().all(|span| span.is_finite()) && bot.entry_volatility_ema_span_hours.is_finite()
    })
}

/// Which averages of a side move at all: any coin's parameters decide for all (backtest.md 2.6).
#[derive(Clone, Copy, Debug, Default)]
struct Needs {
    volume: bool,
    range: bool,
    hourly: bool,
}

impl Needs {
    /// `ranked` when any side has to choose among coins.
    fn of(setup: &Setup, side: Side, ranked: bool) -> Needs {
        let any = |test: fn(&BotParams) -> bool| setup.coins.iter().any(|coin| test(coin.bots.get(side)));
        Needs {
            volume: ranked && any(|bot| bot.filter_volume_drop_pct != 0.0),
            range: ranked
                && any(|bot| {
                    bot.entry_grid_spacing_volatility_weight != 0.0
                        || bot.entry_trailing_threshold_volatility_weight != 0.0
                        || bot.entry_trailing_retracement_volatility_weight != 0.0
                        || bot.entry_trailing_grid_ratio != 0.0
                }),
            hourly: any(|bot| bot.entry_volatility_ema_span_hours > 0.0),
        }
    }
}

/// Averages of every coin after the bar last taken in.
#[derive(Clone, Debug)]
pub struct Averages {
    coins: Vec<CoinAverages>,
    ranged: bool,
    /// Whether short's averages are long's, or nobody looks at them.
    twins: bool,
    /// Whether anything was seen that could make an average no price: then every bar must be decided.
    odd: bool,
    start_ms: u64,
    interval_ms: u64,
    hour_ms: u64,
}

/// Whether a price is far enough from zero for its averages to stay above it.
fn is_price(close: f64) -> bool {
    close > 1e-250 && close < f64::INFINITY
}

/// Volume that counts: finite and not negative.
#[inline]
fn traded(volume: f64) -> f64 {
    if volume > 0.0 && volume < f64::INFINITY { volume } else { 0.0 }
}

/// Weights of a side's lanes; an average that does not move has weight 0.
fn alphas(bot: &BotParams, needs: &Needs, interval: f64) -> [f64; LANES] {
    let [a, b, c] = close_spans(bot).map(|span| alpha_of_minutes(span, interval));
    let moving = |needed: bool, span: f64| if needed { alpha_of_minutes(span, interval) } else { 0.0 };
    let volume = moving(needs.volume, bot.filter_volume_ema_span);
    [a, b, c, volume, moving(needs.range, bot.filter_volatility_ema_span)]
}

/// First values from the bar at which a coin's data begin.
fn seeds(&[high, low, close, volume]: &Candle) -> [f64; LANES] {
    let price = if close.is_finite() { close } else { 0.0 };
    let whole = high.is_finite() && low.is_finite() && close > 0.0;
    let typical = if whole { (high + low + close) / 3.0 } else { close.max(1.0) };
    let quote = traded(volume) * typical;
    [price, price, price, quote, 0.0]
}

impl Averages {
    pub fn new(setup: &Setup, arrays: &Arrays) -> Averages {
        let ranked = Side::BOTH.into_iter().any(|side| setup.chooses(side));
        let needs = Side::BOTH.map(|side| Needs::of(setup, side, ranked));
        let interval = setup.params.candle_interval_minutes as f64;
        let coins = setup.coins.iter().map(|coin| {
            let value = seeds(arrays.candle(coin.first, coin.column));
            CoinAverages {
                column: coin.column,
                first: coin.first,
                last: coin.last,
                lanes: Side::BOTH.map(|side| {
                    let alpha = alphas(coin.bots.get(side), &needs[side.idx()], interval);
                    Lanes { alpha, keep: alpha.map(|a| 1.0 - a), value }
                }),
                hourly: [Ema::seeded(0.0); 2],
                hourly_alpha: Side::BOTH.map(|side| {
                    let hours = coin.bots.get(side).entry_volatility_ema_span_hours;
                    if needs[side.idx()].hourly { alpha_of_hours(hours) } else { 0.0 }
                }),
                bucket: (0.0, 0.0),
            }
        });
        let coins: Vec<CoinAverages> = coins.collect();
        let start_ms = setup.params.first_timestamp_ms;
        Averages {
            odd: setup.coins.iter().zip(&coins).any(|(coin, own)| !has_spans(coin) || !is_price(own.lanes[0].value[0])),
            twins: !setup.decides(Side::Short) || coins.iter().all(|coin| coin.lanes[0].alpha == coin.lanes[1].alpha),
            coins,
            ranged: needs.iter().any(|need| need.range),
            start_ms,
            interval_ms: setup.interval_ms,
            hour_ms: start_ms / HOUR_MS * HOUR_MS,
        }
    }

    /// Takes in the next bar: first the hour that may have ended, then the bar itself; true when an hour has ended.
    #[inline]
    pub fn update(&mut self, arrays: &Arrays, bar: usize) -> bool {
        let now = self.start_ms + bar as u64 * self.interval_ms;
        let hour_over = now >= self.hour_ms + HOUR_MS;
        if hour_over {
            self.end_hour(arrays, bar, now);
        }
        let row = arrays.row(bar);
        for coin in &mut self.coins {
            if coin.first <= bar && bar <= coin.last {
                self.odd |= coin.update(row, self.ranged, self.twins);
            }
        }
        hour_over
    }

    /// Whether averages might be no prices: some close was not positive, or some span is no number.
    pub fn are_odd(&self) -> bool {
        self.odd
    }

    /// Lowest and highest close average of a side.
    #[inline]
    pub fn bands(&self, coin: usize, side: Side) -> EmaBands {
        let [a, b, c, ..] = self.lanes(coin, side).value;
        // Plain comparisons: these are numbers, and the standard functions take care of others at a price.
        let min = |a: f64, b: f64| if a < b { a } else { b };
        let max = |a: f64, b: f64| if a > b { a } else { b };
        EmaBands { lower: min(min(a, b), c), upper: max(max(a, b), c) }
    }

    fn end_hour(&mut self, arrays: &Arrays, bar: usize, now: u64) {
        let from = self.start_ms.max(self.hour_ms);
        if now > from + self.interval_ms {
            let first = ((from - self.start_ms) / self.interval_ms) as usize;
            for coin in &mut self.coins {
                coin.gather(arrays, first, bar - 1);
            }
        }
        self.hour_ms = now / HOUR_MS * HOUR_MS;
        for coin in &mut self.coins {
            coin.update_hour();
        }
    }

    #[inline]
    fn lanes(&self, coin: usize, side: Side) -> &Lanes {
        &self.coins[coin].lanes[if self.twins { 0 } else { side.idx() }]
    }

    /// Close average at a place of `close_spans`.
    #[inline]
    pub fn close(&self, coin: usize, side: Side, place: usize) -> f64 {
        self.lanes(coin, side).value[place]
    }

    /// Average traded volume, in quote a bar.
    #[inline]
    pub fn volume(&self, coin: usize, side: Side) -> f64 {
        self.lanes(coin, side).value[VOLUME]
    }

    /// Average log range of a bar.
    #[inline]
    pub fn range(&self, coin: usize, side: Side) -> f64 {
        self.lanes(coin, side).value[RANGE]
    }

    /// Average volumes of all coins, and their sum.
    pub fn volumes(&self, side: Side, into: &mut [f64]) -> f64 {
        self.scores(side, VOLUME, into)
    }

    /// Average log ranges of all coins, and their sum.
    pub fn ranges(&self, side: Side, into: &mut [f64]) -> f64 {
        self.scores(side, RANGE, into)
    }

    fn scores(&self, side: Side, lane: usize, into: &mut [f64]) -> f64 {
        let place = if self.twins { 0 } else { side.idx() };
        let mut sum = 0.0;
        for (score, coin) in into.iter_mut().zip(&self.coins) {
            *score = coin.lanes[place].value[lane];
            sum += *score;
        }
        sum
    }

    /// Average log range of an hour.
    #[inline]
    pub fn hourly_range(&self, coin: usize, side: Side) -> f64 {
        self.coins[coin].hourly[side.idx()].value()
    }
}

/// What each lane takes in.
#[inline]
fn observations(close: f64, quote: f64, range: f64) -> [f64; LANES] {
    [close, close, close, quote, range]
}

impl CoinAverages {
    /// Takes in a bar; true when it is not that of a market: prices at or below zero, or the low above the high.
    #[inline]
    fn update(&mut self, row: &[Candle], ranged: bool, twins: bool) -> bool {
        let [high, low, close, volume] = row[self.column];
        let sum = high + low + close;
        let quote = traded(volume) * (sum / 3.0);
        let range = if ranged { log_range(high, low).unwrap_or(0.0) } else { 0.0 };
        if !(sum + quote + range).is_finite() {
            return self.update_odd(&row[self.column], quote, range);
        }
        let seen = observations(close, quote, range);
        self.lanes[0].update(&seen);
        if !twins {
            self.lanes[1].update(&seen);
        }
        !(is_price(close) && low <= high)
    }

    /// As `update`, for bars of which something is no number.
    #[cold]
    fn update_odd(&mut self, &[high, low, close, _]: &Candle, quote: f64, range: f64) -> bool {
        if !(high.is_finite() && low.is_finite() && close.is_finite()) {
            return close == f64::INFINITY;
        }
        let seen = observations(close, quote, range);
        self.lanes.iter_mut().for_each(|lanes| lanes.update_finite(&seen));
        !(is_price(close) && low <= high)
    }

    /// Remembers the extremes of the usable bars from `first` to `last`; with none of them, those before stay.
    fn gather(&mut self, arrays: &Arrays, first: usize, last: usize) {
        let (first, last) = (first.max(self.first), last.min(self.last));
        if first > last {
            return;
        }
        let (mut high, mut low, mut sum) = (f64::NEG_INFINITY, f64::INFINITY, 0.0);
        for [h, l, ..] in arrays.column(self.column, first, last) {
            high = if *h > high { *h } else { high };
            low = if *l < low { *l } else { low };
            sum += h + l;
        }
        if f64::is_finite(sum) {
            self.bucket = (high, low);
        } else {
            self.gather_usable(arrays, first, last);
        }
    }

    /// As `gather`, for bars of which some are unusable.
    #[cold]
    fn gather_usable(&mut self, arrays: &Arrays, first: usize, last: usize) {
        let (mut high, mut low, mut any) = (f64::NEG_INFINITY, f64::INFINITY, false);
        for &[h, l, ..] in arrays.column(self.column, first, last) {
            if h.is_finite() && l.is_finite() {
                (high, low, any) = (high.max(h), low.min(l), true);
            }
        }
        if any {
            self.bucket = (high, low);
        }
    }

    fn update_hour(&mut self) {
        let (high, low) = self.bucket;
        let Some(range) = log_range(high, low) else { return };
        for (ema, alpha) in self.hourly.iter_mut().zip(self.hourly_alpha) {
            if alpha > 0.0 {
                ema.update(range, alpha);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_the_recursion_of_the_indicators(
            spans in prop::array::uniform5(0.0..5000.0f64),
            seed in 1e-6..1e6f64,
            seen in prop::collection::vec(1e-6..1e6f64, 1..300),
        ) {
            let alpha = spans.map(|span| alpha_of_minutes(span, 1.0));
            let mut lanes = Lanes { alpha, keep: alpha.map(|a| 1.0 - a), value: [seed; LANES] };
            let mut emas = [Ema::seeded(seed); LANES];
            for x in seen {
                lanes.update(&[x; LANES]);
                for (ema, alpha) in emas.iter_mut().zip(alpha) {
                    ema.update(x, alpha);
                }
                prop_assert_eq!(lanes.value.map(f64::to_bits), emas.map(|ema| ema.value().to_bits()));
            }
        }
    }
}
