//! One decision step told in reasons: the decision itself, with somebody listening.

use serde::Serialize;

use super::error::{EngineError, OrchestratorError};
use super::input::{Input, SymbolInput};
use super::ordering::distance;
use super::output::Output;
use super::parse::parse_input;
use super::sort::{by_value, stable_sort_by};
use super::state::{Record, Workspace};
use crate::money::{effective_wel, wallet_exposure};
use crate::params::BotParams;
use crate::types::{Order, OrderType, Side};
use crate::why::{Effect, Part, Reason, Told, Watch};

/// The reasons of one side of a symbol: those of orders that exist first, by place in their ladder.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SideWhy {
    pub entries: Vec<Told>,
    pub closes: Vec<Told>,
}

/// The reasons of one symbol.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Why {
    pub long: SideWhy,
    pub short: SideWhy,
}

/// Decides as `compute_ideal_orders` does and tells why each order of a symbol exists and what keeps others away.
///
/// Refuses what that refuses. A symbol that is not in the input has no reasons.
pub fn explain(input: &Input, symbol_idx: usize, ws: &mut Workspace) -> Result<(Output, Why), EngineError> {
    let mut output = Output::default();
    let mut listener = Listener::new(symbol_idx);
    super::decide(input, None, ws, &mut output, &mut listener)?;
    let mut why = Why::default();
    let Some(symbol) = input.symbols.get(symbol_idx) else { return Ok((output, why)) };
    for side in Side::BOTH {
        let record = &ws.sides[side.idx()].records[symbol_idx];
        let found = side.pick(&mut why.long, &mut why.short);
        let rules = Rules { input, symbol, side };
        found.entries = rules.told(&record.entries, record);
        found.entries.extend(listener.heard(side, Part::Entry));
        found.closes = rules.told(&record.closes, record);
        found.closes.extend(listener.heard(side, Part::Close));
    }
    Ok((output, why))
}

/// The same through JSON: document in, reasons out.
pub fn explain_json(text: &str, symbol_idx: usize, ws: &mut Workspace) -> Result<String, OrchestratorError> {
    let input = parse_input(text)?;
    let (_, why) = explain(&input, symbol_idx, ws)?;
    serde_json::to_string(&why).map_err(|error| OrchestratorError::Serialize(error.to_string()))
}

/// Takes down the reasons of one symbol.
struct Listener {
    wanted: usize,
    symbol: usize,
    side: Side,
    part: Part,
    rung: usize,
    /// Whether something has been said that keeps an order from the present place of a ladder.
    spoken: bool,
    heard: Vec<(Side, Part, Told)>,
}

impl Listener {
    fn new(wanted: usize) -> Listener {
        Listener {
            wanted,
            symbol: usize::MAX,
            side: Side::Long,
            part: Part::Entry,
            rung: 0,
            spoken: false,
            heard: Vec::new(),
        }
    }

    fn take(&mut self, order: Option<Order>, make: impl FnOnce() -> Reason) {
        if self.symbol != self.wanted {
            return;
        }
        let trailing = |reason: &Reason| {
            matches!(
                reason,
                Reason::TrailingTriggered { .. }
                    | Reason::TrailingThreshold { .. }
                    | Reason::TrailingRetracement { .. }
                    | Reason::TrailingNever { .. }
            )
        };
        // Further down a ladder the rule is asked of a position that is not held yet: its numbers say nothing.
        let reason = match make() {
            reason if self.rung > 1 && trailing(&reason) => Reason::ThenTrailing {},
            reason => reason,
        };
        self.spoken |= reason.effect() == Effect::Keeps;
        let told = (self.side, self.part, Told { reason, rung: self.rung, order });
        let known =
            |one: &(Side, Part, Told)| (one.0, one.1, one.2.order) == (told.0, told.1, order) && one.2.reason == reason;
        if !self.heard.iter().any(known) {
            self.heard.push(told);
        }
    }

    fn heard(&self, side: Side, part: Part) -> impl Iterator<Item = Told> + '_ {
        self.heard.iter().filter(move |one| (one.0, one.1) == (side, part)).map(|one| one.2)
    }
}

impl Watch for Listener {
    fn about(&mut self, symbol: usize, side: Side, part: Part) {
        (self.symbol, self.side, self.part) = (symbol, side, part);
        (self.rung, self.spoken) = (0, false);
    }

    fn symbol(&mut self, symbol: usize) {
        self.about(symbol, self.side, self.part);
    }

    fn rung(&mut self, orders_before: usize) {
        (self.rung, self.spoken) = (orders_before + 1, false);
    }

