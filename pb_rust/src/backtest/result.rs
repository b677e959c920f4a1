//! What a run leaves behind: its fills, its equity and the few facts that metrics need besides (backtest.md 3.1).

use super::series::{Steps, Times};
use crate::engine::input::BotParamsPair;
use crate::types::{OrderType, Side};

/// One fill, with the account as it was right after it. Amounts in quote, quantities signed (buy > 0).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    /// Bar of the (aggregated) arrays.
    pub index: usize,
    /// Open time of that bar.
    pub timestamp_ms: u64,
    /// Place of the coin among the traded ones.
    pub coin: u32,
    pub order_type: OrderType,
    /// Realised profit, before fees.
    pub pnl: f64,
    /// Negative when it costs.
    pub fee_paid: f64,
    pub usd_total_balance: f64,
    pub usd_cash_wallet: f64,
    pub btc_cash_wallet: f64,
    pub btc_price: f64,
    pub fill_qty: f64,
    pub fill_price: f64,
    /// Size after the fill, signed; a full close may leave −0.0.
    pub position_size: f64,
    /// Average price after the fill; after a full close the last one held.
    pub position_price: f64,
    /// Exposure of this position after the fill, signed.
    pub wallet_exposure: f64,
    /// Exposure of all long positions, ≥ 0.
    pub twe_long: f64,
    /// Exposure of all short positions, ≤ 0.
    pub twe_short: f64,
    pub twe_net: f64,
}

impl Fill {
    /// The side whose position the fill changed.
    pub fn side(&self) -> Side {
        if self.order_type.name().ends_with("_short") { Side::Short } else { Side::Long }
    }
}

/// One entry a bar from the first bar whose orders were computed; all lists stand for equally many bars.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Equity {
    pub times: Times,
    pub usd: Vec<f64>,
    /// Empty where nobody wants it: metrics alone, and no BTC held.
    pub btc: Vec<f64>,
    /// Exposure of all positions, shorts negative (`twe_net`).
    pub net_exposure: Steps,
}

impl Equity {
    pub fn with_capacity(bars: usize, interval_ms: u64, with_btc: bool) -> Equity {
        Equity {
            times: Times { first_ms: 0, interval_ms },
            usd: Vec::with_capacity(bars),
            btc: Vec::with_capacity(if with_btc { bars } else { 0 }),
            net_exposure: Steps::default(),
        }
    }

    /// Adds the bar that follows the last one; the first one's time begins the record.
    pub fn push(&mut self, timestamp_ms: u64, usd: f64, btc: Option<f64>, net_exposure: f64) {
        if self.usd.is_empty() {
            self.times.first_ms = timestamp_ms;
        }
        self.usd.push(usd);
        self.btc.extend(btc);
        self.net_exposure.push(net_exposure);
    }

    pub fn len(&self) -> usize {
        self.usd.len()
    }

    pub fn is_empty(&self) -> bool {
        self.usd.is_empty()
    }
}

/// What metrics need to know of a run besides its fills and equity (metrics.md 5.3, 6).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RunFacts {
    /// Whether part of the balance was held in BTC.
    pub btc_collateral: bool,
    /// Portfolio-level parameters (backtest.md 1.4).
    pub master: BotParamsPair,
    /// Denominator of the exposure limit at the end of the run, long and short (backtest.md 2.8).
    pub effective_positions: [usize; 2],
}

/// Everything a run produced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BacktestResult {
    pub fills: Vec<Fill>,
    pub equity: Equity,
    pub facts: RunFacts,
}
