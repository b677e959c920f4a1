//! Between Python's values and ours. Mappings are read by key; keys that are not needed are ignored.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::InputError;
use crate::types::{ExchangeParams, Order, OrderType, Position, Side, TrailingBundle};

impl From<InputError> for PyErr {
    fn from(error: InputError) -> PyErr {
        PyValueError::new_err(error.to_string())
    }
}

pub fn side_of(name: &str) -> Result<Side, InputError> {
    match name {
        "long" => Ok(Side::Long),
        "short" => Ok(Side::Short),
        other => Err(InputError::UnknownSide(other.to_owned())),
    }
}

pub fn order_type_of(name: &str) -> Result<OrderType, InputError> {
    OrderType::from_name(name).ok_or_else(|| InputError::UnknownOrderType(name.to_owned()))
}

/// Signed quantity, price, type name.
pub type OrderRow = (f64, f64, &'static str);

pub fn order_row(order: &Order) -> OrderRow {
    (order.qty, order.price, order.order_type.name())
}

/// min_since_open, max_since_min, max_since_open, min_since_max.
pub type BundleRow = (f64, f64, f64, f64);

pub fn bundle_of((min_since_open, max_since_min, max_since_open, min_since_max): BundleRow) -> TrailingBundle {
    TrailingBundle { min_since_open, max_since_min, max_since_open, min_since_max }
}

pub fn bundle_row(b: &TrailingBundle) -> BundleRow {
    (b.min_since_open, b.max_since_min, b.max_since_open, b.min_since_max)
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct ExchangeRow {
    qty_step: f64,
    price_step: f64,
    min_qty: f64,
    min_cost: f64,
    c_mult: f64,
}

impl From<ExchangeRow> for ExchangeParams {
    fn from(row: ExchangeRow) -> Self {
        ExchangeParams {
            qty_step: row.qty_step,
            price_step: row.price_step,
            min_qty: row.min_qty,
            min_cost: row.min_cost,
            c_mult: row.c_mult,
        }
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct PositionRow {
    size: f64,
    price: f64,
}

impl From<PositionRow> for Position {
    fn from(row: PositionRow) -> Self {
        Position { size: row.size, price: row.price }
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct TrailingRow {
    min_since_open: f64,
    max_since_min: f64,
    max_since_open: f64,
    min_since_max: f64,
}

impl From<TrailingRow> for TrailingBundle {
    fn from(row: TrailingRow) -> Self {
        bundle_of((row.min_since_open, row.max_since_min, row.max_since_open, row.min_since_max))
    }
}
