//! Why a run was refused or broken off.

use thiserror::Error;

use crate::engine::EngineError;

/// Nothing of a run that ends with one of these is handed back.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BacktestError {
    #[error("{what} must have {wanted} entries, not {got}")]
    Length { what: &'static str, wanted: usize, got: usize },
    #[error("{what} must be at least 1")]
    Zero { what: &'static str },
    #[error("active_coin_indices names column {column}, but there are {columns}")]
    NoSuchColumn { column: usize, columns: usize },
    #[error("the times of {bars} bars from first_timestamp_ms on do not fit 64 bits")]
    TimeRange { bars: usize },
    #[error("coins names {named} of the traded coins, but the one at place {coin} has a fill")]
    UnnamedCoin { coin: usize, named: usize },
    #[error("no orders can be decided at bar {bar}: {error}")]
    Decision { bar: usize, error: EngineError },
    #[error("cancelled at bar {bar}")]
    Cancelled { bar: usize },
}
