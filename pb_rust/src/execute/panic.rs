//! An operator's panic: the close of a whole position, also on a side that is switched off (departures.md).

use crate::money::{pnl, qty_to_cost};
use crate::order::panic::panic_close;
use crate::round::{quantize, round_};
use crate::types::{Order, OrderBook, Position, Side};

/// More pieces than this are not sent at once; the next turn sends on.
const MOST_PIECES: u64 = 50;

/// The position, its book, the lot, the largest order that the venue takes (0: unknown), and what closing costs:
/// contract multiplier and taker fee as a fraction.
#[derive(Clone, Copy, Debug)]
pub struct PanicItem {
    pub side: Side,
    pub position: Position,
    pub book: OrderBook,
    pub price_step: f64,
    pub qty_step: f64,
    pub max_qty: f64,
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

/// One order, or several of nearly equal size where one would be too large for the venue; none for a flat position, or
/// where the price would not be positive and finite.
pub fn panic_orders(item: &PanicItem) -> Vec<PanicOrder> {
    let Some(mut whole) = panic_close(item.side, &item.position, &item.book, item.price_step) else {
        return Vec::new();
    };
    // A venue takes nothing off its tick, and books kept in single precision lie beside it.
    whole.price = quantize(whole.price, item.price_step);
    let expected_price = item.side.pick(item.book.bid, item.book.ask);
    let closes = |size: f64| {
        let order = Order { qty: size.copysign(whole.qty), ..whole };
        PanicOrder {
            order,
            expected_price,
            expected_pnl: pnl(item.side, item.position.price, expected_price, order.qty, item.c_mult),
            expected_fee: -qty_to_cost(order.qty, expected_price, item.c_mult) * item.taker_fee,
        }
    };
    pieces(whole.qty.abs(), item.max_qty, item.qty_step).into_iter().map(closes).collect()
}

/// Cut a size into pieces on the lot, none above `most`, that differ by one lot at most; dust below a lot is left out
/// of a size that has to be cut.
fn pieces(size: f64, most: f64, step: f64) -> Vec<f64> {
    let limited = most > 0.0 && most.is_finite() && step > 0.0 && size > most;
    let (lots, largest) = (lots_in(size, step), lots_in(most, step));
    if !limited || lots == 0 || largest == 0 {
        return vec![size];
    }
    let count = lots.div_ceil(largest);
    if count > MOST_PIECES {
        return vec![round_(largest as f64 * step, step); MOST_PIECES as usize];
    }
    let (each, over) = (lots / count, lots % count);
    (0..count).map(|i| round_((each + u64::from(i < over)) as f64 * step, step)).collect()
}

/// Whole lots in a size; what floats are off a multiple does not cost a lot.
fn lots_in(size: f64, step: f64) -> u64 {
    let lots = (size / step + 1e-6).floor();
    if lots.is_finite() && lots > 0.0 { lots as u64 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_size_the_venue_takes_is_one_piece() {
        assert_eq!(pieces(2.5, 0.0, 0.1), [2.5]);
        assert_eq!(pieces(2.5, 2.5, 0.1), [2.5]);
        assert_eq!(pieces(2.55, 3.0, 0.1), [2.55]);
        assert_eq!(pieces(2.5, 0.05, 0.1), [2.5]);
    }

    #[test]
    fn a_larger_one_is_cut_into_equal_pieces_on_the_lot() {
        assert_eq!(pieces(2.5, 1.0, 0.1), [0.9, 0.8, 0.8]);
        assert_eq!(pieces(0.3, 0.1, 0.1), [0.1, 0.1, 0.1]);
        assert_eq!(pieces(2.04, 1.0, 0.1), [1.0, 1.0]);
        assert_eq!(pieces(1e9, 1.0, 0.1), vec![1.0; 50]);
    }

    proptest! {
        #[test]
        fn pieces_add_up_and_none_is_too_large(lots in 1_u64..100_000, largest in 1_u64..10_000, decimals in 0_i32..6) {
            let step = 10_f64.powi(-decimals);
            let (size, most) = (round_(lots as f64 * step, step), round_(largest as f64 * step, step));
            let found = pieces(size, most, step);
            let sum: u64 = found.iter().map(|each| lots_in(*each, step)).sum();
            prop_assert!(found.iter().all(|each| *each > 0.0 && *each <= most));
            prop_assert_eq!(sum, lots.min(largest * MOST_PIECES));
        }
    }
}
