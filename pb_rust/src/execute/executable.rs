//! Which wanted orders may be sent now, and as what kind (live.md 17).

use super::bounds::bound_reduce_only;
use super::sendable::{Executable, Held, distance};
use crate::engine::sort::{by_value, stable_sort_by};
use crate::types::{Order, OrderType, Side};
use crate::why::{Reason, Silent, Watch};

/// Switches of the step; the threshold is a fraction of the price.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub price_distance_threshold: f64,
    pub market_orders_allowed: bool,
}

/// The position side of an order type; None for `empty`.
pub fn side_of(order_type: OrderType) -> Option<Side> {
    let name = order_type.name();
    if name.ends_with("_long") {
        Some(Side::Long)
    } else if name.ends_with("_short") {
        Some(Side::Short)
    } else {
        None
    }
}

#[derive(Clone, Copy)]
struct Row {
    distance: f64,
    order: Order,
    pside: Side,
    buy: bool,
}

fn row(order: &Order, last: f64) -> Option<Row> {
    let pside = side_of(order.order_type)?;
    let buy = (pside == Side::Long) != order.order_type.is_close();
    Some(Row { distance: distance(buy, order.price, last), order: *order, pside, buy })
}

/// Far orders that may wait: entries beside a partial one, first entries, unstuck closes, and all without a position.
fn waits(row: &Row, any_partial: bool, held: &Held) -> bool {
    let (order_type, name) = (row.order.order_type, row.order.order_type.name());
    (any_partial && !order_type.is_close())
        || name.contains("initial")
        || name.contains("unstuck")
        || held.size(row.pside) == 0.0
}

fn goes_to_market(row: &Row, last: f64) -> bool {
    let (name, d) = (row.order.order_type.name(), row.distance);
    let near = (name.contains("grid") && d < 0.0001)
        || (name.contains("trailing") && d < 0.001)
        || (name.contains("auto_reduce") && d < 0.001);
    near || if row.buy { row.order.price >= last } else { row.order.price <= last }
}

/// Orders of one symbol, nearest first; those of type `empty` are dropped.
pub fn to_executable(ideal: &[Order], held: &Held, rules: &Rules) -> Vec<Executable> {
    to_executable_watched(ideal, held, rules, &mut Silent)
}

/// As `to_executable`, saying which orders are not sent and why.
pub fn to_executable_watched(ideal: &[Order], held: &Held, rules: &Rules, watch: &mut impl Watch) -> Vec<Executable> {
    let mut rows: Vec<Row> = ideal.iter().filter_map(|order| row(order, held.last_price)).collect();
    stable_sort_by(&mut rows, |a, b| by_value(a.distance, b.distance));
    let any_partial = rows.iter().any(|r| r.order.order_type.name().contains("partial"));
    let mut out: Vec<Executable> = Vec::with_capacity(rows.len());
    for row in &rows {
        let Order { qty, price, order_type } = row.order;
        let far = row.distance > rules.price_distance_threshold;
        if qty == 0.0 || (far && waits(row, any_partial, held)) {
            let (distance_pct, threshold_pct) = (row.distance, rules.price_distance_threshold);
            watch.say_of(&row.order, || Reason::TooFarToSend { distance_pct, threshold_pct });
            continue;
        }
        let qty = qty.abs();
        if out.iter().any(|o| o.qty == qty && o.price == price && o.order_type == order_type) {
            watch.say_of(&row.order, || Reason::SentOnce {});
            continue;
        }
        out.push(Executable {
            buy: row.buy,
            pside: row.pside,
            qty,
            price,
            reduce_only: order_type.is_close(),
            order_type,
            market: rules.market_orders_allowed && goes_to_market(row, held.last_price),
        });
    }
    // Cutting rounds to 12 decimals, which can end a hair above the position; the second pass clamps that back.
    bound_reduce_only(&mut out, held);
    bound_reduce_only(&mut out, held);
    out
}
