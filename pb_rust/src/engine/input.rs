//! What one decision step is given (orchestrator.md 1.2).

use serde::Deserialize;

use crate::params::BotParams;
use crate::types::{ExchangeParams, OrderBook, Position, Side, TrailingBundle};

/// What a side may do with one symbol; `None` on a side means: may trade if selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Normal,
    Panic,
    GracefulStop,
    TpOnly,
    Manual,
}

/// The whole account at one moment. `balance_raw` NaN means absent.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub balance: f64,
    #[serde(default = "nan")]
    pub balance_raw: f64,
    pub global: Global,
    pub symbols: Vec<SymbolInput>,
    #[serde(default)]
    pub peek_hints: Option<PeekHints>,
}

/// Account-wide switches, allowances and the portfolio-level parameters.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Global {
    pub filter_by_min_effective_cost: bool,
    pub unstuck_allowance_long: f64,
    pub unstuck_allowance_short: f64,
    #[serde(default = "one")]
    pub max_realized_loss_pct: f64,
    #[serde(default)]
    pub realized_pnl_cumsum_max: f64,
    #[serde(default)]
    pub realized_pnl_cumsum_last: f64,
    pub sort_global: bool,
    pub global_bot_params: BotParamsPair,
    #[serde(default = "yes")]
    pub hedge_mode: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BotParamsPair {
    pub long: BotParams,
    pub short: BotParams,
}

impl BotParamsPair {
    #[inline]
    pub fn get(&self, side: Side) -> &BotParams {
        side.pick(&self.long, &self.short)
    }
}

/// One market. `symbol_idx` must equal the position in the list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SymbolInput {
    pub symbol_idx: usize,
    pub order_book: OrderBook,
    pub exchange: ExchangeParams,
    pub tradable: bool,
    #[serde(default)]
    pub next_candle: Option<NextCandle>,
    pub effective_min_cost: f64,
    pub emas: Emas,
    pub long: SideInput,
    pub short: SideInput,
}

impl SymbolInput {
    #[inline]
    pub fn side(&self, side: Side) -> &SideInput {
        side.pick(&self.long, &self.short)
    }

    /// The book price that entries of a side are measured against: bid for long, ask for short.
    #[inline]
    pub fn entry_touch(&self, side: Side) -> f64 {
        side.pick(self.order_book.bid, self.order_book.ask)
    }

    /// The book price that closes of a side are measured against: ask for long, bid for short.
    #[inline]
    pub fn close_touch(&self, side: Side) -> f64 {
        side.pick(self.order_book.ask, self.order_book.bid)
    }
}

/// The coming candle, known in backtests only.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextCandle {
    pub low: f64,
    pub high: f64,
    pub tradable: bool,
}

/// Averages by timeframe.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emas {
    pub m1: EmaLists,
    pub h1: EmaLists,
}

/// Pairs of (span, value); spans in minutes for m1, in hours for h1.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmaLists {
    pub close: Vec<(f64, f64)>,
    pub log_range: Vec<(f64, f64)>,
    pub volume: Vec<(f64, f64)>,
}

/// One side of one symbol.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideInput {
    #[serde(default)]
    pub mode: Option<Mode>,
    pub position: Position,
    pub trailing: TrailingBundle,
    pub bot_params: BotParams,
}

impl SideInput {
    /// A position exists when its size is not exactly zero, however small.
    #[inline]
    pub fn has_position(&self) -> bool {
        self.position.size != 0.0
    }
}

/// Which symbols get their full order lists; elsewhere only the next order is wanted.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeekHints {
    pub expand_grid_long: Vec<usize>,
    pub expand_grid_short: Vec<usize>,
    pub expand_close_long: Vec<usize>,
    pub expand_close_short: Vec<usize>,
}

fn nan() -> f64 {
    f64::NAN
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}
