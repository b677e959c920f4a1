//! The shape of the equity curve (metrics.md 3, curve shape), on the last equity of each day.

use super::daily::Daily;
use super::names::{Key, Values};
use super::stats::mean;
use crate::types::EPS;

fn choppiness(last: &[f64]) -> f64 {
    let [first, .., end] = last else { return 0.0 };
    let walked: f64 = last.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
    let net = (end - first).abs();
    if net < EPS { f64::INFINITY } else { walked / net }
}

fn jerkiness(last: &[f64]) -> f64 {
    let term = |of: &[f64]| {
        let level = (of[0] + of[1] + of[2]) / 3.0;
        if level.abs() < EPS { 0.0 } else { ((of[2] - 2.0 * of[1] + of[0]) / level).abs() }
    };
    mean(&last.windows(3).map(term).collect::<Vec<f64>>())
}

/// Mean squared distance of the logarithm from its straight line.
fn exponential_fit_error(last: &[f64]) -> f64 {
    if last.len() < 2 || last.iter().any(|e| *e <= 0.0) {
        return f64::INFINITY;
    }
    let count = last.len() as f64;
    let points = || last.iter().enumerate().map(|(x, e)| (x as f64, e.ln()));
    let [mut sx, mut sy, mut sxy, mut sxx] = [0.0; 4];
    for (x, y) in points() {
        sx += x;
        sy += y;
        sxy += x * y;
        sxx += x * x;
    }
    let denominator = count * sxx - sx * sx;
    if denominator == 0.0 {
        return f64::INFINITY;
    }
    let slope = (count * sxy - sx * sy) / denominator;
    let offset = (sy - slope * sx) / count;
    points().map(|(x, y)| (slope * x + offset - y).powi(2)).sum::<f64>() / count
}

pub fn fill(daily: &Daily, values: &mut Values) {
    values.set(Key::EquityChoppiness, choppiness(&daily.last));
    values.set(Key::EquityJerkiness, jerkiness(&daily.last));
    values.set(Key::ExponentialFitError, exponential_fit_error(&daily.last));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_way_has_choppiness_one() {
        assert_eq!(choppiness(&[1.0]), 0.0);
        assert_eq!(choppiness(&[1.0, 2.0, 4.0]), 1.0);
        assert_eq!(choppiness(&[1.0, 3.0, 2.0]), 3.0);
        assert_eq!(choppiness(&[1.0, 3.0, 1.0]), f64::INFINITY);
    }

    #[test]
    fn a_line_has_no_jerks_and_an_exponential_fits_itself() {
        assert_eq!(jerkiness(&[1.0, 2.0]), 0.0);
        assert_eq!(jerkiness(&[1.0, 2.0, 3.0]), 0.0);
        assert_eq!(jerkiness(&[1.0, 2.0, 6.0]), 1.0);
        assert!(exponential_fit_error(&[1.0, 2.0, 4.0, 8.0]) < 1e-28);
        assert_eq!(exponential_fit_error(&[1.0, 0.0]), f64::INFINITY);
        assert_eq!(exponential_fit_error(&[1.0]), f64::INFINITY);
    }
}
