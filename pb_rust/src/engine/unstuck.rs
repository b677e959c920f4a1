//! At most one loss-taking close of a stuck position per step (orchestrator.md 3.6).

use super::input::Input;
use super::state::{Workspace, raw_balance};
use crate::order::unstuck::{UnstuckInput, unstuck_close};
use crate::types::Side;

/// Appends the unstuck close, if any, to the closes of its record.
pub fn append(input: &Input, ws: &mut Workspace) {
    let global = &input.global;
    if !(global.unstuck_allowance_long > 0.0 || global.unstuck_allowance_short > 0.0) {
        return;
    }
    let candidates: Vec<UnstuckInput> = Side::BOTH.into_iter().flat_map(|side| candidates(input, ws, side)).collect();
    let found =
        unstuck_close(raw_balance(input), global.unstuck_allowance_long, global.unstuck_allowance_short, &candidates);
    if let Some((idx, side, order)) = found {
        ws.sides[side.idx()].records[idx].closes.push(order);
    }
}

fn candidates<'a>(input: &'a Input, ws: &'a Workspace, side: Side) -> impl Iterator<Item = UnstuckInput> + 'a {
    let records = &ws.sides[side.idx()].records;
    input.symbols.iter().zip(records).enumerate().filter_map(move |(idx, (symbol, record))| {
        let bot = &symbol.side(side).bot_params;
        let wanted = bot.unstuck_loss_allowance_pct > 0.0 && bot.unstuck_close_pct > 0.0 && bot.unstuck_threshold > 0.0;
        (record.is_managed() && wanted).then(|| UnstuckInput {
            idx,
            side,
            position: record.position,
            wallet_exposure_limit: bot.wallet_exposure_limit,
            risk_we_excess_allowance_pct: bot.risk_we_excess_allowance_pct,
            unstuck_threshold: bot.unstuck_threshold,
            unstuck_close_pct: bot.unstuck_close_pct,
            unstuck_ema_dist: bot.unstuck_ema_dist,
            bands: record.bands,
            current_price: symbol.close_touch(side),
            exchange: symbol.exchange,
        })
    })
}
