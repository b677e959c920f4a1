//! Watching a backtest from another thread of Python.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::backtest::progress::{Counts, Progress, Sample};

/// Handed to one run; what it says may be asked for, and the run broken off, while it goes on.
#[pyclass(frozen)]
pub struct BacktestProgress(Arc<Progress>);

impl BacktestProgress {
    pub fn shared(&self) -> Arc<Progress> {
        Arc::clone(&self.0)
    }
}

#[pymethods]
impl BacktestProgress {
    #[new]
    fn new() -> BacktestProgress {
        BacktestProgress(Arc::default())
    }

    /// Bars processed, bars to process, fills so far.
    fn counts(&self) -> (usize, usize, usize) {
        let Counts { bar, bars, fills } = self.0.counts();
        (bar, bars, fills)
    }

    /// (time in ms, balance, equity) of the samples after the first `seen`.
    fn samples(&self, seen: usize) -> Vec<(u64, f64, f64)> {
        let parts = |Sample { timestamp_ms, balance, equity }| (timestamp_ms, balance, equity);
        self.0.samples(seen).into_iter().map(parts).collect()
    }

    fn cancel(&self) {
        self.0.cancel();
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<BacktestProgress>()
}
