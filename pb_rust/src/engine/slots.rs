//! Which symbols may start a position (orchestrator.md 3.2).

use super::ema::{cost_ok, lookup};
use super::focus::Wanted;
use super::input::{Input, Mode};
use super::state::{SideState, Workspace, may_open};
use crate::select::{Feature, Forager, select_coins_watched};
use crate::types::Side;
use crate::why::{Part, Reason, Watch};

/// Marks the symbols that hold a slot on each side: positions, then forced ones, then selected ones.
pub fn assign(input: &Input, wanted: Wanted, ws: &mut Workspace, watch: &mut impl Watch) {
    let tradable = input.symbols.iter().filter(|s| s.tradable).count();
    for side in Side::BOTH.into_iter().filter(|&side| wanted.entries(side)) {
        assign_side(input, ws, side, tradable, watch);
    }
}

fn assign_side<W: Watch>(input: &Input, ws: &mut Workspace, side: Side, tradable: usize, watch: &mut W) {
    let bot = input.global.global_bot_params.get(side);
    let forced = |i: usize| input.symbols[i].side(side).mode == Some(Mode::Normal);
    let forced_count = (0..input.symbols.len()).filter(|&i| forced(i)).count();
    let state = &mut ws.sides[side.idx()];
    state.slots = bot.n_positions.min(tradable).max(forced_count);
    let mut taken = 0;
    for (symbol, active) in input.symbols.iter().zip(&mut state.active) {
        *active = symbol.side(side).has_position();
        taken += usize::from(*active);
    }
    if !state.enabled {
        return;
    }
    for i in (0..input.symbols.len()).filter(|&i| forced(i)) {
        if taken >= state.slots {
            break;
        }
        taken += usize::from(!state.active[i]);
        state.active[i] = true;
    }
    if taken >= state.slots {
        tell_full(input, side, state, 0..input.symbols.len(), taken, watch);
        return;
    }
    collect_features(input, side, &mut ws.features);
    let rule = Forager {
        max_positions: state.slots,
        volume_drop_pct: bot.filter_volume_drop_pct,
        volatility_drop_pct: bot.filter_volatility_drop_pct,
    };
    watch.about(0, side, Part::Entry);
    select_coins_watched(&mut ws.features, &rule, watch);
    for feature in &ws.features {
        if taken >= state.slots {
            break;
        }
        taken += usize::from(!state.active[feature.index]);
        state.active[feature.index] = true;
    }
    tell_full(input, side, state, ws.features.iter().map(|feature| feature.index), taken, watch);
}

/// Says of those without a slot that others have them all.
fn tell_full<W: Watch>(
    input: &Input,
    side: Side,
    state: &SideState,
    symbols: impl Iterator<Item = usize>,
    taken: usize,
    watch: &mut W,
) {
    if !W::LISTENS {
        return;
    }
    for i in symbols.filter(|&i| !state.active[i] && may_open(input.symbols[i].side(side).mode)) {
        watch.about(i, side, Part::Entry);
        watch.say(|| Reason::NoSlot { slots: state.slots as f64, taken: taken as f64 });
    }
}

fn collect_features(input: &Input, side: Side, features: &mut Vec<Feature>) {
    let global = &input.global;
    let bot = global.global_bot_params.get(side);
    features.clear();
    features.extend(input.symbols.iter().enumerate().map(|(index, symbol)| Feature {
        index,
        enabled: symbol.tradable
            && may_open(symbol.side(side).mode)
            && cost_ok(global.filter_by_min_effective_cost, input.balance, symbol, side),
        volume_score: lookup(&symbol.emas.m1.volume, bot.filter_volume_ema_span).unwrap_or(0.0),
        volatility_score: lookup(&symbol.emas.m1.log_range, bot.filter_volatility_ema_span).unwrap_or(0.0),
    }));
}
