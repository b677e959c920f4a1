//! Saying why a side's entries or closes were not even asked for (orchestrator.md 2.2, 3.5).

use super::ema::cost_ok;
use super::input::{Input, Mode, SymbolInput};
use crate::money::effective_wel;
use crate::types::Side;
use crate::why::{Part, Reason, Watch};

/// What was decided for one symbol and side before any order was made.
pub struct Gate {
    pub mode: Mode,
    pub enabled: bool,
    pub active: bool,
    pub entries: bool,
    /// Whether a panic has its close.
    pub closed: bool,
}

impl Gate {
    pub fn panic(enabled: bool, closed: bool) -> Gate {
        Gate { mode: Mode::Panic, enabled, active: false, entries: false, closed }
    }
}

/// Says what keeps entries and closes away.
pub fn tell_gate(input: &Input, i: usize, side: Side, gate: &Gate, watch: &mut impl Watch) {
    let symbol = &input.symbols[i];
    watch.about(i, side, Part::Entry);
    if !gate.enabled {
        let bot = input.global.global_bot_params.get(side);
        let (total_limit, n_positions) = (bot.total_wallet_exposure_limit, bot.n_positions as f64);
        watch.say(|| Reason::SideOff { total_limit, n_positions });
        tell_close(symbol, side, watch, Some(Reason::SideOff { total_limit, n_positions }));
        return;
    }
    match gate.mode {
        Mode::Manual => watch.say(|| Reason::ModeManual {}),
        Mode::GracefulStop => watch.say(|| Reason::ModeGracefulStop {}),
        Mode::TpOnly => watch.say(|| Reason::ModeTpOnly {}),
        Mode::Panic => watch.say(|| Reason::ModePanic {}),
        Mode::Normal if !gate.entries => tell_unopened(input, symbol, side, gate, watch),
        Mode::Normal => {}
    }
    let kept = match gate.mode {
        Mode::Manual => Some(Reason::ModeManual {}),
        Mode::Panic if !gate.closed => Some(Reason::PanicNoPrice {}),
        _ => None,
    };
    tell_close(symbol, side, watch, kept);
}

/// Says why a flat side may not open; slots and one-way trading have said their part already.
fn tell_unopened(input: &Input, symbol: &SymbolInput, side: Side, gate: &Gate, watch: &mut impl Watch) {
    if !gate.active && !symbol.tradable {
        watch.say(|| Reason::NotTradable {});
    }
    if !cost_ok(input.global.filter_by_min_effective_cost, input.balance, symbol, side) {
        let bot = &symbol.side(side).bot_params;
        let has = input.balance * effective_wel(bot) * bot.entry_initial_qty_pct;
        watch.say(|| Reason::BelowMinCost { has, needed: symbol.effective_min_cost });
    }
}

fn tell_close(symbol: &SymbolInput, side: Side, watch: &mut impl Watch, kept: Option<Reason>) {
    watch.about(symbol.symbol_idx, side, Part::Close);
    if !symbol.side(side).has_position() {
        watch.say(|| Reason::NotHeld {});
    } else if let Some(reason) = kept {
        watch.say(|| reason);
    }
}
