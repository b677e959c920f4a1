//! Telling bars before which no order can be filled, so that nothing need be decided for them.
//!
//! Orders decided at the end of a bar matter only through what the following bar fills. While nothing fills, the next
//! entry and the next close of a position stand at prices that depend on its size, the balance, its limit and the hourly
//! volatility alone (`order::reach`); first entries and unstucking follow the averages. Later phases of the decision
//! only remove or shrink orders. So comparing these few prices with the following bar is exact where it says no.

use super::account::Account;
use super::averages::Averages;
use super::candidates::Candidates;
use super::request::{Request, allowance};
use super::setup::{Arrays, Setup};
use crate::order::OrderContext;
use crate::order::closes::close_reach;
use crate::order::entries::{entry_reach, first_price, opened_from};
use crate::order::reach::Reach;
use crate::order::twel::{TwelInput, may_enforce};
use crate::order::unstuck::UnstuckInput;
use crate::params::BotParams;
use crate::types::{EPS, EmaBands, OrderBook, Side, TrailingBundle};

/// More than rounding to a step, to ten decimals and by the floats can move a price, relative and absolute.
pub const MARGIN: f64 = 1e-9;
/// By how much exposure must stay below the limit (orchestrator.md 3.10).
const SHUT: f64 = 1e-12;

/// Everything that the comparison looks at.
pub struct View<'a> {
    pub setup: &'a Setup,
    pub arrays: &'a Arrays<'a>,
    pub account: &'a Account,
    pub averages: &'a Averages,
    pub trailing: &'a [Vec<TrailingBundle>; 2],
    pub request: &'a Request,
    pub bar: usize,
}

impl View<'_> {
    pub fn bot(&self, coin: usize, side: Side) -> &BotParams {
        &self.request.input.symbols[coin].side(side).bot_params
    }

    fn context(&self, coin: usize, side: Side) -> OrderContext<'_> {
        let bot = self.bot(coin, side);
        let hourly = bot.entry_volatility_ema_span_hours > 0.0;
        OrderContext {
            side,
            exchange: &self.setup.coins[coin].exchange,
            bot,
            balance: self.account.snapped,
            book: OrderBook::default(),
            bands: self.averages.bands(coin, side),
            vol1h: if hourly { self.averages.hourly_range(coin, side) } else { 0.0 },
            position: self.account.position(side, coin),
            trailing: &self.trailing[side.idx()][coin],
        }
    }

    fn row(&self, bar: usize) -> &[f64] {
        let width = self.arrays.columns * 4;
        &self.arrays.hlcvs[bar * width..][..width]
    }
}

/// Where the orders of one position stand; prices times +1 for buying, −1 for selling, so that larger fills sooner.
#[derive(Clone, Debug)]
struct Guard {
    coin: usize,
    at: usize,
    last: usize,
    entry: f64,
    close: f64,
    entry_reach: Option<Reach>,
    close_reach: Option<Reach>,
    /// First-entry price from which on the position counts as opened.
    opened_from: f64,
    price: f64,
    /// It reduces itself, being above its own limit.
    reduces: bool,
    stuck: bool,
    trigger: f64,
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

/// Both sides' positions and candidates as they stand since something last changed.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    sides: [Watched; 2],
}

/// Extremes of the coming bar and the touch of this one, for one coin.
#[derive(Clone, Copy)]
pub struct Coming {
    high: f64,
    low: f64,
    touch: f64,
}

impl Coming {
    #[inline]
    pub fn of(now: &[f64], next: &[f64], at: usize) -> Coming {
        Coming { high: next[at], low: next[at + 1], touch: now[at + 2].max(EPS) }
    }

    /// The price to get past, times `toward`, if an order at the touch would fill.
    #[inline]
    pub fn extreme(&self, toward: f64) -> Option<f64> {
        let extreme = toward * if toward > 0.0 { self.low } else { self.high };
        (extreme < toward * self.touch).then_some(extreme)
    }
}

impl Watch {
    /// Works out where everything stands. Needed whenever positions, balance, limits, hourly volatility or the coins
    /// that may trade have changed.
    pub fn refresh(&mut self, view: &View) {
        for side in Side::BOTH {
            let watched = &mut self.sides[side.idx()];
            let bot = view.setup.master.get(side);
            watched.enabled = view.setup.side_on[side.idx()] && bot.total_wallet_exposure_limit > 0.0;
            watched.guards.clear();
            if !watched.enabled {
                continue;
            }
            for &coin in view.account.held(side) {
                if view.account.position(side, coin).size != 0.0 {
                    watched.guards.push(Guard::new(view, coin, side));
                }
            }
            watched.candidates.refresh(view, side, watched.guards.len());
            watched.refresh_risk(view, side);
        }
    }

    /// Works out anew what hangs on the whole balance.
    pub fn refresh_balance(&mut self, view: &View) {
        for side in Side::BOTH {
            let watched = &mut self.sides[side.idx()];
            if watched.enabled {
                watched.refresh_risk(view, side);
            }
        }
    }

