//! Rounding to whole numbers without a library call: the same bits as the standard functions, several times as fast.
//!
//! On the plainest x86-64 the compiler has no instruction for these and calls out for each; grids are made of them.

/// From here on every double is a whole number; added to a smaller one it leaves no room for a fraction.
const ALL_WHOLE: f64 = 4_503_599_627_370_496.0;

/// Nearest whole number, ties to the even one; only for magnitudes below `ALL_WHOLE`.
#[inline]
fn nearest_even(x: f64) -> f64 {
    ((x.abs() + ALL_WHOLE) - ALL_WHOLE).copysign(x)
}

/// Nearest whole number, ties away from zero.
#[inline]
pub fn nearest(x: f64) -> f64 {
    if x.abs() < ALL_WHOLE {
        let whole = nearest_even(x);
        // A tie that went towards zero; the difference is exact.
        if (x.abs() - whole.abs()) == 0.5 { whole + 1f64.copysign(x) } else { whole }
    } else {
        x
    }
}

/// Next whole number towards +∞.
#[inline]
pub fn above(x: f64) -> f64 {
    if x.abs() < ALL_WHOLE {
        let whole = nearest_even(x);
        if whole < x { (whole + 1.0).copysign(x) } else { whole }
    } else {
        x
    }
}

/// Next whole number towards −∞.
#[inline]
pub fn below(x: f64) -> f64 {
    if x.abs() < ALL_WHOLE {
        let whole = nearest_even(x);
        if whole > x { (whole - 1.0).copysign(x) } else { whole }
    } else {
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(x: f64) {
        assert_eq!(nearest(x).to_bits(), x.round().to_bits(), "nearest {x:?}");
        assert_eq!(above(x).to_bits(), x.ceil().to_bits(), "above {x:?}");
        assert_eq!(below(x).to_bits(), x.floor().to_bits(), "below {x:?}");
    }

    #[test]
    fn edges() {
        let just_below_half = 0.499_999_999_999_999_94;
        for x in [0.0, 0.3, 0.5, just_below_half, 1.5, 2.5, 5e-324, ALL_WHOLE, ALL_WHOLE - 0.5, 1e300, f64::INFINITY] {
            check(x);
            check(-x);
        }
        assert!(nearest(f64::NAN).is_nan() && above(f64::NAN).is_nan() && below(f64::NAN).is_nan());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn same_bits_as_the_standard_functions(any in any::<f64>(), near in -1e6..1e6f64, halves in -4000i32..4000) {
            for x in [any, near, near * 1e10, f64::from(halves) / 2.0] {
                prop_assume!(!x.is_nan());
                check(x);
            }
        }
    }
}
