//! A listener that writes everything down.

use super::reason::Reason;
use super::watch::{Part, Told, Watch};
use crate::types::{Order, Side};

/// All that was said, in order, each with the number of the symbol it was said of.
#[derive(Clone, Debug, Default)]
pub struct Notebook {
    symbol: usize,
    pub lines: Vec<(usize, Told)>,
}

impl Watch for Notebook {
    fn about(&mut self, symbol: usize, _side: Side, _part: Part) {
        self.symbol = symbol;
    }

    fn symbol(&mut self, symbol: usize) {
        self.symbol = symbol;
    }

    fn say(&mut self, make: impl FnOnce() -> Reason) {
        self.lines.push((self.symbol, Told { reason: make(), rung: 0, order: None }));
    }

    fn say_of(&mut self, order: &Order, make: impl FnOnce() -> Reason) {
        self.lines.push((self.symbol, Told { reason: make(), rung: 0, order: Some(*order) }));
    }
}
