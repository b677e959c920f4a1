//! Errors of the stand-alone functions; the decision step has its own in `engine::error`.

use thiserror::Error;

/// An argument that no answer exists for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InputError {
    #[error("side must be 'long' or 'short', not '{0}'")]
    UnknownSide(String),
    #[error("side must be 'buy' or 'sell', not '{0}'")]
    UnknownOrderSide(String),
    #[error("side code must be 0 (long) or 1 (short), not {0}")]
    UnknownSideCode(i64),
    #[error("unknown order type '{0}'")]
    UnknownOrderType(String),
    #[error("unknown order type id {0}")]
    UnknownOrderTypeId(i64),
    #[error("unknown bot parameter '{0}'")]
    UnknownParameter(String),
    #[error("highs, lows and closes must be equally long, not {0}, {1} and {2}")]
    UnequalLengths(usize, usize, usize),
}
