//! The compiled module `pbtui._pb_rust`; the only place that knows Python.

mod backtest;
mod backtest_args;
mod backtest_progress;
mod convert;
mod execute;
mod explain;
mod indicators;
mod numerics;
mod orchestrator;
mod orders;
mod risk;
mod select;

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Version, profile and the hash of the sources that this module was built from.
#[pyfunction]
fn build_info(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let info = PyDict::new(py);
    info.set_item("version", env!("CARGO_PKG_VERSION"))?;
    info.set_item("source_hash", env!("PB_RUST_SOURCE_HASH"))?;
    info.set_item("profile", if cfg!(debug_assertions) { "debug" } else { "release" })?;
    Ok(info)
}

#[pymodule]
fn _pb_rust(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(build_info, m)?)?;
    numerics::register(m)?;
    orders::register(m)?;
    risk::register(m)?;
    orchestrator::register(m)?;
    select::register(m)?;
    execute::register(m)?;
    explain::register(m)?;
    indicators::register(m)?;
    backtest_progress::register(m)?;
    backtest::register(m)
}
