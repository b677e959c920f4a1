//! Exposure limit of a single position (orchestrator.md section 6).

/// Limit of one coin and side as a fraction of the balance, never rounded.
///
/// An `override_limit` above zero wins; otherwise the side's total limit is shared by the configured positions.
pub fn wallet_exposure_limit(total_limit: f64, n_positions: f64, override_limit: Option<f64>) -> f64 {
    if let Some(own) = override_limit
        && own > 0.0
    {
        return own;
    }
    let n = n_positions.round();
    if n > 0.0 { total_limit / n } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::wallet_exposure_limit as limit;

    #[test]
    fn shares_the_total_unless_overridden() {
        assert_eq!(limit(1.7, 3.0, None), 1.7 / 3.0);
        assert_eq!(limit(1.7, 2.5, None), 1.7 / 3.0);
        assert_eq!(limit(1.7, 3.0, Some(0.2)), 0.2);
        assert_eq!(limit(1.5, 3.0, Some(0.0)), 0.5);
        assert_eq!(limit(1.5, 3.0, Some(-1.0)), 0.5);
        assert_eq!(limit(1.5, 0.4, None), 0.0);
        assert_eq!(limit(1.5, f64::NAN, None), 0.0);
    }
}
