//! Who listens to the rules.

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::reason::Reason;
use crate::types::{Order, Side};

/// Which orders a reason is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    Entry,
    Close,
}

/// Takes down what the rules say. The defaults ignore it.
pub trait Watch {
    /// Whether anybody listens; loops that only serve a listener are left out otherwise.
    const LISTENS: bool = true;

    /// From now on reasons are about this part of a symbol's side.
    fn about(&mut self, _symbol: usize, _side: Side, _part: Part) {}

    /// From now on reasons are about another symbol; side and part stay.
    fn symbol(&mut self, _symbol: usize) {}

    /// From now on reasons are about the order after this many others of a ladder.
    fn rung(&mut self, _orders_before: usize) {}

    /// A reason that is not about one order.
    fn say(&mut self, _make: impl FnOnce() -> Reason) {}

    /// A reason that is about an order.
    fn say_of(&mut self, _order: &Order, _make: impl FnOnce() -> Reason) {}

    /// A reason for a ladder's end, unless one has been said for this place in it.
    fn say_if_silent(&mut self, _make: impl FnOnce() -> Reason) {}
}

/// Nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Watch for Silent {
    const LISTENS: bool = false;
}

/// One reason as taken down. `rung` counts from 1; 0 where the reason is about no particular place of a ladder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    pub reason: Reason,
    pub rung: usize,
    pub order: Option<Order>,
}

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(7))?;
        map.serialize_entry("code", self.reason.name())?;
        map.serialize_entry("effect", self.reason.effect().name())?;
        map.serialize_entry("rung", &self.rung)?;
        map.serialize_entry("order_type", self.order.map_or("", |order| order.order_type.name()))?;
        map.serialize_entry("qty", &self.order.map_or(0.0, |order| order.qty))?;
        map.serialize_entry("price", &self.order.map_or(0.0, |order| order.price))?;
        map.serialize_entry("numbers", &self.reason.numbers())?;
        map.end()
    }
}
