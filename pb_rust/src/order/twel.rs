//! Trimming positions while a side's total exposure is above its threshold (orders.md 5.3).

use crate::money::{min_entry_qty, pprice_diff, wallet_exposure};
use crate::round::{quantize, round_dn, round_up};
use crate::types::{EPS, ExchangeParams, Order, OrderType, Position, Side};

/// Exposures and quantities closer than this count as equal.
const TOLERANCE: f64 = 1e-9;
/// The reducing order crosses the book by this fraction.
const CROSSING: f64 = 0.0005;
/// Reductions per position after which the search gives up; sane input needs a handful.
const MAX_REDUCTIONS: usize = 1_000;

/// One position of the side; the base limit is the one without excess allowance (wart W13).
#[derive(Clone, Copy, Debug)]
pub struct TwelInput {
    pub idx: usize,
    pub position: Position,
    pub market_price: f64,
    pub base_wallet_exposure_limit: f64,
    pub exchange: ExchangeParams,
}

fn positive(x: f64) -> bool {
    x.is_finite() && x > 0.0
}

impl TwelInput {
    fn is_sane(&self) -> bool {
        let e = &self.exchange;
        positive(self.position.price)
            && self.position.size.abs() > EPS
            && [e.c_mult, e.qty_step, e.price_step].into_iter().all(positive)
            && [e.min_qty, e.min_cost].into_iter().all(|x| x.is_finite() && x >= 0.0)
    }

    fn exposure(&self, balance: f64, size: f64) -> f64 {
        wallet_exposure(self.exchange.c_mult, balance, size, self.position.price)
    }

    /// Contracts whose exposure is `share` of the balance.
    fn qty_of(&self, balance: f64, share: f64) -> f64 {
        (share * balance) / (self.position.price * self.exchange.c_mult)
    }
}

/// A position above its base limit, on its way down.
struct Candidate<'a> {
    input: &'a TwelInput,
    market: f64,
    /// How far under water: the least goes first.
    diff: f64,
    floor: f64,
    floor_qty: f64,
    initial_qty: f64,
    qty: f64,
    exposure: f64,
    closed: f64,
}

impl<'a> Candidate<'a> {
    fn new(side: Side, balance: f64, exposure: f64, input: &'a TwelInput) -> Self {
        let (average, floor) = (input.position.price, input.base_wallet_exposure_limit);
        let market = if positive(input.market_price) { input.market_price } else { average };
        let qty = input.position.size.abs();
        Candidate {
            input,
            market,
            diff: pprice_diff(side, average, market),
            floor,
            floor_qty: input.qty_of(balance, floor),
            initial_qty: qty,
            qty,
            exposure,
            closed: 0.0,
        }
    }

    fn reducible(&self) -> bool {
        self.qty > TOLERANCE && self.exposure > self.floor + TOLERANCE
    }

    /// Quantity to take off for `need` of exposure; None when the position can give nothing more.
    fn next_cut(&self, balance: f64, need: f64) -> Option<f64> {
        let (step, least) = (self.input.exchange.qty_step, self.input.exchange.min_qty);
        let enough = |qty: f64| (qty > TOLERANCE).then_some(qty);
        let share = (self.exposure - self.floor).max(0.0).min(need);
        let exact = enough(self.input.qty_of(balance, share))?;
        let mut qty = enough(at_most(round_up(exact, step), self.qty))?;
        if (self.qty - qty) + TOLERANCE < self.floor_qty {
            let above = (self.qty - self.floor_qty.min(self.qty)).max(0.0);
            qty = enough(round_dn(above, step))?.min(self.qty);
        }
        qty = at_least_minimum(qty, self.qty, least);
        enough(round_dn(qty, step)).map(|qty| at_most(qty, self.qty))
    }

    /// Takes off a cut; returns the exposure it freed, or None when the position can give nothing more.
    fn reduce(&mut self, balance: f64, need: f64) -> Option<f64> {
        let cut = self.next_cut(balance, need)?;
        let rest = (self.qty - cut).max(0.0);
        let exposure = self.input.exposure(balance, rest);
        let freed = (self.exposure - exposure).max(0.0);
        if exposure < self.floor - TOLERANCE || freed <= TOLERANCE {
            return None;
        }
        self.qty = rest;
        self.exposure = exposure;
        self.closed += cut;
        Some(freed)
    }

    /// Quantity that came off in whole steps; None when that is nothing.
    fn closed_steps(&self) -> Option<f64> {
        let exchange = &self.input.exchange;
        let available = (self.initial_qty - self.qty).max(0.0);
        if self.closed <= TOLERANCE || available <= TOLERANCE {
            return None;
        }
        let qty = at_least_minimum(self.closed.min(available), available, exchange.min_qty);
        let qty = round_dn(qty, exchange.qty_step);
        (qty > TOLERANCE).then_some(qty)
    }