    fn say(&mut self, make: impl FnOnce() -> Reason) {
        self.take(None, make);
    }

    fn say_of(&mut self, order: &Order, make: impl FnOnce() -> Reason) {
        self.take(Some(*order), make);
    }

    fn say_if_silent(&mut self, make: impl FnOnce() -> Reason) {
        if !self.spoken {
            self.take(None, make);
        }
    }
}

/// What the reasons of existing orders are measured against.
struct Rules<'a> {
    input: &'a Input,
    symbol: &'a SymbolInput,
    side: Side,
}

impl Rules<'_> {
    /// A reason for each order, nearest to the market first.
    fn told(&self, orders: &[Order], record: &Record) -> Vec<Told> {
        let mut sorted = orders.to_vec();
        let book = &self.symbol.order_book;
        stable_sort_by(&mut sorted, |a, b| by_value(distance(a, book), distance(b, book)));
        let told = |(place, order): (usize, &Order)| Told {
            reason: self.reason(order, record),
            rung: place + 1,
            order: Some(*order),
        };
        sorted.iter().enumerate().map(told).collect()
    }

    fn reason(&self, order: &Order, record: &Record) -> Reason {
        use OrderType as T;
        let distance_pct = distance(order, &self.symbol.order_book);
        let from_position_pct = order.price / record.position.price - 1.0;
        match order.order_type {
            T::EntryInitialNormalLong | T::EntryInitialNormalShort => self.initial(record, distance_pct, false),
            T::EntryInitialPartialLong | T::EntryInitialPartialShort => self.initial(record, distance_pct, true),
            T::EntryTrailingNormalLong | T::EntryTrailingNormalShort => {
                Reason::EntryTrailing { distance_pct, from_position_pct }
            }
            T::EntryTrailingCroppedLong | T::EntryTrailingCroppedShort => {
                Reason::EntryTrailingCropped { distance_pct, from_position_pct }
            }
            T::EntryGridNormalLong | T::EntryGridNormalShort => Reason::EntryGrid { distance_pct, from_position_pct },
            T::EntryGridCroppedLong | T::EntryGridCroppedShort => {
                Reason::EntryGridCropped { distance_pct, from_position_pct }
            }
            T::EntryGridInflatedLong | T::EntryGridInflatedShort => {
                Reason::EntryGridInflated { distance_pct, from_position_pct }
            }
            T::CloseTrailingLong | T::CloseTrailingShort => Reason::CloseTrailing { distance_pct, from_position_pct },
            T::CloseUnstuckLong | T::CloseUnstuckShort => {
                let global = &self.input.global;
                let allowance = self.side.pick(global.unstuck_allowance_long, global.unstuck_allowance_short);
                Reason::CloseUnstuck { distance_pct, from_position_pct, allowance }
            }
            T::CloseAutoReduceWelLong | T::CloseAutoReduceWelShort => {
                let limit = effective_wel(self.bot()) * self.bot().risk_wel_enforcer_threshold;
                let (size, price) = (record.position.size.abs(), record.position.price);
                let exposure = wallet_exposure(self.symbol.exchange.c_mult, self.input.balance, size, price);
                Reason::CloseAutoReduceWel { distance_pct, from_position_pct, exposure, limit }
            }
            T::CloseAutoReduceTwelLong | T::CloseAutoReduceTwelShort => {
                let bot = self.input.global.global_bot_params.get(self.side);
                let limit = bot.total_wallet_exposure_limit * bot.risk_twel_enforcer_threshold;
                Reason::CloseAutoReduceTwel { distance_pct, from_position_pct, limit }
            }
            T::ClosePanicLong | T::ClosePanicShort => Reason::ClosePanic { distance_pct, from_position_pct },
            T::CloseGridLong | T::CloseGridShort | T::Empty => Reason::CloseGrid { distance_pct, from_position_pct },
        }
    }

    fn bot(&self) -> &BotParams {
        &self.symbol.side(self.side).bot_params
    }

    fn initial(&self, record: &Record, distance_pct: f64, partial: bool) -> Reason {
        let band_price = self.side.pick(record.bands.lower, record.bands.upper);
        let band_pct = self.symbol.entry_touch(self.side) / band_price - 1.0;
        let ema_dist_pct = self.bot().entry_initial_ema_dist;
        if partial {
            Reason::EntryInitialPartial { distance_pct, band_price, band_pct, ema_dist_pct }
        } else {
            Reason::EntryInitial { distance_pct, band_price, band_pct, ema_dist_pct }
        }
    }
}
