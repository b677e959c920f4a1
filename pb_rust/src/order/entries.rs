//! The next entry and the whole ladder of entries (orders.md 3).

use super::entry_size::Sizer;
use super::reach::{Reach, far};
use super::trailing::{TrailingRule, Trigger};
use super::{MAX_ORDERS, OrderContext};
use crate::money::{cost_to_qty, new_psize_pprice};
use crate::round::{quantize, round_, round_dn};
use crate::types::{Order, OrderType, Position};
use crate::why::{Reason, Silent, Watch};

/// A position smaller than this share of the first entry is still being opened.
const PARTIAL_SHARE: f64 = 0.8;
/// Share of the cap at which a position counts as full.
const FULL_SHARE: f64 = 0.999;
/// A following entry below this share of the wanted factor is merged into the one before.
const INFLATION_SHARE: f64 = 0.25;

/// More than rounding to a step and to ten decimals can go astray by.
const ROUNDING: f64 = 1e-9;

/// The types of one kind of entry, long and short.
type Kind = (OrderType, OrderType);
const INITIAL: Kind = (OrderType::EntryInitialNormalLong, OrderType::EntryInitialNormalShort);
const PARTIAL: Kind = (OrderType::EntryInitialPartialLong, OrderType::EntryInitialPartialShort);
const GRID: Kind = (OrderType::EntryGridNormalLong, OrderType::EntryGridNormalShort);
const GRID_CROPPED: Kind = (OrderType::EntryGridCroppedLong, OrderType::EntryGridCroppedShort);
const GRID_INFLATED: Kind = (OrderType::EntryGridInflatedLong, OrderType::EntryGridInflatedShort);
const TRAILING: Kind = (OrderType::EntryTrailingNormalLong, OrderType::EntryTrailingNormalShort);
const TRAILING_CROPPED: Kind = (OrderType::EntryTrailingCroppedLong, OrderType::EntryTrailingCroppedShort);

fn entry(ctx: &OrderContext, kind: Kind, qty: f64, price: f64) -> Order {
    Order::new(ctx.sign() * qty, price, ctx.side.pick(kind.0, kind.1))
}

/// What the rules for a first entry come to (orders.md 3.1).
enum Head {
    Done(Order),
    /// Past the first entry; carries the least quantity of a re-entry.
    Reenter(f64),
}

fn first_entry(ctx: &OrderContext, watch: &mut impl Watch) -> Head {
    let (bot, exchange) = (ctx.bot, ctx.exchange);
    let price = ctx.entry_behind(ctx.entry_touch(), first_price(ctx));
    if price <= exchange.price_step {
        watch.say(|| Reason::FirstPriceTooLow { price, step: exchange.price_step });
        return Head::Done(Order::EMPTY);
    }
    let (held, least) = (ctx.held(), ctx.min_qty(price));
    let cost = ctx.balance * ctx.limit() * bot.entry_initial_qty_pct;
    let full = least.max(round_(cost_to_qty(cost, price, exchange.c_mult), exchange.qty_step));
    if held == 0.0 {
        Head::Done(entry(ctx, INITIAL, full, price))
    } else if held < full * PARTIAL_SHARE {
        let rest = least.max(round_dn(full - held, exchange.qty_step));
        Head::Done(entry(ctx, PARTIAL, rest, price))
    } else if held < full {
        Head::Reenter(round_(held, exchange.qty_step).max(least))
    } else {
        Head::Reenter(full)
    }
}

/// Re-entry of the grid (orders.md 3.3).
fn grid_entry(ctx: &OrderContext, cap: f64, watch: &mut impl Watch) -> Order {
    let initial = match first_entry(ctx, watch) {
        Head::Done(order) => return order,
        Head::Reenter(qty) => qty,
    };
    let sizer = Sizer { ctx, cap: cap.min(ctx.limit()) };
    let (held, average, factor) = (ctx.held(), ctx.position.price, ctx.bot.entry_grid_double_down_factor);
    let exposure = ctx.exposure(held, average);
    if exposure >= sizer.cap * FULL_SHARE {
        watch.say(|| Reason::PositionFull { exposure, limit: sizer.cap });
        return Order::EMPTY;
    }
    let price = sizer.grid_price(average, exposure);
    if price <= 0.0 {
        watch.say(|| Reason::GridPriceTooLow { step: ctx.exchange.price_step });
        return Order::EMPTY;
    }
    let qty = sizer.reentry_qty(price, held, factor).max(initial);
    let crop = sizer.crop(held, average, exposure, qty, price);
    if crop.qty < qty {
        return entry(ctx, GRID_CROPPED, crop.qty, price);
    }
    let (next_size, next_average) = new_psize_pprice(held, average, qty, price, ctx.exchange.qty_step);
    let next_price = sizer.grid_price(next_average, crop.exposure);
    let next_qty = sizer.reentry_qty(next_price, next_size, factor).max(initial);
    let next_crop = sizer.crop(next_size, next_average, crop.exposure, next_qty, next_price);
    if next_crop.qty / next_size < factor * INFLATION_SHARE {
        let inflated = sizer.qty_to_cap(held, exposure, qty, crop.exposure);
        return entry(ctx, GRID_INFLATED, inflated, price);
    }
    entry(ctx, GRID, qty, price)
}

