//! Keeping a side's exposure below its limit even if every entry filled (orchestrator.md 3.10).

use super::input::Input;
use super::state::{Workspace, raw_balance};
use crate::order::entry_gate::{GateEntry, GatePosition, gate_entries_watched};
use crate::types::Side;
use crate::why::Watch;

/// Removes or shrinks entries, furthest first.
pub fn apply(input: &Input, ws: &mut Workspace, watch: &mut impl Watch) {
    for side in Side::BOTH {
        apply_side(input, ws, side, watch);
    }
}

fn apply_side(input: &Input, ws: &mut Workspace, side: Side, watch: &mut impl Watch) {
    let records = &mut ws.sides[side.idx()].records;
    let entries: Vec<GateEntry> = input
        .symbols
        .iter()
        .zip(records.iter())
        .enumerate()
        .flat_map(|(idx, (symbol, record))| {
            record.entries.iter().map(move |&order| GateEntry {
                idx,
                order,
                touch: symbol.entry_touch(side),
                exchange: symbol.exchange,
            })
        })
        .collect();
    if entries.is_empty() {
        return;
    }
    let positions: Vec<GatePosition> = input
        .symbols
        .iter()
        .enumerate()
        .filter(|(_, symbol)| symbol.side(side).has_position())
        .map(|(idx, symbol)| {
            let held = symbol.side(side).position;
            GatePosition { idx, size: held.size, price: held.price, c_mult: symbol.exchange.c_mult }
        })
        .collect();
    let twel = input.global.global_bot_params.get(side).total_wallet_exposure_limit;
    let kept = gate_entries_watched(side, raw_balance(input), twel, &positions, &entries, watch);
    records.iter_mut().for_each(|record| record.entries.clear());
    for entry in kept {
        records[entry.idx].entries.push(entry.order);
    }
}
