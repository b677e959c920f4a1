//! Price extremes since the last fill, and when a trailing order triggers (orders.md 3.4, 4.4, 6).

use crate::types::TrailingBundle;

/// Takes in one candle; ignored when any of its values is not finite.
#[inline]
pub fn update_bundle(b: &mut TrailingBundle, high: f64, low: f64, close: f64) {
    // A sum that is a number has only numbers in it; the rare one that overflows is looked at closely.
    let usable = (high + low + close).is_finite() || (high.is_finite() && low.is_finite() && close.is_finite());
    if !usable {
        return;
    }
    // What is not known to be beyond the new price gives way to it, a bundle's NaN included.
    let beyond = |known: f64, new: f64, sign: f64| sign * known >= sign * new;
    if low < b.min_since_open {
        b.min_since_open = low;
        b.max_since_min = close;
    } else {
        b.max_since_min = if beyond(b.max_since_min, high, 1.0) { b.max_since_min } else { high };
    }
    if high > b.max_since_open {
        b.max_since_open = high;
        b.min_since_max = close;
    } else {
        b.min_since_max = if beyond(b.min_since_max, low, -1.0) { b.min_since_max } else { low };
    }
}

/// Where a trailing order goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Trigger {
    /// Not triggered: no order.
    Waiting,
    /// Triggered by the pull-back alone: at the market's touch.
    Touch,
    /// Triggered at this price, not yet rounded or kept behind the touch.
    At(f64),
}

/// Distances of a trailing rule, as fractions: how far price must go, and how far it must come back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TrailingRule {
    pub threshold: f64,
    pub retracement: f64,
}

impl TrailingRule {
    /// Judges the extremes; `toward` is −1 when the watched move is upwards and +1 when it is downwards.
    ///
    /// Long entries and short closes watch the fall, short entries and long closes the rise.
    pub(crate) fn judge(&self, toward: f64, position_price: f64, bundle: &TrailingBundle) -> Trigger {
        let (threshold, retracement) = (self.threshold, self.retracement);
        let (extreme, back) = if toward > 0.0 {
            (bundle.min_since_open, bundle.max_since_min)
        } else {
            (bundle.max_since_open, bundle.min_since_max)
        };
        let armed = toward * extreme < toward * (position_price * (1.0 - toward * threshold));
        let pulled_back = toward * back > toward * (extreme * (1.0 + toward * retracement));
        self.verdict(toward, position_price, armed, pulled_back)
    }

    /// The most that the extremes could ever lead to while the position stays as it is.
    pub(crate) fn at_best(&self, toward: f64, position_price: f64) -> Trigger {
        self.verdict(toward, position_price, true, true)
    }

    fn verdict(&self, toward: f64, position_price: f64, armed: bool, pulled_back: bool) -> Trigger {
        let (threshold, retracement) = (self.threshold, self.retracement);
        if threshold <= 0.0 {
            if retracement > 0.0 && pulled_back { Trigger::Touch } else { Trigger::Waiting }
        } else if retracement <= 0.0 {
            Trigger::At(position_price * (1.0 - toward * threshold))
        } else if armed && pulled_back {
            Trigger::At(position_price * ((1.0 - toward * threshold) + toward * retracement))
        } else {
            Trigger::Waiting
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_worked_candles() {
        let mut b = TrailingBundle::default();
        let expected =
            [(9.0, 10.0, 11.0, 10.0), (9.0, 12.0, 12.0, 11.0), (7.5, 8.0, 12.0, 7.5), (7.5, 15.0, 15.0, 14.0)];
        let candles = [(11.0, 9.0, 10.0), (12.0, 10.0, 11.0), (9.0, 7.5, 8.0), (15.0, 13.0, 14.0)];
        for ((high, low, close), want) in candles.into_iter().zip(expected) {
            update_bundle(&mut b, high, low, close);
            update_bundle(&mut b, f64::NAN, 0.0, 0.0);
            assert_eq!((b.min_since_open, b.max_since_min, b.max_since_open, b.min_since_max), want);
        }
    }

    #[test]
    fn nothing_seen_yet_never_pulls_back() {
        let rule = TrailingRule { threshold: -1.0, retracement: 0.01 };
        for toward in [1.0, -1.0] {
            assert_eq!(rule.judge(toward, 100.0, &TrailingBundle::default()), Trigger::Waiting);
        }
    }
}
