//! Finding averages by span (orchestrator.md 2.3, 2.4).

use super::error::EngineError;
use super::input::{Emas, SymbolInput};
use crate::params::BotParams;
use crate::types::{EmaBands, Side};

/// The value of the first pair whose span is the wanted one, to within rounding.
#[inline]
pub fn lookup(list: &[(f64, f64)], span: f64) -> Option<f64> {
    if !span.is_finite() {
        return None;
    }
    let tolerance = (span.abs() * 1e-12).max(1e-9);
    list.iter().find(|(key, _)| (key - span).abs() <= tolerance).map(|&(_, value)| value)
}

/// Lowest and highest of the three close averages of a side.
pub fn bands(emas: &Emas, bot: &BotParams, symbol_idx: usize) -> Result<EmaBands, EngineError> {
    let (s0, s1) = (bot.ema_span_0, bot.ema_span_1);
    let mut found = EmaBands { lower: f64::INFINITY, upper: f64::NEG_INFINITY };
    for span in [s0, s1, (s0 * s1).sqrt()] {
        let value = lookup(&emas.m1.close, span).ok_or(EngineError::MissingEma { symbol_idx })?;
        found.lower = found.lower.min(value);
        found.upper = found.upper.max(value);
    }
    let good = |v: f64| v.is_finite() && v > 0.0;
    if good(found.lower) && good(found.upper) {
        Ok(found)
    } else {
        Err(EngineError::NonFiniteInput { field: "ema_bands", symbol_idx: Some(symbol_idx) })
    }
}

/// Hourly volatility that widens grids; 0 where its span is not used.
pub fn volatility_1h(emas: &Emas, bot: &BotParams, symbol_idx: usize) -> Result<f64, EngineError> {
    if bot.entry_volatility_ema_span_hours <= 0.0 {
        return Ok(0.0);
    }
    let value = lookup(&emas.h1.log_range, bot.entry_volatility_ema_span_hours)
        .ok_or(EngineError::MissingEma { symbol_idx })?;
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(EngineError::NonFiniteInput { field: "entry_volatility_logrange_ema_1h", symbol_idx: Some(symbol_idx) })
    }
}

/// Whether the first entry of a side is worth at least the smallest cost the market accepts (orchestrator.md 2.5).
pub fn cost_ok(filter: bool, balance: f64, symbol: &SymbolInput, side: Side) -> bool {
    !filter || affords(balance, &symbol.side(side).bot_params, symbol.effective_min_cost)
}

/// Whether a first entry with these parameters is worth at least `min_cost`, in quote.
pub fn affords(balance: f64, bot: &BotParams, min_cost: f64) -> bool {
    let usable = |v: f64| v.is_finite() && v > 0.0;
    let limit = bot.wallet_exposure_limit * (1.0 + bot.risk_we_excess_allowance_pct.max(0.0));
    usable(balance) && usable(min_cost) && usable(limit) && balance * limit * bot.entry_initial_qty_pct >= min_cost
}
