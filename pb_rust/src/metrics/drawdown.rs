//! Drawdowns and the worst days (metrics.md 3, tails and drawdowns).

use super::daily::Daily;
use super::names::{Key, Values};
use super::stats::{TINY, mean_magnitude_of_smallest};
use super::view::View;

/// Share of the days that count as the worst.
const WORST: f64 = 0.01;

/// Depth below the highest value so far, as a negative fraction of it, for every value.
fn below_peak(values: &[f64]) -> impl Iterator<Item = f64> + '_ {
    let first = values.first().copied().unwrap_or(TINY);
    let mut peak = if first.abs() < TINY { TINY } else { first };
    values.iter().map(move |value| {
        if *value > peak {
            peak = value.max(TINY);
        }
        (value - peak) / peak.abs().max(TINY)
    })
}

/// The two depths that other metrics need too.
#[derive(Clone, Copy, Debug)]
pub struct Drawdowns {
    /// Deepest of all bars.
    pub worst: f64,
    /// Mean of the deepest hundredth of days.
    pub worst_mean_1pct: f64,
}

impl Drawdowns {
    pub fn of(view: &View, daily: &Daily) -> Drawdowns {
        let worst = below_peak(view.equity).fold(0.0, |worst: f64, x| worst.max(x.abs()));
        let depths: Vec<f64> = below_peak(&daily.lowest).collect();
        let count = (WORST * depths.len() as f64).trunc().max(1.0) as usize;
        Drawdowns { worst, worst_mean_1pct: mean_magnitude_of_smallest(depths, count) }
    }

    pub fn fill(&self, values: &mut Values) {
        values.set(Key::DrawdownWorst, self.worst);
        values.set(Key::DrawdownWorstMean1Pct, self.worst_mean_1pct);
    }
}

/// Mean magnitude of the worst hundredth of the changes of daily lows.
pub fn expected_shortfall(lowest_returns: Vec<f64>) -> f64 {
    let count = (WORST * lowest_returns.len() as f64).max(1.0).trunc() as usize;
    mean_magnitude_of_smallest(lowest_returns, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_measured_from_the_highest_so_far() {
        let depths: Vec<f64> = below_peak(&[100.0, 50.0, 200.0, 150.0]).collect();
        assert_eq!(depths, [0.0, -0.5, 0.0, -0.25]);
        let under: Vec<f64> = below_peak(&[-10.0, -20.0]).collect();
        assert_eq!(under, [0.0, -1.0]);
    }
}
