//! Order mathematics, decisions and measures of pbtui. Python sees it only through `py`.

pub mod backtest;
pub mod engine;
pub mod error;
pub mod execute;
pub mod indicators;
pub mod metrics;
pub mod money;
pub mod order;
pub mod params;
pub mod round;
pub mod select;
pub mod types;
mod whole;
pub mod why;

#[cfg(feature = "python")]
mod py;