    fn order(&self, side: Side) -> Option<Order> {
        let (exchange, qty) = (&self.input.exchange, self.closed_steps()?);
        let raw = self.market * (1.0 - side.sign() * CROSSING);
        let price = match side {
            Side::Long => round_dn(raw, exchange.price_step),
            Side::Short => round_up(raw, exchange.price_step),
        };
        let price = if price <= 0.0 { exchange.price_step } else { price };
        let least = min_entry_qty(price, exchange);
        let size = round_up(qty.max(least).min(self.initial_qty), exchange.qty_step);
        if size < least - TOLERANCE || size <= TOLERANCE {
            return None;
        }
        Some(Order::new(
            quantize(-side.sign() * size, exchange.qty_step),
            quantize(price, exchange.price_step),
            side.pick(OrderType::CloseAutoReduceTwelLong, OrderType::CloseAutoReduceTwelShort),
        ))
    }
}

fn at_most(qty: f64, cap: f64) -> f64 {
    if qty > cap { cap } else { qty }
}

/// Lifts a quantity to the venue's minimum, or to all there is when that is hardly more.
fn at_least_minimum(qty: f64, available: f64, least: f64) -> f64 {
    if qty >= least {
        qty
    } else if available <= least + TOLERANCE {
        available
    } else {
        least
    }
}

/// Sums up the side's exposure and picks out the positions above their base limit.
fn collect<'a>(
    side: Side,
    balance: f64,
    positions: &'a [TwelInput],
    skip_idx: Option<usize>,
) -> (f64, Vec<Candidate<'a>>) {
    let mut total = 0.0;
    let mut candidates = Vec::new();
    for input in positions.iter().filter(|input| input.is_sane()) {
        let exposure = input.exposure(balance, input.position.size.abs());
        if !exposure.is_finite() {
            continue;
        }
        total += exposure;
        let limit = input.base_wallet_exposure_limit;
        let above = limit > 0.0 && exposure > limit + TOLERANCE;
        if above && skip_idx != Some(input.idx) {
            candidates.push(Candidate::new(side, balance, exposure, input));
        }
    }
    (total, candidates)
}

/// Reduces the least under-water candidates first until the total is within the limit or nothing more can give.
fn reduce_all(balance: f64, limit: f64, mut total: f64, candidates: &mut [Candidate]) {
    for _ in 0..MAX_REDUCTIONS.saturating_mul(candidates.len()) {
        if total <= limit + TOLERANCE {
            return;
        }
        let next =
            candidates.iter_mut().filter(|c| c.reducible()).reduce(|best, c| if c.diff < best.diff { c } else { best });
        let Some(candidate) = next else { return };
        let need = (total - limit).max(0.0);
        if need <= TOLERANCE {
            return;
        }
        match candidate.reduce(balance, need) {
            Some(freed) => total -= freed,
            None => candidate.floor = f64::INFINITY,
        }
    }
}

/// Whether the enforcer could reduce anything at some market price; false is certain.
///
/// Prices decide which position goes first, but not whether any of them can give something, nor what a lone one gives.
pub(crate) fn may_enforce(side: Side, limit: f64, balance: f64, positions: &[TwelInput]) -> bool {
    let (total, mut candidates) = collect(side, balance, positions, None);
    if total <= limit + TOLERANCE {
        return false;
    }
    if let [lone] = candidates.as_mut_slice() {
        reduce_all(balance, limit, total, std::slice::from_mut(lone));
        return lone.closed_steps().is_some();
    }
    let need = (total - limit).max(0.0);
    candidates.iter_mut().any(|candidate| candidate.reducible() && candidate.reduce(balance, need).is_some())
}

/// Reducing closes of one side, in input order, each with its idx; qty signed.
///
/// `balance` is the raw balance; `skip_idx` counts towards the total but is not reduced; `effective_n_positions` only
/// has to be above 0.
pub fn twel_enforcer(
    side: Side,
    threshold: f64,
    twel: f64,
    effective_n_positions: usize,
    balance: f64,
    positions: &[TwelInput],
    skip_idx: Option<usize>,
) -> Vec<(usize, Order)> {
    let limit = twel * threshold;
    if threshold < 0.0 || twel <= 0.0 || balance <= 0.0 || effective_n_positions == 0 || limit <= 0.0 {
        return Vec::new();
    }
    let (total, mut candidates) = collect(side, balance, positions, skip_idx);
    if candidates.is_empty() || total.is_nan() || total <= limit + TOLERANCE {
        return Vec::new();
    }
    reduce_all(balance, limit, total, &mut candidates);
    candidates.iter().filter_map(|c| c.order(side).map(|order| (c.input.idx, order))).collect()
}
