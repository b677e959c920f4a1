//! Which coins may open positions.

pub mod forager;
pub mod ranking;

pub use forager::{Feature, Forager, select_coins, select_coins_watched};
