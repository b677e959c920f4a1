//! How far a run is, told while it goes on, and the way to break it off.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::BacktestError;

/// Most samples a run leaves; watchers draw them, and no picture is wider.
pub const SAMPLES: usize = 2000;
/// Fewest and most bars between two reports: seldom enough to cost nothing, often enough to stop at once.
const STRIDE: (usize, usize) = (64, 1024);

/// Money at a bar, in USD.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub timestamp_ms: u64,
    pub balance: f64,
    pub equity: f64,
}

/// Shared by a run and those who watch it.
#[derive(Debug, Default)]
pub struct Progress {
    bar: AtomicUsize,
    bars: AtomicUsize,
    fills: AtomicUsize,
    cancelled: AtomicBool,
    samples: Mutex<Vec<Sample>>,
}

/// Bars processed, bars to process, and fills so far; all 0 before the run begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub bar: usize,
    pub bars: usize,
    pub fills: usize,
}

/// How often a run reports: after so many bars, and with a sample every so many reports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub stride: usize,
    pub sampling: usize,
}

impl Progress {
    /// Starts counting towards `bars`.
    pub(super) fn begin(&self, bars: usize) -> Pace {
        let stride = (bars / SAMPLES).clamp(STRIDE.0, STRIDE.1);
        let sampling = bars.div_ceil(stride).div_ceil(SAMPLES).max(1);
        self.bars.store(bars, Relaxed);
        Pace { stride, sampling }
    }

    /// Takes what a run reports; fails once it was cancelled.
    pub(super) fn tell(&self, bar: usize, fills: usize, sample: Option<Sample>) -> Result<(), BacktestError> {
        self.bar.store(bar, Relaxed);
        self.fills.store(fills, Relaxed);
        if let Some(sample) = sample {
            self.locked().push(sample);
        }
        if self.cancelled.load(Relaxed) { Err(BacktestError::Cancelled { bar }) } else { Ok(()) }
    }

    /// Makes the run end at its next report.
    pub fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    pub fn counts(&self) -> Counts {
        Counts { bar: self.bar.load(Relaxed), bars: self.bars.load(Relaxed), fills: self.fills.load(Relaxed) }
    }

    /// Samples after the first `seen`.
    pub fn samples(&self, seen: usize) -> Vec<Sample> {
        self.locked().get(seen..).map(<[Sample]>::to_vec).unwrap_or_default()
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Sample>> {
        // Whoever panicked while it held the lock left a whole list.
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
