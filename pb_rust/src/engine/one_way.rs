//! Keeping one side flat while the other is used, where an account can't hold both (orchestrator.md 3.4).

use super::ema::bands;
use super::input::{Input, SymbolInput};
use super::state::{Workspace, may_open};
use crate::types::Side;
use crate::why::{Part, Reason, Watch};

/// Marks the sides that may not start a position; does nothing in hedge mode.
pub fn block<W: Watch>(input: &Input, ws: &mut Workspace, watch: &mut W) {
    if input.global.hedge_mode {
        return;
    }
    let enabled = Side::BOTH.map(|side| ws.sides[side.idx()].enabled);
    for (i, symbol) in input.symbols.iter().enumerate() {
        let blocked = blocked_sides(symbol, enabled);
        for side in Side::BOTH {
            ws.sides[side.idx()].block_initial[i] = blocked[side.idx()];
            if W::LISTENS && blocked[side.idx()] && !symbol.side(side).has_position() {
                watch.about(i, side, Part::Entry);
                tell(symbol, side, watch);
            }
        }
    }
}

fn blocked_sides(symbol: &SymbolInput, enabled: [bool; 2]) -> [bool; 2] {
    let (long, short) = (symbol.long.has_position(), symbol.short.has_position());
    if long || short {
        return [short, long];
    }
    let can = |side: Side| enabled[side.idx()] && may_open(symbol.side(side).mode);
    let (can_long, can_short) = (can(Side::Long), can(Side::Short));
    if !(can_long && can_short) {
        return [!can_long, !can_short];
    }
    match closer_side(symbol) {
        Some(Side::Long) => [false, true],
        Some(Side::Short) => [true, false],
        None => [false, false],
    }
}

/// The side whose first entry lies nearer to the market; None where averages are missing.
fn closer_side(symbol: &SymbolInput) -> Option<Side> {
    let [d_long, d_short] = first_entry_distances(symbol)?;
    Some(if d_long >= d_short { Side::Long } else { Side::Short })
}

/// How far beyond the market the first entry of each side lies, a fraction; negative = short of it.
fn first_entry_distances(symbol: &SymbolInput) -> Option<[f64; 2]> {
    let (long, short) = (&symbol.long.bot_params, &symbol.short.bot_params);
    let lower = bands(&symbol.emas, long, symbol.symbol_idx).ok()?.lower;
    let upper = bands(&symbol.emas, short, symbol.symbol_idx).ok()?.upper;
    let d_long = lower * (1.0 - long.entry_initial_ema_dist) / symbol.order_book.bid - 1.0;
    let d_short = 1.0 - upper * (1.0 + short.entry_initial_ema_dist) / symbol.order_book.ask;
    Some([d_long, d_short])
}

/// Says why a flat side is blocked; one that may not open at all says so elsewhere.
fn tell(symbol: &SymbolInput, side: Side, watch: &mut impl Watch) {
    let other = side.pick(Side::Short, Side::Long);
    if symbol.side(other).has_position() {
        watch.say(|| Reason::OneWayHeld {});
    } else if may_open(symbol.side(side).mode) && may_open(symbol.side(other).mode) {
        let [long, short] = first_entry_distances(symbol).unwrap_or([f64::NAN; 2]);
        watch.say(|| Reason::OneWayNearer { own_pct: -side.pick(long, short), other_pct: -side.pick(short, long) });
    }
}
