//! Where the orders of one position can stand, in bounds that outlast small changes of balance and volatility.

use super::setup::Candle;
use super::view::{Coming, MARGIN, View};
use crate::order::OrderContext;
use crate::order::closes::close_reach;
use crate::order::entries::{entry_reach, first_price, opened_from};
use crate::order::reach::Reach;
use crate::order::unstuck::UnstuckInput;
use crate::types::{EmaBands, Side};

/// Share by which the balance may move before bounds are drawn anew.
const BALANCE_ROOM: f64 = 2e-3;
/// The same for the hourly volatility.
const VOLATILITY_ROOM: f64 = 1e-2;

/// What of a position's orders the coming bar may fill.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hits {
    pub entry: bool,
    pub close: bool,
    pub unstuck: bool,
}

/// Values between which a bound holds.
#[derive(Clone, Copy, Debug)]
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    /// Around a positive value; any other stands alone.
    fn around(value: f64, room: f64) -> Range {
        let room = if value > 0.0 { value * room } else { 0.0 };
        Range { low: value - room, high: value + room }
    }

    fn has(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// Bounds of one position.
#[derive(Clone, Debug)]
pub struct Guard {
    pub coin: usize,
    column: usize,
    /// Nothing that buys stands above the one, and nothing that sells below the other, as long as the ranges hold.
    buys: f64,
    sells: f64,
    /// With the market above this (shorts only) the position counts as opened.
    opened_above: f64,
    /// The position is large enough to be unstuck, by buying or by selling.
    stuck_buys: bool,
    stuck_sells: bool,
    /// It reduces itself, being above its own limit.
    pub reduces: bool,
    /// First-entry price from which on the position counts as opened.
    opened_from: f64,
    balance: Range,
    volatility: Range,
    trigger: f64,
}

/// The most eager of several standings; None when they are of different kinds, and then only one point is sure.
fn most_eager(reaches: &[Option<Reach>], toward: f64) -> Option<f64> {
    let kind = |reach: &Option<Reach>| reach.map(|reach| (reach.rule.is_some(), reach.is_touch()));
    let same = reaches.windows(2).all(|pair| kind(&pair[0]) == kind(&pair[1]));
    let eager = |best: f64, reach: &Option<Reach>| best.max(reach.map_or(f64::NEG_INFINITY, |r| toward * r.price));
    same.then(|| reaches.iter().fold(f64::NEG_INFINITY, eager))
}

/// Whether prices move one way only with exposure and volatility.
fn is_monotone(ctx: &OrderContext) -> bool {
    let bot = ctx.bot;
    [
        bot.entry_grid_spacing_we_weight,
        bot.entry_grid_spacing_volatility_weight,
        bot.entry_trailing_threshold_we_weight,
        bot.entry_trailing_threshold_volatility_weight,
        bot.entry_trailing_retracement_we_weight,
        bot.entry_trailing_retracement_volatility_weight,
    ]
    .into_iter()
    .all(|weight| weight >= 0.0)
}

impl Guard {
    pub fn new(view: &View, coin: usize, side: Side) -> Guard {
        let (ctx, market, sign) = (view.context(coin, side), &view.setup.coins[coin], side.sign());
        let wide = is_monotone(&ctx);
        let mut balance = Range::around(ctx.balance, if wide { BALANCE_ROOM } else { 0.0 });
        let mut volatility = Range::around(ctx.vol1h, if wide { VOLATILITY_ROOM } else { 0.0 });
        let corner = |balance: f64, vol1h: f64| OrderContext { balance, vol1h, ..ctx };
        let entry_at = |balance: f64| [volatility.low, volatility.high].map(|v| entry_reach(&corner(balance, v)));
        let ([a, b], [c, d]) = (entry_at(balance.low), entry_at(balance.high));
        let closes = [balance.low, balance.high].map(|b| close_reach(&corner(b, ctx.vol1h)));
        let here = close_reach(&ctx);
        let step = if market.exchange.price_step > 0.0 { market.exchange.price_step } else { 0.0 };
        let (entry, close) = match (most_eager(&[a, b, c, d], sign), most_eager(&closes, -sign)) {
            // Floats may round to the next step between the corners.
            (Some(entry), Some(close)) => (entry + step, close + step),
            _ => {
                (balance, volatility) = (Range::around(ctx.balance, 0.0), Range::around(ctx.vol1h, 0.0));
                let price = |reach: Option<Reach>, toward: f64| reach.map_or(f64::NEG_INFINITY, |r| toward * r.price);
                (price(entry_reach(&ctx), sign), price(here, -sign))
            }
        };
        let opened_from = opened_from(&corner(balance.high, ctx.vol1h));
        let (buys, sells) = side.pick((entry.max(opened_from), -close), (close, -entry));
        let ended = view.bar >= market.last;
        Guard {
            coin,
            column: market.column,
            buys: if ended { f64::NEG_INFINITY } else { buys },
            sells: if ended { f64::INFINITY } else { sells },
            opened_above: if ended { f64::NEG_INFINITY } else { side.pick(f64::NEG_INFINITY, opened_from) },
            stuck_buys: false,
            stuck_sells: false,
            reduces: here.is_some_and(|reach| reach.is_touch()),
            opened_from,
            balance,
            volatility,
            trigger: 1.0 + sign * ctx.bot.unstuck_ema_dist,
        }
    }

    /// Whether the bounds still hold.
    pub fn holds(&self, view: &View, side: Side) -> bool {
        self.balance.has(view.account.snapped) && self.volatility.has(view.volatility(self.coin, side))
    }

    /// Whether the coming bar may fill anything at all, quickly told.
    #[inline]
    pub fn may_hit(&self, now: &[Candle], next: &[Candle]) -> bool {
        let Coming { high, low, touch } = Coming::of(now, next, self.column);
        let buys = low < touch && (low < self.buys || self.stuck_buys);
        let sells = high > touch && (high > self.sells || touch < self.opened_above || self.stuck_sells);
        buys || sells
    }

    /// What the coming bar may fill; `shut` when no entry passes anyway.
    #[inline(never)]
    pub fn hits(&self, view: &View, side: Side, shut: bool, now: &[Candle], next: &[Candle]) -> Hits {
        let coming = Coming::of(now, next, self.column);
        let Coming { high, low, touch } = coming;
        let (buys, sells) = (low < touch && low < self.buys, high > touch && high > self.sells);
        let opening = side.pick(buys, high > touch && touch < self.opened_above);
        let stuck = self.stuck_buys || self.stuck_sells;
        Hits {
            entry: !shut
                && ((side.pick(buys, sells) && self.reaches_entry(view, side, side.pick(low, -high)))
                    || (opening && self.opens(view, side, &coming, side.pick(low, -high)))),
            close: side.pick(sells, buys) && self.reaches_close(view, side, side.pick(-high, low)),
            unstuck: stuck && side.pick(high > touch, low < touch) && self.may_unstick(view, side, touch),
        }
    }

    fn reaches_entry(&self, view: &View, side: Side, extreme: f64) -> bool {
        let ctx = view.context(self.coin, side);
        entry_reach(&ctx).is_some_and(|reach| is_reached(&ctx, &reach, side.sign(), extreme))
    }

    fn reaches_close(&self, view: &View, side: Side, extreme: f64) -> bool {
        let ctx = view.context(self.coin, side);
        close_reach(&ctx).is_some_and(|reach| is_reached(&ctx, &reach, -side.sign(), extreme))
    }

    fn opens(&self, view: &View, side: Side, coming: &Coming, extreme: f64) -> bool {
        let ctx = view.context(self.coin, side);
        let price = ctx.entry_behind(first_price(&ctx), coming.touch);
        price < self.opened_from + MARGIN && extreme < side.sign() * price + MARGIN * (1.0 + coming.touch)
    }

    /// Whether the market may be back at the price at which a stuck position is reduced.
    fn may_unstick(&self, view: &View, side: Side, touch: f64) -> bool {
        let bands = view.averages.bands(self.coin, side);
        let trigger = side.pick(bands.upper, bands.lower) * self.trigger;
        let short_of_it = side.sign() * touch < side.sign() * trigger - MARGIN * (1.0 + trigger.abs());
        !short_of_it
    }

    /// Works out anew whether the position is large enough to be unstuck.
    pub fn judge_size(&mut self, view: &View, side: Side, may_unstick: bool) {
        let ended = view.bar >= view.setup.coins[self.coin].last;
        let stuck = may_unstick && !ended && is_stuck(view, self.coin, side);
        (self.stuck_buys, self.stuck_sells) = side.pick((false, stuck), (stuck, false));
    }
}

fn is_reached(ctx: &OrderContext, reach: &Reach, toward: f64, extreme: f64) -> bool {
    extreme < toward * reach.price && reach.is_triggered(toward, ctx.position.price, ctx.trailing)
}

fn is_stuck(view: &View, coin: usize, side: Side) -> bool {
    let bot = view.bot(coin, side);
    let wanted = bot.unstuck_loss_allowance_pct > 0.0 && bot.unstuck_close_pct > 0.0 && bot.unstuck_threshold > 0.0;
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
    wanted && input.is_stuck(view.account.total)
}
