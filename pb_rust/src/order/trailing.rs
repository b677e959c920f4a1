//! Price extremes since the last fill, and when a trailing order triggers (orders.md 3.4, 4.4, 6).

use crate::types::{FMAX, TrailingBundle};
use crate::why::Reason;

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
        let seen = self.look(toward, position_price, bundle);
        self.verdict(toward, position_price, seen.armed, seen.pulled_back)
    }

    #[inline]
    fn look(&self, toward: f64, position_price: f64, bundle: &TrailingBundle) -> Seen {
        let (extreme, back) = if toward > 0.0 {
            (bundle.min_since_open, bundle.max_since_min)
        } else {
            (bundle.max_since_open, bundle.min_since_max)
        };
        let threshold_price = position_price * (1.0 - toward * self.threshold);
        let armed = toward * extreme < toward * threshold_price;
        let pulled_back = toward * back > toward * (extreme * (1.0 + toward * self.retracement));
        Seen { extreme, back, threshold_price, armed, pulled_back }
    }

    /// How far these extremes have come, in words for an operator; moves are positive the way the rule watches.
    pub(crate) fn tell(&self, toward: f64, position_price: f64, bundle: &TrailingBundle) -> Reason {
        let seen = self.look(toward, position_price, bundle);
        let (threshold_price, extreme_price) = (seen.threshold_price, seen.known_extreme());
        // Until price has been there the retracement is drawn from where it would begin.
        let begins = if seen.armed || self.threshold <= 0.0 { seen.extreme } else { threshold_price };
        let retracement_price = begins * (1.0 + toward * self.retracement);
        if self.verdict(toward, position_price, seen.armed, seen.pulled_back) != Trigger::Waiting {
            Reason::TrailingTriggered { threshold_price, retracement_price, extreme_price }
        } else if self.threshold <= 0.0 && self.retracement <= 0.0 {
            Reason::TrailingNever { threshold_pct: self.threshold, retracement_pct: self.retracement }
        } else if self.threshold > 0.0 && !seen.armed {
            let moved = toward * (1.0 - extreme_price / position_price);
            let moved_pct = if moved.is_nan() { 0.0 } else { moved };
            Reason::TrailingThreshold { moved_pct, needed_pct: self.threshold, threshold_price, extreme_price }
        } else {
            let pulled_pct =
                if seen.back > 0.0 && seen.back < FMAX { toward * (seen.back / seen.extreme - 1.0) } else { 0.0 };
            Reason::TrailingRetracement { pulled_pct, needed_pct: self.retracement, retracement_price, extreme_price }
        }
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

/// What the extremes say to a rule.
struct Seen {
    extreme: f64,
    back: f64,
    threshold_price: f64,
    armed: bool,
    pulled_back: bool,
}

impl Seen {
    /// The extreme; no number where nothing has been seen yet.
    fn known_extreme(&self) -> f64 {
        if self.extreme > 0.0 && self.extreme < FMAX { self.extreme } else { f64::NAN }
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
