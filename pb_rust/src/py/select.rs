//! Coin selection for Python.

use pyo3::prelude::*;

use crate::select::{Feature, Forager, select_coins};

#[pyfunction]
fn select_coin_indices(
    py: Python<'_>,
    features: Vec<(usize, bool, f64, f64)>,
    max_positions: usize,
    volume_drop_pct: f64,
    volatility_drop_pct: f64,
    require_forager: bool,
) -> Vec<usize> {
    py.detach(|| {
        let mut pool: Vec<Feature> = features
            .into_iter()
            .map(|(index, enabled, volume_score, volatility_score)| Feature {
                index,
                enabled,
                volume_score,
                volatility_score,
            })
            .collect();
        if require_forager {
            select_coins(&mut pool, &Forager { max_positions, volume_drop_pct, volatility_drop_pct });
        } else {
            pool.retain(|feature| feature.enabled);
        }
        pool.iter().map(|feature| feature.index).collect()
    })
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(select_coin_indices, m)?)
}
