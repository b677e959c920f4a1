//! The decision step for Python: text in, text out.

use std::cell::RefCell;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::engine::limits;
use crate::engine::{OrchestratorError, Workspace, compute_ideal_orders_json as compute};

thread_local! {
    static WORKSPACE: RefCell<Workspace> = RefCell::default();
}

/// The arguments of the Python exception: message, stage, kind, field, symbol_idx, pos.
pub(super) fn to_py(error: OrchestratorError) -> PyErr {
    type Place = (Option<String>, Option<usize>, Option<usize>);
    let message = error.to_string();
    let (stage, kind, (field, symbol_idx, pos)): (&str, &str, Place) = match error {
        OrchestratorError::Parse(e) => ("parse", e.kind, (e.field, None, None)),
        OrchestratorError::Compute(e) => ("compute", e.kind(), (e.field().map(str::to_owned), e.symbol_idx(), e.pos())),
        OrchestratorError::Serialize(_) => ("serialize", "Unwritable", (None, None, None)),
    };
    PyValueError::new_err((message, stage, kind, field, symbol_idx, pos))
}

#[pyfunction]
fn compute_ideal_orders_json(py: Python<'_>, text: &str) -> PyResult<String> {
    py.detach(|| WORKSPACE.with_borrow_mut(|ws| compute(text, ws))).map_err(to_py)
}

#[pyfunction]
#[pyo3(signature = (total_wallet_exposure_limit, n_positions, override_limit=None))]
fn wallet_exposure_limit(total_wallet_exposure_limit: f64, n_positions: f64, override_limit: Option<f64>) -> f64 {
    limits::wallet_exposure_limit(total_wallet_exposure_limit, n_positions, override_limit)
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(compute_ideal_orders_json, m)?)?;
    m.add_function(wrap_pyfunction!(wallet_exposure_limit, m)?)
}