fn trailing_rule(sizer: &Sizer, exposure: f64) -> TrailingRule {
    let bot = sizer.ctx.bot;
    TrailingRule {
        threshold: bot.entry_trailing_threshold_pct
            * sizer.modulation(
                exposure,
                bot.entry_trailing_threshold_we_weight,
                bot.entry_trailing_threshold_volatility_weight,
            ),
        retracement: bot.entry_trailing_retracement_pct
            * sizer.modulation(
                exposure,
                bot.entry_trailing_retracement_we_weight,
                bot.entry_trailing_retracement_volatility_weight,
            ),
    }
}

/// Re-entry after a pull-back (orders.md 3.4).
fn trailing_entry(ctx: &OrderContext, cap: f64, watch: &mut impl Watch) -> Order {
    let initial = match first_entry(ctx, watch) {
        Head::Done(order) => return order,
        Head::Reenter(qty) => qty,
    };
    let sizer = Sizer { ctx, cap: cap.min(ctx.limit()) };
    let (held, average, bot) = (ctx.held(), ctx.position.price, ctx.bot);
    let exposure = ctx.exposure(held, average);
    if exposure > sizer.cap * FULL_SHARE {
        watch.say(|| Reason::PositionFull { exposure, limit: sizer.cap });
        return Order::EMPTY;
    }
    let rule = trailing_rule(&sizer, exposure);
    let touch = ctx.entry_touch();
    watch.say(|| rule.tell(ctx.sign(), average, ctx.trailing));
    let price = match rule.judge(ctx.sign(), average, ctx.trailing) {
        Trigger::Waiting => return entry(ctx, TRAILING, 0.0, 0.0),
        Trigger::Touch => touch,
        Trigger::At(price) => ctx.entry_behind(touch, ctx.entry_price(price)),
    };
    let qty = sizer.reentry_qty(price, held, bot.entry_trailing_double_down_factor).max(initial);
    let crop = sizer.crop(held, average, exposure, qty, price);
    if crop.qty < qty { entry(ctx, TRAILING_CROPPED, crop.qty, price) } else { entry(ctx, TRAILING, qty, price) }
}

/// The kind of entry whose turn it is, with the exposure that it must keep to.
enum Turn {
    Nothing,
    Grid(f64),
    Trailing(f64),
}

fn turn(ctx: &OrderContext, watch: &mut impl Watch) -> Turn {
    let limit = ctx.limit();
    if limit == 0.0 || ctx.balance <= 0.0 {
        let balance = ctx.balance;
        watch.say(|| if limit == 0.0 { Reason::NoLimit { limit } } else { Reason::NoBalance { balance } });
        return Turn::Nothing;
    }
    let ratio = ctx.bot.entry_trailing_grid_ratio;
    if ratio >= 1.0 || ratio <= -1.0 {
        return Turn::Trailing(limit);
    }
    if ratio == 0.0 {
        return Turn::Grid(limit);
    }
    let exposure = ctx.exposure(ctx.held(), ctx.position.price);
    let used = if limit > 0.0 { exposure / limit } else { 0.0 };
    let trailing_first = ratio > 0.0;
    let pivot = if trailing_first { ratio } else { 1.0 + ratio };
    let in_first = used < pivot;
    let cap = if in_first && exposure != 0.0 { (limit * pivot * 1.01).min(limit) } else { limit };
    if in_first == trailing_first { Turn::Trailing(cap) } else { Turn::Grid(cap) }
}

/// The one entry wanted now, not snapped to steps; qty signed (orders.md 3.6).
///
/// A trailing entry that waits for its trigger has qty and price 0 and a trailing type.
pub fn next_entry(ctx: &OrderContext) -> Order {
    next_entry_watched(ctx, &mut Silent)
}

