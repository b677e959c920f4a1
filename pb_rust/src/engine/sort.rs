//! A stable sort that no comparison can upset.
//!
//! The standard sort may abort when a comparison is not a total order, which prices that are not numbers bring about.
//! This one always ends, and agrees with the standard one wherever the order is total.

use std::cmp::Ordering;

/// Up to this length the standard sort inserts from the left; doing the same here keeps even unordered lists alike.
const RUN: usize = 20;

/// Compares floats, with anything that is not a number equal to everything.
#[inline]
pub fn by_value(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

fn insertion_sort<T: Copy>(items: &mut [T], cmp: &mut impl FnMut(&T, &T) -> Ordering) {
    for end in 1..items.len() {
        let item = items[end];
        let mut place = end;
        while place > 0 && cmp(&item, &items[place - 1]) == Ordering::Less {
            items[place] = items[place - 1];
            place -= 1;
        }
        items[place] = item;
    }
}

fn merge<T: Copy>(from: &[T], middle: usize, to: &mut [T], cmp: &mut impl FnMut(&T, &T) -> Ordering) {
    let (mut left, mut right) = (0, middle);
    for slot in to.iter_mut() {
        let take_right = right < from.len() && (left >= middle || cmp(&from[right], &from[left]) == Ordering::Less);
        let taken = if take_right { &mut right } else { &mut left };
        *slot = from[*taken];
        *taken += 1;
    }
}

/// Sorts in place, keeping equal items in their order.
pub fn stable_sort_by<T: Copy>(items: &mut [T], mut cmp: impl FnMut(&T, &T) -> Ordering) {
    for run in items.chunks_mut(RUN) {
        insertion_sort(run, &mut cmp);
    }
    if items.len() <= RUN {
        return;
    }
    let mut spare = items.to_vec();
    let mut width = RUN;
    while width < items.len() {
        for (from, to) in items.chunks(2 * width).zip(spare.chunks_mut(2 * width)) {
            merge(from, width.min(from.len()), to, &mut cmp);
        }
        items.copy_from_slice(&spare);
        width *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_standard_sort(keys in prop::collection::vec(0i32..30, 0..200)) {
            let mut ours: Vec<(i32, usize)> = keys.iter().copied().enumerate().map(|(i, k)| (k, i)).collect();
            let mut standard = ours.clone();
            stable_sort_by(&mut ours, |a, b| a.0.cmp(&b.0));
            standard.sort_by_key(|a| a.0);
            prop_assert_eq!(ours, standard);
        }

        #[test]
        fn keeps_every_item_whatever_the_values(values in prop::collection::vec(any::<f64>(), 0..300)) {
            let mut ours: Vec<u64> = values.iter().map(|v| v.to_bits()).collect();
            let mut expected = ours.clone();
            stable_sort_by(&mut ours, |a, b| by_value(f64::from_bits(*a), f64::from_bits(*b)));
            ours.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(ours, expected);
        }
    }
}
