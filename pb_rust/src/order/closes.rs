//! The next close and the whole list of closes (orders.md 4).

use super::reach::{Reach, far};
use super::trailing::{TrailingRule, Trigger};
use super::wel::wel_reduce;
use super::{MAX_ORDERS, OrderContext, sort_by_price};
use crate::money::cost_to_qty;
use crate::round::{quantize, round_, round_up};
use crate::types::{Order, OrderType, Position, Side};
use crate::why::{Reason, Silent, Watch};

/// Share of a long position's limit assumed in use when there is no limit (wart W8).
const OVERFULL: f64 = 10.0;

fn grid_type(side: Side) -> OrderType {
    side.pick(OrderType::CloseGridLong, OrderType::CloseGridShort)
}

fn trailing_type(side: Side) -> OrderType {
    side.pick(OrderType::CloseTrailingLong, OrderType::CloseTrailingShort)
}

/// Slice to close at `price`: a share of a full position plus all that exceeds one, never leaving dust (orders.md 4.1).
fn slice(ctx: &OrderContext, pct: f64, price: f64) -> f64 {
    let (held, exchange) = (ctx.held(), ctx.exchange);
    let full = cost_to_qty(ctx.balance * ctx.limit(), ctx.position.price, exchange.c_mult);
    let excess = (held - full).max(0.0);
    let least = ctx.min_qty(price);
    let wanted = least.max(round_up(full * pct + excess, exchange.qty_step));
    let qty = round_(held, exchange.qty_step).min(wanted);
    if qty > 0.0 && qty < held && held - qty < least { held } else { qty }
}

fn close(ctx: &OrderContext, qty: f64, price: f64, order_type: OrderType) -> Order {
    Order::new(-ctx.sign() * qty, price, order_type)
}

/// Take-profit at a markup that follows the exposure of the position (orders.md 4.3).
fn grid_close(ctx: &OrderContext) -> Order {
    let (bot, exchange, average) = (ctx.bot, ctx.exchange, ctx.position.price);
    let held = ctx.held();
    if held == 0.0 || ctx.side.pick(held < 0.0, false) {
        return Order::EMPTY;
    }
    let start = ctx.close_price(average * (1.0 + ctx.sign() * bot.close_grid_markup_start));
    let end = ctx.close_price(average * (1.0 + ctx.sign() * bot.close_grid_markup_end));
    let touch = ctx.close_touch();
    let kind = grid_type(ctx.side);
    if bot.close_grid_qty_pct < 0.0 || bot.close_grid_qty_pct >= 1.0 || start == end {
        return close(ctx, round_(held, exchange.qty_step), ctx.close_behind(touch, start), kind);
    }
    let ticks = ((end - start).abs() / exchange.price_step).ceil();
    let pct = bot.close_grid_qty_pct.max(1.0 / ticks);
    let used = ctx.exposure(held, average) / ctx.limit();
    let price = if used > 1.0 {
        ctx.side.pick(start.min(end), start.max(end))
    } else {
        ctx.close_price(start + (end - start) * used.min(1.0))
    };
    let price = ctx.close_behind(touch, price);
    close(ctx, slice(ctx, pct, price), price, kind)
}

fn trailing_rule(ctx: &OrderContext) -> TrailingRule {
    TrailingRule {
        threshold: ctx.bot.close_trailing_threshold_pct,
        retracement: ctx.bot.close_trailing_retracement_pct,
    }
}

/// Take-profit after a pull-back (orders.md 4.4).
fn trailing_close(ctx: &OrderContext, watch: &mut impl Watch) -> Order {
    if ctx.held() == 0.0 {
        return Order::EMPTY;
    }
    let rule = trailing_rule(ctx);
    let (touch, kind) = (ctx.close_touch(), trailing_type(ctx.side));
    watch.say(|| rule.tell(-ctx.sign(), ctx.position.price, ctx.trailing));
    let price = match rule.judge(-ctx.sign(), ctx.position.price, ctx.trailing) {
        Trigger::Waiting => return Order::new(0.0, 0.0, kind),
        Trigger::Touch => touch,
        Trigger::At(price) => ctx.close_behind(touch, ctx.close_price(price)),
    };
    close(ctx, slice(ctx, ctx.bot.close_trailing_qty_pct, price), price, kind)
}

