//! Telling bars before which no order can be filled, so that nothing need be decided for them.
//!
//! Orders decided at the end of a bar matter only through what the following bar fills. While nothing fills, the next
//! entry and the next close of a position stand at prices that depend on its size, the balance, its limit and the hourly
//! volatility alone (`order::reach`); first entries and unstucking follow the averages. Later phases of the decision
//! only remove or shrink orders. So comparing these few prices with the following bar is exact where it says no.

use super::candidates::Candidates;
use super::guard::Guard;
use super::request::allowance;
use super::view::View;
use crate::engine::Focus;
use crate::order::twel::{TwelInput, may_enforce};
use crate::types::Side;

/// By how much exposure must stay below the limit (orchestrator.md 3.10).
const SHUT: f64 = 1e-12;

/// What a decision is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing can fill.
    Nothing,
    /// What the focus names.
    Focus,
    Everything,
}

/// What has changed since the watch was last brought up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Limits or the coins that may trade.
    pub market: bool,
    /// Positions.
    pub positions: bool,
    /// Hourly volatility.
    pub volatility: bool,
    /// The balance.
    pub balance: bool,
}

#[derive(Clone, Debug, Default)]
struct Watched {
    enabled: bool,
    guards: Vec<Guard>,
    candidates: Candidates,
    /// No entry passes, as the side's exposure has reached its limit.
    shut: bool,
    /// Positions may be reduced because of the side's whole exposure.
    enforcing: bool,
}

/// Both sides' positions and candidates.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    sides: [Watched; 2],
}

impl Watch {
    /// Takes in what has changed; `touched` tells the positions that fills have changed.
    pub fn refresh(&mut self, view: &View, changes: Changes, touched: impl Fn(Side, usize) -> bool) {
        for side in Side::BOTH {
            let watched = &mut self.sides[side.idx()];
            watched.enabled = view.setup.decides(side);
            if !watched.enabled {
                continue;
            }
            if changes.market || changes.positions {
                watched.collect(view, side, changes.market, |coin| touched(side, coin));
            }
            let mut redrawn = false;
            for guard in &mut watched.guards {
                if !guard.holds(view, side) {
                    *guard = Guard::new(view, guard.coin, side);
                    redrawn = true;
                }
            }
            if redrawn || changes.market || changes.positions || changes.balance {
                watched.refresh_risk(view, side);
            }
        }
    }

    /// What the bar after the view's might fill, which is put into `focus`.
    #[inline]
    pub fn look(&mut self, view: &View, focus: &mut Focus) -> Need {
        let (now, next) = (view.arrays.row(view.bar), view.arrays.row(view.bar + 1));
        let mut need = Need::Nothing;
        for side in Side::BOTH {
            let watched = &mut self.sides[side.idx()];
            if !watched.enabled {
                continue;
            }
            if watched.enforcing {
                return Need::Everything;
            }
            let mut entries = false;
            for guard in watched.guards.iter().filter(|guard| guard.may_hit(now, next)) {
                let hits = guard.hits(view, side, watched.shut, now, next);
                entries |= hits.entry;
                if hits.close || hits.unstuck {
                    focus.closes[side.idx()][guard.coin] = true;
                    focus.unstuck |= hits.unstuck;
                    need = Need::Focus;
                }
            }
            if entries || (!watched.shut && watched.candidates.may_fill(view, side, now, next)) {
                focus.entries[side.idx()] = true;
                need = Need::Focus;
            }
        }
        need
    }
}

impl Watched {
    /// Brings the positions up to date, drawing the bounds of those anew that have changed.
    fn collect(&mut self, view: &View, side: Side, market: bool, touched: impl Fn(usize) -> bool) {
        let mut old = std::mem::take(&mut self.guards).into_iter().peekable();
        for coin in view.account.held(side).iter().map(|held| held.coin) {
            if view.account.position(side, coin).size == 0.0 {
                continue;
            }
            while old.next_if(|guard| guard.coin < coin).is_some() {}
            let kept = old.next_if(|guard| guard.coin == coin).filter(|_| !market && !touched(coin));
            self.guards.push(kept.unwrap_or_else(|| Guard::new(view, coin, side)));
        }
        self.candidates.refresh(view, side, self.guards.len(), market);
    }

    fn refresh_risk(&mut self, view: &View, side: Side) {
        let (bot, balance) = (view.setup.master.get(side), view.account.total);
        let exposure = view.account.side_exposure(side);
        let least = view.setup.least_entry_cost / balance;
        self.shut = balance <= 0.0 || exposure + least >= bot.total_wallet_exposure_limit.max(0.0) - SHUT;
        let limit = bot.total_wallet_exposure_limit * bot.risk_twel_enforcer_threshold;
        let within = exposure <= limit;
        self.enforcing = limit > 0.0 && balance > 0.0 && !within && self.may_enforce(view, side, limit);
        let may_unstick = allowance(view.setup, view.account, side) > 0.0;
        for guard in &mut self.guards {
            guard.judge_size(view, side, may_unstick);
        }
    }

    fn may_enforce(&self, view: &View, side: Side, limit: f64) -> bool {
        // Positions that reduce themselves stand apart, unless their reduction melts into another close.
        if self.guards.iter().any(|guard| guard.reduces) {
            return true;
        }
        let given_up = |coin: usize| view.setup.coins[coin].is_given_up(view.bar);
        let managed = self.guards.iter().filter(|guard| !given_up(guard.coin));
        let positions: Vec<TwelInput> = managed
            .map(|guard| {
                let position = view.account.position(side, guard.coin);
                TwelInput {
                    idx: guard.coin,
                    position,
                    market_price: position.price,
                    base_wallet_exposure_limit: view.bot(guard.coin, side).wallet_exposure_limit,
                    exchange: view.setup.coins[guard.coin].exchange,
                }
            })
            .collect();
        may_enforce(side, limit, view.account.total, &positions)
    }
}
