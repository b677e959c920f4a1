//! Series of a run kept small: times by rule, values that seldom change by how long they last.

/// Open times of consecutive bars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub first_ms: u64,
    pub interval_ms: u64,
}

impl Times {
    #[inline]
    pub fn at(self, place: usize) -> u64 {
        self.first_ms + place as u64 * self.interval_ms
    }

    /// The same series without its first `places` bars.
    pub fn since(self, places: usize) -> Times {
        Times { first_ms: self.at(places), ..self }
    }

    /// The times of so many bars.
    pub fn iter(self, bars: usize) -> impl Iterator<Item = u64> {
        (0..bars).map(move |place| self.at(place))
    }
}

/// A value a bar, each kept once with the number of bars it lasted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steps {
    values: Vec<f64>,
    lasted: Vec<u32>,
}

impl Steps {
    #[inline]
    pub fn push(&mut self, value: f64) {
        match (self.values.last(), self.lasted.last_mut()) {
            (Some(last), Some(count)) if last.to_bits() == value.to_bits() && *count < u32::MAX => *count += 1,
            _ => {
                self.values.push(value);
                self.lasted.push(1);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Every bar's value.
    pub fn iter(&self) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().zip(&self.lasted).flat_map(|(value, count)| std::iter::repeat_n(*value, *count as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_give_back_what_was_pushed_bit_for_bit() {
        let pushed = [0.0, 0.0, -0.0, 1.5, 1.5, 1.5, f64::NAN, f64::NAN, 0.0];
        let mut steps = Steps::default();
        pushed.iter().for_each(|value| steps.push(*value));
        let found: Vec<u64> = steps.iter().map(f64::to_bits).collect();
        assert_eq!(found, pushed.map(f64::to_bits));
        assert_eq!(steps.values.len(), 5);
    }

    #[test]
    fn times_go_on_from_where_they_are_cut() {
        let times = Times { first_ms: 60_000, interval_ms: 300_000 };
        assert_eq!(times.since(2).at(1), times.at(3));
        assert_eq!(times.iter(3).collect::<Vec<_>>(), [60_000, 360_000, 660_000]);
    }
}
