//! Cost, exposure, average price, pnl and price differences (orders.md 1.4 to 1.11).

use crate::params::BotParams;
use crate::round::{round_, round_up};
use crate::types::{ExchangeParams, Side};

/// Notional of a quantity, in quote.
#[inline]
pub fn qty_to_cost(qty: f64, price: f64, c_mult: f64) -> f64 {
    qty.abs() * price * c_mult
}

/// Contracts that a cost buys; the sign of the cost is lost (wart W2). 0 unless the price is positive.
#[inline]
pub fn cost_to_qty(cost: f64, price: f64, c_mult: f64) -> f64 {
    if price > 0.0 { cost.abs() / price / c_mult } else { 0.0 }
}

/// Notional of a position as a fraction of the balance; 0 when flat or without balance.
#[inline]
pub fn wallet_exposure(c_mult: f64, balance: f64, size: f64, price: f64) -> f64 {
    if balance <= 0.0 || size == 0.0 { 0.0 } else { qty_to_cost(size, price, c_mult) / balance }
}

/// Size and average price after a fill that adds to a position; a reduction would blend prices wrongly.
pub fn new_psize_pprice(psize: f64, pprice: f64, qty: f64, price: f64, qty_step: f64) -> (f64, f64) {
    if qty == 0.0 {
        return (psize, pprice);
    }
    if psize == 0.0 {
        return (qty, price);
    }
    let size = round_(psize + qty, qty_step);
    if size == 0.0 {
        return (0.0, 0.0);
    }
    let held = if pprice.is_nan() { 0.0 } else { pprice };
    (size, held * (psize / size) + price * (qty / size))
}

/// Exposure after an entry of `qty` at `price` fills; sizes are taken without sign and rounded first.
pub fn exposure_if_filled(
    balance: f64,
    psize: f64,
    pprice: f64,
    qty: f64,
    price: f64,
    exchange: &ExchangeParams,
) -> f64 {
    let step = exchange.qty_step;
    let (size, average) = new_psize_pprice(round_(psize.abs(), step), pprice, round_(qty.abs(), step), price, step);
    wallet_exposure(exchange.c_mult, balance, size, average)
}

/// Realised profit of closing `qty`, before fees.
#[inline]
pub fn pnl(side: Side, entry: f64, close: f64, qty: f64, c_mult: f64) -> f64 {
    qty.abs() * c_mult * (side.sign() * (close - entry))
}

/// How far a price is on the losing side of a position's price, as a fraction; 0 unless pprice is positive.
#[inline]
pub fn pprice_diff(side: Side, pprice: f64, price: f64) -> f64 {
    if pprice > 0.0 { side.sign() * (1.0 - price / pprice) } else { 0.0 }
}

/// Difference relative to `y`.
pub fn calc_diff(x: f64, y: f64) -> f64 {
    match (x == 0.0, y == 0.0) {
        (true, true) => 0.0,
        (false, true) => f64::INFINITY,
        _ => (x - y).abs() / y.abs(),
    }
}

/// How far an order is from filling, as a fraction of the market price; 0 for prices that make no sense.
pub fn order_price_diff(is_buy: bool, order_price: f64, market_price: f64) -> f64 {
    if order_price.is_finite() && market_price.is_finite() {
        touch_diff(is_buy, order_price, market_price)
    } else {
        0.0
    }
}

/// `order_price_diff` against a touch known to be a number: only `touch <= 0` gives 0 (orders.md 1.5, last line).
#[inline]
pub fn touch_diff(is_buy: bool, order_price: f64, touch: f64) -> f64 {
    if touch <= 0.0 {
        0.0
    } else if is_buy {
        1.0 - order_price / touch
    } else {
        order_price / touch - 1.0
    }
}

/// `val` if it has moved by more than the fraction `pct` from `prev`, else `prev`.
pub fn hysteresis(val: f64, prev: f64, pct: f64) -> f64 {
    if !(val.is_finite() && prev.is_finite() && pct.is_finite()) {
        return prev;
    }
    let threshold = if pct.is_sign_negative() { 0.0 } else { pct };
    let moved = prev == 0.0 || (val - prev).abs() / prev.abs() > threshold;
    if moved { val } else { prev }
}

