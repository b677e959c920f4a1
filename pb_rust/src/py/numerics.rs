//! Rounding, money and price differences for Python (orders.md 1 and 7).

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use super::convert::{BundleRow, bundle_of, bundle_row, order_type_of, side_of};
use crate::error::InputError;
use crate::order::trailing::update_bundle;
use crate::types::{ExchangeParams, OrderType, TrailingBundle};
use crate::{money, round};

macro_rules! float_functions {
    ($($name:ident($($arg:ident: $type:ty),*) = $body:expr;)*) => {
        $(#[pyfunction] fn $name(py: Python<'_>, $($arg: $type),*) -> f64 { py.detach(|| $body) })*

        fn register_floats(m: &Bound<'_, PyModule>) -> PyResult<()> {
            $(m.add_function(wrap_pyfunction!($name, m)?)?;)*
            Ok(())
        }
    };
}

float_functions! {
    round_(n: f64, step: f64) = round::round_(n, step);
    round_up(n: f64, step: f64) = round::round_up(n, step);
    round_dn(n: f64, step: f64) = round::round_dn(n, step);
    quantize(value: f64, step: f64) = round::quantize(value, step);
    round_dynamic(n: f64, d: i32) = round::round_dynamic(n, d);
    round_dynamic_up(n: f64, d: i32) = round::round_dynamic_up(n, d);
    round_dynamic_dn(n: f64, d: i32) = round::round_dynamic_dn(n, d);
    hysteresis(val: f64, prev_val: f64, pct: f64) = money::hysteresis(val, prev_val, pct);
    calc_diff(x: f64, y: f64) = money::calc_diff(x, y);
    cost_to_qty(cost: f64, price: f64, c_mult: f64) = money::cost_to_qty(cost, price, c_mult);
    qty_to_cost(qty: f64, price: f64, c_mult: f64) = money::qty_to_cost(qty, price, c_mult);
    calc_wallet_exposure(c_mult: f64, balance: f64, position_size: f64, position_price: f64) =
        money::wallet_exposure(c_mult, balance, position_size, position_price);
    calc_auto_unstuck_allowance(balance: f64, loss_allowance_pct: f64, pnl_cumsum_max: f64, pnl_cumsum_last: f64) =
        money::unstuck_allowance(balance, loss_allowance_pct, pnl_cumsum_max, pnl_cumsum_last);
    effective_min_cost(price: f64, min_qty: f64, min_cost: f64, c_mult: f64) =
        money::effective_min_cost(price, min_qty, min_cost, c_mult);
    calc_min_entry_qty(price: f64, c_mult: f64, qty_step: f64, min_qty: f64, min_cost: f64) = money::min_entry_qty(
        price,
        &ExchangeParams { qty_step, min_qty, min_cost, c_mult, ..ExchangeParams::default() },
    );
}

#[pyfunction]
fn calc_pnl(py: Python<'_>, side: &str, entry_price: f64, close_price: f64, qty: f64, c_mult: f64) -> PyResult<f64> {
    let side = side_of(side)?;
    Ok(py.detach(|| money::pnl(side, entry_price, close_price, qty, c_mult)))
}

#[pyfunction]
fn calc_pprice_diff(py: Python<'_>, side: &str, pprice: f64, price: f64) -> PyResult<f64> {
    let side = side_of(side)?;
    Ok(py.detach(|| money::pprice_diff(side, pprice, price)))
}

#[pyfunction]
fn calc_new_psize_pprice(py: Python<'_>, psize: f64, pprice: f64, qty: f64, price: f64, qty_step: f64) -> (f64, f64) {
    py.detach(|| money::new_psize_pprice(psize, pprice, qty, price, qty_step))
}

/// The side is looked at only once the prices make sense, as in the reference.
#[pyfunction]
fn calc_order_price_diff(py: Python<'_>, side: &str, order_price: f64, market_price: f64) -> PyResult<f64> {
    if !order_price.is_finite() || !market_price.is_finite() || market_price <= 0.0 {
        return Ok(0.0);
    }
    let is_buy = match side.trim().to_lowercase().as_str() {
        "buy" => true,
        "sell" => false,
        _ => return Err(InputError::UnknownOrderSide(side.to_owned()).into()),
    };
    Ok(py.detach(|| money::order_price_diff(is_buy, order_price, market_price)))
}

#[pyfunction]
fn trailing_bundle_default() -> BundleRow {
    bundle_row(&TrailingBundle::default())
}

#[pyfunction]
fn update_trailing_bundle<'py>(
    py: Python<'py>,
    highs: PyReadonlyArray1<'py, f64>,
    lows: PyReadonlyArray1<'py, f64>,
    closes: PyReadonlyArray1<'py, f64>,
    bundle: Option<BundleRow>,
) -> PyResult<BundleRow> {
    let (highs, lows, closes) = (highs.as_slice()?, lows.as_slice()?, closes.as_slice()?);
    if highs.len() != lows.len() || highs.len() != closes.len() {
        return Err(InputError::UnequalLengths(highs.len(), lows.len(), closes.len()).into());
    }
    let mut state = bundle.map_or_else(TrailingBundle::default, bundle_of);
    py.detach(|| {
        for ((&high, &low), &close) in highs.iter().zip(lows).zip(closes) {
            update_bundle(&mut state, high, low, close);
        }
    });
    Ok(bundle_row(&state))
}

#[pyfunction]
fn order_type_id_to_snake(id: i64) -> PyResult<&'static str> {
    let known = u16::try_from(id).ok().and_then(OrderType::from_id);
    Ok(known.ok_or(InputError::UnknownOrderTypeId(id))?.name())
}

#[pyfunction]
fn order_type_snake_to_id(name: &str) -> PyResult<u16> {
    Ok(order_type_of(name)?.id())
}

/// Every order type as (id, name).
#[pyfunction]
fn all_order_types() -> Vec<(u16, &'static str)> {
    OrderType::ALL.iter().map(|kind| (kind.id(), kind.name())).collect()
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    register_floats(m)?;
    m.add_function(wrap_pyfunction!(calc_pnl, m)?)?;
    m.add_function(wrap_pyfunction!(calc_pprice_diff, m)?)?;
    m.add_function(wrap_pyfunction!(calc_new_psize_pprice, m)?)?;
    m.add_function(wrap_pyfunction!(calc_order_price_diff, m)?)?;
    m.add_function(wrap_pyfunction!(trailing_bundle_default, m)?)?;
    m.add_function(wrap_pyfunction!(update_trailing_bundle, m)?)?;
    m.add_function(wrap_pyfunction!(order_type_id_to_snake, m)?)?;
    m.add_function(wrap_pyfunction!(order_type_snake_to_id, m)?)?;
    m.add_function(wrap_pyfunction!(all_order_types, m)?)
}
