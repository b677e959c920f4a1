//! A whole run over recorded bars: fills, account, averages, decisions (backtest.md 2).

pub mod error;
pub mod progress;
pub mod result;
pub mod setup;

mod account;
mod averages;
mod candidates;
mod fills;
mod guard;
mod request;
mod run;
mod series;
mod view;
mod watch;

#[cfg(test)]
mod tests;

pub use error::BacktestError;
pub use progress::Progress;
pub use result::{BacktestResult, Equity, Fill, RunFacts};
pub use run::{run, run_watched};
pub use series::{Steps, Times};
pub use setup::{Arrays, RunParams, Setup};
