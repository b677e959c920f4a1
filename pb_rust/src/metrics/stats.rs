//! Plain statistics, with the answers that the reference gives for empty lists.

use std::cmp::Ordering;

/// Below this a denominator counts as this.
pub const TINY: f64 = 1e-12;

/// Mean, 0 for nothing.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// Ascending order with anything that is not a number last.
pub fn ascending(a: &f64, b: &f64) -> Ordering {
    a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Mean of the two middle values for an even count, 0 for nothing.
pub fn median(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, ascending);
    match below.iter().copied().max_by(ascending) {
        Some(lower) if even => (lower + *upper) / 2.0,
        _ => *upper,
    }
}

/// Change from `a` to `b`, relative to `a` (metrics.md 1).
pub fn relative(a: f64, b: f64) -> f64 {
    (b - a) / a.abs().max(TINY)
}

/// Mean magnitude of the `count` smallest values.
pub fn mean_magnitude_of_smallest(mut values: Vec<f64>, count: usize) -> f64 {
    values.sort_unstable_by(ascending);
    let smallest: Vec<f64> = values.iter().take(count).map(|x| x.abs()).collect();
    mean(&smallest)
}

/// Sharpe and Sortino ratio of values around a given centre (metrics.md 3, ratios).
pub fn ratios(values: &[f64], centre: f64) -> (f64, f64) {
    let count = values.len() as f64;
    let spread = (values.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / count).sqrt();
    let losses: Vec<f64> = values.iter().filter(|v| **v < 0.0).map(|v| v.powi(2)).collect();
    let downside = mean(&losses).sqrt();
    let over = |deviation: f64| if values.is_empty() || deviation == 0.0 { 0.0 } else { centre / deviation };
    (over(spread), over(downside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_the_middle_or_the_mean_of_the_two_middles() {
        assert_eq!(median(vec![]), 0.0);
        assert_eq!(median(vec![3.0]), 3.0);
        assert_eq!(median(vec![9.0, 1.0, 5.0]), 5.0);
        assert_eq!(median(vec![9.0, 1.0, 5.0, 2.0]), 3.5);
        assert_eq!(median(vec![f64::NAN, 1.0, 2.0]), 2.0);
    }

    #[test]
    fn ratios_of_nothing_and_of_no_spread_are_zero() {
        assert_eq!(ratios(&[], 0.1), (0.0, 0.0));
        assert_eq!(ratios(&[0.1, 0.1], 0.1), (0.0, 0.0));
        let (sharpe, sortino) = ratios(&[0.3, -0.1], 0.1);
        assert!((sharpe - 0.5).abs() < 1e-12);
        assert!((sortino - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_smallest_count_by_magnitude() {
        assert_eq!(mean_magnitude_of_smallest(vec![0.5, -2.0, -4.0], 2), 3.0);
        assert_eq!(mean_magnitude_of_smallest(vec![], 1), 0.0);
    }
}
