//! Wallets, positions and exposures of a run (backtest.md 2.3, 2.5, 2.10).

use super::setup::{Candle, Coin, RunParams, Setup};
use crate::money::{hysteresis, wallet_exposure};
use crate::types::{EPS, Position, Side};

/// Share of a purchase of BTC that its conversion costs.
const CONVERSION_FEE: f64 = 0.001;
/// How far the balance must move before sizes follow it, where part of it is BTC.
const SNAP: f64 = 0.02;
/// Shares closer than this count as equal.
const TOLERANCE: f64 = 1e-12;

/// The rule by which part of the balance is kept in BTC.
#[derive(Clone, Copy, Debug)]
struct Collateral {
    cap: f64,
    ltv_cap: Option<f64>,
}

/// Money and positions after the bar last processed; amounts in USD unless named otherwise.
#[derive(Clone, Debug)]
pub struct Account {
    collateral: Option<Collateral>,
    pub usd_wallet: f64,
    pub btc_wallet: f64,
    /// Everything, at the current BTC price.
    pub total: f64,
    pub btc_total: f64,
    /// Balance that sizes are reckoned from.
    pub snapped: f64,
    /// Realised profit of both sides, before fees, and its highest value, at least 0.
    pub pnl_sum: f64,
    pub pnl_peak: f64,
    positions: [Vec<Position>; 2],
    /// Positions, by coin ascending.
    held: [Vec<Holding>; 2],
    markets: Vec<Market>,
}

/// What of a coin its positions need.
#[derive(Clone, Copy, Debug)]
struct Market {
    column: usize,
    last: usize,
    c_mult: f64,
}

/// An open position with all that following it takes.
#[derive(Clone, Copy, Debug)]
pub struct Holding {
    pub coin: usize,
    pub column: usize,
    /// Last bar with data.
    pub last: usize,
    size: f64,
    price: f64,
    c_mult: f64,
    /// Coins held, without sign.
    worth: f64,
}

impl Holding {
    fn new(coin: usize, Market { column, last, c_mult }: Market, Position { size, price }: Position) -> Holding {
        Holding { coin, column, last, size, price, c_mult, worth: size.abs() * c_mult }
    }
}

/// Exposure of all positions: long ≥ 0, short ≤ 0, and their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Exposure {
    pub long: f64,
    pub short: f64,
    pub net: f64,
}

impl Account {
    /// Opens the account at the BTC price of the first bar.
    pub fn new(setup: &Setup, btc_price: f64) -> Account {
        let RunParams { starting_balance, btc_collateral_cap, btc_collateral_ltv_cap, .. } = setup.params;
        let price = btc_price.max(EPS);
        let ltv_cap = btc_collateral_ltv_cap.filter(|cap| cap.is_finite() && *cap > 0.0);
        let cap = btc_collateral_cap.max(0.0);
        let collateral = (cap > 0.0).then_some(Collateral { cap, ltv_cap });
        let in_btc = collateral.map_or(0.0, |c| c.cap * starting_balance);
        let (usd_wallet, btc_wallet) = match collateral {
            Some(_) => (starting_balance - in_btc, in_btc / price),
            None => (starting_balance, 0.0),
        };
        let total = btc_wallet * price + usd_wallet;
        let count = setup.coins.len();
        Account {
            collateral,
            usd_wallet,
            btc_wallet,
            total,
            btc_total: total / price,
            snapped: total,
            pnl_sum: 0.0,
            pnl_peak: 0.0,
            positions: [vec![Position::default(); count], vec![Position::default(); count]],
            held: [Vec::with_capacity(count), Vec::with_capacity(count)],
            markets: setup
                .coins
                .iter()
                .map(|coin| Market { column: coin.column, last: coin.last, c_mult: coin.exchange.c_mult })
                .collect(),
        }
    }

    /// Whether part of the balance is kept in BTC.
    pub fn holds_btc(&self) -> bool {
        self.collateral.is_some()
    }

    #[inline]
    pub fn position(&self, side: Side, coin: usize) -> Position {
        self.positions[side.idx()][coin]
    }

    /// Positions of a side, by coin ascending.
    #[inline]
    pub fn held(&self, side: Side) -> &[Holding] {
        &self.held[side.idx()]
    }

    /// Opens, changes or, given None, removes a position.
    pub fn set_position(&mut self, side: Side, coin: usize, position: Option<Position>) {
        let held = &mut self.held[side.idx()];
        let holding = position.map(|position| Holding::new(coin, self.markets[coin], position));
        match (held.binary_search_by_key(&coin, |holding| holding.coin), holding) {
            (Ok(at), None) => drop(held.remove(at)),
            (Ok(at), Some(holding)) => held[at] = holding,
            (Err(at), Some(holding)) => held.insert(at, holding),
            (Err(_), None) => {}
        }
        self.positions[side.idx()][coin] = position.unwrap_or_default();
    }

