//! A whole backtest for Python: arrays and dicts in, columns out.

use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArray3, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::backtest_args::{bots, exchanges, run_params};
use super::backtest_progress::BacktestProgress;
use crate::backtest::{Arrays, BacktestError, BacktestResult, Equity, Fill, Setup, run_watched};
use crate::metrics::{Analysis, Values, analyse};

/// Values of a bar: high, low, close, volume.
const VALUES: usize = 4;

impl From<BacktestError> for PyErr {
    fn from(error: BacktestError) -> PyErr {
        PyValueError::new_err(error.to_string())
    }
}

/// Runs a backtest; fills and equity are None where only metrics are wanted. None when it was cancelled.
///
/// `how` is whether the coming bar decides how many orders are made, and whom to tell how far the run is.
#[pyfunction]
fn run_backtest<'py>(
    py: Python<'py>,
    hlcvs: PyReadonlyArray3<'py, f64>,
    btc_usd: PyReadonlyArray1<'py, f64>,
    bot_params: &Bound<'py, PyList>,
    exchange_params: &Bound<'py, PyList>,
    backtest_params: &Bound<'py, PyDict>,
    how: (bool, Option<Bound<'py, BacktestProgress>>),
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let (look_ahead, watcher) = how;
    let [bars, columns, values] = [hlcvs.shape()[0], hlcvs.shape()[1], hlcvs.shape()[2]];
    if values != VALUES {
        return Err(PyValueError::new_err(format!("hlcvs must have {VALUES} values a bar and coin, not {values}")));
    }
    let contiguous = |_| PyValueError::new_err("hlcvs and btc_usd must be C-contiguous");
    let (values, prices) = (hlcvs.as_slice().map_err(contiguous)?, btc_usd.as_slice().map_err(contiguous)?);
    let arrays = Arrays::new(values, bars, columns, prices);
    let params = run_params(backtest_params, look_ahead)?;
    let metrics_only = params.metrics_only;
    let (bots, exchanges) = (bots(bot_params)?, exchanges(exchange_params)?);
    let progress = watcher.map(|watcher| watcher.get().shared()).unwrap_or_default();
    let found = py.detach(|| {
        let setup = Setup::new(&arrays, &bots, &exchanges, params)?;
        let result = run_watched(&setup, &arrays, &progress)?;
        let analysis = analyse(&result);
        Ok::<_, BacktestError>((result, analysis))
    });
    match found {
        Ok((result, analysis)) => outcome(py, result, &analysis, metrics_only).map(Some),
        Err(BacktestError::Cancelled { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn outcome<'py>(
    py: Python<'py>,
    result: BacktestResult,
    analysis: &Analysis,
    metrics_only: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let found = PyDict::new(py);
    found.set_item("analysis_usd", metrics(py, &analysis.usd)?)?;
    found.set_item("analysis_btc", metrics(py, &analysis.btc)?)?;
    if metrics_only {
        found.set_item("fills", py.None())?;
        found.set_item("equity", py.None())?;
    } else {
        found.set_item("fills", fill_columns(py, &result.fills)?)?;
        found.set_item("equity", equity_columns(py, result.equity)?)?;
    }
    Ok(found)
}

/// Metrics by name; those without a finite value are None (metrics.md 7).
fn metrics<'py>(py: Python<'py>, values: &Values) -> PyResult<Bound<'py, PyDict>> {
    let found = PyDict::new(py);
    for (name, value) in values.iter() {
        found.set_item(name, value.is_finite().then_some(value))?;
    }
    Ok(found)
}

fn column<'py, T: numpy::Element>(
    py: Python<'py>,
    fills: &[Fill],
    pick: impl Fn(&Fill) -> T,
) -> Bound<'py, PyArray1<T>> {
    PyArray1::from_iter(py, fills.iter().map(pick))
}

fn fill_columns<'py>(py: Python<'py>, fills: &[Fill]) -> PyResult<Bound<'py, PyDict>> {
    let columns = PyDict::new(py);
    columns.set_item("index", column(py, fills, |f| f.index as i64))?;
    columns.set_item("timestamp_ms", column(py, fills, |f| f.timestamp_ms as i64))?;
    columns.set_item("coin", column(py, fills, |f| f.coin))?;
    columns.set_item("order_type", column(py, fills, |f| f.order_type.id()))?;
    type Pick = fn(&Fill) -> f64;
    let floats: [(&str, Pick); 14] = [
        ("pnl", |f| f.pnl),
        ("fee_paid", |f| f.fee_paid),
        ("usd_total_balance", |f| f.usd_total_balance),
        ("usd_cash_wallet", |f| f.usd_cash_wallet),
        ("btc_cash_wallet", |f| f.btc_cash_wallet),
        ("btc_price", |f| f.btc_price),
        ("fill_qty", |f| f.fill_qty),
        ("fill_price", |f| f.fill_price),
        ("position_size", |f| f.position_size),
        ("position_price", |f| f.position_price),
        ("wallet_exposure", |f| f.wallet_exposure),
        ("twe_long", |f| f.twe_long),
        ("twe_short", |f| f.twe_short),
        ("twe_net", |f| f.twe_net),
    ];
    for (name, pick) in floats {
        columns.set_item(name, column(py, fills, pick))?;
    }
    Ok(columns)
}

/// Columns of the equity; the long ones change hands without a copy.
fn equity_columns<'py>(py: Python<'py>, equity: Equity) -> PyResult<Bound<'py, PyDict>> {
    let columns = PyDict::new(py);
    let times: Vec<i64> = equity.times.iter(equity.len()).map(|ms| ms as i64).collect();
    let net: Vec<f64> = equity.net_exposure.iter().collect();
    columns.set_item("timestamp_ms", PyArray1::from_vec(py, times))?;
    for (name, values) in [("usd", equity.usd), ("btc", equity.btc), ("net_exposure", net)] {
        columns.set_item(name, PyArray1::from_vec(py, values))?;
    }
    Ok(columns)
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(run_backtest, m)?)
}
