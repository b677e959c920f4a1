//! The reference's older entry gate, kept for callers of its Python interface; no trading path uses it (orders.md 5.5).

use std::collections::HashMap;

use crate::money::{new_psize_pprice, pprice_diff, qty_to_cost, wallet_exposure};
use crate::order::entry_gate::GatePosition;
use crate::round::round_dn;
use crate::types::{ExchangeParams, OrderType, Side};

const EPSILON: f64 = 1e-12;
const COST_EPSILON: f64 = 1e-9;
const HALVINGS: usize = 64;
/// Stands for a symbol that is neither held nor filled yet.
const NOWHERE: usize = usize::MAX;

/// A wanted entry; qty is unsigned on both sides, price and market price in quote.
#[derive(Clone, Copy, Debug)]
pub struct StandaloneEntry {
    pub idx: usize,
    pub qty: f64,
    pub price: f64,
    pub market_price: f64,
    pub exchange: ExchangeParams,
    pub order_type: OrderType,
}

/// Size without sign and average price of one symbol.
#[derive(Clone, Copy)]
struct Holding {
    size: f64,
    price: f64,
    c_mult: f64,
}

fn positive(x: f64) -> bool {
    x.is_finite() && x > 0.0
}

/// The side as it is, and the entries that would change it.
struct Gate {
    balance: f64,
    limit: f64,
    held: Vec<Holding>,
    entries: Vec<StandaloneEntry>,
    /// Place of each entry's symbol among all symbols, held ones first.
    slots: Vec<usize>,
    kept: Vec<bool>,
    /// Where each symbol stands in a projection.
    places: Vec<usize>,
}

impl Gate {
    fn new(balance: f64, limit: f64, positions: &[GatePosition], entries: Vec<StandaloneEntry>) -> Gate {
        let mut known = HashMap::new();
        let held = holdings(positions, &mut known);
        let mut slots = Vec::with_capacity(entries.len());
        for entry in &entries {
            let free = known.len();
            slots.push(*known.entry(entry.idx).or_insert(free));
        }
        let (kept, places) = (vec![true; entries.len()], vec![NOWHERE; known.len()]);
        Gate { balance, limit, held, entries, slots, kept, places }
    }

    fn total(&self, holdings: &[Holding]) -> f64 {
        holdings
            .iter()
            .filter(|h| h.size > EPSILON)
            .map(|h| wallet_exposure(h.c_mult, self.balance, h.size, h.price))
            .filter(|exposure| exposure.is_finite())
            .sum()
    }

    /// Whether the side stays below its limit when the kept entries fill in their order, and then a part of one more.
    fn fits(&mut self, part: Option<(usize, f64)>) -> bool {
        let mut places = std::mem::take(&mut self.places);
        places.fill(NOWHERE);
        (0..self.held.len()).for_each(|slot| places[slot] = slot);
        let mut holdings = self.held.clone();
        let kept = (0..self.entries.len()).filter(|&at| self.kept[at]).map(|at| (at, self.entries[at].qty));
        for (at, qty) in kept.chain(part).filter(|&(_, qty)| qty > EPSILON) {
            let (entry, place) = (&self.entries[at], &mut places[self.slots[at]]);
            if *place == NOWHERE {
                *place = holdings.len();
                holdings.push(Holding { size: 0.0, price: entry.price, c_mult: entry.exchange.c_mult });
            }
            let held = &mut holdings[*place];
            (held.size, held.price) =
                new_psize_pprice(held.size, held.price, qty, entry.price, entry.exchange.qty_step);
        }
        self.places = places;
        self.total(&holdings) < self.limit
    }

    /// The largest rounded part of a removed entry that still fits and that the venue accepts; 0 when there is none.
    fn part_that_fits(&mut self, at: usize) -> f64 {
        let StandaloneEntry { qty: whole, price, exchange, .. } = self.entries[at];
        let (mut low, mut high, mut best) = (0.0, whole, 0.0);
        for _ in 0..HALVINGS {
            let middle = (low + high) / 2.0;
            let qty = round_dn(middle, exchange.qty_step);
            if qty > EPSILON && self.fits(Some((at, qty))) {
                best = qty;
                low = middle;
            } else {
                high = middle;
            }
        }
        let cost = qty_to_cost(best, price, exchange.c_mult);
        let accepted = best > EPSILON
            && (exchange.min_qty <= EPSILON || best >= exchange.min_qty - EPSILON)
            && (exchange.min_cost <= EPSILON || cost >= exchange.min_cost - COST_EPSILON);
        if accepted && self.fits(Some((at, best))) { best } else { 0.0 }
    }

    /// Gives entries up, furthest from the market first, until the rest fits; of the last one a part may stay.
    fn shrink(&mut self, side: Side) {
        if self.fits(None) {
            return;
        }
        let dist = |e: &StandaloneEntry| pprice_diff(side, e.market_price, e.price);
        let mut furthest: Vec<(usize, f64)> = self.entries.iter().map(|e| dist(e) + 0.0).enumerate().collect();
        furthest.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (at, _) in furthest {
            self.kept[at] = false;
            if self.fits(None) {
                self.entries[at].qty = self.part_that_fits(at);
                self.kept[at] = self.entries[at].qty > 0.0;
                return;
            }
        }
    }
}

/// What is held, one holding a symbol (the last one given), and the place of each symbol.
fn holdings(positions: &[GatePosition], known: &mut HashMap<usize, usize>) -> Vec<Holding> {
    let mut held: Vec<Holding> = Vec::new();
    for p in positions.iter().filter(|p| positive(p.price) && p.size.abs() > EPSILON) {
        let holding = Holding { size: p.size.abs(), price: p.price, c_mult: p.c_mult };
        match known.get(&p.idx) {
            Some(&slot) => held[slot] = holding,
            None => {
                known.insert(p.idx, held.len());
                held.push(holding);
            }
        }
    }
    held
}

/// Entries that may stay, in their order; qty unsigned.
pub fn gate_entries_standalone(
    side: Side,
    balance: f64,
    twel: f64,
    positions: &[GatePosition],
    entries: &[StandaloneEntry],
) -> Vec<StandaloneEntry> {
    let usable = |e: &&StandaloneEntry| {
        e.qty > EPSILON && [e.price, e.market_price, e.exchange.qty_step, e.exchange.c_mult].into_iter().all(positive)
    };
    let wanted = entries.iter().filter(usable).copied().collect();
    let mut gate = Gate::new(balance, twel - EPSILON, positions, wanted);
    if balance <= 0.0 || twel <= 0.0 || gate.total(&gate.held) >= gate.limit {
        return Vec::new();
    }
    gate.shrink(side);
    gate.entries.into_iter().zip(gate.kept).filter_map(|(entry, kept)| kept.then_some(entry)).collect()
}
