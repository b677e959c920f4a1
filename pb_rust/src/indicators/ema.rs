//! The averaging recursion (backtest.md 2.6).

/// An exponential average that carries numerator and denominator, so that the last bits come out as the reference's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ema {
    num: f64,
    den: f64,
    value: f64,
}

impl Ema {
    /// Starts at `first`.
    pub fn seeded(first: f64) -> Self {
        Ema { num: first, den: 1.0, value: first }
    }

    pub fn value(&self) -> f64 {
        self.value
    }

    /// Takes in one observation with weight `alpha`; one that is not finite leaves the average as it is.
    #[inline]
    pub fn update(&mut self, x: f64, alpha: f64) {
        if !x.is_finite() || !alpha.is_finite() || alpha <= 0.0 {
            self.value = if self.den > 0.0 { self.num / self.den } else { x };
            return;
        }
        let num = alpha * x + (1.0 - alpha) * self.num;
        let den = alpha + (1.0 - alpha) * self.den;
        if !den.is_finite() || den <= f64::MIN_POSITIVE {
            *self = Ema { num: alpha * x, den: alpha, value: x };
            return;
        }
        *self = Ema { num, den, value: num / den };
    }
}

/// Weight of one candle for a span in minutes and candles of `interval` minutes; 0 for spans that make no sense.
pub fn alpha_of_minutes(span: f64, interval: f64) -> f64 {
    let alpha = 2.0 / (span / interval + 1.0);
    if alpha.is_finite() { alpha.clamp(0.0, 1.0) } else { 0.0 }
}

/// Weight of one hour for a span in hours; 0 where the span is not used.
pub fn alpha_of_hours(span: f64) -> f64 {
    if span > 0.0 { 2.0 / (span + 1.0) } else { 0.0 }
}
