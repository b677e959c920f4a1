//! How far a run is, told while it goes on, and the way to break it off.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
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
    cancelled: AtomicBool,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    counts: Counts,
    samples: Vec<Sample>,
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
        self.locked().counts.bars = bars;
        Pace { stride, sampling }
    }

    /// Takes what a run reports; fails once it was cancelled.
    pub(super) fn tell(&self, bar: usize, fills: usize, sample: Option<Sample>) -> Result<(), BacktestError> {
        let mut told = self.locked();
        told.counts = Counts { bar, fills, ..told.counts };
        told.samples.extend(sample);
        drop(told);
        if self.cancelled.load(Relaxed) { Err(BacktestError::Cancelled { bar }) } else { Ok(()) }
    }

    /// Makes the run end at its next report.
    pub fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    /// The counts, and the samples after the first `seen`, of one moment.
    pub fn look(&self, seen: usize) -> (Counts, Vec<Sample>) {
        let told = self.locked();
        (told.counts, told.samples.get(seen..).unwrap_or_default().to_vec())
    }

    fn locked(&self) -> MutexGuard<'_, Told> {
        // Whoever panicked while it held the lock left whole counts and a whole list.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
