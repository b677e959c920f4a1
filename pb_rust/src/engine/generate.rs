//! Raw order lists of every symbol and side (orchestrator.md 3.5).

use super::ema::{bands, cost_ok, volatility_1h};
use super::error::EngineError;
use super::focus::Wanted;
use super::gate_words::{Gate, tell_gate};
use super::input::{Input, Mode, NextCandle, PeekHints, SideInput, SymbolInput};
use super::output::Warning;
use super::state::{Workspace, effective_mode};
use crate::order::OrderContext;
use crate::order::closes::{all_closes_watched, next_close_watched};
use crate::order::entries::{all_entries_watched, next_entry_watched};
use crate::order::panic::panic_close;
use crate::types::{Order, Side};
use crate::why::{Part, Reason, Watch};

/// Bit of a symbol's expansion mask: entries of long 1, of short 2, closes of long 4, of short 8.
fn grid_bit(side: Side) -> u8 {
    side.pick(1, 2)
}

fn close_bit(side: Side) -> u8 {
    side.pick(4, 8)
}

fn collect_hints(hints: Option<&PeekHints>, count: usize, mask: &mut Vec<u8>) {
    mask.clear();
    let Some(hints) = hints else { return };
    mask.resize(count, 0);
    let lists = [
        (&hints.expand_grid_long, grid_bit(Side::Long)),
        (&hints.expand_grid_short, grid_bit(Side::Short)),
        (&hints.expand_close_long, close_bit(Side::Long)),
        (&hints.expand_close_short, close_bit(Side::Short)),
    ];
    for (list, bit) in lists {
        for &i in list {
            if let Some(bits) = mask.get_mut(i) {
                *bits |= bit;
            }
        }
    }
}

/// When the whole ladder is wanted rather than its first order.
#[derive(Clone, Copy)]
enum Expand {
    Always,
    Never,
    IfFilled(NextCandle),
}

impl Expand {
    fn of(symbol: &SymbolInput, hint: Option<u8>, bit: u8) -> Expand {
        match (hint, symbol.next_candle) {
            (Some(bits), _) if bits & bit != 0 => Expand::Always,
            (Some(_), _) => Expand::Never,
            (None, Some(candle)) => Expand::IfFilled(candle),
            (None, None) => Expand::Always,
        }
    }
}

fn would_fill(order: &Order, candle: &NextCandle) -> bool {
    candle.tradable && ((order.qty > 0.0 && candle.low < order.price) || (order.qty < 0.0 && candle.high > order.price))
}

fn produce<W: Watch>(
    expand: Expand,
    out: &mut Vec<Order>,
    watch: &mut W,
    next: impl FnOnce(&mut W) -> Order,
    all: impl FnOnce(&mut Vec<Order>, &mut W),
) {
    match expand {
        Expand::Always => all(out, watch),
        Expand::Never => out.push(next(watch)),
        Expand::IfFilled(candle) => {
            let order = next(watch);
            if would_fill(&order, &candle) { all(out, watch) } else { out.push(order) }
        }
    }
    out.retain(|order| order.qty != 0.0);
    if W::LISTENS && out.is_empty() {
        watch.say_if_silent(|| Reason::RoundsToNothing { step: f64::NAN });
    }
}

fn make_entries(ctx: &OrderContext, expand: Expand, out: &mut Vec<Order>, watch: &mut impl Watch) {
    produce(expand, out, watch, |w| next_entry_watched(ctx, w), |out, w| all_entries_watched(ctx, out, w));
}

fn make_closes(ctx: &OrderContext, expand: Expand, out: &mut Vec<Order>, watch: &mut impl Watch) {
    produce(expand, out, watch, |w| next_close_watched(ctx, w), |out, w| all_closes_watched(ctx, out, w));
}

fn push_warnings(symbol: &SymbolInput, side: Side, enabled: bool, warnings: &mut Vec<Warning>) {
    if !symbol.side(side).has_position() {
        return;
    }
    let (symbol_idx, pside) = (symbol.symbol_idx, side);
    if !enabled {
        warnings.push(Warning::DisabledPsideHasPosition { symbol_idx, pside });
    }
    if !symbol.tradable {
        warnings.push(Warning::NonTradableHasPosition { symbol_idx, pside });
    }
}

