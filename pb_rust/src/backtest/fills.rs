//! Filling the orders of the bar before (backtest.md 2.4).

use super::account::{Account, signed_exposure};
use super::error::BacktestError;
use super::result::Fill;
use super::setup::{Arrays, Setup};
use crate::engine::output::IdealOrder;
use crate::money::{new_psize_pprice, pnl, qty_to_cost};
use crate::round::round_;
use crate::types::{Order, Position, Side};

/// Coins that had a fill on the current bar.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    sides: [Vec<usize>; 2],
}

impl Touched {
    fn clear(&mut self) {
        self.sides.iter_mut().for_each(Vec::clear);
    }

    fn mark(&mut self, side: Side, coin: usize) {
        let coins = &mut self.sides[side.idx()];
        if coins.last() != Some(&coin) {
            coins.push(coin);
        }
    }

    pub fn contains(&self, side: Side, coin: usize) -> bool {
        self.sides[side.idx()].contains(&coin)
    }
}

/// One bar about to be filled against.
pub struct Bar<'a> {
    pub setup: &'a Setup,
    pub arrays: &'a Arrays<'a>,
    pub index: usize,
}

impl Bar<'_> {
    /// Whether the bar goes strictly through an order's price.
    fn reaches(&self, coin: usize, order: &Order) -> bool {
        let market = &self.setup.coins[coin];
        if !market.is_tradable(self.index) {
            return false;
        }
        let [high, low, ..] = *self.arrays.candle(self.index, market.column);
        if order.qty > 0.0 { low < order.price } else { order.qty < 0.0 && high > order.price }
    }

    fn btc_price(&self) -> f64 {
        self.arrays.btc_usd[self.index]
    }

    /// Fills what the bar reaches of `orders`, which stand long before short, coins ascending, closes before entries.
    ///
    /// A position closed in full may be opened again by an entry on the same bar; nothing is decided anew in between.
    pub fn fill(
        &self,
        orders: &[IdealOrder],
        account: &mut Account,
        touched: &mut Touched,
        fills: &mut Vec<Fill>,
    ) -> Result<(), BacktestError> {
        touched.clear();
        for ideal in orders {
            let (coin, side, order) = (ideal.symbol_idx, ideal.pside, &ideal.order);
            if !self.setup.side_on[side.idx()] || !self.reaches(coin, order) {
                continue;
            }
            let change = if order.order_type.is_close() {
                if !account.holds(side, coin) {
                    continue;
                }
                self.close(coin, side, order, account)
            } else {
                self.enter(coin, side, order, account)
            };
            if coin >= self.setup.params.named_coins {
                return Err(BacktestError::UnnamedCoin { coin, named: self.setup.params.named_coins });
            }
            touched.mark(side, coin);
            fills.push(self.record(coin, order, &change, account));
        }
        Ok(())
    }

    fn fee(&self, coin: usize, qty: f64, price: f64) -> f64 {
        -qty_to_cost(qty, price, self.setup.coins[coin].exchange.c_mult) * self.setup.params.maker_fee
    }

    fn close(&self, coin: usize, side: Side, order: &Order, account: &mut Account) -> Change {
        let exchange = &self.setup.coins[coin].exchange;
        let before = account.position(side, coin);
        let (mut size, mut qty) = (round_(before.size + order.qty, exchange.qty_step), order.qty);
        if side.sign() * size < 0.0 {
            (size, qty) = (0.0, -before.size);
        }
        let fee = self.fee(coin, qty, order.price);
        let gain = pnl(side, before.price, order.price, qty, exchange.c_mult);
        account.realise(gain);
        account.book(gain, fee, self.btc_price());
        let position = Position { size, price: before.price };
        account.set_position(side, coin, (size != 0.0).then_some(position));
        Change { qty, pnl: gain, fee, position }
    }

    fn enter(&self, coin: usize, side: Side, order: &Order, account: &mut Account) -> Change {
        let step = self.setup.coins[coin].exchange.qty_step;
        let before = account.position(side, coin);
        let fee = self.fee(coin, order.qty, order.price);
        account.book(0.0, fee, self.btc_price());
        let (size, price) = new_psize_pprice(before.size, before.price, order.qty, order.price, step);
        let position = Position { size, price };
        account.set_position(side, coin, Some(position));
        Change { qty: order.qty, pnl: 0.0, fee, position }
    }

    fn record(&self, coin: usize, order: &Order, change: &Change, account: &Account) -> Fill {
        let exposure = account.exposure();
        Fill {
            index: self.index,
            timestamp_ms: self.setup.time_ms(self.index),
            coin: coin as u32,
            order_type: order.order_type,
            // A short closed at its own price makes −0.0 of nothing, which files would show.
            pnl: change.pnl + 0.0,
            fee_paid: change.fee,
            usd_total_balance: account.total,
            usd_cash_wallet: account.usd_wallet,
            btc_cash_wallet: account.btc_wallet,
            btc_price: self.btc_price(),
            fill_qty: change.qty,
            fill_price: order.price,
            position_size: change.position.size,
            position_price: change.position.price,
            wallet_exposure: signed_exposure(&self.setup.coins[coin], account.total, change.position),
            twe_long: exposure.long,
            twe_short: exposure.short,
            twe_net: exposure.net,
        }
    }
}

/// What a fill did to its position.
struct Change {
    qty: f64,
    pnl: f64,
    fee: f64,
    position: Position,
}
