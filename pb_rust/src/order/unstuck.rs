//! At most one close, over all symbols and both sides, that frees a stuck position (orders.md 5.1).

use crate::money::{cost_to_qty, min_entry_qty, pnl, pprice_diff, wallet_exposure};
use crate::round::{round_dn, round_up};
use crate::types::{EPS, EmaBands, ExchangeParams, Order, OrderType, Position, Side};
use crate::why::{Part, Reason, Silent, Watch};

/// One position that may be stuck; `wallet_exposure_limit` without allowance, `*_pct` fractions, price in quote.
#[derive(Clone, Copy, Debug)]
pub struct UnstuckInput {
    pub idx: usize,
    pub side: Side,
    pub position: Position,
    pub wallet_exposure_limit: f64,
    pub risk_we_excess_allowance_pct: f64,
    pub unstuck_threshold: f64,
    pub unstuck_close_pct: f64,
    pub unstuck_ema_dist: f64,
    pub bands: EmaBands,
    pub current_price: f64,
    pub exchange: ExchangeParams,
}

fn positive(x: f64) -> bool {
    x.is_finite() && x > 0.0
}

impl UnstuckInput {
    fn limit(&self) -> f64 {
        self.wallet_exposure_limit * (1.0 + self.risk_we_excess_allowance_pct.max(0.0))
    }

    /// Exposed beyond the threshold; without a positive limit always.
    pub(crate) fn is_stuck(&self, balance: f64) -> bool {
        let (limit, size) = (self.limit(), self.position.size.abs());
        let exposure = wallet_exposure(self.exchange.c_mult, balance, size, self.position.price);
        !(limit > 0.0 && exposure / limit <= self.unstuck_threshold)
    }

    /// Price that the market must have come back to; None when there is none.
    fn trigger(&self) -> Option<f64> {
        let band = self.side.pick(self.bands.upper, self.bands.lower);
        if !positive(band) {
            return None;
        }
        let raw = band * (1.0 + self.side.sign() * self.unstuck_ema_dist);
        let step = self.exchange.price_step;
        let price = match self.side {
            _ if step <= 0.0 => raw,
            Side::Long => round_up(raw, step),
            Side::Short => round_dn(raw, step),
        };
        positive(price).then_some(price)
    }

    /// How far under water, for a position that may be reduced now.
    fn candidate(&self, balance: f64, allowance: f64, watch: &mut impl Watch) -> Option<f64> {
        watch.about(self.idx, self.side, Part::Close);
        if allowance <= 0.0
            || !positive(self.position.price)
            || self.position.size.abs() <= EPS
            || self.unstuck_threshold < 0.0
            || !self.is_stuck(balance)
            || !positive(self.current_price)
        {
            watch.say(|| self.held_back(balance, allowance));
            return None;
        }
        let (sign, trigger) = (self.side.sign(), self.trigger()?);
        if sign * self.current_price < sign * trigger {
            watch.say(|| Reason::UnstuckPrice { price: self.current_price, trigger });
            return None;
        }
        let diff = pprice_diff(self.side, self.position.price, self.current_price);
        diff.is_finite().then_some(diff)
    }

    /// Why a position is not reduced, in the order in which it matters.
    pub(crate) fn held_back(&self, balance: f64, allowance: f64) -> Reason {
        if !self.is_stuck(balance) {
            let (size, price) = (self.position.size.abs(), self.position.price);
            let share = wallet_exposure(self.exchange.c_mult, balance, size, price) / self.limit();
            Reason::UnstuckNotStuck { share, threshold: self.unstuck_threshold }
        } else {
            Reason::UnstuckAllowance { allowance }
        }
    }

    /// The close at the market's price; a loss is scaled to the allowance but not below the minimum (wart W9).
    fn close(&self, balance: f64, allowance: f64) -> Option<Order> {
        let (exchange, price) = (&self.exchange, self.current_price);
        let held = self.side.pick(self.position.size.max(0.0), self.position.size.abs());
        if held <= EPS {
            return None;
        }
        let least = min_entry_qty(price, exchange);
        let cost = balance * self.limit() * self.unstuck_close_pct;
        let wanted = round_dn(cost_to_qty(cost, price, exchange.c_mult), exchange.qty_step).max(0.0);
        let mut qty = held.min(least.max(wanted));
        if qty == 0.0 {
            return None;
        }
        let gain = pnl(self.side, self.position.price, price, qty, exchange.c_mult);
        if gain < 0.0 && gain.abs() > allowance {
            let scaled = held.min(qty * (allowance / gain.abs()));
            qty = least.max(round_dn(scaled, exchange.qty_step));
        }
        let kind = self.side.pick(OrderType::CloseUnstuckLong, OrderType::CloseUnstuckShort);
        (qty != 0.0).then(|| Order::new(-self.side.sign() * qty, price, kind))
    }
}

/// The close of the least under-water stuck position whose side has loss allowance left: its idx, side and order.
///
/// `balance` is the raw balance; allowances are in quote. Ties go to the lower idx, then to the earlier input.
pub fn unstuck_close(
    balance: f64,
    allowance_long: f64,
    allowance_short: f64,
    positions: &[UnstuckInput],
) -> Option<(usize, Side, Order)> {
    unstuck_close_watched(balance, allowance_long, allowance_short, positions, &mut Silent)
}

/// As `unstuck_close`, saying why the others wait.
pub fn unstuck_close_watched<W: Watch>(
    balance: f64,
    allowance_long: f64,
    allowance_short: f64,
    positions: &[UnstuckInput],
    watch: &mut W,
) -> Option<(usize, Side, Order)> {
    if balance <= 0.0 {
        return None;
    }
    let mut candidates: Vec<(f64, f64, &UnstuckInput)> = positions
        .iter()
        .filter_map(|input| {
            let allowance = input.side.pick(allowance_long, allowance_short);
            input.candidate(balance, allowance, watch).map(|diff| (diff, allowance, input))
        })
        .collect();
    candidates.sort_by(|a, b| (a.0 + 0.0).total_cmp(&(b.0 + 0.0)).then(a.2.idx.cmp(&b.2.idx)));
    let found = candidates.iter().find_map(|&(diff, allowance, input)| {
        input.close(balance, allowance).map(|order| (diff, (input.idx, input.side, order)))
    });
    if W::LISTENS
        && let Some((least, chosen)) = found
    {
        for &(diff, _, input) in candidates.iter().filter(|row| (row.2.idx, row.2.side) != (chosen.0, chosen.1)) {
            watch.about(input.idx, input.side, Part::Close);
            watch.say(|| Reason::UnstuckOtherFirst { under_water_pct: diff, other_pct: least });
        }
    }
    found.map(|(_, chosen)| chosen)
}
