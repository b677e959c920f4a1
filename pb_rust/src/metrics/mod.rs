//! What a run was worth: every number of the analysis, from its fills and equity (metrics.md).
//!
//! Sums run from left to right, standard deviations divide by the count, and whatever is called pct is a fraction.

mod balance;
mod daily;
mod drawdown;
mod exposure;
mod growth;
mod holding;
mod names;
mod shape;
mod stats;
mod view;
mod weighted;

pub use names::{KEYS, Key, Values};

use crate::backtest::BacktestResult;
use crate::types::Side;
use view::{Money, View};

/// The analysis in both denominations.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    pub usd: Values,
    pub btc: Values,
}

/// Computes the whole analysis of a run (metrics.md 3 to 6).
pub fn analyse(result: &BacktestResult) -> Analysis {
    let usd = denominated(result, Money::Usd);
    let btc = if result.facts.btc_collateral { denominated(result, Money::Btc) } else { usd.clone() };
    Analysis { usd, btc }
}

fn denominated(result: &BacktestResult, money: Money) -> Values {
    let view = View::of(result, money);
    let mut values = Values::default();
    if view.fills.len() > 1 {
        let full = weighted::basic(&view, &mut values);
        holding::fill(&view, &full, &mut values);
        balance::fill(&view, &mut values);
        exposure::fill(result, &view, &mut values);
        weighted::fill(&view, &mut values);
    }
    for side in Side::BOTH {
        let key = side.pick(Key::EntryInitialBalancePctLong, Key::EntryInitialBalancePctShort);
        values.set(key, entry_initial_balance_pct(result, side));
    }
    values
}

/// Share of the balance that a first entry takes (metrics.md 5.3).
fn entry_initial_balance_pct(result: &BacktestResult, side: Side) -> f64 {
    let (bot, count) = (result.facts.master.get(side), result.facts.effective_positions[side.idx()]);
    if count == 0 {
        return 0.0;
    }
    let allowance = 1.0 + bot.risk_we_excess_allowance_pct.max(0.0);
    bot.total_wallet_exposure_limit * bot.entry_initial_qty_pct * allowance / count as f64
}
