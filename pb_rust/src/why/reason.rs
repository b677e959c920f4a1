//! The reasons there are, each with its numbers. Names and numbers are interface.

use serde::{Serialize, Serializer};

/// What a reason does to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The order exists because of it.
    Makes,
    /// It keeps an order away, or a part of it.
    Keeps,
    /// It tells how far something has come.
    Tells,
}

impl Effect {
    pub fn name(self) -> &'static str {
        match self {
            Effect::Makes => "makes",
            Effect::Keeps => "keeps",
            Effect::Tells => "tells",
        }
    }
}

/// The numbers of a reason, in the order of their declaration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers(pub Vec<(&'static str, f64)>);

impl Serialize for Numbers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// Name, effect and names of the numbers of one reason.
pub type Declared = (&'static str, Effect, &'static [&'static str]);

macro_rules! reasons {
    ($($effect:ident { $($variant:ident = $name:literal ($($number:ident),*);)* })*) => {
        /// Why an order exists or does not. `*_pct` are fractions, prices and amounts in quote, ranks count from 1.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Reason { $($($variant { $($number: f64),* },)*)* }

        impl Reason {
            pub const ALL: &'static [Declared] =
                &[$($(($name, Effect::$effect, &[$(stringify!($number)),*]),)*)*];

            pub fn name(&self) -> &'static str {
                match self { $($(Reason::$variant { .. } => $name,)*)* }
            }

            pub fn effect(&self) -> Effect {
                match self { $($(Reason::$variant { .. } => Effect::$effect,)*)* }
            }

            pub fn numbers(&self) -> Numbers {
                match *self {
                    $($(Reason::$variant { $($number),* } => Numbers(vec![$((stringify!($number), $number)),*]),)*)*
                }
            }
        }
    };
}

reasons! {
    Makes {
        EntryInitial = "entry_initial" (distance_pct, band_price, band_pct, ema_dist_pct);
        EntryInitialPartial = "entry_initial_partial" (distance_pct, band_price, band_pct, ema_dist_pct);
        EntryGrid = "entry_grid" (distance_pct, from_position_pct);
        EntryGridCropped = "entry_grid_cropped" (distance_pct, from_position_pct);
        EntryGridInflated = "entry_grid_inflated" (distance_pct, from_position_pct);
        EntryTrailing = "entry_trailing" (distance_pct, from_position_pct);
        EntryTrailingCropped = "entry_trailing_cropped" (distance_pct, from_position_pct);
        CloseGrid = "close_grid" (distance_pct, from_position_pct);
        CloseTrailing = "close_trailing" (distance_pct, from_position_pct);
        CloseUnstuck = "close_unstuck" (distance_pct, from_position_pct, allowance);
        CloseAutoReduceWel = "close_auto_reduce_wel" (distance_pct, from_position_pct, exposure, limit);
        CloseAutoReduceTwel = "close_auto_reduce_twel" (distance_pct, from_position_pct, limit);
        ClosePanic = "close_panic" (distance_pct, from_position_pct);
    } Tells {
        TrailingTriggered = "trailing_triggered" (threshold_price, retracement_price, extreme_price);
    } Keeps {
        SideOff = "side_off" (total_limit, n_positions);
        ModeManual = "mode_manual" ();
        ModeGracefulStop = "mode_graceful_stop" ();
        ModeTpOnly = "mode_tp_only" ();
        ModePanic = "mode_panic" ();
        NotTradable = "not_tradable" ();
        BelowMinCost = "below_min_cost" (has, needed);
        NoSlot = "no_slot" (slots, taken);
        VolumeRank = "volume_rank" (rank, coins, kept);
        VolatilityRank = "volatility_rank" (rank, coins, dropped);
        Outranked = "outranked" (rank, slots);
        OneWayHeld = "one_way_held" ();
        OneWayNearer = "one_way_nearer" (own_pct, other_pct);
        NoLimit = "no_limit" (limit);
        NoBalance = "no_balance" (balance);
        FirstPriceTooLow = "first_price_too_low" (price, step);
        GridPriceTooLow = "grid_price_too_low" (step);
        PositionFull = "position_full" (exposure, limit);
        TrailingThreshold = "trailing_threshold" (moved_pct, needed_pct, threshold_price, extreme_price);
        TrailingRetracement = "trailing_retracement" (pulled_pct, needed_pct, retracement_price, extreme_price);
        TrailingNever = "trailing_never" (threshold_pct, retracement_pct);
        ThenTrailing = "then_trailing" ();
        LadderSamePrice = "ladder_same_price" (price);
        LadderLength = "ladder_length" (orders);
        RoundsToNothing = "rounds_to_nothing" (step);
        TotalExposureFull = "total_exposure_full" (exposure, limit);
        TotalExposureCut = "total_exposure_cut" (was, left, limit);
        EntryBelowMinimum = "entry_below_minimum" (qty, least);
        NotHeld = "not_held" ();
        WholePosition = "whole_position" ();
        CloseMerged = "close_merged" (held, least);
        CloseBelowMinimum = "close_below_minimum" (qty, least);
        CloseBeyondPosition = "close_beyond_position" (was, left);
        LossGate = "loss_gate" (projected_pnl, balance_after, floor);
        PanicNoPrice = "panic_no_price" ();
        UnstuckAllowance = "unstuck_allowance" (allowance);
        UnstuckNotStuck = "unstuck_not_stuck" (share, threshold);
        UnstuckPrice = "unstuck_price" (price, trigger);
        UnstuckOtherFirst = "unstuck_other_first" (under_water_pct, other_pct);
        TooFarToSend = "too_far_to_send" (distance_pct, threshold_pct);
        SentOnce = "sent_once" ();
        AveragesUnknown = "averages_unknown" ();
        NoPrice = "no_price" ();
        NotApproved = "not_approved" ();
        NotEligible = "not_eligible" ();
        TooYoung = "too_young" (least_days);
        OtherSideHeld = "other_side_held" ();
        NotPlanned = "not_planned" ();
        PlanRejected = "plan_rejected" ();
        EntriesBlocked = "entries_blocked" ();
        CreationsPaused = "creations_paused" ();
        CrowdedOut = "crowded_out" ();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_numbers_come_in_their_declared_order() {
        let mut names: Vec<&str> = Reason::ALL.iter().map(|declared| declared.0).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        let said = Reason::NoSlot { slots: 3.0, taken: 2.0 };
        assert_eq!(said.numbers(), Numbers(vec![("slots", 3.0), ("taken", 2.0)]));
        assert_eq!((said.name(), said.effect()), ("no_slot", Effect::Keeps));
    }
}
