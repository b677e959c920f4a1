//! Trimming one position that exceeds its own limit (orders.md 4.2).

use super::OrderContext;
use crate::round::round_up;
use crate::types::{EPS, Order, OrderType};

/// Steps by which a reduction may grow while it falls short of the target.
const MAX_STEPS: usize = 10_000;
/// Exposure must end below the target by more than this.
const MARGIN: f64 = 1e-12;

/// The reducing close, if exposure is above `limit · risk_wel_enforcer_threshold`; qty signed.
pub fn wel_reduce(ctx: &OrderContext) -> Option<Order> {
    let threshold = ctx.bot.risk_wel_enforcer_threshold;
    let (held, average, limit) = (ctx.position.size.abs(), ctx.position.price, ctx.limit());
    if threshold <= 0.0 || ctx.balance <= 0.0 || average <= 0.0 || limit <= 0.0 || held <= EPS {
        return None;
    }
    let target = limit * threshold;
    if ctx.exposure(held, average) <= target {
        return None;
    }
    let touch = ctx.close_touch();
    let price = if touch > 0.0 { touch } else { average };
    if price <= 0.0 {
        return None;
    }
    let qty = reduction(ctx, held, average, target, ctx.min_qty(price))?;
    let kind = ctx.side.pick(OrderType::CloseAutoReduceWelLong, OrderType::CloseAutoReduceWelShort);
    Some(Order::new(-ctx.sign() * qty, price, kind))
}

/// Smallest reduction in whole steps that ends strictly below the target, at least `least`.
fn reduction(ctx: &OrderContext, held: f64, average: f64, target: f64, least: f64) -> Option<f64> {
    let step = ctx.exchange.qty_step;
    let allowed = (target * ctx.balance) / (average * ctx.exchange.c_mult);
    let mut wanted = (held - allowed).max(0.0);
    if wanted <= EPS {
        wanted = step;
    }
    let mut tries = 0;
    loop {
        let qty = held.min(least.max(round_up(wanted, step).min(held)));
        if qty <= EPS {
            return None;
        }
        let rest = (held - qty).max(0.0);
        if ctx.exposure(rest, average) < target - MARGIN || rest <= EPS {
            return Some(qty);
        }
        tries += 1;
        // A step that no longer changes the sum won't do so the next time either.
        if tries > MAX_STEPS || wanted + step == wanted || wanted.is_nan() {
            return Some(qty);
        }
        wanted += step;
    }
}
