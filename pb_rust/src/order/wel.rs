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
    let size = |wanted: f64| held.min(least.max(round_up(wanted, step).min(held)));
    let mut wanted = (held - allowed).max(0.0);
    if wanted <= EPS {
        wanted = step;
    }
    for _ in 0..MAX_STEPS {
        let qty = size(wanted);
        if qty <= EPS {
            return None;
        }
        let rest = (held - qty).max(0.0);
        if ctx.exposure(rest, average) < target - MARGIN || rest <= EPS {
            return Some(qty);
        }
        // A step that changes nothing now won't do so the next time either.
        if wanted + step == wanted || wanted.is_nan() {
            return Some(qty);
        }
        wanted += step;
        if step < 0.0 {
            // Every further quantity is smaller still and falls short as well: only the last one counts.
            (1..MAX_STEPS).for_each(|_| wanted += step);
            break;
        }
    }
    let qty = size(wanted);
    if qty <= EPS { None } else { Some(qty) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::BotParams;
    use crate::types::{EmaBands, ExchangeParams, OrderBook, Position, Side, TrailingBundle};
    use proptest::prelude::*;

    /// Orders.md 4.2 step 3, word for word.
    fn step_by_step(ctx: &OrderContext, held: f64, average: f64, target: f64, least: f64) -> Option<f64> {
        let step = ctx.exchange.qty_step;
        let mut red = (held - (target * ctx.balance) / (average * ctx.exchange.c_mult)).max(0.0);
        if red <= EPS {
            red = step;
        }
        let mut increments = 0;
        loop {
            let c = held.min(least.max(round_up(red, step).min(held)));
            if c <= EPS {
                return None;
            }
            let n = (held - c).max(0.0);
            if ctx.exposure(n, average) < target - 1e-12 || n <= EPS {
                return Some(c);
            }
            red += step;
            increments += 1;
            if increments > MAX_STEPS {
                return Some(c);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn shortcuts_change_nothing(
            step in prop_oneof![
                prop::sample::select(vec![0.1, 1e-3, 1e-9, 1e-12, 1e-300, 0.0, -0.0, -1e-12, -1e-3, -1.0, -1e9, 1e9]),
                prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
                any::<f64>(), -2.0..2.0f64,
            ],
            held in prop_oneof![0.0..1e6f64, any::<f64>().prop_map(f64::abs)],
            average in 0.01..1e4f64,
            balance in prop_oneof![1e2..1e6f64, 1e13..1e18f64],
            target in prop_oneof![1e-15..3.0f64, 0.1..2.0f64],
            least in prop_oneof![Just(0.0), 0.0..10.0f64, any::<f64>()],
            c_mult in prop_oneof![Just(1.0), any::<f64>()],
        ) {
            let exchange = ExchangeParams { qty_step: step, c_mult, ..ExchangeParams::default() };
            let (bot, trailing) = (BotParams::default(), TrailingBundle::default());
            let ctx = OrderContext {
                side: Side::Long, exchange: &exchange, bot: &bot, balance, book: OrderBook::default(),
                bands: EmaBands::default(), vol1h: 0.0, position: Position::default(), trailing: &trailing,
            };
            let bits = |found: Option<f64>| found.map(f64::to_bits);
            prop_assert_eq!(
                bits(reduction(&ctx, held, average, target, least)),
                bits(step_by_step(&ctx, held, average, target, least))
            );
        }
    }
}
