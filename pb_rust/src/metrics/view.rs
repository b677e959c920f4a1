//! A run in one denomination, whole or its last part.

use std::borrow::Cow;

use crate::backtest::{BacktestResult, Fill, Times};
use crate::types::Side;

pub const DAY_MS: u64 = 86_400_000;
pub const HOUR_MS: f64 = 3_600_000.0;

/// What amounts are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    Usd,
    Btc,
}

/// What metrics look at in a fill.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub index: usize,
    pub ts: u64,
    pub coin: u32,
    pub side: Side,
    pub pnl: f64,
    pub fee: f64,
    pub balance: f64,
    pub qty: f64,
    pub price: f64,
    pub size_after: f64,
}

impl Seen {
    fn of(fill: &Fill, money: Money) -> Seen {
        let unit = match money {
            Money::Btc if fill.btc_price > 0.0 => fill.btc_price,
            _ => 1.0,
        };
        Seen {
            index: fill.index,
            ts: fill.timestamp_ms,
            coin: fill.coin,
            side: fill.side(),
            pnl: fill.pnl / unit,
            fee: fill.fee_paid / unit,
            balance: fill.usd_total_balance / unit,
            qty: fill.fill_qty,
            price: fill.fill_price / unit,
            size_after: fill.position_size,
        }
    }

    pub fn day(&self) -> u64 {
        self.ts / DAY_MS
    }
}

/// Fills and equity of a stretch of a run; `times` says when each equity was.
#[derive(Clone, Debug)]
pub struct View<'a> {
    pub fills: Cow<'a, [Seen]>,
    pub times: Times,
    pub equity: &'a [f64],
}

impl<'a> View<'a> {
    /// The whole run.
    pub fn of(result: &'a BacktestResult, money: Money) -> View<'a> {
        let equity = match money {
            Money::Usd => &result.equity.usd,
            Money::Btc => &result.equity.btc,
        };
        let fills = result.fills.iter().map(|fill| Seen::of(fill, money)).collect();
        View { fills: Cow::Owned(fills), times: result.equity.times, equity }
    }

    /// The part from a position of the equity series on; None when no equity or no fill is left.
    pub fn tail(&'a self, start: usize) -> Option<View<'a>> {
        let equity = self.equity.get(start..).filter(|equity| !equity.is_empty())?;
        let times = self.times.since(start);
        let first = self.fills.partition_point(|fill| fill.ts < times.first_ms);
        let fills = &self.fills[first..];
        let part = View { fills: Cow::Borrowed(fills), times, equity };
        (!fills.is_empty()).then_some(part)
    }

    /// Every time with its equity.
    pub fn points(&self) -> impl Iterator<Item = (u64, f64)> + '_ {
        self.times.iter(self.equity.len()).zip(self.equity.iter().copied())
    }

    /// Fills grouped by UTC day, ascending; days without fills don't appear.
    pub fn fills_by_day(&self) -> impl Iterator<Item = &[Seen]> {
        self.fills.chunk_by(|a, b| a.day() == b.day())
    }
}
