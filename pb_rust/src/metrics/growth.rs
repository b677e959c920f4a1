//! Growth and its ratios to risk (metrics.md 3).

use super::daily::Daily;
use super::drawdown::{Drawdowns, expected_shortfall};
use super::names::{Key, Values};
use super::stats::{TINY, mean, median, ratios};

/// Gain and average daily gain of the smoothed last equity of each day.
fn gain_and_adg(last: &[f64]) -> (f64, f64) {
    let [first, rest @ ..] = last else { return (0.0, 0.0) };
    if rest.is_empty() {
        return (0.0, 0.0);
    }
    if *first <= 0.0 {
        return (f64::INFINITY, f64::INFINITY);
    }
    let smooth = rest.iter().fold(*first, |z, e| 0.5 * e + 0.5 * z);
    if smooth <= 0.0 {
        return (-1.0, -1.0);
    }
    let gain = smooth / first;
    (gain, gain.powf(1.0 / last.len() as f64) - 1.0)
}

/// Winnings over losses of daily returns; +∞ when no day lost.
fn omega(returns: &[f64]) -> f64 {
    let won: f64 = returns.iter().filter(|r| **r >= 0.0).sum();
    let lost: f64 = returns.iter().filter(|r| **r < 0.0).map(|r| r.abs()).sum();
    if lost == 0.0 { f64::INFINITY } else { won / lost }
}

pub fn fill(daily: &Daily, drawdowns: &Drawdowns, values: &mut Values) {
    let (returns, lowest) = (daily.returns(), daily.lowest_returns());
    let (gain, adg) = gain_and_adg(&daily.last);
    values.set(Key::Gain, gain);
    values.set(Key::Adg, adg);
    values.set(Key::OmegaRatio, omega(&returns));
    values.set(Key::Mdg, median(returns));
    let (sharpe, sortino) = ratios(&lowest, adg);
    values.set(Key::SharpeRatio, sharpe);
    values.set(Key::SortinoRatio, sortino);
    let adg_pnl = mean(&daily.pnl);
    let (sharpe, sortino) = ratios(&daily.pnl, adg_pnl);
    values.set(Key::AdgPnl, adg_pnl);
    values.set(Key::MdgPnl, median(daily.pnl.clone()));
    values.set(Key::SharpeRatioPnl, sharpe);
    values.set(Key::SortinoRatioPnl, sortino);
    values.set(Key::CalmarRatio, adg / drawdowns.worst.abs().max(TINY));
    values.set(Key::SterlingRatio, adg / drawdowns.worst_mean_1pct.abs().max(TINY));
    values.set(Key::ExpectedShortfall1Pct, expected_shortfall(lowest));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gain_is_a_smoothed_multiple() {
        assert_eq!(gain_and_adg(&[100.0]), (0.0, 0.0));
        assert_eq!(gain_and_adg(&[0.0, 5.0]), (f64::INFINITY, f64::INFINITY));
        assert_eq!(gain_and_adg(&[100.0, -300.0]), (-1.0, -1.0));
        let (gain, adg) = gain_and_adg(&[100.0, 120.0, 130.0]);
        assert_eq!(gain, 1.2);
        assert!((adg - (1.2f64.powf(1.0 / 3.0) - 1.0)).abs() < 1e-15);
    }

    #[test]
    fn omega_without_a_losing_day_is_infinite() {
        assert_eq!(omega(&[]), f64::INFINITY);
        assert_eq!(omega(&[0.1, 0.0]), f64::INFINITY);
        assert!((omega(&[0.1, -0.2, 0.3]) - 2.0).abs() < 1e-12);
    }
}
