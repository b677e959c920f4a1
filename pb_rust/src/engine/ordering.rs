//! The sequence in which orders are handed out (orchestrator.md 3.11).

use std::cmp::Ordering;

use super::input::Input;
use super::output::IdealOrder;
use super::sort::{by_value, stable_sort_by};
use super::state::Workspace;
use crate::types::{Order, OrderBook, Side};

/// How far an order is from filling, a fraction of the book price; negative = through the market.
#[inline]
pub fn distance(order: &Order, book: &OrderBook) -> f64 {
    if order.qty >= 0.0 { 1.0 - order.price / book.bid } else { order.price / book.ask - 1.0 }
}

/// The usual tie-break: type number, then price.
#[inline]
pub fn by_type_price(a: &Order, b: &Order) -> Ordering {
    a.order_type.cmp(&b.order_type).then_with(|| by_value(a.price, b.price))
}

fn by_order(a: &Order, b: &Order) -> Ordering {
    by_type_price(a, b).then_with(|| by_value(a.qty, b.qty))
}

/// Emits all orders: per record, or all of them by distance.
pub fn emit(input: &Input, ws: &mut Workspace, out: &mut Vec<IdealOrder>) {
    let count = ws.sides.iter().flat_map(|s| &s.records).map(|r| r.closes.len() + r.entries.len()).sum();
    out.reserve_exact(count);
    if input.global.sort_global {
        emit_sorted(input, ws, out);
    } else {
        emit_by_record(input, ws, out);
    }
}

fn emit_by_record(input: &Input, ws: &mut Workspace, out: &mut Vec<IdealOrder>) {
    for pside in Side::BOTH {
        for (symbol_idx, record) in ws.sides[pside.idx()].records.iter_mut().enumerate() {
            let book = &input.symbols[symbol_idx].order_book;
            for list in [&mut record.closes, &mut record.entries] {
                stable_sort_by(list, |a, b| {
                    by_value(distance(a, book), distance(b, book)).then_with(|| by_order(a, b))
                });
                out.extend(list.iter().map(|&order| IdealOrder { symbol_idx, pside, order }));
            }
        }
    }
}

/// An order with its sort key: distance, then symbol, side and kind packed into one number.
#[derive(Clone, Copy)]
struct Keyed {
    distance: f64,
    place: usize,
    ideal: IdealOrder,
}

fn emit_sorted(input: &Input, ws: &Workspace, out: &mut Vec<IdealOrder>) {
    let mut keyed: Vec<Keyed> = Vec::with_capacity(out.capacity());
    for pside in Side::BOTH {
        for (symbol_idx, record) in ws.sides[pside.idx()].records.iter().enumerate() {
            let book = &input.symbols[symbol_idx].order_book;
            for (kind, list) in [&record.closes, &record.entries].into_iter().enumerate() {
                keyed.extend(list.iter().map(|&order| Keyed {
                    distance: distance(&order, book),
                    place: symbol_idx * 4 + pside.idx() * 2 + kind,
                    ideal: IdealOrder { symbol_idx, pside, order },
                }));
            }
        }
    }
    stable_sort_by(&mut keyed, |a, b| {
        by_value(a.distance, b.distance)
            .then(a.place.cmp(&b.place))
            .then_with(|| by_order(&a.ideal.order, &b.ideal.order))
    });
    out.extend(keyed.into_iter().map(|k| k.ideal));
}