    /// Whether there is an entry for the coin, however small its size.
    #[inline]
    pub fn holds(&self, side: Side, coin: usize) -> bool {
        self.held[side.idx()].binary_search_by_key(&coin, |holding| holding.coin).is_ok()
    }

    /// Adds realised profit to the running sum and its peak.
    pub fn realise(&mut self, pnl: f64) {
        self.pnl_sum += pnl;
        self.pnl_peak = self.pnl_peak.max(self.pnl_sum);
    }

    /// Books a fill's profit and fee, and buys BTC where the share of it has fallen below its cap.
    pub fn book(&mut self, pnl: f64, fee: f64, btc_price: f64) {
        let price = btc_price.max(EPS);
        self.usd_wallet += fee;
        self.usd_wallet += pnl;
        let Some(collateral) = self.collateral else {
            self.total = self.usd_wallet;
            self.snapped = self.usd_wallet;
            self.btc_total = self.total / price;
            return;
        };
        self.top_up(collateral, price);
        self.total = self.btc_wallet * price + self.usd_wallet;
        self.btc_total = self.total / price;
        self.snapped = hysteresis(self.total, self.snapped, SNAP);
    }

    fn top_up(&mut self, Collateral { cap, ltv_cap }: Collateral, price: f64) {
        let value = self.btc_wallet * price;
        let equity = value + self.usd_wallet;
        if equity <= 0.0 || equity.is_nan() {
            self.btc_wallet = 0.0;
            return;
        }
        let share = value / equity;
        let debt = (-self.usd_wallet).max(0.0);
        let room = ltv_cap.is_none_or(|limit| debt / equity + TOLERANCE < limit);
        if share + TOLERANCE >= cap || !room {
            return;
        }
        let wanted = (cap - share) * equity;
        let spend = ltv_cap.map_or(wanted, |limit| wanted.min((limit * equity - debt).max(0.0)));
        if spend > 0.0 {
            self.usd_wallet -= spend;
            self.btc_wallet += (spend * (1.0 - CONVERSION_FEE)) / price;
        }
    }

    /// Values the BTC part anew at a bar's price.
    #[inline]
    pub fn mark(&mut self, btc_price: f64) {
        if self.collateral.is_some() {
            self.total = self.btc_wallet * btc_price + self.usd_wallet;
            self.btc_total = self.total / btc_price;
            self.snapped = hysteresis(self.total, self.snapped, SNAP);
        }
    }

    /// Exposure of a side's positions, without sign.
    pub fn side_exposure(&self, side: Side) -> f64 {
        let exposure = |held: &Holding| wallet_exposure(held.c_mult, self.total, held.size, held.price);
        self.held[side.idx()].iter().fold(0.0, |sum, held| sum + exposure(held))
    }

    /// Exposure of all positions against the whole balance.
    pub fn exposure(&self) -> Exposure {
        let long = self.side_exposure(Side::Long);
        // Not negated: nothing is 0.0, not −0.0, which files would show.
        let short = 0.0 - self.side_exposure(Side::Short);
        Exposure { long, short, net: long + short }
    }

    /// Equity at a bar in USD and BTC; positions whose close is missing don't count.
    #[inline]
    pub fn equity(&self, bar: usize, row: &[Candle], btc_price: f64) -> (f64, f64) {
        let price = btc_price.max(EPS);
        let (mut usd, mut btc) = (self.total, self.btc_total);
        self.each_gain(bar, row, |gain| {
            usd += gain;
            btc += gain / price;
        });
        (usd, btc)
    }

    /// Equity at a bar in USD alone.
    #[inline]
    pub fn usd_equity(&self, bar: usize, row: &[Candle]) -> f64 {
        let mut usd = self.total;
        self.each_gain(bar, row, |gain| usd += gain);
        usd
    }

    /// What closing each position at a bar's close would earn, longs first.
    #[inline]
    fn each_gain(&self, bar: usize, row: &[Candle], mut take: impl FnMut(f64)) {
        for side in Side::BOTH {
            for held in &self.held[side.idx()] {
                let close = row[held.column][2];
                if bar <= held.last && close.is_finite() {
                    // As `money::pnl`, whose first product is kept.
                    take(held.worth * (side.sign() * (close - held.price)));
                }
            }
        }
    }
}

/// Exposure of one position after a fill, signed by its size; 0 when flat.
pub fn signed_exposure(coin: &Coin, balance: f64, position: Position) -> f64 {
    let exposure = wallet_exposure(coin.exchange.c_mult, balance, position.size.abs(), position.price);
    if position.size == 0.0 { 0.0 } else { exposure * position.size.signum() }
}
