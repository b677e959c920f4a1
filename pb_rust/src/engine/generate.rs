//! Raw order lists of every symbol and side (orchestrator.md 3.5).

use super::ema::{bands, cost_ok, volatility_1h};
use super::error::EngineError;
use super::focus::Wanted;
use super::input::{Input, Mode, NextCandle, PeekHints, SideInput, SymbolInput};
use super::output::Warning;
use super::state::{Workspace, effective_mode};
use crate::order::OrderContext;
use crate::order::closes::{all_closes, next_close};
use crate::order::entries::{all_entries, next_entry};
use crate::order::panic::panic_close;
use crate::types::{Order, Side};

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

fn produce(expand: Expand, out: &mut Vec<Order>, next: impl FnOnce() -> Order, all: impl FnOnce(&mut Vec<Order>)) {
    match expand {
        Expand::Always => all(out),
        Expand::Never => out.push(next()),
        Expand::IfFilled(candle) => {
            let order = next();
            if would_fill(&order, &candle) { all(out) } else { out.push(order) }
        }
    }
    out.retain(|order| order.qty != 0.0);
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
) -> Result<(), EngineError> {
    let mut mask = std::mem::take(&mut ws.expand);
    collect_hints(input.peek_hints.as_ref(), input.symbols.len(), &mut mask);
    let result = input.symbols.iter().enumerate().try_for_each(|(i, symbol)| {
        Side::BOTH.into_iter().try_for_each(|side| {
            push_warnings(symbol, side, ws.sides[side.idx()].enabled, warnings);
            generate_side(input, wanted, ws, i, side, mask.get(i).copied())
        })
    });
    ws.expand = mask;
    result
}

fn generate_side(
    input: &Input,
    wanted: Wanted,
    ws: &mut Workspace,
    i: usize,
    side: Side,
    hint: Option<u8>,
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
        return Ok(());
    }
    let allow_initial = wanted.entries(side)
        && state.active[i]
        && !state.block_initial[i]
        && cost_ok(input.global.filter_by_min_effective_cost, input.balance, symbol, side);
    let (entries, closes) = wants(record.mode, own.has_position(), allow_initial);
    let (entries, closes) = (entries && wanted.entries(side), closes && wanted.closes(side, i));
    if !entries && !closes {
        if own.has_position() && wanted.unstuck() && record.is_managed() {
            record.bands = bands(&symbol.emas, &own.bot_params, symbol.symbol_idx)?;
        }
        return Ok(());
    }
    let ctx = context(input.balance, symbol, own, side)?;
    record.bands = ctx.bands;
    if entries {
        let expand = Expand::of(symbol, hint, grid_bit(side));
        produce(expand, &mut record.entries, || next_entry(&ctx), |out| all_entries(&ctx, out));
    }
    if closes {
        let expand = Expand::of(symbol, hint, close_bit(side));
        produce(expand, &mut record.closes, || next_close(&ctx), |out| all_closes(&ctx, out));
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
