//! Keeping a side's exposure strictly below its limit even if every entry filled (orders.md 5.4, orchestrator.md 3.10).

use std::collections::HashMap;

use crate::money::{min_entry_qty, new_psize_pprice, pprice_diff, wallet_exposure};
use crate::round::round_dn;
use crate::types::{ExchangeParams, Order, Side};
use crate::why::{Part, Reason, Silent, Watch};

/// Quantities and exposures closer than this count as equal.
const EPSILON: f64 = 1e-12;
/// Far above what adding up floats can go astray by, relative to the sum.
const NOISE: f64 = 1e-9;
/// Halvings when looking for the part of an entry that still fits.
const HALVINGS: usize = 50;

/// An open position of the side; size signed or not.
#[derive(Clone, Copy, Debug)]
pub struct GatePosition {
    pub idx: usize,
    pub size: f64,
    pub price: f64,
    pub c_mult: f64,
}

/// A wanted entry (qty signed), with the price that entries queue behind (long bid, short ask).
#[derive(Clone, Copy, Debug)]
pub struct GateEntry {
    pub idx: usize,
    pub order: Order,
    pub touch: f64,
    pub exchange: ExchangeParams,
}

fn positive(x: f64) -> bool {
    x.is_finite() && x > 0.0
}

fn finite_or_zero(x: f64) -> f64 {
    if x.is_finite() { x } else { 0.0 }
}

/// Below what the venue accepts, where that can be told.
fn is_dust(qty: f64, least: f64) -> bool {
    least.is_finite() && least > EPSILON && qty + EPSILON < least
}

/// What one symbol holds, or would hold; size without sign.
#[derive(Clone, Copy, Debug, Default)]
struct Holding {
    size: f64,
    price: f64,
    exposure: f64,
}

struct Candidate {
    /// Place in the list of entries.
    at: usize,
    /// Place in the list of holdings.
    slot: usize,
    qty: f64,
    price: f64,
    least: f64,
    dist: f64,
    exchange: ExchangeParams,
}

/// The side as it is, and the entries that would change it.
struct Projection {
    balance: f64,
    now: f64,
    /// Stays below this.
    limit: f64,
    holdings: Vec<Option<Holding>>,
    scratch: Vec<Option<Holding>>,
    candidates: Vec<Candidate>,
}

impl Projection {
    /// What a symbol holds once a candidate has filled, and by how much that changes the total.
    fn fill(&self, place: usize, qty: f64, held: Option<Holding>) -> (Holding, f64) {
        let candidate = &self.candidates[place];
        let old = held.unwrap_or(Holding { price: candidate.price, ..Holding::default() });
        let (size, price) = new_psize_pprice(old.size, old.price, qty, candidate.price, candidate.exchange.qty_step);
        let size = size.abs();
        let exposure = if size <= EPSILON || !positive(price) {
            0.0
        } else {
            finite_or_zero(wallet_exposure(candidate.exchange.c_mult, self.balance, size, price))
        };
        (Holding { size, price, exposure }, exposure - old.exposure)
    }

    /// Total exposure after filling the given quantity of each candidate in order; leaves the holdings in `scratch`.
    fn exposure_after(&mut self, quantities: &[f64]) -> f64 {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clone_from(&self.holdings);
        let mut total = self.now;
        for (place, &qty) in quantities.iter().enumerate().filter(|&(_, &qty)| qty > EPSILON) {
            let held = &mut scratch[self.candidates[place].slot];
            let (holding, change) = self.fill(place, qty, *held);
            total += change;
            *held = Some(holding);
        }
        self.scratch = scratch;
        total
    }

    /// Number of removals that are needed in any case, so that not every one has to be tried.
    ///
    /// Filling an entry adds its own cost to the exposure, whatever filled before: blending prices keeps the total
    /// cost, and rounding the size does not change it. So the exposure after each removal is known up to the noise of
    /// floats, and only removals near the limit are left to be tried. `all` is the exposure with nothing removed; where
    /// it is not the plain sum (sizes that round to nothing, odd numbers), every removal is tried.
    fn sure_removals(&self, order: &[usize], all: f64) -> usize {
        let cost = |c: &Candidate| {
            let whole = c.qty >= c.exchange.qty_step && c.exchange.qty_step > NOISE && c.exchange.c_mult > 0.0;
            if whole { wallet_exposure(c.exchange.c_mult, self.balance, c.qty, c.price) } else { f64::NAN }
        };
        let costs: Vec<f64> = self.candidates.iter().map(cost).collect();
        let mut sum = costs.iter().fold(self.now, |sum, cost| sum + cost);
        let noise = NOISE * (1.0 + sum);
        let additive = (sum - all).abs() <= noise;
        if !additive {
            return 0;
        }
        let surely_over = |&&place: &&usize| {
            sum -= costs[place];
            sum >= self.limit + noise
        };
        order.iter().take_while(surely_over).count()
    }

