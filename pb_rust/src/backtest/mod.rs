//! A whole run over recorded bars: fills, account, averages, decisions (backtest.md 2).

pub mod result;

pub use result::{BacktestResult, Equity, Fill, RunFacts};
