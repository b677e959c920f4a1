//! What one decision step answers (orchestrator.md 1.4).

use serde::{Serialize, Serializer};

use crate::types::{Order, OrderType, Side};

/// One wanted order of one symbol and side; qty signed (buy > 0).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IdealOrder {
    pub symbol_idx: usize,
    pub pside: Side,
    pub order: Order,
}

impl Serialize for IdealOrder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat {
            symbol_idx: usize,
            pside: Side,
            qty: f64,
            price: f64,
            order_type: OrderType,
        }
        let Order { qty, price, order_type } = self.order;
        Flat { symbol_idx: self.symbol_idx, pside: self.pside, qty, price, order_type }.serialize(serializer)
    }
}

/// A held position that will not be served as usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    DisabledPsideHasPosition { symbol_idx: usize, pside: Side },
    NonTradableHasPosition { symbol_idx: usize, pside: Side },
}

/// A close that the realised-loss gate removed; amounts in quote.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LossGateBlock {
    pub symbol_idx: usize,
    pub pside: Side,
    pub order_type: OrderType,
    pub qty: f64,
    pub price: f64,
    pub projected_pnl: f64,
    pub balance_before: f64,
    pub projected_balance_after: f64,
    pub balance_peak: f64,
    pub balance_floor: f64,
    pub max_realized_loss_pct: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Diagnostics {
    pub warnings: Vec<Warning>,
    pub loss_gate_blocks: Vec<LossGateBlock>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Output {
    pub orders: Vec<IdealOrder>,
    pub diagnostics: Diagnostics,
}

impl Output {
    /// Empties the lists, keeping their room.
    pub(super) fn clear(&mut self) {
        self.orders.clear();
        self.diagnostics.warnings.clear();
        self.diagnostics.loss_gate_blocks.clear();
    }
}
