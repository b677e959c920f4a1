//! Rounding to steps and to significant digits (orders.md 1.1 to 1.3).
//!
//! No tolerance is applied before floor and ceil, so an exact multiple of a step may move by one step (wart W1).

use crate::whole::{above, below, nearest};

const DECIMALS: f64 = 1e10;

#[inline]
fn to_ten_decimals(x: f64) -> f64 {
    nearest(x * DECIMALS) / DECIMALS
}

/// Nearest multiple of `step`, ties away from zero; NaN when step is 0.
#[inline]
pub fn round_(n: f64, step: f64) -> f64 {
    to_ten_decimals(nearest(n / step) * step)
}

/// Next multiple of `step` towards +∞.
#[inline]
pub fn round_up(n: f64, step: f64) -> f64 {
    to_ten_decimals(above(n / step) * step)
}

/// Next multiple of `step` towards −∞.
#[inline]
pub fn round_dn(n: f64, step: f64) -> f64 {
    to_ten_decimals(below(n / step) * step)
}

/// `round_`, except that a non-finite value and a step that is not positive leave the value alone.
#[inline]
pub fn quantize(v: f64, step: f64) -> f64 {
    if step <= 0.0 || !v.is_finite() { v } else { round_(v, step) }
}

/// 10^k by squaring from the lowest bit, reciprocal at the end: other ways differ in the last digit.
fn power_of_ten(k: i32) -> f64 {
    let (mut result, mut square, mut bits) = (1.0, 10.0, k.unsigned_abs());
    loop {
        if bits & 1 == 1 {
            result *= square;
        }
        bits >>= 1;
        if bits == 0 {
            break;
        }
        square *= square;
    }
    if k < 0 { 1.0 / result } else { result }
}

fn dynamic(n: f64, d: i32, to_whole: impl Fn(f64) -> f64) -> f64 {
    if n == 0.0 {
        return n;
    }
    let magnitude = n.abs().log10().floor() as i32;
    let m = power_of_ten(d.saturating_sub(magnitude).saturating_sub(1));
    to_ten_decimals(to_whole(n * m) / m)
}

/// Nearest number of `d` significant digits.
pub fn round_dynamic(n: f64, d: i32) -> f64 {
    dynamic(n, d, nearest)
}

/// Next number of `d` significant digits towards +∞.
pub fn round_dynamic_up(n: f64, d: i32) -> f64 {
    dynamic(n, d, above)
}

/// Next number of `d` significant digits towards −∞.
pub fn round_dynamic_dn(n: f64, d: i32) -> f64 {
    dynamic(n, d, below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn gives_the_worked_values() {
        assert_eq!((round_(2.5, 1.0), round_(-2.5, 1.0), round_(0.15, 0.1)), (3.0, -3.0, 0.1));
        assert_eq!((round_dn(123.4567, 0.05), round_dn(0.3, 0.1), round_up(0.07, 0.01)), (123.45, 0.2, 0.08));
        assert_eq!((round_dynamic(123456.789, 3), round_dynamic_up(0.00012345, 2)), (123000.0, 0.00013));
        assert_eq!((round_dynamic_dn(-0.00012345, 2), round_dynamic(1.5e-11, 3)), (-0.00013, 0.0));
        assert!(round_(1.0, 0.0).is_nan() && round_dynamic(f64::INFINITY, 3).is_nan());
        assert_eq!((quantize(1.26, -1.0), quantize(f64::INFINITY, 0.1)), (1.26, f64::INFINITY));
    }

    proptest! {
        #[test]
        fn lands_on_the_grid_within_a_step(n in -1e6f64..1e6, digits in 0i32..6) {
            let step = 1.0 / power_of_ten(digits);
            for rounded in [round_(n, step), round_up(n, step), round_dn(n, step)] {
                let ticks = rounded / step;
                prop_assert!((ticks - ticks.round()).abs() < 1e-4);
                prop_assert!((rounded - n).abs() <= step * (1.0 + 1e-6));
            }
            prop_assert!(round_dn(n, step) <= round_up(n, step));
        }

        #[test]
        fn rounding_twice_to_the_nearest_changes_nothing(n in -1e6f64..1e6, digits in 0i32..6) {
            let step = 1.0 / power_of_ten(digits);
            let once = round_(n, step);
            prop_assert_eq!(round_(once, step), once);
        }

        #[test]
        fn up_and_down_mirror_each_other(n in any::<f64>(), step in any::<f64>(), d in any::<i32>()) {
            let same = |a: f64, b: f64| a == b || (a.is_nan() && b.is_nan());
            prop_assert!(same(round_up(n, step), -round_dn(-n, step)));
            prop_assert!(same(round_dynamic_up(n, d), -round_dynamic_dn(-n, d)));
            prop_assert!(same(round_(n, step), -round_(-n, step)));
        }
    }
}
