//! The coin selection of `forager`, kept up from bar to bar: scores move little, so their orders hardly change.

use super::forager::{Forager, keep};

/// Scores and eligibility of the coins now, by coin.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    pub enabled: Vec<bool>,
    pub volume: Vec<f64>,
    pub volatility: Vec<f64>,
}

/// Orders of all coins by their last scores.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    by_volume: Vec<usize>,
    by_volatility: Vec<usize>,
    kept: Vec<bool>,
}

/// Whether a coin ranks before another: higher score, or the same and a lower number.
#[inline]
fn ranks_before(score: &[f64], coin: usize, other: usize) -> bool {
    score[coin] > score[other] || (score[coin] == score[other] && coin < other)
}

/// Brings coins into descending order of score, ties ascending by coin; quick where little has changed.
fn resort(order: &mut [usize], score: &[f64]) {
    let mut above = f64::INFINITY;
    for end in 0..order.len() {
        let own = score[order[end]];
        if own < above {
            above = own;
            continue;
        }
        let (coin, mut place) = (order[end], end);
        while place > 0 && ranks_before(score, coin, order[place - 1]) {
            order[place] = order[place - 1];
            place -= 1;
        }
        order[place] = coin;
        above = score[order[end]];
    }
}

/// The first `count` enabled coins of an order.
fn first_enabled<'a>(order: &'a [usize], enabled: &'a [bool], count: usize) -> impl Iterator<Item = usize> + 'a {
    order.iter().copied().filter(|&coin| enabled[coin]).take(count)
}

/// How many coins the volume filter leaves, how many of those are too wild, and how many are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Left {
    wild: usize,
    wanted: usize,
}

impl Ranking {
    pub fn new(coins: usize) -> Ranking {
        let order: Vec<usize> = (0..coins).collect();
        Ranking { by_volume: order.clone(), by_volatility: order, kept: vec![false; coins] }
    }

    /// Applies the volume filter; needs the scores for volume only. All scores must be numbers, here and below.
    pub fn filter(&mut self, scores: &Scores, rule: &Forager) -> Left {
        let enabled: usize = scores.enabled.iter().map(|&on| usize::from(on)).sum();
        if enabled == 0 {
            self.kept.fill(false);
            return Left::default();
        }
        let wanted = rule.max_positions.max(1);
        let by_volume = keep(enabled, rule.volume_drop_pct, wanted);
        let wild = by_volume - keep(by_volume, rule.volatility_drop_pct, wanted);
        if by_volume < enabled {
            resort(&mut self.by_volume, &scores.volume);
            self.kept.fill(false);
            for coin in first_enabled(&self.by_volume, &scores.enabled, by_volume) {
                self.kept[coin] = true;
            }
        } else {
            self.kept.copy_from_slice(&scores.enabled);
        }
        Left { wild, wanted }
    }

    /// Whether the filter last applied has left a coin.
    #[inline]
    pub fn keeps(&self, coin: usize) -> bool {
        self.kept[coin]
    }

    /// Visits the coins that `select_coins` would choose, in its order, until `visit` says to stop.
    pub fn visit(&mut self, scores: &Scores, left: Left, mut visit: impl FnMut(usize) -> bool) {
        resort(&mut self.by_volatility, &scores.volatility);
        let mut wild = left.wild;
        for coin in first_enabled(&self.by_volatility, &self.kept, wild + left.wanted) {
            if wild > 0 {
                wild -= 1;
            } else if visit(coin) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select::{Feature, select_coins};
    use proptest::prelude::*;

    fn row() -> impl Strategy<Value = (bool, f64, f64)> {
        // Coarse scores, so that ties are frequent.
        (any::<bool>(), (0u8..6).prop_map(f64::from), (0u8..6).prop_map(f64::from))
    }

    proptest! {
        #[test]
        fn chooses_what_the_plain_selection_chooses(
            steps in prop::collection::vec(prop::collection::vec(row(), 12), 1..6),
            max_positions in 0usize..14,
            volume_drop_pct in -0.2..1.2f64,
            volatility_drop_pct in -0.2..1.2f64,
        ) {
            let rule = Forager { max_positions, volume_drop_pct, volatility_drop_pct };
            let mut ranking = Ranking::new(12);
            for rows in steps {
                let features = rows.iter().enumerate().map(|(index, &(enabled, volume_score, volatility_score))| {
                    Feature { index, enabled, volume_score, volatility_score }
                });
                let mut pool: Vec<Feature> = features.collect();
                select_coins(&mut pool, &rule);
                let scores = Scores {
                    enabled: rows.iter().map(|row| row.0).collect(),
                    volume: rows.iter().map(|row| row.1).collect(),
                    volatility: rows.iter().map(|row| row.2).collect(),
                };
                let mut chosen = Vec::new();
                let left = ranking.filter(&scores, &rule);
                ranking.visit(&scores, left, |coin| {
                    chosen.push(coin);
                    false
                });
                prop_assert!(chosen.iter().all(|&coin| ranking.keeps(coin)));
                prop_assert_eq!(chosen, pool.iter().map(|feature| feature.index).collect::<Vec<_>>());
            }
        }
    }
}
