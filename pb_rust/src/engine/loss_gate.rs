//! Holding back closes that would realise too much loss (orchestrator.md 3.9).

use super::input::Input;
use super::output::LossGateBlock;
use super::state::{Workspace, raw_balance};
use crate::order::loss_gate::LossGate;
use crate::types::Side;

/// Removes blocked closes and reports each.
pub fn apply(input: &Input, ws: &mut Workspace, blocks: &mut Vec<LossGateBlock>) {
    let (global, balance) = (&input.global, raw_balance(input));
    let gate = LossGate::new(
        balance,
        global.max_realized_loss_pct,
        global.realized_pnl_cumsum_max,
        global.realized_pnl_cumsum_last,
    );
    let Some(gate) = gate else { return };
    for pside in Side::BOTH {
        let records = &mut ws.sides[pside.idx()].records;
        for (symbol_idx, (symbol, record)) in input.symbols.iter().zip(records).enumerate() {
            let position = record.position;
            record.closes.retain(|order| {
                let Some(loss) = gate.check(pside, &position, order, symbol.exchange.c_mult) else { return true };
                blocks.push(LossGateBlock {
                    symbol_idx,
                    pside,
                    order_type: order.order_type,
                    qty: order.qty,
                    price: order.price,
                    projected_pnl: loss.projected_pnl,
                    balance_before: balance,
                    projected_balance_after: loss.balance_after,
                    balance_peak: gate.peak,
                    balance_floor: gate.floor,
                    max_realized_loss_pct: gate.pct,
                });
                false
            });
        }
    }
}
