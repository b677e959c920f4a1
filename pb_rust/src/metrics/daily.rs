//! Daily series of a run (metrics.md 2).

use super::stats::{TINY, relative};
use super::view::{DAY_MS, Seen, View};

/// A value a UTC day that has bars; the first and last day may be partial.
#[derive(Clone, Debug, Default)]
pub struct Daily {
    /// Last equity of the day.
    pub last: Vec<f64>,
    /// Lowest equity of the day.
    pub lowest: Vec<f64>,
    /// Profit net of fees of each day with fills, relative to the balance after its last fill.
    pub pnl: Vec<f64>,
}

impl Daily {
    pub fn of(view: &View) -> Daily {
        let mut daily = Daily { pnl: pnl_ratios(view), ..Daily::default() };
        let mut day = None;
        for (time, equity) in view.points() {
            if day == Some(time / DAY_MS) {
                let at = daily.last.len() - 1;
                daily.last[at] = equity;
                daily.lowest[at] = daily.lowest[at].min(equity);
            } else {
                day = Some(time / DAY_MS);
                daily.last.push(equity);
                daily.lowest.push(equity);
            }
        }
        daily
    }

    /// Relative changes of the last equity from day to day.
    pub fn returns(&self) -> Vec<f64> {
        changes(&self.last)
    }

    /// Relative changes of the lowest equity from day to day.
    pub fn lowest_returns(&self) -> Vec<f64> {
        changes(&self.lowest)
    }
}

fn changes(values: &[f64]) -> Vec<f64> {
    values.windows(2).map(|pair| relative(pair[0], pair[1])).collect()
}

fn pnl_ratios(view: &View) -> Vec<f64> {
    let ratio = |fills: &[Seen]| {
        let earned: f64 = fills.iter().map(|fill| fill.pnl + fill.fee).sum();
        let balance = fills.last()?.balance;
        (earned.is_finite() && balance.is_finite()).then(|| earned / balance.abs().max(TINY))
    };
    view.fills_by_day().filter_map(ratio).collect()
}
