//! Equity against balance (metrics.md 3, equity vs balance).

use super::names::{Key, Values};
use super::view::View;

/// Greatest and mean of what was gathered, 0 for nothing.
#[derive(Default)]
struct Pool {
    greatest: f64,
    sum: f64,
    count: usize,
}

impl Pool {
    fn add(&mut self, value: f64) {
        self.greatest = self.greatest.max(value);
        self.sum += value;
        self.count += 1;
    }

    fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum / self.count as f64 }
    }
}

/// The reference counts fills by bar of the arrays and equity from where its record begins, so balances come late
/// by the bars before the record; the numbers are only the same if that is kept.
pub fn fill(view: &View, values: &mut Values) {
    let Some(first) = view.fills.first() else { return };
    let (mut above, mut below) = (Pool::default(), Pool::default());
    let (mut balance, mut next) = (first.balance, 0);
    for (place, equity) in view.equity.iter().enumerate() {
        while view.fills.get(next).is_some_and(|fill| fill.index <= place) {
            balance = view.fills[next].balance;
            next += 1;
        }
        let apart = (equity - balance) / balance;
        if apart > 0.0 {
            above.add(apart);
        } else if apart < 0.0 {
            below.add(apart.abs());
        }
    }
    values.set(Key::EquityBalanceDiffPosMax, above.greatest);
    values.set(Key::EquityBalanceDiffPosMean, above.mean());
    values.set(Key::EquityBalanceDiffNegMax, below.greatest);
    values.set(Key::EquityBalanceDiffNegMean, below.mean());
}
