//! Making the closes of one position fit the position (orchestrator.md 3.8).

use std::cmp::Ordering;

use super::input::Input;
use super::ordering::{by_type_price, distance};
use super::sort::{by_value, stable_sort_by};
use super::state::{EPSILON, Workspace};
use crate::money::min_entry_qty;
use crate::round::round_;
use crate::types::{ExchangeParams, Order, OrderBook, Side};
use crate::why::{Part, Reason, Watch};

/// Trims the closes of every record.
pub fn apply(input: &Input, ws: &mut Workspace, watch: &mut impl Watch) {
    for side in Side::BOTH {
        for (symbol, record) in input.symbols.iter().zip(&mut ws.sides[side.idx()].records) {
            if record.closes.is_empty() {
                continue;
            }
            let trim = Trim {
                size: record.position.size.abs(),
                sign: -side.sign(),
                book: &symbol.order_book,
                exchange: &symbol.exchange,
                min_qty: min_entry_qty(symbol.close_touch(side), &symbol.exchange),
            };
            watch.about(symbol.symbol_idx, side, Part::Close);
            trim.apply(&mut record.closes, watch);
        }
    }
}

/// One position and the market it would be closed in; `sign` is that of a closing quantity.
struct Trim<'a> {
    size: f64,
    sign: f64,
    book: &'a OrderBook,
    exchange: &'a ExchangeParams,
    min_qty: f64,
}

impl Trim<'_> {
    fn apply(&self, closes: &mut Vec<Order>, watch: &mut impl Watch) {
        if self.size <= EPSILON {
            watch.say(|| Reason::CloseBelowMinimum { qty: self.size, least: self.min_qty });
            closes.clear();
            return;
        }
        if self.size < self.min_qty - EPSILON {
            watch.say(|| Reason::CloseMerged { held: self.size, least: self.min_qty });
            self.collapse(closes);
            return;
        }
        if self.min_qty > EPSILON {
            let dust = |close: &Order| close.qty.abs() + EPSILON < self.min_qty;
            closes.retain(|close| {
                let kept = !dust(close);
                if !kept {
                    watch.say_of(close, || Reason::CloseBelowMinimum { qty: close.qty.abs(), least: self.min_qty });
                }
                kept
            });
        }
        if closes.is_empty() {
            return;
        }
        let total: f64 = closes.iter().filter(|c| c.qty * self.sign > 0.0).fold(0.0, |sum, c| sum + c.qty.abs());
        let fits = total <= self.size + EPSILON;
        if !fits {
            self.reduce(closes, total - self.size, watch);
        }
        self.absorb_dust(closes);
    }

    /// A position too small for more than one order: the nearest close takes all of it.
    fn collapse(&self, closes: &mut Vec<Order>) {
        self.sort_nearest(closes);
        closes.truncate(1);
        closes[0].qty = self.sign * self.size;
    }

    fn sort_nearest(&self, closes: &mut [Order]) {
        stable_sort_by(closes, |a, b| self.by_distance(a, b).then_with(|| by_type_price(a, b)));
    }

    fn by_distance(&self, a: &Order, b: &Order) -> Ordering {
        by_value(distance(a, self.book), distance(b, self.book))
    }

    /// Takes `excess` away from the furthest closes; leaves them furthest first.
    fn reduce(&self, closes: &mut Vec<Order>, mut excess: f64, watch: &mut impl Watch) {
        stable_sort_by(closes, |a, b| {
            self.by_distance(b, a).then_with(|| by_type_price(a, b)).then_with(|| by_value(a.qty.abs(), b.qty.abs()))
        });
        closes.retain_mut(|close| {
            if excess <= EPSILON {
                return true;
            }
            let was = close.qty.abs();
            let left = self.left_of(was, &mut excess);
            watch.say_of(close, || Reason::CloseBeyondPosition { was, left: left.unwrap_or(0.0) });
            close.qty = left.unwrap_or(was).copysign(close.qty);
            left.is_some()
        });
    }

    /// What is left of a close after giving as much of the excess as it can; None when it goes.
    fn left_of(&self, qty: f64, excess: &mut f64) -> Option<f64> {
        if qty <= EPSILON {
            return None;
        }
        if qty <= *excess + EPSILON {
            *excess -= qty;
            return None;
        }
        let rest = round_(qty - *excess, self.exchange.qty_step);
        if rest <= EPSILON {
            return None;
        }
        *excess = 0.0;
        if rest < self.min_qty { None } else { Some(rest) }
    }

    /// A remainder of the position that no order could close later goes to the furthest close.
    fn absorb_dust(&self, closes: &mut [Order]) {
        let live = |close: &&Order| close.qty.abs() > EPSILON;
        let total = closes.iter().filter(live).fold(0.0, |sum, c| sum + c.qty.abs());
        let rest = self.size - total;
        if rest <= EPSILON {
            return;
        }
        let least = closes
            .iter()
            .filter(live)
            .map(|close| min_entry_qty(close.price, self.exchange))
            .filter(|m| m.is_finite() && *m > 0.0)
            .fold(f64::INFINITY, f64::min);
        if least == f64::INFINITY || rest + EPSILON >= least {
            return;
        }
        self.sort_nearest(closes);
        let Some((last, others)) = closes.split_last_mut() else { return };
        let others = others.iter().fold(0.0, |sum, c| sum + c.qty.abs());
        let step = self.exchange.qty_step;
        let qty = round_((self.size - others).max(0.0), step).min(round_(self.size, step));
        last.qty = self.sign * qty;
    }
}
