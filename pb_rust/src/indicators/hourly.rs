//! High and low of each full hour, gathered candle by candle (backtest.md 2.6, hourly part).

const HOUR_MS: i64 = 3_600_000;

/// Highest and lowest of the usable candles so far; None before the first.
type Extremes = Option<(f64, f64)>;

/// Gathers candles into hours. Feed every candle: first `roll` with its open time, then `add` with its prices.
#[derive(Clone, Debug)]
pub struct HourlyRange {
    interval_ms: i64,
    first_ms: i64,
    hour_ms: i64,
    gathered: Extremes,
    previous: Extremes,
    /// Last complete hour; stays as it is through hours without usable candles, and is then applied again.
    bucket: Extremes,
}

fn usable(high: f64, low: f64) -> Extremes {
    (high.is_finite() && low.is_finite()).then_some((high, low))
}

fn join(a: Extremes, b: Extremes) -> Extremes {
    match (a, b) {
        (Some((h, l)), Some((high, low))) => Some((h.max(high), l.min(low))),
        (one, other) => one.or(other),
    }
}

/// Log of high over low, where both are positive.
pub fn log_range(high: f64, low: f64) -> Option<f64> {
    (high > 0.0 && low > 0.0).then(|| (high / low).ln())
}

impl HourlyRange {
    /// `first_ms` is the open time of the first candle.
    pub fn new(first_ms: i64, interval_ms: i64) -> Self {
        let hour_ms = first_ms.div_euclid(HOUR_MS) * HOUR_MS;
        HourlyRange { interval_ms, first_ms, hour_ms, gathered: None, previous: None, bucket: None }
    }

    /// Sets the open time of the first candle; hours remembered before stay.
    pub fn start(&mut self, first_ms: i64) {
        *self = HourlyRange { bucket: self.bucket, ..HourlyRange::new(first_ms, self.interval_ms) };
    }

    /// Remembers an hour that lies before the first candle; answers its log range.
    pub fn add_hour(&mut self, high: f64, low: f64) -> Option<f64> {
        self.bucket = usable(high, low).or(self.bucket);
        self.bucket.and_then(|(h, l)| log_range(h, l))
    }

    /// Moves on to the candle that opens at `now_ms`; answers the log range of the hour when one has just ended.
    #[inline]
    pub fn roll(&mut self, now_ms: i64) -> Option<f64> {
        if now_ms < self.hour_ms.saturating_add(HOUR_MS) {
            return None;
        }
        let start = self.first_ms.max(self.hour_ms);
        if now_ms > start.saturating_add(self.interval_ms) {
            self.bucket = self.gathered.or(self.bucket);
        }
        self.hour_ms = now_ms.div_euclid(HOUR_MS) * HOUR_MS;
        // Where candles straddle the hour, the one that began before it counts for both.
        self.gathered = if self.hour_ms < now_ms { self.previous } else { None };
        self.bucket.and_then(|(h, l)| log_range(h, l))
    }

    /// Takes in the prices of the candle last rolled to.
    #[inline]
    pub fn add(&mut self, high: f64, low: f64) {
        self.previous = usable(high, low);
        self.gathered = join(self.gathered, self.previous);
    }
}