    /// Candidates in the order in which they are given up: furthest from the market first.
    fn removal_order(&self, entries: &[GateEntry]) -> Vec<usize> {
        let by = |a: f64, b: f64| (a + 0.0).total_cmp(&(b + 0.0));
        let mut order: Vec<usize> = (0..self.candidates.len()).collect();
        order.sort_by(|&i, &j| {
            let (a, b) = (&self.candidates[i], &self.candidates[j]);
            let (x, y) = (&entries[a.at], &entries[b.at]);
            by(b.dist, a.dist)
                .then_with(|| x.idx.cmp(&y.idx))
                .then_with(|| x.order.order_type.id().cmp(&y.order.order_type.id()))
                .then_with(|| by(a.price, b.price))
                .then_with(|| by(a.qty, b.qty))
        });
        order
    }

    /// The largest part of a removed candidate that still fits, in whole steps; 0 when that is below the minimum.
    ///
    /// Filled last, on top of the `total` and the holdings that the last `exposure_after` left.
    fn part_that_fits(&self, place: usize, total: f64) -> f64 {
        let candidate = &self.candidates[place];
        let held = self.scratch[candidate.slot];
        let (mut low, mut high) = (0.0, candidate.qty);
        for _ in 0..HALVINGS {
            let middle = (low + high) / 2.0;
            let change = if middle > EPSILON { self.fill(place, middle, held).1 } else { 0.0 };
            if total + change >= self.limit {
                high = middle;
            } else {
                low = middle;
            }
        }
        let qty = round_dn(low, candidate.exchange.qty_step);
        if qty > EPSILON && !is_dust(qty, candidate.least) { qty } else { 0.0 }
    }

    /// Quantity left of each candidate; None when everything fits as it is.
    fn shrink(&mut self, entries: &[GateEntry]) -> Option<Vec<f64>> {
        let mut quantities: Vec<f64> = self.candidates.iter().map(|c| c.qty).collect();
        let all = self.exposure_after(&quantities);
        if all < self.limit {
            return None;
        }
        let order = self.removal_order(entries);
        let sure = self.sure_removals(&order, all);
        for (removed, place) in order.into_iter().enumerate() {
            quantities[place] = 0.0;
            if removed < sure {
                continue;
            }
            let total = self.exposure_after(&quantities);
            if total < self.limit {
                quantities[place] = self.part_that_fits(place, total);
                return Some(quantities);
            }
        }
        Some(Vec::new())
    }
}

fn candidate(side: Side, at: usize, entry: &GateEntry, slots: &mut HashMap<usize, usize>) -> Option<Candidate> {
    let Order { qty, price, .. } = entry.order;
    let qty = qty.abs();
    if !positive(price) || !qty.is_finite() || qty <= EPSILON || !positive(entry.touch) {
        return None;
    }
    let least = min_entry_qty(price, &entry.exchange);
    if is_dust(qty, least) {
        return None;
    }
    let free = slots.len();
    Some(Candidate {
        at,
        slot: *slots.entry(entry.idx).or_insert(free),
        qty,
        price,
        least,
        dist: pprice_diff(side, entry.touch, price),
        exchange: entry.exchange,
    })
}

fn too_small(entry: &GateEntry) -> Reason {
    Reason::EntryBelowMinimum { qty: entry.order.qty.abs(), least: min_entry_qty(entry.order.price, &entry.exchange) }
}

/// Says the same kind of reason of every entry.
fn tell_all<W: Watch>(side: Side, entries: &[GateEntry], watch: &mut W, make: impl Fn(&GateEntry) -> Reason) {
    if W::LISTENS {
        for entry in entries {
            watch.about(entry.idx, side, Part::Entry);
            watch.say_of(&entry.order, || make(entry));
        }
    }
}

/// Says of every entry what is left of it, where that is not all.
fn tell_cuts(
    side: Side,
    entries: &[GateEntry],
    limit: f64,
    (candidates, quantities): (&[Candidate], &[f64]),
    watch: &mut impl Watch,
) {
    for (at, entry) in entries.iter().enumerate() {
        watch.about(entry.idx, side, Part::Entry);
        match candidates.iter().position(|candidate| candidate.at == at) {
            None => watch.say_of(&entry.order, || too_small(entry)),
            Some(place) => {
                let (was, left) = (candidates[place].qty, quantities.get(place).copied().unwrap_or(0.0));
                if is_dust(left, candidates[place].least) || left <= 0.0 {
                    watch.say_of(&entry.order, || Reason::TotalExposureCut { was, left: 0.0, limit });
                } else if left < was {
                    watch.say_of(&entry.order, || Reason::TotalExposureCut { was, left, limit });
                }
            }
        }
    }
}

/// Exposure of all positions, and what each symbol that has candidates holds.
fn holdings(balance: f64, positions: &[GatePosition], slots: &HashMap<usize, usize>) -> (f64, Vec<Option<Holding>>) {
    let mut held = vec![None; slots.len()];
    let mut total = 0.0;
    for position in positions.iter().filter(|p| positive(p.price) && p.size.is_finite()) {
        let (size, price) = (position.size.abs(), position.price);
        let exposure = finite_or_zero(wallet_exposure(position.c_mult, balance, size, price));
        total += exposure;
        if let (Some(&slot), true) = (slots.get(&position.idx), size != 0.0) {
            held[slot] = Some(Holding { size, price, exposure });
        }
    }
    (total, held)
}

