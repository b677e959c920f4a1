//! The basic analysis of a stretch, and its average over the run and its tails (metrics.md 3 and 4).

use super::daily::Daily;
use super::drawdown::Drawdowns;
use super::growth;
use super::holding::Holding;
use super::names::{Key, Values, WEIGHTED};
use super::shape;
use super::stats::mean;
use super::view::{Seen, View};
use crate::whole::nearest;

/// The run itself and its last half, third, … tenth.
const SLICES: usize = 10;

fn loss_profit_ratio(view: &View) -> f64 {
    let lost: f64 = view.fills.iter().filter(|fill| fill.pnl <= 0.0).map(|fill| fill.pnl.abs()).sum();
    let won: f64 = view.fills.iter().filter(|fill| fill.pnl > 0.0).map(|fill| fill.pnl).sum();
    if won == 0.0 { f64::INFINITY } else { lost / won }
}

/// Turnover of a day with fills in balances, on average; the contract multiplier plays no part.
fn volume_pct_per_day(view: &View) -> f64 {
    let turnover = |fills: &[Seen]| fills.iter().map(|f| f.qty.abs() * f.price / f.balance).sum();
    mean(&view.fills_by_day().map(turnover).collect::<Vec<f64>>())
}

/// Everything that is also averaged over tails, and what comes with it.
pub fn basic(view: &View, values: &mut Values) -> Holding {
    let daily = Daily::of(view);
    let drawdowns = Drawdowns::of(view, &daily);
    growth::fill(&daily, &drawdowns, values);
    drawdowns.fill(values);
    shape::fill(&daily, values);
    values.set(Key::LossProfitRatio, loss_profit_ratio(view));
    values.set(Key::VolumePctPerDayAvg, volume_pct_per_day(view));
    let holding = Holding::of(view);
    values.set(Key::PositionsHeldPerDay, holding.per_day);
    holding
}

/// Averages over the run and its tails; tails that hold nothing count as 0.
pub fn fill(view: &View, values: &mut Values) {
    let bars = view.equity.len() as f64;
    let mut sums = WEIGHTED.map(|(key, _)| values.get(key));
    for i in 1..SLICES {
        let start = nearest(bars - (1.0 / (1.0 + i as f64)) * bars) as usize;
        let Some(tail) = view.tail(start) else { break };
        let mut part = Values::default();
        if tail.fills.len() > 1 {
            basic(&tail, &mut part);
        }
        for (sum, (key, _)) in sums.iter_mut().zip(WEIGHTED) {
            *sum += part.get(key);
        }
    }
    for (sum, (_, key)) in sums.into_iter().zip(WEIGHTED) {
        values.set(key, sum / SLICES as f64);
    }
}
