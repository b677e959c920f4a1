//! Where orders can stand at all while nothing fills, so that bars on which nothing can fill need no decision.

use super::OrderContext;
use super::trailing::{TrailingRule, Trigger};
use crate::types::{EmaBands, FMAX, OrderBook, TrailingBundle};

/// The price of the next order of a kind, or the market's touch where that is behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reach {
    pub price: f64,
    /// There is an order only while this rule is triggered.
    pub rule: Option<TrailingRule>,
}

impl Reach {
    /// An order at the touch. `toward` is +1 where the order buys, −1 where it sells, here and below.
    pub fn touch(toward: f64) -> Reach {
        Reach { price: toward * FMAX, rule: None }
    }

    /// Whether the order stands at the touch, come what may.
    pub fn is_touch(&self) -> bool {
        self.rule.is_none() && self.price.abs() == FMAX
    }

    /// What a trailing rule can come to; None when it never triggers.
    pub fn of_rule(rule: TrailingRule, toward: f64, position_price: f64, snap: impl Fn(f64) -> f64) -> Option<Reach> {
        let price = match rule.at_best(toward, position_price) {
            Trigger::Waiting => return None,
            Trigger::Touch => toward * FMAX,
            Trigger::At(price) => {
                let price = snap(price);
                // A price that is no number leaves the order at the touch.
                if price.is_nan() { toward * FMAX } else { price }
            }
        };
        Some(Reach { price, rule: Some(rule) })
    }

    /// Whether the rule, if there is one, is triggered by these extremes.
    pub fn is_triggered(&self, toward: f64, position_price: f64, bundle: &TrailingBundle) -> bool {
        self.rule.is_none_or(|rule| rule.judge(toward, position_price, bundle) != Trigger::Waiting)
    }
}

/// The same state with the market so far away that no price is held back by it, and a first entry long done.
pub(crate) fn far<'a>(ctx: &OrderContext<'a>) -> OrderContext<'a> {
    OrderContext { book: OrderBook { bid: FMAX, ask: 0.0 }, bands: EmaBands { lower: FMAX, upper: FMAX }, ..*ctx }
}
