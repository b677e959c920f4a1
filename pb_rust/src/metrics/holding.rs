//! How long positions are held and how long peaks take to come back (metrics.md 3, positions and time).

use std::collections::BTreeMap;

use super::names::{Key, Values};
use super::stats::{mean, median};
use super::view::{DAY_MS, HOUR_MS, View};
use crate::types::Side;

const MINUTES_A_DAY: f64 = 1440.0;

/// When a position was opened and last changed.
struct Open {
    since: u64,
    changed: u64,
}

/// Durations of positions, and of the waits between their changes, in ms.
pub struct Holding {
    held: Vec<f64>,
    longest_unchanged: f64,
    pub per_day: f64,
}

impl Holding {
    pub fn of(view: &View) -> Holding {
        let mut open: BTreeMap<(u32, Side), Open> = BTreeMap::new();
        let (mut held, mut unchanged) = (Vec::new(), 0u64);
        for fill in view.fills.iter() {
            let key = (fill.coin, fill.side);
            let entry = open.entry(key).or_insert(Open { since: fill.ts, changed: fill.ts });
            unchanged = unchanged.max(fill.ts - entry.changed);
            entry.changed = fill.ts;
            if fill.size_after == 0.0 {
                held.push((fill.ts - entry.since) as f64);
                open.remove(&key);
            }
        }
        if let Some(last) = view.fills.last() {
            for position in open.values() {
                held.push((last.ts - position.since) as f64);
                unchanged = unchanged.max(last.ts - position.changed);
            }
        }
        let per_day = held.len() as f64 / days(view);
        Holding { held, longest_unchanged: unchanged as f64, per_day }
    }
}

/// Days that the equity covers, never 0.
fn days(view: &View) -> f64 {
    let bars = view.equity.len();
    let lasted_ms = bars.saturating_sub(1) as u64 * view.times.interval_ms;
    let found = if lasted_ms > 0 { lasted_ms as f64 / DAY_MS as f64 } else { bars as f64 / MINUTES_A_DAY };
    if found <= 0.0 { 1e-9 } else { found }
}

/// Longest time in ms that a series needed to come back to its peak, or to pass it.
fn recovery(points: impl Iterator<Item = (u64, f64)>, regained: fn(f64, f64) -> bool) -> f64 {
    let (mut peak, mut since, mut longest) = (f64::NEG_INFINITY, None, 0u64);
    for (time, value) in points {
        let start = *since.get_or_insert(time);
        if regained(value, peak) {
            longest = longest.max(time - start);
            peak = value;
            since = Some(time);
        }
    }
    longest as f64
}

pub fn fill(view: &View, holding: &Holding, values: &mut Values) {
    let hours = |ms: f64| ms / HOUR_MS;
    let held: Vec<f64> = holding.held.iter().map(|ms| hours(*ms)).collect();
    values.set(Key::PositionHeldHoursMean, mean(&held));
    values.set(Key::PositionHeldHoursMax, held.iter().copied().fold(0.0, f64::max));
    values.set(Key::PositionHeldHoursMedian, median(held));
    values.set(Key::PositionUnchangedHoursMax, hours(holding.longest_unchanged));
    values.set(Key::PeakRecoveryHoursEquity, hours(recovery(view.points(), |value, peak| value >= peak)));
    let earned = view.fills.iter().scan(0.0, |sum, fill| {
        *sum += fill.pnl;
        Some((fill.ts, *sum))
    });
    values.set(Key::PeakRecoveryHoursPnl, hours(recovery(earned, |value, peak| value > peak)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_is_the_longest_way_back_to_the_peak() {
        let points = [(0, 10.0), (5, 8.0), (9, 10.0), (12, 9.0)];
        assert_eq!(recovery(points.into_iter(), |value, peak| value >= peak), 9.0);
        assert_eq!(recovery(points.into_iter(), |value, peak| value > peak), 0.0);
        assert_eq!(recovery([].into_iter(), |value, peak| value > peak), 0.0);
    }
}
