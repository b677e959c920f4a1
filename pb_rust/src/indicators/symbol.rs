//! All averages of one symbol (backtest.md 2.6).

use super::ema::{Ema, alpha_of_hours, alpha_of_minutes};
use super::hourly::{HourlyRange, log_range};
use crate::engine::input::Emas;

/// One candle; `ts_ms` its open time, volume in base currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candle {
    pub ts_ms: i64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
    pub volume: f64,
}

/// Spans of one side: minutes, the last in hours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spans {
    pub ema_span_0: f64,
    pub ema_span_1: f64,
    pub volume: f64,
    pub log_range: f64,
    pub log_range_1h: f64,
}

/// Which averages of a side move at all; the others keep their first value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Needs {
    pub volume: bool,
    pub log_range: bool,
    pub log_range_1h: bool,
}

/// An average with its span and weight.
#[derive(Clone, Copy, Debug)]
struct Tracked {
    span: f64,
    alpha: f64,
    ema: Ema,
}

impl Tracked {
    fn new(span: f64, alpha: f64) -> Self {
        Tracked { span, alpha, ema: Ema::seeded(0.0) }
    }

    #[inline]
    fn update(&mut self, x: f64) {
        self.ema.update(x, self.alpha);
    }

    fn pair(&self) -> Option<(f64, f64)> {
        let pair = (self.span, self.ema.value());
        (pair.0.is_finite() && pair.1.is_finite()).then_some(pair)
    }
}

#[derive(Clone, Debug)]
struct SideAverages {
    needs: Needs,
    close: [Tracked; 3],
    volume: Tracked,
    log_range: Tracked,
    log_range_1h: Tracked,
}

impl SideAverages {
    fn new(spans: &Spans, needs: Needs, interval: f64) -> Self {
        let mut close = [spans.ema_span_0, spans.ema_span_1, (spans.ema_span_0 * spans.ema_span_1).sqrt()];
        close.sort_by(f64::total_cmp);
        let minutes = |span: f64| Tracked::new(span, alpha_of_minutes(span, interval));
        SideAverages {
            needs,
            close: close.map(minutes),
            volume: minutes(spans.volume),
            log_range: minutes(spans.log_range),
            log_range_1h: Tracked::new(spans.log_range_1h, alpha_of_hours(spans.log_range_1h)),
        }
    }

    fn seed(&mut self, candle: &Candle) {
        let Candle { high, low, close, volume, .. } = *candle;
        let price = if close.is_finite() { close } else { 0.0 };
        for tracked in &mut self.close {
            tracked.ema = Ema::seeded(price);
        }
        let whole = high.is_finite() && low.is_finite() && close > 0.0;
        let typical = if whole { (high + low + close) / 3.0 } else { close.max(1.0) };
        self.volume.ema = Ema::seeded(traded(volume) * typical);
    }

    #[inline]
    fn update(&mut self, close: f64, quote_volume: f64, range: f64) {
        for tracked in &mut self.close {
            tracked.update(close);
        }
        if self.needs.volume {
            self.volume.update(quote_volume);
        }
        if self.needs.log_range {
            self.log_range.update(range);
        }
    }

    fn update_hour(&mut self, range: f64) {
        if self.needs.log_range_1h && self.log_range_1h.alpha > 0.0 {
            self.log_range_1h.update(range);
        }
    }
}

/// Volume that counts: finite and not negative.
#[inline]
fn traded(volume: f64) -> f64 {
    if volume.is_finite() { volume.max(0.0) } else { 0.0 }
}

/// A candle that does not follow the one before it, or an hour after the first candle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    #[error("candle at {got} ms does not follow the one at {last} ms")]
    NotConsecutive { last: i64, got: i64 },
    #[error("hours can only be taken in before the first candle")]
    HourAfterCandle,
    #[error("an interval must be at least one minute")]
    BadInterval,
    #[error("arrays differ in length")]
    UnequalLengths,
}

