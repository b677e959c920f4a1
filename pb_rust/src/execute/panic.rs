//! An operator's panic: the close of a whole position, also on a side that is switched off (departures.md).

use crate::money::{pnl, qty_to_cost};
use crate::order::panic::panic_close;
use crate::round::quantize;
use crate::types::{Order, OrderBook, Position, Side};

/// The position, its book, and what closing costs: contract multiplier and taker fee as a fraction.
#[derive(Clone, Copy, Debug)]
pub struct PanicItem {
    pub side: Side,
    pub position: Position,
    pub book: OrderBook,
    pub price_step: f64,
    pub c_mult: f64,
    pub taker_fee: f64,
}

/// The close and what it is expected to bring where a market order would fill: at the opposite best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PanicOrder {
    pub order: Order,
    pub expected_price: f64,
    pub expected_pnl: f64,
    /// Negative = paid.
    pub expected_fee: f64,
}

/// None for a flat position, or where the price would not be positive and finite.
pub fn panic_order(item: &PanicItem) -> Option<PanicOrder> {
    let mut order = panic_close(item.side, &item.position, &item.book, item.price_step)?;
    // A venue takes nothing off its tick, and books kept in single precision lie beside it.
    order.price = quantize(order.price, item.price_step);
    let expected_price = item.side.pick(item.book.bid, item.book.ask);
    Some(PanicOrder {
        order,
        expected_price,
        expected_pnl: pnl(item.side, item.position.price, expected_price, order.qty, item.c_mult),
        expected_fee: -qty_to_cost(order.qty, expected_price, item.c_mult) * item.taker_fee,
    })
}
