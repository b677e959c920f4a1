//! At most one loss-taking close of a stuck position per step (orchestrator.md 3.6).

use super::input::Input;
use super::state::{Workspace, raw_balance};
use crate::order::unstuck::{UnstuckInput, unstuck_close_watched};
use crate::types::Side;
use crate::why::{Part, Watch};

/// Appends the unstuck close, if any, to the closes of its record.
pub fn append<W: Watch>(input: &Input, ws: &mut Workspace, watch: &mut W) {
    let global = &input.global;
    if !(global.unstuck_allowance_long > 0.0 || global.unstuck_allowance_short > 0.0) {
        if W::LISTENS {
            tell_used_up(input, ws, watch);
        }
        return;
    }
    let candidates: Vec<UnstuckInput> = Side::BOTH.into_iter().flat_map(|side| candidates(input, ws, side)).collect();
    let (long, short) = (global.unstuck_allowance_long, global.unstuck_allowance_short);
    let found = unstuck_close_watched(raw_balance(input), long, short, &candidates, watch);
    if let Some((idx, side, order)) = found {
        ws.sides[side.idx()].records[idx].closes.push(order);
    }
}

/// Says of every position that could be stuck that nothing may be lost any more.
fn tell_used_up(input: &Input, ws: &Workspace, watch: &mut impl Watch) {
    let global = &input.global;
    for stuck in Side::BOTH.into_iter().flat_map(|side| candidates(input, ws, side)) {
        let allowance = stuck.side.pick(global.unstuck_allowance_long, global.unstuck_allowance_short);
        watch.about(stuck.idx, stuck.side, Part::Close);
        watch.say(|| stuck.held_back(raw_balance(input), allowance));
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
