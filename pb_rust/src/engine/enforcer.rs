//! Reducing positions while a side's total exposure is over its threshold (orchestrator.md 3.7).

use super::input::Input;
use super::state::{Workspace, raw_balance};
use crate::order::twel::{TwelInput, twel_enforcer};
use crate::types::{OrderType, Side};

/// Appends auto-reduce closes; positions already reducing by their own limit are left out altogether.
pub fn append(input: &Input, ws: &mut Workspace) {
    for side in Side::BOTH {
        if ws.sides[side.idx()].enabled {
            append_side(input, ws, side);
        }
    }
}

fn append_side(input: &Input, ws: &mut Workspace, side: Side) {
    let own_reduce = side.pick(OrderType::CloseAutoReduceWelLong, OrderType::CloseAutoReduceWelShort);
    let state = &mut ws.sides[side.idx()];
    let positions: Vec<TwelInput> = input
        .symbols
        .iter()
        .zip(&state.records)
        .enumerate()
        .filter(|(_, (_, record))| {
            record.is_managed() && record.closes.iter().all(|order| order.order_type != own_reduce)
        })
        .map(|(idx, (symbol, record))| TwelInput {
            idx,
            position: record.position,
            market_price: symbol.entry_touch(side),
            base_wallet_exposure_limit: symbol.side(side).bot_params.wallet_exposure_limit,
            exchange: symbol.exchange,
        })
        .collect();
    if positions.is_empty() {
        return;
    }
    let bot = input.global.global_bot_params.get(side);
    let orders = twel_enforcer(
        side,
        bot.risk_twel_enforcer_threshold,
        bot.total_wallet_exposure_limit,
        state.slots,
        raw_balance(input),
        &positions,
        None,
    );
    for (idx, order) in orders {
        state.records[idx].closes.push(order);
    }
}