/// Averages of one symbol, both sides, as one recursion over consecutive candles.
#[derive(Clone, Debug)]
pub struct SymbolIndicators {
    interval_ms: i64,
    sides: [SideAverages; 2],
    hourly: HourlyRange,
    last_ts_ms: Option<i64>,
}

impl SymbolIndicators {
    /// `spans` and `needs` are long's and short's.
    pub fn new(spans: [Spans; 2], needs: [Needs; 2], interval_minutes: u32) -> Result<Self, FeedError> {
        if interval_minutes == 0 {
            return Err(FeedError::BadInterval);
        }
        let interval = f64::from(interval_minutes);
        let interval_ms = i64::from(interval_minutes) * 60_000;
        let side = |i: usize| SideAverages::new(&spans[i], needs[i], interval);
        Ok(SymbolIndicators {
            interval_ms,
            sides: [side(0), side(1)],
            hourly: HourlyRange::new(0, interval_ms),
            last_ts_ms: None,
        })
    }

    pub fn last_ts_ms(&self) -> Option<i64> {
        self.last_ts_ms
    }

    /// Refuses times that are not consecutive, starting from the last candle taken in.
    pub fn check_times(&self, times: impl IntoIterator<Item = i64>) -> Result<(), FeedError> {
        let mut last = self.last_ts_ms;
        for got in times {
            if let Some(last) = last
                && last.checked_add(self.interval_ms) != Some(got)
            {
                return Err(FeedError::NotConsecutive { last, got });
            }
            last = Some(got);
        }
        Ok(())
    }

    /// Takes in a completed hour before the first candle.
    pub fn add_hour(&mut self, high: f64, low: f64) -> Result<(), FeedError> {
        if self.last_ts_ms.is_some() {
            return Err(FeedError::HourAfterCandle);
        }
        let range = self.hourly.add_hour(high, low);
        self.update_hour(range);
        Ok(())
    }

    /// Takes in the next candle; the first one seeds.
    pub fn add(&mut self, candle: &Candle) -> Result<(), FeedError> {
        self.check_times([candle.ts_ms])?;
        self.add_unchecked(candle);
        Ok(())
    }

    /// As `add`, for candles whose times were checked.
    #[inline]
    pub fn add_unchecked(&mut self, candle: &Candle) {
        if self.last_ts_ms.is_none() {
            self.hourly.start(candle.ts_ms);
            self.sides.iter_mut().for_each(|side| side.seed(candle));
        } else {
            let range = self.hourly.roll(candle.ts_ms);
            self.update_hour(range);
            self.update(candle);
        }
        self.hourly.add(candle.high, candle.low);
        self.last_ts_ms = Some(candle.ts_ms);
    }

    #[inline]
    fn update_hour(&mut self, range: Option<f64>) {
        if let Some(range) = range {
            self.sides.iter_mut().for_each(|side| side.update_hour(range));
        }
    }

    #[inline]
    fn update(&mut self, candle: &Candle) {
        let Candle { high, low, close, volume, .. } = *candle;
        if !(high.is_finite() && low.is_finite() && close.is_finite()) {
            return;
        }
        let quote_volume = traded(volume) * ((high + low + close) / 3.0);
        let ranked = self.sides.iter().any(|side| side.needs.log_range);
        let range = if ranked { log_range(high, low).unwrap_or(0.0) } else { 0.0 };
        for side in &mut self.sides {
            side.update(close, quote_volume, range);
        }
    }

    /// The lists of the orchestrator's input: long's pairs before short's. Empty before the first candle.
    pub fn emas(&self) -> Emas {
        let mut found = Emas::default();
        if self.last_ts_ms.is_none() {
            return found;
        }
        for side in &self.sides {
            found.m1.close.extend(side.close.iter().filter_map(Tracked::pair));
            found.m1.volume.extend(side.volume.pair());
            found.m1.log_range.extend(side.log_range.pair());
            if side.log_range_1h.span > 0.0 {
                found.h1.log_range.extend(side.log_range_1h.pair());
            }
        }
        found
    }
}
