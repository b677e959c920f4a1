//! What is checked before anything is decided (orchestrator.md 3.1).

use super::error::EngineError;
use super::input::Input;

/// Refuses unusable balances, books and numbering, in that order of precedence.
pub fn check(input: &Input) -> Result<(), EngineError> {
    if !input.balance.is_finite() {
        return Err(EngineError::NonFiniteInput { field: "balance", symbol_idx: None });
    }
    if input.balance_raw.is_infinite() {
        return Err(EngineError::NonFiniteInput { field: "balance_raw", symbol_idx: None });
    }
    let good = |price: f64| price.is_finite() && price > 0.0;
    for (pos, symbol) in input.symbols.iter().enumerate() {
        let symbol_idx = symbol.symbol_idx;
        if !good(symbol.order_book.bid) || !good(symbol.order_book.ask) {
            return Err(EngineError::InvalidOrderBook { symbol_idx });
        }
        if symbol_idx != pos {
            return Err(EngineError::NonContiguousSymbolIdx { pos, symbol_idx });
        }
    }
    Ok(())
}
