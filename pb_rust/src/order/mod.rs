//! Every order rule, written once for both sides with a sign (orders.md 3 to 6).

pub mod closes;
pub mod entries;
pub mod entry_gate;
mod entry_size;
pub mod loss_gate;
pub mod panic;
pub(crate) mod reach;
pub mod standalone_gate;
pub mod trailing;
pub mod twel;
pub mod unstuck;
pub mod wel;

use crate::money::{effective_wel, min_entry_qty, wallet_exposure};
use crate::params::BotParams;
use crate::round::{round_dn, round_up};
use crate::types::{EmaBands, ExchangeParams, Order, OrderBook, Position, Side, TrailingBundle};

/// Rounds of expansion after which a ladder ends (orders.md 3.7, 4.6).
pub(crate) const MAX_ORDERS: usize = 500;

/// Everything the entry and close rules of one symbol and side read.
///
/// `balance` is the sizing balance in quote; `vol1h` the hourly log-range average; `position.size` is signed by side.
#[derive(Clone, Copy, Debug)]
pub struct OrderContext<'a> {
    pub side: Side,
    pub exchange: &'a ExchangeParams,
    pub bot: &'a BotParams,
    pub balance: f64,
    pub book: OrderBook,
    pub bands: EmaBands,
    pub vol1h: f64,
    pub position: Position,
    pub trailing: &'a TrailingBundle,
}

impl OrderContext<'_> {
    #[inline]
    pub(crate) fn sign(&self) -> f64 {
        self.side.sign()
    }

    /// Size without sign; a size of the wrong sign stays recognisable on the long side only, as in the reference.
    #[inline]
    pub(crate) fn held(&self) -> f64 {
        self.side.pick(self.position.size, self.position.size.abs())
    }

    #[inline]
    pub(crate) fn limit(&self) -> f64 {
        effective_wel(self.bot)
    }

    #[inline]
    pub(crate) fn exposure(&self, size: f64, price: f64) -> f64 {
        wallet_exposure(self.exchange.c_mult, self.balance, size, price)
    }

    #[inline]
    pub(crate) fn min_qty(&self, price: f64) -> f64 {
        min_entry_qty(price, self.exchange)
    }

    /// Price that entries queue behind.
    #[inline]
    pub(crate) fn entry_touch(&self) -> f64 {
        self.side.pick(self.book.bid, self.book.ask)
    }

    /// Price that closes queue behind.
    #[inline]
    pub(crate) fn close_touch(&self) -> f64 {
        self.side.pick(self.book.ask, self.book.bid)
    }

    /// Rounds a price away from the market, as entries want it.
    #[inline]
    pub(crate) fn entry_price(&self, price: f64) -> f64 {
        match self.side {
            Side::Long => round_dn(price, self.exchange.price_step),
            Side::Short => round_up(price, self.exchange.price_step),
        }
    }

    /// Rounds a price away from the market, as closes want it.
    #[inline]
    pub(crate) fn close_price(&self, price: f64) -> f64 {
        match self.side {
            Side::Long => round_up(price, self.exchange.price_step),
            Side::Short => round_dn(price, self.exchange.price_step),
        }
    }

    /// Of two prices the one at which an entry is less likely to fill.
    #[inline]
    pub(crate) fn entry_behind(&self, a: f64, b: f64) -> f64 {
        match self.side {
            Side::Long => a.min(b),
            Side::Short => a.max(b),
        }
    }

    /// Of two prices the one at which a close is less likely to fill.
    #[inline]
    pub(crate) fn close_behind(&self, a: f64, b: f64) -> f64 {
        match self.side {
            Side::Long => a.max(b),
            Side::Short => a.min(b),
        }
    }
}

/// Sorts orders by price, `descending` or not; equal prices keep their order and no value can upset it.
pub(crate) fn sort_by_price(orders: &mut [Order], descending: bool) {
    // Adding zero makes the two zeros equal, as comparing them as numbers would.
    orders.sort_by(|a, b| {
        let order = (a.price + 0.0).total_cmp(&(b.price + 0.0));
        if descending { order.reverse() } else { order }
    });
}
