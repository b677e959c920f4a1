//! Coin selection by volume and volatility (orchestrator.md 3.3).

use std::ops::Range;

use crate::engine::sort::{by_value, stable_sort_by};
use crate::why::{Reason, Silent, Watch};

/// What the selection knows about one coin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feature {
    pub index: usize,
    pub enabled: bool,
    pub volume_score: f64,
    pub volatility_score: f64,
}

/// How many coins to choose, and which fractions to drop before choosing.
#[derive(Clone, Copy, Debug)]
pub struct Forager {
    pub max_positions: usize,
    pub volume_drop_pct: f64,
    pub volatility_drop_pct: f64,
}

/// Number of coins out of `n` that survive dropping the fraction `drop`, never below `floor` coins while there are any.
pub(super) fn keep(n: usize, drop: f64, floor: usize) -> usize {
    let drop = if drop.is_finite() { drop.clamp(0.0, 1.0) } else { 0.0 };
    let kept = (n as f64 * (1.0 - drop)).round() as usize;
    kept.max(1).max(floor).min(n)
}

/// Reduces `pool` to the chosen coins, most volatile first.
///
/// Low volumes go first, then the most volatile ones; ties are broken by index.
pub fn select_coins(pool: &mut Vec<Feature>, rule: &Forager) {
    select_coins_watched(pool, rule, &mut Silent);
}

/// As `select_coins`, saying of each coin that is not chosen how it ranked.
pub fn select_coins_watched<W: Watch>(pool: &mut Vec<Feature>, rule: &Forager, watch: &mut W) {
    pool.retain(|feature| feature.enabled);
    if pool.is_empty() {
        return;
    }
    let wanted = rule.max_positions.max(1);
    let by_volume = keep(pool.len(), rule.volume_drop_pct, wanted);
    if by_volume < pool.len() {
        stable_sort_by(pool, |a, b| by_value(b.volume_score, a.volume_score).then(a.index.cmp(&b.index)));
        if W::LISTENS {
            tell(pool, by_volume..pool.len(), watch, |rank, coins| {
                let (rank, coins, kept) = (rank as f64, coins as f64, by_volume as f64);
                Reason::VolumeRank { rank, coins, kept }
            });
        }
        pool.truncate(by_volume);
    }
    let calm = keep(pool.len(), rule.volatility_drop_pct, wanted);
    stable_sort_by(pool, |a, b| by_value(b.volatility_score, a.volatility_score).then(a.index.cmp(&b.index)));
    let wild = pool.len() - calm;
    if W::LISTENS {
        tell(pool, 0..wild, watch, |rank, coins| {
            let (rank, coins, dropped) = (rank as f64, coins as f64, wild as f64);
            Reason::VolatilityRank { rank, coins, dropped }
        });
        tell(&pool[wild..], wanted.min(calm)..calm, watch, |rank, _| {
            let (rank, slots) = (rank as f64, wanted as f64);
            Reason::Outranked { rank, slots }
        });
    }
    pool.drain(..wild);
    pool.truncate(wanted);
}

/// Says a reason of each coin of a ranked part; `make` is given its rank and how many were ranked.
fn tell(ranked: &[Feature], part: Range<usize>, watch: &mut impl Watch, make: impl Fn(usize, usize) -> Reason) {
    for place in part {
        watch.symbol(ranked[place].index);
        watch.say(|| make(place + 1, ranked.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn feature() -> impl Strategy<Value = (bool, f64, f64)> {
        (any::<bool>(), any::<f64>(), any::<f64>())
    }

    proptest! {
        #[test]
        fn fills_the_slots_with_distinct_enabled_coins(
            rows in prop::collection::vec(feature(), 0..60),
            max_positions in 0usize..20,
            volume_drop_pct in any::<f64>(),
            volatility_drop_pct in any::<f64>(),
        ) {
            let all: Vec<Feature> = rows
                .into_iter()
                .enumerate()
                .map(|(index, (enabled, volume_score, volatility_score))| Feature { index, enabled, volume_score, volatility_score })
                .collect();
            let enabled = all.iter().filter(|f| f.enabled).count();
            let mut pool = all.clone();
            select_coins(&mut pool, &Forager { max_positions, volume_drop_pct, volatility_drop_pct });
            prop_assert_eq!(pool.len(), max_positions.max(1).min(enabled));
            let mut chosen: Vec<usize> = pool.iter().map(|f| f.index).collect();
            prop_assert!(chosen.iter().all(|&i| all[i].enabled));
            chosen.sort_unstable();
            chosen.dedup();
            prop_assert_eq!(chosen.len(), pool.len());
        }
    }
}
