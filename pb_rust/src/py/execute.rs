//! Executable orders and panic closes for Python.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::execute::executable::side_of;
use crate::execute::{Executable, Held, PanicItem, PanicOrder, Rules, panic_orders};
use crate::types::{Order, OrderBook, OrderType, Position, Side};

/// side, pside, qty, price, reduce_only, order type, kind
type Row = (&'static str, &'static str, f64, f64, bool, &'static str, &'static str);
/// side, qty, price, order type, expected price, pnl, fee
type PanicRow = (&'static str, f64, f64, &'static str, f64, f64, f64);

pub(super) fn order((qty, price, name): (f64, f64, String)) -> PyResult<Order> {
    let order_type = OrderType::from_name(&name).filter(|t| side_of(*t).is_some());
    let order_type = order_type.ok_or_else(|| PyValueError::new_err(format!("unknown order type '{name}'")))?;
    Ok(Order::new(qty, price, order_type))
}

fn row(o: &Executable) -> Row {
    let side = if o.buy { "buy" } else { "sell" };
    let kind = if o.market { "market" } else { "limit" };
    (side, o.pside.name(), o.qty, o.price, o.reduce_only, o.order_type.name(), kind)
}

#[pyfunction]
fn to_executable(
    py: Python<'_>,
    ideal: Vec<(f64, f64, String)>,
    last_price: f64,
    long_size: f64,
    short_size: f64,
    price_distance_threshold: f64,
    market_orders_allowed: bool,
) -> PyResult<Vec<Row>> {
    let ideal = ideal.into_iter().map(order).collect::<PyResult<Vec<_>>>()?;
    let held = Held { last_price, long_size, short_size };
    let rules = Rules { price_distance_threshold, market_orders_allowed };
    Ok(py.detach(|| crate::execute::to_executable(&ideal, &held, &rules).iter().map(row).collect()))
}

#[pyfunction]
#[allow(clippy::too_many_arguments)]
fn panic_close(
    pside: &str,
    size: f64,
    price: f64,
    bid: f64,
    ask: f64,
    price_step: f64,
    qty_step: f64,
    max_qty: f64,
    c_mult: f64,
    taker_fee: f64,
) -> PyResult<Vec<PanicRow>> {
    let side = match pside {
        "long" => Side::Long,
        "short" => Side::Short,
        other => return Err(PyValueError::new_err(format!("side must be 'long' or 'short', not '{other}'"))),
    };
    let position = Position { size, price };
    let item =
        PanicItem { side, position, book: OrderBook { bid, ask }, price_step, qty_step, max_qty, c_mult, taker_fee };
    let row = |p: &PanicOrder| {
        let (direction, name) = (side.pick("sell", "buy"), p.order.order_type.name());
        (direction, p.order.qty, p.order.price, name, p.expected_price, p.expected_pnl, p.expected_fee)
    };
    Ok(panic_orders(&item).iter().map(row).collect())
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(to_executable, m)?)?;
    m.add_function(wrap_pyfunction!(panic_close, m)?)
}
