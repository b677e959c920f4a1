//! Watching a backtest from another thread of Python.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::backtest::progress::{Counts, Progress, Sample};

/// (bars processed, bars to process, fills so far), and (time in ms, balance, equity) of samples.
type Seen = ((usize, usize, usize), Vec<(u64, f64, f64)>);

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

    /// The counts, and the samples after the first `seen`, of one moment.
    fn look(&self, seen: usize) -> Seen {
        let (Counts { bar, bars, fills }, samples) = self.0.look(seen);
        let parts = |Sample { timestamp_ms, balance, equity }| (timestamp_ms, balance, equity);
        ((bar, bars, fills), samples.into_iter().map(parts).collect())
    }

    fn cancel(&self) {
        self.0.cancel();
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<BacktestProgress>()
}
