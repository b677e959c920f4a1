//! Reasons for Python.

use std::cell::RefCell;

use pyo3::prelude::*;

use super::execute::order;
use super::orchestrator::to_py;
use crate::engine::Workspace;
use crate::engine::explain::explain_json;
use crate::execute::{Held, Rules, to_executable_watched};
use crate::select::{Feature, Forager, select_coins_watched};
use crate::types::Order;
use crate::why::{Notebook, Reason, Told};

thread_local! {
    static WORKSPACE: RefCell<Workspace> = RefCell::default();
}

/// code, numbers
type Said = (&'static str, Vec<(&'static str, f64)>);
/// order type, qty, price, code, numbers
type SaidOf = (&'static str, f64, f64, &'static str, Vec<(&'static str, f64)>);

fn said(told: &Told) -> Said {
    (told.reason.name(), told.reason.numbers().0)
}

/// Every reason there is: name, effect, names of its numbers.
#[pyfunction]
fn declared_reasons() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    Reason::ALL.iter().map(|&(name, effect, numbers)| (name, effect.name(), numbers.to_vec())).collect()
}

#[pyfunction]
fn explain_ideal_orders_json(py: Python<'_>, text: &str, symbol_idx: usize) -> PyResult<String> {
    py.detach(|| WORKSPACE.with_borrow_mut(|ws| explain_json(text, symbol_idx, ws))).map_err(to_py)
}

#[pyfunction]
fn explain_selection(
    py: Python<'_>,
    features: Vec<(usize, bool, f64, f64)>,
    max_positions: usize,
    volume_drop_pct: f64,
    volatility_drop_pct: f64,
) -> Vec<(usize, Said)> {
    py.detach(|| {
        let feature = |(index, enabled, volume_score, volatility_score)| Feature {
            index,
            enabled,
            volume_score,
            volatility_score,
        };
        let mut pool: Vec<Feature> = features.into_iter().map(feature).collect();
        let mut notebook = Notebook::default();
        let rule = Forager { max_positions, volume_drop_pct, volatility_drop_pct };
        select_coins_watched(&mut pool, &rule, &mut notebook);
        notebook.lines.iter().map(|(index, told)| (*index, said(told))).collect()
    })
}

#[pyfunction]
fn explain_executable(
    py: Python<'_>,
    ideal: Vec<(f64, f64, String)>,
    last_price: f64,
    long_size: f64,
    short_size: f64,
    price_distance_threshold: f64,
    market_orders_allowed: bool,
) -> PyResult<Vec<SaidOf>> {
    let ideal = ideal.into_iter().map(order).collect::<PyResult<Vec<_>>>()?;
    let held = Held { last_price, long_size, short_size };
    let rules = Rules { price_distance_threshold, market_orders_allowed };
    Ok(py.detach(|| {
        let mut notebook = Notebook::default();
        to_executable_watched(&ideal, &held, &rules, &mut notebook);
        notebook.lines.iter().filter_map(|(_, told)| told.order.map(|order| said_of(&order, told))).collect()
    }))
}

fn said_of(order: &Order, told: &Told) -> SaidOf {
    let (code, numbers) = said(told);
    (order.order_type.name(), order.qty, order.price, code, numbers)
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(declared_reasons, m)?)?;
    m.add_function(wrap_pyfunction!(explain_ideal_orders_json, m)?)?;
    m.add_function(wrap_pyfunction!(explain_selection, m)?)?;
    m.add_function(wrap_pyfunction!(explain_executable, m)?)
}
