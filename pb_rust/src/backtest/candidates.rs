//! Coins without position that a bar might open one in: near enough, and chosen (orchestrator.md 3.2, 3.3).

use super::request::Moment;
use super::setup::Candle;
use super::view::{Coming, MARGIN, View};
use crate::engine::ema::{affords, lookup};
use crate::engine::state::may_open;
use crate::money::effective_min_cost;
use crate::select::Forager;
use crate::select::ranking::{Left, Ranking, Scores};
use crate::types::Side;

/// A coin that may be opened on a side.
#[derive(Clone, Debug)]
struct Flat {
    coin: usize,
    column: usize,
    /// Factor from the average to the first entry's price, or a little nearer to the market.
    factor: f64,
}

/// The coins of a side that hold nothing, and the choice among them.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    flats: Vec<Flat>,
    /// Positions open, and how many there may be.
    taken: usize,
    slots: usize,
    reached: Vec<bool>,
    scores: Scores,
    ranking: Ranking,
    /// Sides whose averages are looked at for volume and volatility; None where there are none.
    sources: Option<[Side; 2]>,
}

/// The side whose average answers for a span: the first of the two lists with that span.
fn source(side: Side, span: impl Fn(Side) -> f64) -> Option<Side> {
    let list = Side::BOTH.map(|side| (span(side), side.sign()));
    lookup(&list, span(side)).map(|sign| if sign > 0.0 { Side::Long } else { Side::Short })
}

impl Candidates {
    /// Collects the flat coins anew; `taken` positions are open, `market` tells that the coins that may trade changed.
    pub fn refresh(&mut self, view: &View, side: Side, taken: usize, market: bool) {
        let (setup, count) = (view.setup, view.setup.coins.len());
        if self.reached.len() != count {
            self.reached = vec![false; count];
            self.scores =
                Scores { enabled: vec![false; count], volume: vec![0.0; count], volatility: vec![0.0; count] };
            self.ranking = Ranking::new(count);
            let volume = source(side, |side| setup.master.get(side).filter_volume_ema_span);
            let range = source(side, |side| setup.master.get(side).filter_volatility_ema_span);
            self.sources = volume.zip(range).map(|(volume, range)| [volume, range]);
        }
        self.flats.clear();
        let mut tradable = 0;
        for (coin, market) in setup.coins.iter().enumerate().filter(|(_, coin)| coin.is_tradable(view.bar)) {
            tradable += 1;
            if view.account.position(side, coin).size == 0.0 {
                let factor = 1.0 - side.sign() * view.bot(coin, side).entry_initial_ema_dist;
                let factor = factor + side.sign() * MARGIN * (1.0 + factor.abs());
                if view.bar < market.last {
                    self.flats.push(Flat { coin, column: market.column, factor });
                }
            }
        }
        if market {
            let moment = Moment { setup, arrays: view.arrays, bar: view.bar, total: view.account.total };
            for coin in 0..count {
                self.scores.enabled[coin] = is_enabled(view, &moment, coin, side);
            }
        }
        self.slots = setup.master.get(side).n_positions.min(tradable);
        self.taken = taken;
    }

    /// Whether the coming bar might fill a first entry.
    #[inline]
    pub fn may_fill(&mut self, view: &View, side: Side, now: &[Candle], next: &[Candle]) -> bool {
        if self.taken >= self.slots {
            return false;
        }
        let mut any = false;
        for flat in &self.flats {
            let reached = flat.may_fill(view, side, now, next);
            self.reached[flat.coin] = reached;
            any |= reached;
        }
        any && (self.slots >= self.taken + self.flats.len() || self.chooses_reached(view, side))
    }

    /// Whether a coin within reach gets a slot.
    fn chooses_reached(&mut self, view: &View, side: Side) -> bool {
        let Some([volume, range]) = self.sources else { return true };
        let count = self.reached.len();
        if view.setup.params.filter_by_min_effective_cost {
            let moment = Moment { setup: view.setup, arrays: view.arrays, bar: view.bar, total: view.account.total };
            for coin in 0..count {
                self.scores.enabled[coin] = is_enabled(view, &moment, coin, side);
            }
        }
        if !view.averages.volumes(volume, &mut self.scores.volume).is_finite() {
            return true;
        }
        let bot = view.setup.master.get(side);
        let rule = Forager {
            max_positions: self.slots,
            volume_drop_pct: bot.filter_volume_drop_pct,
            volatility_drop_pct: bot.filter_volatility_drop_pct,
        };
        let left = self.ranking.filter(&self.scores, &rule);
        if !self.flats.iter().any(|flat| self.reached[flat.coin] && self.ranking.keeps(flat.coin)) {
            return false;
        }
        !view.averages.ranges(range, &mut self.scores.volatility).is_finite() || self.visits_reached(view, side, left)
    }

    fn visits_reached(&mut self, view: &View, side: Side, left: Left) -> bool {
        let (mut taken, mut found) = (self.taken, false);
        let (reached, slots) = (&self.reached, self.slots);
        self.ranking.visit(&self.scores, left, |coin| {
            if view.account.position(side, coin).size == 0.0 {
                taken += 1;
                found = reached[coin];
            }
            found || taken >= slots
        });
        found
    }
}

/// Whether a coin takes part in the selection.
fn is_enabled(view: &View, moment: &Moment, coin: usize, side: Side) -> bool {
    let (market, bot) = (&view.setup.coins[coin], view.bot(coin, side));
    let held = view.account.position(side, coin).size != 0.0;
    if !market.is_tradable(view.bar) || !may_open(moment.mode_of(market, side, bot, held)) {
        return false;
    }
    if !view.setup.params.filter_by_min_effective_cost {
        return true;
    }
    let exchange = &market.exchange;
    let least = effective_min_cost(moment.touch(market), exchange.min_qty, exchange.min_cost, exchange.c_mult);
    affords(view.account.snapped, bot, least)
}

impl Flat {
    #[inline]
    fn may_fill(&self, view: &View, side: Side, now: &[Candle], next: &[Candle]) -> bool {
        let Coming { high, low, touch } = Coming::of(now, next, self.column);
        match side {
            Side::Long => low < touch && low < view.averages.bands(self.coin, side).lower * self.factor + MARGIN,
            Side::Short => high > touch && high > view.averages.bands(self.coin, side).upper * self.factor - MARGIN,
        }
    }
}