/// Whether (entries, closes) are wanted, panic aside (orchestrator.md 2.2).
fn wants(mode: Mode, held: bool, allow_initial: bool) -> (bool, bool) {
    match mode {
        Mode::Normal => (held || allow_initial, held),
        Mode::TpOnly => (false, held),
        Mode::GracefulStop | Mode::Manual | Mode::Panic => (false, false),
    }
}

/// Fills the records of all symbols; reports held positions that won't be served as usual.
pub fn generate(
    input: &Input,
    wanted: Wanted,
    ws: &mut Workspace,
    warnings: &mut Vec<Warning>,
    watch: &mut impl Watch,
) -> Result<(), EngineError> {
    let mut mask = std::mem::take(&mut ws.expand);
    collect_hints(input.peek_hints.as_ref(), input.symbols.len(), &mut mask);
    let result = input.symbols.iter().enumerate().try_for_each(|(i, symbol)| {
        Side::BOTH.into_iter().try_for_each(|side| {
            push_warnings(symbol, side, ws.sides[side.idx()].enabled, warnings);
            generate_side(input, wanted, ws, (i, side, mask.get(i).copied()), watch)
        })
    });
    ws.expand = mask;
    result
}

fn generate_side<W: Watch>(
    input: &Input,
    wanted: Wanted,
    ws: &mut Workspace,
    (i, side, hint): (usize, Side, Option<u8>),
    watch: &mut W,
) -> Result<(), EngineError> {
    let symbol = &input.symbols[i];
    let own = symbol.side(side);
    let state = &mut ws.sides[side.idx()];
    let record = &mut state.records[i];
    record.mode = effective_mode(own, state.enabled);
    record.position = own.position;
    if record.mode == Mode::Panic {
        let order = panic_close(side, &own.position, &symbol.order_book, symbol.exchange.price_step);
        record.closes.extend(order);
        if W::LISTENS {
            tell_gate(input, i, side, &Gate::panic(state.enabled, order.is_some()), watch);
        }
        return Ok(());
    }
    let allow_initial = wanted.entries(side)
        && state.active[i]
        && !state.block_initial[i]
        && cost_ok(input.global.filter_by_min_effective_cost, input.balance, symbol, side);
    let (entries, closes) = wants(record.mode, own.has_position(), allow_initial);
    let (entries, closes) = (entries && wanted.entries(side), closes && wanted.closes(side, i));
    if W::LISTENS {
        let gate = Gate { mode: record.mode, enabled: state.enabled, active: state.active[i], entries, closed: false };
        tell_gate(input, i, side, &gate, watch);
    }
    if !entries && !closes {
        if own.has_position() && wanted.unstuck() && record.is_managed() {
            record.bands = bands(&symbol.emas, &own.bot_params, symbol.symbol_idx)?;
        }
        return Ok(());
    }
    let ctx = context(input.balance, symbol, own, side)?;
    record.bands = ctx.bands;
    if entries {
        watch.about(i, side, Part::Entry);
        make_entries(&ctx, Expand::of(symbol, hint, grid_bit(side)), &mut record.entries, watch);
    }
    if closes {
        watch.about(i, side, Part::Close);
        make_closes(&ctx, Expand::of(symbol, hint, close_bit(side)), &mut record.closes, watch);
    }
    Ok(())
}

fn context<'a>(
    balance: f64,
    symbol: &'a SymbolInput,
    own: &'a SideInput,
    side: Side,
) -> Result<OrderContext<'a>, EngineError> {
    Ok(OrderContext {
        side,
        exchange: &symbol.exchange,
        bot: &own.bot_params,
        balance,
        book: symbol.order_book,
        bands: bands(&symbol.emas, &own.bot_params, symbol.symbol_idx)?,
        vol1h: volatility_1h(&symbol.emas, &own.bot_params, symbol.symbol_idx)?,
        position: own.position,
        trailing: &own.trailing,
    })
}