/// Entries of one side that may stay, in their order; those furthest from the market are dropped first, the last one in part.
///
/// `balance` is the raw balance, `twel` the side's plain limit. Quantities that change are signed like the side.
pub fn gate_entries(
    side: Side,
    balance: f64,
    twel: f64,
    positions: &[GatePosition],
    entries: &[GateEntry],
) -> Vec<GateEntry> {
    gate_entries_watched(side, balance, twel, positions, entries, &mut Silent)
}

/// As `gate_entries`, saying which entries it drops or shrinks.
pub fn gate_entries_watched<W: Watch>(
    side: Side,
    balance: f64,
    twel: f64,
    positions: &[GatePosition],
    entries: &[GateEntry],
    watch: &mut W,
) -> Vec<GateEntry> {
    let target = twel.max(0.0);
    if balance <= 0.0 || target <= 0.0 || entries.is_empty() {
        tell_all(side, entries, watch, |_| match balance <= 0.0 {
            true => Reason::NoBalance { balance },
            false => Reason::NoLimit { limit: target },
        });
        return Vec::new();
    }
    let mut slots = HashMap::new();
    let candidates: Vec<Candidate> =
        entries.iter().enumerate().filter_map(|(at, entry)| candidate(side, at, entry, &mut slots)).collect();
    let (now, holdings) = holdings(balance, positions, &slots);
    let limit = target - EPSILON;
    if candidates.is_empty() || now >= limit {
        tell_all(side, entries, watch, |entry| match now >= limit {
            true => Reason::TotalExposureFull { exposure: now, limit: target },
            false => too_small(entry),
        });
        return Vec::new();
    }
    let mut projection = Projection { balance, now, limit, holdings, scratch: Vec::new(), candidates };
    let Some(quantities) = projection.shrink(entries) else { return entries.to_vec() };
    if W::LISTENS {
        tell_cuts(side, entries, target, (&projection.candidates, &quantities), watch);
    }
    let kept = |(candidate, qty): (&Candidate, f64)| {
        let mut entry = entries[candidate.at];
        entry.order.qty = side.sign() * qty;
        (qty > 0.0 && !is_dust(qty, candidate.least)).then_some(entry)
    };
    projection.candidates.iter().zip(quantities).filter_map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::OrderType;
    use proptest::prelude::*;

    /// A ladder over a few symbols, some of them held.
    fn projection(
        rows: &[(usize, f64, f64)],
        held: &[(f64, f64)],
        step: f64,
        limit: f64,
    ) -> (Projection, Vec<GateEntry>) {
        let exchange = ExchangeParams { qty_step: step, price_step: 0.01, min_qty: step, min_cost: 0.0, c_mult: 1.0 };
        let entry = |&(idx, qty, price): &(usize, f64, f64)| {
            let qty = (qty / step).ceil() * step;
            let order = Order::new(qty, price, OrderType::EntryGridNormalLong);
            GateEntry { idx, order, touch: 100.0, exchange }
        };
        let entries: Vec<GateEntry> = rows.iter().map(entry).collect();
        let mut slots = HashMap::new();
        let found = entries.iter().enumerate();
        let candidates = found.filter_map(|(at, entry)| candidate(Side::Long, at, entry, &mut slots)).collect();
        let positions: Vec<GatePosition> = held
            .iter()
            .enumerate()
            .map(|(idx, &(size, price))| GatePosition { idx, size, price, c_mult: 1.0 })
            .collect();
        let (now, holdings) = holdings(1000.0, &positions, &slots);
        (Projection { balance: 1000.0, now, limit, holdings, scratch: Vec::new(), candidates }, entries)
    }

    proptest! {
        #[test]
        fn removals_that_are_not_tried_would_not_have_sufficed(
            rows in prop::collection::vec((0usize..4, 1e-4..5.0f64, 50.0..100.0f64), 1..40),
            held in prop::collection::vec((prop_oneof![Just(0.0), 0.0..3.0f64], 50.0..150.0f64), 0..4),
            step in prop::sample::select(vec![1e-3, 0.1, 0.25, 1.0]),
            limit in 0.1..8.0f64,
        ) {
            let (mut projection, entries) = projection(&rows, &held, step, limit);
            let mut quantities: Vec<f64> = projection.candidates.iter().map(|c| c.qty).collect();
            let all = projection.exposure_after(&quantities);
            let order = projection.removal_order(&entries);
            let sure = projection.sure_removals(&order, all);
            let enough = order.iter().position(|&place| {
                quantities[place] = 0.0;
                projection.exposure_after(&quantities) < limit
            });
            // What is skipped never sufficed; and with plain numbers nothing more than the last one is tried.
            prop_assert!(enough.is_none_or(|enough| sure <= enough && enough <= sure + 1));
        }
    }
}
