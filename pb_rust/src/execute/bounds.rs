//! Keeping the closes of a position within the position (live.md 17, reduce-only bound).

use super::sendable::{Executable, Held, distance};
use crate::engine::sort::{by_value, stable_sort_by};
use crate::types::Side;

const SLACK: f64 = 1e-12;

/// Rounds to 12 decimals, ties by the exact binary value.
fn round12(value: f64) -> f64 {
    format!("{value:.12}").parse().unwrap_or(value)
}

/// Clamps each close to the position, then cuts the furthest ones until their sum fits.
pub fn bound_reduce_only(orders: &mut Vec<Executable>, held: &Held) {
    for order in orders.iter_mut().filter(|o| o.reduce_only) {
        order.qty = order.qty.min(held.size(order.pside));
    }
    for side in Side::BOTH {
        bound_side(orders, held, side);
    }
}

fn bound_side(orders: &mut Vec<Executable>, held: &Held, side: Side) {
    let size = held.size(side);
    let closes = |o: &Executable| o.reduce_only && o.pside == side;
    let total: f64 = orders.iter().filter(|o| closes(o)).map(|o| o.qty).sum();
    if !(size > 0.0 && total > size + SLACK) {
        return;
    }
    let mut places: Vec<(f64, usize)> = orders
        .iter()
        .enumerate()
        .filter(|(_, o)| closes(o))
        .map(|(i, o)| (distance(o.buy, o.price, held.last_price), i))
        .collect();
    stable_sort_by(&mut places, |a, b| by_value(b.0, a.0));
    let mut excess = total - size;
    for (_, i) in places {
        if excess <= 0.0 {
            break;
        }
        let cut = orders[i].qty.min(excess);
        orders[i].qty = round12(orders[i].qty - cut);
        excess -= cut;
    }
    // Emptied closes go, those of the other side with them; where nothing is cut, an empty one stays (a reference wart).
    orders.retain(|o| !(o.reduce_only && o.qty <= 0.0));
}

#[cfg(test)]
mod tests {
    use super::round12;

    #[test]
    fn rounds_to_twelve_decimals() {
        assert_eq!(round12(0.1 + 0.2), 0.3);
        assert_eq!(round12(1.0 / 3.0), 0.333333333333);
        assert_eq!(round12(1e20), 1e20);
        // Exactly half way between two decimals: the even one.
        assert_eq!(round12(0.000_122_070_312_5), 0.000_122_070_312);
        assert!(round12(f64::NAN).is_nan());
    }
}