/// As `next_entry`, saying why.
pub fn next_entry_watched(ctx: &OrderContext, watch: &mut impl Watch) -> Order {
    match turn(ctx, watch) {
        Turn::Nothing => Order::EMPTY,
        Turn::Grid(cap) => grid_entry(ctx, cap, watch),
        Turn::Trailing(cap) => trailing_entry(ctx, cap, watch),
    }
}

/// Where the next entry of an opened position stands, whatever the market does; None when there is none.
///
/// Holds while position, balance, limit and volatility stay as they are, and above `opened_from`.
pub(crate) fn entry_reach(ctx: &OrderContext) -> Option<Reach> {
    match turn(ctx, &mut Silent) {
        Turn::Nothing => None,
        Turn::Grid(cap) => {
            let order = grid_entry(&far(ctx), cap, &mut Silent);
            (order.order_type != OrderType::Empty).then_some(Reach { price: order.price, rule: None })
        }
        Turn::Trailing(cap) => {
            let sizer = Sizer { ctx, cap: cap.min(ctx.limit()) };
            let exposure = ctx.exposure(ctx.held(), ctx.position.price);
            if exposure > sizer.cap * FULL_SHARE {
                return None;
            }
            let rule = trailing_rule(&sizer, exposure);
            Reach::of_rule(rule, ctx.sign(), ctx.position.price, |price| ctx.entry_price(price))
        }
    }
}

/// First-entry price from which on a position surely counts as opened; infinite when it may not at any price.
///
/// The first entry's size grows as its price falls, and a position well below that size is still being opened.
pub(crate) fn opened_from(ctx: &OrderContext) -> f64 {
    let (exchange, step) = (ctx.exchange, ctx.exchange.qty_step);
    let full = ctx.held() / PARTIAL_SHARE * (1.0 - ROUNDING);
    let room = full - step - ROUNDING;
    let cost = (ctx.balance * ctx.limit() * ctx.bot.entry_initial_qty_pct).abs().max(exchange.min_cost.abs());
    let price = cost / exchange.c_mult / room * (1.0 + ROUNDING);
    let sane = step > 0.0 && room > 0.0 && exchange.c_mult > 0.0 && exchange.min_qty <= full && price.is_finite();
    if sane { price } else { f64::INFINITY }
}

/// Price of a first entry before it is put behind the touch.
pub(crate) fn first_price(ctx: &OrderContext) -> f64 {
    let band = ctx.side.pick(ctx.bands.lower, ctx.bands.upper);
    ctx.entry_price(band * (1.0 - ctx.sign() * ctx.bot.entry_initial_ema_dist))
}

/// Appends the whole ladder, snapped to steps, in the order in which it would fill (orders.md 3.7).
pub fn all_entries(ctx: &OrderContext, out: &mut Vec<Order>) {
    all_entries_watched(ctx, out, &mut Silent);
}

/// As `all_entries`, saying why.
pub fn all_entries_watched(ctx: &OrderContext, out: &mut Vec<Order>, watch: &mut impl Watch) {
    let (exchange, first) = (ctx.exchange, out.len());
    let mut sim = *ctx;
    for before in 0..MAX_ORDERS {
        watch.rung(before);
        let mut order = next_entry_watched(&sim, watch);
        order.price = quantize(order.price, exchange.price_step);
        order.qty = quantize(order.qty, exchange.qty_step);
        if order.qty == 0.0 {
            watch.say_if_silent(|| Reason::RoundsToNothing { step: exchange.qty_step });
            break;
        }
        if let Some(last) = out[first..].last() {
            let kinds = [TRAILING, TRAILING_CROPPED];
            let trailing = kinds.iter().any(|kind| order.order_type == ctx.side.pick(kind.0, kind.1));
            if trailing || order.price == last.price {
                watch.say(|| {
                    if trailing { Reason::ThenTrailing {} } else { Reason::LadderSamePrice { price: order.price } }
                });
                break;
            }
        }
        let held = sim.position;
        let (size, price) = new_psize_pprice(held.size, held.price, order.qty, order.price, exchange.qty_step);
        sim.position = Position { size, price };
        let touch = ctx.entry_behind(sim.entry_touch(), order.price);
        *ctx.side.pick(&mut sim.book.bid, &mut sim.book.ask) = touch;
        out.push(order);
    }
}