    /// Whether the bar after the view's might fill anything; false is certain, true is not.
    pub fn may_fill(&mut self, view: &View) -> bool {
        let (now, next) = (view.row(view.bar), view.row(view.bar + 1));
        Side::BOTH.into_iter().any(|side| {
            let watched = &mut self.sides[side.idx()];
            watched.enabled
                && (watched.enforcing
                    || watched.guards.iter().any(|guard| guard.may_fill(view, side, watched.shut, now, next))
                    || (!watched.shut && watched.candidates.may_fill(view, side, now, next)))
        })
    }
}

impl Watched {
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
            guard.stuck = may_unstick && is_stuck(view, guard.coin, side);
        }
    }

    fn may_enforce(&self, view: &View, side: Side, limit: f64) -> bool {
        // Positions that reduce themselves stand apart, and so do those that are given up.
        let given_up = |coin: usize| view.setup.coins[coin].is_given_up(view.bar);
        let managed = self.guards.iter().filter(|guard| !guard.reduces && !given_up(guard.coin));
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

fn is_stuck(view: &View, coin: usize, side: Side) -> bool {
    let bot = view.bot(coin, side);
    let input = UnstuckInput {
        idx: coin,
        side,
        position: view.account.position(side, coin),
        wallet_exposure_limit: bot.wallet_exposure_limit,
        risk_we_excess_allowance_pct: bot.risk_we_excess_allowance_pct,
        unstuck_threshold: bot.unstuck_threshold,
        unstuck_close_pct: bot.unstuck_close_pct,
        unstuck_ema_dist: bot.unstuck_ema_dist,
        bands: EmaBands::default(),
        current_price: 0.0,
        exchange: view.setup.coins[coin].exchange,
    };
    let wanted = bot.unstuck_loss_allowance_pct > 0.0 && bot.unstuck_close_pct > 0.0 && bot.unstuck_threshold > 0.0;
    wanted && input.is_stuck(view.account.total)
}

impl Guard {
    fn new(view: &View, coin: usize, side: Side) -> Guard {
        let (ctx, market, sign) = (view.context(coin, side), &view.setup.coins[coin], side.sign());
        let (entry_reach, close_reach) = (entry_reach(&ctx), close_reach(&ctx));
        let price = |reach: Option<Reach>, toward: f64| reach.map_or(f64::NEG_INFINITY, |reach| toward * reach.price);
        Guard {
            coin,
            at: market.column * 4,
            last: market.last,
            entry: price(entry_reach, sign),
            close: price(close_reach, -sign),
            entry_reach,
            close_reach,
            opened_from: opened_from(&ctx),
            price: ctx.position.price,
            reduces: close_reach.is_some_and(|reach| reach.is_touch()),
            stuck: false,
            trigger: 1.0 + sign * ctx.bot.unstuck_ema_dist,
        }
    }

    #[inline]
    fn may_fill(&self, view: &View, side: Side, shut: bool, now: &[f64], next: &[f64]) -> bool {
        if view.bar >= self.last {
            return false;
        }
        let (coming, sign) = (Coming::of(now, next, self.at), side.sign());
        if !shut && let Some(extreme) = coming.extreme(sign) {
            if extreme < self.entry && self.is_triggered(view, side, sign, &self.entry_reach) {
                return true;
            }
            if self.may_be_opening(view, side, coming.touch) {
                let ctx = view.context(self.coin, side);
                if extreme < sign * first_price(&ctx) + MARGIN * (1.0 + coming.touch) {
                    return true;
                }
            }
        }
        let Some(extreme) = coming.extreme(-sign) else { return false };
        (extreme < self.close && self.is_triggered(view, side, -sign, &self.close_reach))
            || (self.stuck && self.may_unstick(view, side, coming.touch))
    }

    fn is_triggered(&self, view: &View, side: Side, toward: f64, reach: &Option<Reach>) -> bool {
        let bundle = &view.trailing[side.idx()][self.coin];
        reach.is_some_and(|reach| reach.is_triggered(toward, self.price, bundle))
    }

    /// Whether the first entry might not count as complete; its price is never beyond the touch.
    #[inline]
    fn may_be_opening(&self, view: &View, side: Side, touch: f64) -> bool {
        let far_enough = |price: f64| price >= self.opened_from;
        match side {
            Side::Short => !far_enough(touch),
            Side::Long => {
                let ctx = view.context(self.coin, side);
                !(far_enough(touch) && far_enough(first_price(&ctx)))
            }
        }
    }

    /// Whether the market may be back at the price at which a stuck position is reduced.
    fn may_unstick(&self, view: &View, side: Side, touch: f64) -> bool {
        let bands = view.averages.bands(self.coin, side);
        let trigger = side.pick(bands.upper, bands.lower) * self.trigger;
        let short_of_it = side.sign() * touch < side.sign() * trigger - MARGIN * (1.0 + trigger.abs());
        !short_of_it
    }
}
