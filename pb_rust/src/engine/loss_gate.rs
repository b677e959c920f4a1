//! Holding back closes that would realise too much loss (orchestrator.md 3.9).

use super::input::Input;
use super::output::LossGateBlock;
use super::state::{Workspace, raw_balance};
use crate::order::loss_gate::LossGate;
use crate::types::Side;
use crate::why::{Part, Reason, Watch};

/// Removes blocked closes and reports each.
pub fn apply(input: &Input, ws: &mut Workspace, blocks: &mut Vec<LossGateBlock>, watch: &mut impl Watch) {
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
            watch.about(symbol_idx, pside, Part::Close);
            record.closes.retain(|order| {
                let Some(loss) = gate.check(pside, &position, order, symbol.exchange.c_mult) else { return true };
                let (projected_pnl, balance_after, floor) = (loss.projected_pnl, loss.balance_after, gate.floor);
                watch.say_of(order, || Reason::LossGate { projected_pnl, balance_after, floor });
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