/// Smallest quantity the venue accepts at a price; not snapped to the step when `min_qty` decides.
#[inline]
pub fn min_entry_qty(price: f64, exchange: &ExchangeParams) -> f64 {
    exchange.min_qty.max(round_up(cost_to_qty(exchange.min_cost, price, exchange.c_mult), exchange.qty_step))
}

/// Smallest cost the venue accepts now, in quote (backtest.md 2.8, orchestrator.md 7).
#[inline]
pub fn effective_min_cost(price: f64, min_qty: f64, min_cost: f64, c_mult: f64) -> f64 {
    qty_to_cost(min_qty, price, c_mult).max(min_cost)
}

/// Loss that may still be realised below the peak of cumulated pnl, in quote; `pct` includes the total exposure limit.
pub fn unstuck_allowance(balance: f64, pct: f64, cum_max: f64, cum_last: f64) -> f64 {
    let peak = balance + (cum_max - cum_last);
    let drop = balance / peak - 1.0;
    (peak * (pct + drop)).max(0.0)
}

/// Exposure limit of one position with the excess allowance applied.
#[inline]
pub fn effective_wel(bot: &BotParams) -> f64 {
    let limit = bot.wallet_exposure_limit;
    if limit <= 0.0 { limit } else { limit * (1.0 + bot.risk_we_excess_allowance_pct.max(0.0)) }
}

/// The line through (x0, y0) and (x1, y1) at `x`, in two-term Lagrange form.
#[inline]
pub fn interpolate(x: f64, (x0, y0): (f64, f64), (x1, y1): (f64, f64)) -> f64 {
    y0 * ((x - x1) / (x0 - x1)) + y1 * ((x - x0) / (x1 - x0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn gives_the_worked_values() {
        assert_eq!((cost_to_qty(-50.0, 20.0, 0.1), qty_to_cost(-3.0, 20.0, 0.1)), (25.0, 6.0));
        assert_eq!(wallet_exposure(1.0, 1000.0, -2.0, 100.0), 0.2);
        assert_eq!(new_psize_pprice(2.0, 100.0, 1.0, 97.0, 0.01), (3.0, 98.99999999999999));
        assert_eq!(new_psize_pprice(1.0, f64::NAN, 1.0, 10.0, 0.01), (2.0, 5.0));
        assert_eq!(new_psize_pprice(0.0, 0.0, 1.23456, 7.0, 0.01), (1.23456, 7.0));
        assert_eq!(pnl(Side::Long, 100.0, 103.0, -2.0, 0.1), 0.6000000000000001);
        assert_eq!(pprice_diff(Side::Short, 100.0, 90.0), -0.09999999999999998);
        assert_eq!((hysteresis(102.0, 100.0, 0.02), hysteresis(102.1, 100.0, 0.02)), (100.0, 102.1));
        assert_eq!(unstuck_allowance(10000.0, 0.0125, 500.0, 420.0), 46.00000000000029);
        let exchange = ExchangeParams { qty_step: 0.1, price_step: 0.1, min_qty: 1.0, min_cost: 5.0, c_mult: 1.0 };
        assert_eq!(min_entry_qty(3.0, &exchange), 1.7);
    }

    proptest! {
        #[test]
        fn an_order_of_the_minimum_is_worth_the_minimum(
            price in 1e-3f64..1e5, min_cost in 0.1f64..200.0, digits in 0i32..5,
        ) {
            let qty_step = 10f64.powi(-digits);
            let exchange = ExchangeParams { qty_step, price_step: 0.01, min_qty: qty_step, min_cost, c_mult: 1.0 };
            let qty = min_entry_qty(price, &exchange);
            prop_assert!(qty >= qty_step && qty_to_cost(qty, price, 1.0) >= min_cost * (1.0 - 1e-9));
        }

        #[test]
        fn averaging_keeps_the_cost(size in 1u32..10_000, qty in 1u32..10_000, p in 1.0f64..1e5, at in 1.0f64..1e5) {
            let (size, qty) = (f64::from(size), f64::from(qty));
            let (n, average) = new_psize_pprice(size, p, qty, at, 1.0);
            let cost = size * p + qty * at;
            prop_assert!((n * average - cost).abs() <= 1e-9 * cost);
        }
    }
}
