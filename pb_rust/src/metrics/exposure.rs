//! Exposure over the whole run (metrics.md 5.1 and 5.2).

use super::names::{Key, Values};
use super::stats::{mean, median};
use super::view::{HOUR_MS, View};
use crate::backtest::{BacktestResult, Fill};
use crate::types::Side;

/// Exposure of one side, as a magnitude.
fn of_side(fill: &Fill, side: Side) -> f64 {
    side.pick(fill.twe_long, fill.twe_short.abs())
}

/// Mean over the days from the first fill to the last, a day counting with the mean of its fills, or 0.
fn daily_mean(result: &BacktestResult, view: &View, side: Side) -> f64 {
    let (Some(first), Some(last)) = (view.fills.first(), view.fills.last()) else { return 0.0 };
    let mut exposures = result.fills.iter().map(|fill| of_side(fill, side));
    let mut sum = 0.0;
    for day in view.fills_by_day() {
        let of_day: Vec<f64> = exposures.by_ref().take(day.len()).collect();
        sum += mean(&of_day);
    }
    sum / (last.day() - first.day() + 1) as f64
}

/// Lengths in hours of the stretches with more exposure than on average.
fn stretches(result: &BacktestResult, side: Side, usual: f64) -> Vec<f64> {
    let (mut found, mut since) = (Vec::new(), None);
    let hours = |from: u64, to: u64| (to - from) as f64 / HOUR_MS;
    for fill in &result.fills {
        if of_side(fill, side) > usual {
            since.get_or_insert(fill.timestamp_ms);
        } else if let Some(from) = since.take() {
            found.push(hours(from, fill.timestamp_ms));
        }
    }
    if let (Some(from), Some(last)) = (since, result.fills.last()) {
        found.push(hours(from, last.timestamp_ms));
    }
    found
}

pub fn fill(result: &BacktestResult, view: &View, values: &mut Values) {
    let series = &result.equity.net_exposure;
    let magnitudes: Vec<f64> = if series.is_empty() {
        result.fills.iter().map(|fill| fill.twe_net.abs()).collect()
    } else {
        series.iter().filter(|x| x.is_finite()).map(f64::abs).collect()
    };
    values.set(Key::TotalWalletExposureMax, magnitudes.iter().copied().fold(0.0, f64::max));
    values.set(Key::TotalWalletExposureMean, mean(&magnitudes));
    values.set(Key::TotalWalletExposureMedian, median(magnitudes));
    for side in Side::BOTH {
        let found = stretches(result, side, daily_mean(result, view, side));
        let (mean_key, max_key) = side.pick(
            (Key::HighExposureHoursMeanLong, Key::HighExposureHoursMaxLong),
            (Key::HighExposureHoursMeanShort, Key::HighExposureHoursMaxShort),
        );
        values.set(mean_key, mean(&found));
        values.set(max_key, found.iter().copied().fold(0.0, f64::max));
    }
}
