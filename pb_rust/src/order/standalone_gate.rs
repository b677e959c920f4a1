//! The reference's older entry gate, kept for callers of its Python interface; no trading path uses it (orders.md 5.5).

use crate::money::{new_psize_pprice, pprice_diff, qty_to_cost, wallet_exposure};
use crate::order::entry_gate::GatePosition;
use crate::round::round_dn;
use crate::types::{ExchangeParams, OrderType, Side};

const EPSILON: f64 = 1e-12;
const COST_EPSILON: f64 = 1e-9;
const HALVINGS: usize = 64;

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
    idx: usize,
    size: f64,
    price: f64,
    c_mult: f64,
}

fn positive(x: f64) -> bool {
    x.is_finite() && x > 0.0
}

struct Account<'a> {
    balance: f64,
    limit: f64,
    held: &'a [Holding],
}

impl Account<'_> {
    fn total(&self, holdings: &[Holding]) -> f64 {
        holdings
            .iter()
            .filter(|h| h.size > EPSILON)
            .map(|h| wallet_exposure(h.c_mult, self.balance, h.size, h.price))
            .filter(|exposure| exposure.is_finite())
            .sum()
    }

    fn projected<'e>(&self, entries: impl Iterator<Item = &'e StandaloneEntry>) -> f64 {
        let mut holdings = self.held.to_vec();
        for entry in entries.filter(|entry| entry.qty > EPSILON) {
            let found = holdings.iter().position(|h| h.idx == entry.idx);
            let place = found.unwrap_or_else(|| {
                let c_mult = entry.exchange.c_mult;
                holdings.push(Holding { idx: entry.idx, size: 0.0, price: entry.price, c_mult });
                holdings.len() - 1
            });
            let held = &mut holdings[place];
            (held.size, held.price) =
                new_psize_pprice(held.size, held.price, entry.qty, entry.price, entry.exchange.qty_step);
        }
        self.total(&holdings)
    }

    fn fits(&self, kept: &[StandaloneEntry], part: &StandaloneEntry) -> bool {
        self.projected(kept.iter().chain([part])) < self.limit
    }

    /// The largest rounded part of a removed entry that still fits and that the venue accepts.
    fn part_that_fits(&self, kept: &[StandaloneEntry], removed: &StandaloneEntry) -> Option<StandaloneEntry> {
        let exchange = &removed.exchange;
        let (mut low, mut high, mut best) = (0.0, removed.qty, 0.0);
        for _ in 0..HALVINGS {
            let middle = (low + high) / 2.0;
            let qty = round_dn(middle, exchange.qty_step);
            if qty > EPSILON && self.fits(kept, &StandaloneEntry { qty, ..*removed }) {
                best = qty;
                low = middle;
            } else {
                high = middle;
            }
        }
        let part = StandaloneEntry { qty: best, ..*removed };
        let cost = qty_to_cost(best, removed.price, exchange.c_mult);
        let accepted = best > EPSILON
            && (exchange.min_qty <= EPSILON || best >= exchange.min_qty - EPSILON)
            && (exchange.min_cost <= EPSILON || cost >= exchange.min_cost - COST_EPSILON);
        (accepted && self.fits(kept, &part)).then_some(part)
    }
}

fn holdings(positions: &[GatePosition]) -> Vec<Holding> {
    let mut held: Vec<Holding> = Vec::new();
    for p in positions.iter().filter(|p| positive(p.price) && p.size.abs() > EPSILON) {
        let holding = Holding { idx: p.idx, size: p.size.abs(), price: p.price, c_mult: p.c_mult };
        match held.iter_mut().find(|h| h.idx == p.idx) {
            Some(known) => *known = holding,
            None => held.push(holding),
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
    let held = holdings(positions);
    let account = Account { balance, limit: twel - EPSILON, held: &held };
    if balance <= 0.0 || twel <= 0.0 || account.total(&held) >= account.limit {
        return Vec::new();
    }
    let usable = |e: &StandaloneEntry| {
        e.qty > EPSILON && [e.price, e.market_price, e.exchange.qty_step, e.exchange.c_mult].into_iter().all(positive)
    };
    let mut kept: Vec<(usize, StandaloneEntry)> = entries.iter().copied().filter(usable).enumerate().collect();
    let dist = |e: &StandaloneEntry| pprice_diff(side, e.market_price, e.price);
    let mut furthest: Vec<(usize, StandaloneEntry)> = kept.clone();
    furthest.sort_by(|a, b| (dist(&b.1) + 0.0).total_cmp(&(dist(&a.1) + 0.0)));
    for (place, removed) in furthest {
        if account.projected(kept.iter().map(|(_, e)| e)) < account.limit {
            break;
        }
        kept.retain(|(at, _)| *at != place);
        let rest: Vec<StandaloneEntry> = kept.iter().map(|(_, e)| *e).collect();
        if account.projected(rest.iter()) < account.limit {
            kept.extend(account.part_that_fits(&rest, &removed).map(|part| (place, part)));
            kept.sort_by_key(|(at, _)| *at);
            break;
        }
    }
    kept.into_iter().map(|(_, e)| e).collect()
}
