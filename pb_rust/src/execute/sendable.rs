//! An order as it may be sent, and what it is measured against.

use crate::types::{OrderType, Side};

/// An order as a venue should see it; qty unsigned, `buy` is its direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Executable {
    pub buy: bool,
    pub pside: Side,
    pub qty: f64,
    pub price: f64,
    pub reduce_only: bool,
    pub order_type: OrderType,
    pub market: bool,
}

/// Last price and signed position sizes of the symbol.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub last_price: f64,
    pub long_size: f64,
    pub short_size: f64,
}

impl Held {
    pub fn size(&self, side: Side) -> f64 {
        side.pick(self.long_size, self.short_size).abs()
    }
}

/// How far an order is from filling, a fraction of the last price; 0 where that can't be told.
pub fn distance(buy: bool, price: f64, last: f64) -> f64 {
    if !price.is_finite() || !last.is_finite() || last <= 0.0 {
        0.0
    } else if buy {
        1.0 - price / last
    } else {
        price / last - 1.0
    }
}
