//! Getting out of a position at any price (orchestrator.md 3.5).

use crate::types::{Order, OrderBook, OrderType, Position, Side};

/// Close of the whole position one step inside the spread; neither number is rounded. None when
/// flat, or when size or price are no numbers to act on.
pub fn panic_close(side: Side, position: &Position, book: &OrderBook, price_step: f64) -> Option<Order> {
    if position.size == 0.0 || !position.size.is_finite() {
        return None;
    }
    let price = side.pick(book.ask - price_step, book.bid + price_step);
    let kind = side.pick(OrderType::ClosePanicLong, OrderType::ClosePanicShort);
    let usable = price.is_finite() && price > 0.0;
    usable.then(|| Order::new(-side.sign() * position.size.abs(), price, kind))
}
