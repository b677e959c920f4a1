//! Running averages over candles, one recursion for live and backtest (backtest.md 2.6).

pub mod ema;
pub mod hourly;
pub mod symbol;

pub use symbol::{Candle, Needs, Spans, SymbolIndicators};
