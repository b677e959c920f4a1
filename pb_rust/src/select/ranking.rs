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

/// Brings coins into descending order of score, ties ascending by coin; quick where little has changed.
fn resort(order: &mut [usize], score: &[f64]) {
    for end in 1..order.len() {
        let coin = order[end];
        let mut place = end;
        while place > 0 {
            let other = order[place - 1];
            let before = score[coin] > score[other] || (score[coin] == score[other] && coin < other);
            if !before {
                break;
            }
            order[place] = other;
            place -= 1;
        }
        order[place] = coin;
    }
}

impl Ranking {
    pub fn new(coins: usize) -> Ranking {
        let order: Vec<usize> = (0..coins).collect();
        Ranking { by_volume: order.clone(), by_volatility: order, kept: vec![false; coins] }
    }

    /// Visits the coins that `select_coins` would choose, in its order, until `visit` says to stop.
    ///
    /// All scores must be numbers.
    pub fn visit(&mut self, scores: &Scores, rule: &Forager, mut visit: impl FnMut(usize) -> bool) {
        let enabled = scores.enabled.iter().filter(|&&on| on).count();
        if enabled == 0 {
            return;
        }
        let wanted = rule.max_positions.max(1);
        let by_volume = keep(enabled, rule.volume_drop_pct, wanted);
        let calm = keep(by_volume, rule.volatility_drop_pct, wanted);
        if by_volume < enabled {
            resort(&mut self.by_volume, &scores.volume);
            self.kept.fill(false);
            let loud = self.by_volume.iter().filter(|&&coin| scores.enabled[coin]);
            for &coin in loud.take(by_volume) {
                self.kept[coin] = true;
            }
        } else {
            self.kept.clone_from(&scores.enabled);
        }
        resort(&mut self.by_volatility, &scores.volatility);
        let left = self.by_volatility.iter().filter(|&&coin| self.kept[coin]).skip(by_volume - calm).take(wanted);
        for &coin in left {
            if visit(coin) {
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
                ranking.visit(&scores, &rule, |coin| {
                    chosen.push(coin);
                    false
                });
                prop_assert_eq!(chosen, pool.iter().map(|feature| feature.index).collect::<Vec<_>>());
            }
        }
    }
}