/// The context with only that part of the position that the second kind of close may act on.
fn second_share<'a>(ctx: &OrderContext<'a>, pivot: f64) -> OrderContext<'a> {
    let (held, average, exchange) = (ctx.held(), ctx.position.price, ctx.exchange);
    let least = ctx.min_qty(average);
    let keep = cost_to_qty(ctx.balance * ctx.limit() * pivot, average, exchange.c_mult);
    let keep = if keep < least { 0.0 } else { keep };
    let share = round_((held - keep) * 1.01, exchange.qty_step);
    let size = held.min(share.max(least));
    OrderContext { position: Position { size: ctx.sign() * size, price: average }, ..*ctx }
}

/// The kind of close whose turn it is, with the position that it may act on.
enum Turn<'a> {
    Nothing,
    Reduce(Order),
    Grid(OrderContext<'a>),
    Trailing(OrderContext<'a>),
}

fn turn<'a>(ctx: &OrderContext<'a>, watch: &mut impl Watch) -> Turn<'a> {
    let held = ctx.held();
    if held == 0.0 {
        watch.say(|| Reason::WholePosition {});
        return Turn::Nothing;
    }
    if let Some(order) = wel_reduce(ctx) {
        return Turn::Reduce(order);
    }
    let ratio = ctx.bot.close_trailing_grid_ratio;
    if ratio >= 1.0 || ratio <= -1.0 {
        return Turn::Trailing(*ctx);
    }
    if ratio == 0.0 {
        return Turn::Grid(*ctx);
    }
    let limit = ctx.limit();
    let unlimited_long = ctx.side == Side::Long && limit <= 0.0;
    let used = if unlimited_long { OVERFULL } else { ctx.exposure(held, ctx.position.price) / limit };
    let trailing_first = ratio > 0.0;
    let pivot = if trailing_first { ratio } else { 1.0 + ratio };
    let in_first = used < pivot;
    let part = if in_first { *ctx } else { second_share(ctx, pivot) };
    if in_first == trailing_first { Turn::Trailing(part) } else { Turn::Grid(part) }
}

/// The one close wanted now, not snapped to steps; qty signed (orders.md 4.5).
///
/// A trailing close that waits for its trigger has qty and price 0 and a trailing type.
pub fn next_close(ctx: &OrderContext) -> Order {
    next_close_watched(ctx, &mut Silent)
}

/// As `next_close`, saying why.
pub fn next_close_watched(ctx: &OrderContext, watch: &mut impl Watch) -> Order {
    match turn(ctx, watch) {
        Turn::Nothing => Order::EMPTY,
        Turn::Reduce(order) => order,
        Turn::Grid(part) => grid_close(&part),
        Turn::Trailing(part) => trailing_close(&part, watch),
    }
}

/// Where the next close stands, whatever the market does; None when there is none.
///
/// Holds while position, balance and limit stay as they are.
pub(crate) fn close_reach(ctx: &OrderContext) -> Option<Reach> {
    match turn(ctx, &mut Silent) {
        Turn::Nothing => None,
        Turn::Reduce(_) => Some(Reach::touch(-ctx.sign())),
        Turn::Grid(part) => {
            let order = grid_close(&far(&part));
            (order.order_type != OrderType::Empty).then_some(Reach { price: order.price, rule: None })
        }
        Turn::Trailing(_) => {
            let rule = trailing_rule(ctx);
            Reach::of_rule(rule, -ctx.sign(), ctx.position.price, |price| ctx.close_price(price))
        }
    }
}

/// Appends all closes, snapped to steps, nearest to the position price first (orders.md 4.6).
///
/// Closes at one price become one order of the later one's type (wart W7).
pub fn all_closes(ctx: &OrderContext, out: &mut Vec<Order>) {
    all_closes_watched(ctx, out, &mut Silent);
}

/// As `all_closes`, saying why.
pub fn all_closes_watched(ctx: &OrderContext, out: &mut Vec<Order>, watch: &mut impl Watch) {
    let (step, first) = (ctx.exchange.qty_step, out.len());
    let mut sim = *ctx;
    for before in 0..MAX_ORDERS {
        watch.rung(before);
        let mut order = next_close_watched(&sim, watch);
        order.price = quantize(order.price, ctx.exchange.price_step);
        order.qty = quantize(order.qty, step);
        if order.qty == 0.0 {
            watch.say_if_silent(|| Reason::RoundsToNothing { step });
            break;
        }
        sim.position.size = round_(sim.position.size + order.qty, step);
        if let Some(last) = out[first..].last_mut() {
            if order.order_type == trailing_type(ctx.side) {
                watch.say(|| Reason::ThenTrailing {});
                break;
            }
            if order.price == last.price {
                order.qty = quantize(round_(last.qty + order.qty, step), step);
                *last = order;
                continue;
            }
        }
        out.push(order);
    }
    sort_by_price(&mut out[first..], ctx.side == Side::Short);
}
