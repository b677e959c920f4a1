//! Averages and trailing extremes for Python.

use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::engine::input::EmaLists;
use crate::indicators::symbol::FeedError;
use crate::indicators::{Candle, Needs, Spans, SymbolIndicators};
use crate::order::trailing::update_bundle;
use crate::types::TrailingBundle;

type SpanTuple = (f64, f64, f64, f64, f64);
type NeedTuple = (bool, bool, bool);
type Floats<'py> = PyReadonlyArray1<'py, f64>;

fn to_py(error: FeedError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn spans((ema_span_0, ema_span_1, volume, log_range, log_range_1h): SpanTuple) -> Spans {
    Spans { ema_span_0, ema_span_1, volume, log_range, log_range_1h }
}

fn needs((volume, log_range, log_range_1h): NeedTuple) -> Needs {
    Needs { volume, log_range, log_range_1h }
}

fn same_length(lengths: &[usize]) -> PyResult<()> {
    if lengths.windows(2).all(|pair| pair[0] == pair[1]) { Ok(()) } else { Err(to_py(FeedError::UnequalLengths)) }
}

#[pyclass(name = "SymbolIndicators", module = "pbtui._pb_rust")]
struct PySymbolIndicators(SymbolIndicators);

#[pymethods]
impl PySymbolIndicators {
    #[new]
    fn new(
        long: SpanTuple,
        short: SpanTuple,
        needs_long: NeedTuple,
        needs_short: NeedTuple,
        interval_minutes: u32,
    ) -> PyResult<Self> {
        let sides = [spans(long), spans(short)];
        SymbolIndicators::new(sides, [needs(needs_long), needs(needs_short)], interval_minutes).map(Self).map_err(to_py)
    }

    #[getter]
    fn last_ts_ms(&self) -> Option<i64> {
        self.0.last_ts_ms()
    }

    fn update(&mut self, ts_ms: i64, high: f64, low: f64, close: f64, volume: f64) -> PyResult<()> {
        self.0.add(&Candle { ts_ms, high, low, close, volume }).map_err(to_py)
    }

    fn update_many(
        &mut self,
        py: Python<'_>,
        ts_ms: PyReadonlyArray1<'_, i64>,
        high: Floats<'_>,
        low: Floats<'_>,
        close: Floats<'_>,
        volume: Floats<'_>,
    ) -> PyResult<()> {
        let ts = ts_ms.as_slice()?;
        let (high, low, close, volume) = (high.as_slice()?, low.as_slice()?, close.as_slice()?, volume.as_slice()?);
        same_length(&[ts.len(), high.len(), low.len(), close.len(), volume.len()])?;
        let inner = &mut self.0;
        py.detach(|| {
            inner.check_times(ts.iter().copied())?;
            for (i, &ts_ms) in ts.iter().enumerate() {
                let candle = Candle { ts_ms, high: high[i], low: low[i], close: close[i], volume: volume[i] };
                inner.add_unchecked(&candle);
            }
            Ok(())
        })
        .map_err(to_py)
    }

    fn update_hourly(&mut self, py: Python<'_>, high: Floats<'_>, low: Floats<'_>) -> PyResult<()> {
        let (high, low) = (high.as_slice()?, low.as_slice()?);
        same_length(&[high.len(), low.len()])?;
        let inner = &mut self.0;
        py.detach(|| high.iter().zip(low).try_for_each(|(&h, &l)| inner.add_hour(h, l))).map_err(to_py)
    }

    fn emas<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let emas = self.0.emas();
        let found = PyDict::new(py);
        found.set_item("m1", lists(py, &emas.m1)?)?;
        found.set_item("h1", lists(py, &emas.h1)?)?;
        Ok(found)
    }
}

fn lists<'py>(py: Python<'py>, lists: &EmaLists) -> PyResult<Bound<'py, PyDict>> {
    let found = PyDict::new(py);
    for (name, list) in [("close", &lists.close), ("log_range", &lists.log_range), ("volume", &lists.volume)] {
        found.set_item(name, PyList::new(py, list)?)?;
    }
    Ok(found)
}

#[pyclass(name = "TrailingTracker", module = "pbtui._pb_rust")]
#[derive(Default)]
struct PyTrailingTracker(TrailingBundle);

#[pymethods]
impl PyTrailingTracker {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn reset(&mut self) {
        self.0 = TrailingBundle::default();
    }

    fn update(&mut self, high: f64, low: f64, close: f64) {
        update_bundle(&mut self.0, high, low, close);
    }

    fn update_many(&mut self, py: Python<'_>, high: Floats<'_>, low: Floats<'_>, close: Floats<'_>) -> PyResult<()> {
        let (high, low, close) = (high.as_slice()?, low.as_slice()?, close.as_slice()?);
        same_length(&[high.len(), low.len(), close.len()])?;
        let bundle = &mut self.0;
        py.detach(|| {
            for ((&h, &l), &c) in high.iter().zip(low).zip(close) {
                update_bundle(bundle, h, l, c);
            }
        });
        Ok(())
    }

    fn as_tuple(&self) -> (f64, f64, f64, f64) {
        let b = &self.0;
        (b.min_since_open, b.max_since_min, b.max_since_open, b.min_since_max)
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PySymbolIndicators>()?;
    m.add_class::<PyTrailingTracker>()
}
