//! Unstucking, exposure enforcer and the stand-alone entry gate for Python (orders.md 5 and 7).

use pyo3::prelude::*;

use super::convert::{order_type_of, side_of};
use crate::error::InputError;
use crate::order::entry_gate::GatePosition;
use crate::order::standalone_gate::{StandaloneEntry, gate_entries_standalone};
use crate::order::twel::{TwelInput, twel_enforcer};
use crate::order::unstuck::{UnstuckInput, unstuck_close};
use crate::types::{EmaBands, ExchangeParams, Position};

/// idx, signed quantity, price, type name.
type IndexedRow = (usize, f64, f64, &'static str);
/// idx, side, signed quantity, price, type name.
type SidedRow = (usize, &'static str, f64, f64, &'static str);

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct UnstuckRow {
    idx: usize,
    side: String,
    position_size: f64,
    position_price: f64,
    wallet_exposure_limit: f64,
    risk_we_excess_allowance_pct: f64,
    unstuck_threshold: f64,
    unstuck_close_pct: f64,
    unstuck_ema_dist: f64,
    ema_band_upper: f64,
    ema_band_lower: f64,
    current_price: f64,
    price_step: f64,
    qty_step: f64,
    min_qty: f64,
    min_cost: f64,
    c_mult: f64,
}

impl TryFrom<UnstuckRow> for UnstuckInput {
    type Error = InputError;

    fn try_from(row: UnstuckRow) -> Result<Self, InputError> {
        Ok(UnstuckInput {
            idx: row.idx,
            side: side_of(&row.side)?,
            position: Position { size: row.position_size, price: row.position_price },
            wallet_exposure_limit: row.wallet_exposure_limit,
            risk_we_excess_allowance_pct: row.risk_we_excess_allowance_pct,
            unstuck_threshold: row.unstuck_threshold,
            unstuck_close_pct: row.unstuck_close_pct,
            unstuck_ema_dist: row.unstuck_ema_dist,
            bands: EmaBands { lower: row.ema_band_lower, upper: row.ema_band_upper },
            current_price: row.current_price,
            exchange: ExchangeParams {
                qty_step: row.qty_step,
                price_step: row.price_step,
                min_qty: row.min_qty,
                min_cost: row.min_cost,
                c_mult: row.c_mult,
            },
        })
    }
}

#[pyfunction]
fn calc_unstucking_close(
    py: Python<'_>,
    balance: f64,
    allowance_long: f64,
    allowance_short: f64,
    positions: Vec<UnstuckRow>,
) -> PyResult<Option<SidedRow>> {
    let inputs = positions.into_iter().map(UnstuckInput::try_from).collect::<Result<Vec<_>, _>>()?;
    let found = py.detach(|| unstuck_close(balance, allowance_long, allowance_short, &inputs));
    Ok(found.map(|(idx, side, order)| (idx, side.name(), order.qty, order.price, order.order_type.name())))
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct TwelRow {
    idx: usize,
    position_size: f64,
    position_price: f64,
    market_price: f64,
    base_wallet_exposure_limit: f64,
    c_mult: f64,
    qty_step: f64,
    price_step: f64,
    min_qty: f64,
    min_cost: f64,
}

impl From<TwelRow> for TwelInput {
    fn from(row: TwelRow) -> Self {
        TwelInput {
            idx: row.idx,
            position: Position { size: row.position_size, price: row.position_price },
            market_price: row.market_price,
            base_wallet_exposure_limit: row.base_wallet_exposure_limit,
            exchange: ExchangeParams {
                qty_step: row.qty_step,
                price_step: row.price_step,
                min_qty: row.min_qty,
                min_cost: row.min_cost,
                c_mult: row.c_mult,
            },
        }
    }
}

#[pyfunction]
#[allow(clippy::too_many_arguments)] // the reference's argument list
fn calc_twel_enforcer_orders(
    py: Python<'_>,
    side: &str,
    threshold: f64,
    total_wallet_exposure_limit: f64,
    effective_n_positions: usize,
    balance: f64,
    positions: Vec<TwelRow>,
    skip_idx: Option<usize>,
) -> PyResult<Vec<IndexedRow>> {
    let side = side_of(side)?;
    let inputs: Vec<TwelInput> = positions.into_iter().map(TwelInput::from).collect();
    let (limit, slots) = (total_wallet_exposure_limit, effective_n_positions);
    let orders = py.detach(|| twel_enforcer(side, threshold, limit, slots, balance, &inputs, skip_idx));
    Ok(orders.into_iter().map(|(idx, order)| (idx, order.qty, order.price, order.order_type.name())).collect())
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct GatePositionRow {
    idx: usize,
    position_size: f64,
    position_price: f64,
    c_mult: f64,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct GateEntryRow {
    idx: usize,
    qty: f64,
    price: f64,
    qty_step: f64,
    min_qty: f64,
    min_cost: f64,
    c_mult: f64,
    market_price: f64,
    order_type: String,
}

impl TryFrom<GateEntryRow> for StandaloneEntry {
    type Error = InputError;

    fn try_from(row: GateEntryRow) -> Result<Self, InputError> {
        Ok(StandaloneEntry {
            idx: row.idx,
            qty: row.qty,
            price: row.price,
            market_price: row.market_price,
            exchange: ExchangeParams {
                qty_step: row.qty_step,
                min_qty: row.min_qty,
                min_cost: row.min_cost,
                c_mult: row.c_mult,
                ..ExchangeParams::default()
            },
            order_type: order_type_of(&row.order_type)?,
        })
    }
}

#[pyfunction]
fn gate_entries_by_twel(
    py: Python<'_>,
    side: &str,
    balance: f64,
    total_wallet_exposure_limit: f64,
    positions: Vec<GatePositionRow>,
    entries: Vec<GateEntryRow>,
) -> PyResult<Vec<IndexedRow>> {
    let side = side_of(side)?;
    let held: Vec<GatePosition> = positions
        .into_iter()
        .map(|row| GatePosition {
            idx: row.idx,
            size: row.position_size,
            price: row.position_price,
            c_mult: row.c_mult,
        })
        .collect();
    let wanted = entries.into_iter().map(StandaloneEntry::try_from).collect::<Result<Vec<_>, _>>()?;
    let kept = py.detach(|| gate_entries_standalone(side, balance, total_wallet_exposure_limit, &held, &wanted));
    Ok(kept.into_iter().map(|e| (e.idx, e.qty, e.price, e.order_type.name())).collect())
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(calc_unstucking_close, m)?)?;
    m.add_function(wrap_pyfunction!(calc_twel_enforcer_orders, m)?)?;
    m.add_function(wrap_pyfunction!(gate_entries_by_twel, m)?)
}
