//! Which coins may open positions.

pub mod forager;

pub use forager::{Feature, Forager, select_coins};
