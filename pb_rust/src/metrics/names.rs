//! The names of all metrics, what they are when there is nothing to measure, and which are averaged over tails.

macro_rules! keys {
    ($($variant:ident = $name:literal, $default:literal;)*) => {
        /// One metric of the engine's analysis (metrics.md 8).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Key { $($variant),* }

        /// Every metric with its name and its value for a run of fewer than two fills, in the order of `Key`.
        pub const KEYS: &[(&str, f64)] = &[$(($name, $default)),*];
    };
}

keys! {
    Gain = "gain", 0.0;
    Adg = "adg", 0.0;
    AdgW = "adg_w", 0.0;
    Mdg = "mdg", 0.0;
    MdgW = "mdg_w", 0.0;
    AdgPnl = "adg_pnl", 0.0;
    AdgPnlW = "adg_pnl_w", 0.0;
    MdgPnl = "mdg_pnl", 0.0;
    MdgPnlW = "mdg_pnl_w", 0.0;
    SharpeRatio = "sharpe_ratio", 0.0;
    SharpeRatioW = "sharpe_ratio_w", 0.0;
    SortinoRatio = "sortino_ratio", 0.0;
    SortinoRatioW = "sortino_ratio_w", 0.0;
    SharpeRatioPnl = "sharpe_ratio_pnl", 0.0;
    SharpeRatioPnlW = "sharpe_ratio_pnl_w", 0.0;
    SortinoRatioPnl = "sortino_ratio_pnl", 0.0;
    SortinoRatioPnlW = "sortino_ratio_pnl_w", 0.0;
    OmegaRatio = "omega_ratio", 0.0;
    OmegaRatioW = "omega_ratio_w", 0.0;
    CalmarRatio = "calmar_ratio", 0.0;
    CalmarRatioW = "calmar_ratio_w", 0.0;
    SterlingRatio = "sterling_ratio", 0.0;
    SterlingRatioW = "sterling_ratio_w", 0.0;
    ExpectedShortfall1Pct = "expected_shortfall_1pct", 0.0;
    DrawdownWorst = "drawdown_worst", 1.0;
    DrawdownWorstMean1Pct = "drawdown_worst_mean_1pct", 1.0;
    EquityBalanceDiffNegMax = "equity_balance_diff_neg_max", 1.0;
    EquityBalanceDiffNegMean = "equity_balance_diff_neg_mean", 1.0;
    EquityBalanceDiffPosMax = "equity_balance_diff_pos_max", 1.0;
    EquityBalanceDiffPosMean = "equity_balance_diff_pos_mean", 1.0;
    LossProfitRatio = "loss_profit_ratio", 1.0;
    LossProfitRatioW = "loss_profit_ratio_w", 1.0;
    PeakRecoveryHoursEquity = "peak_recovery_hours_equity", 0.0;
    PeakRecoveryHoursPnl = "peak_recovery_hours_pnl", 0.0;
    EquityChoppiness = "equity_choppiness", 1.0;
    EquityChoppinessW = "equity_choppiness_w", 1.0;
    EquityJerkiness = "equity_jerkiness", 1.0;
    EquityJerkinessW = "equity_jerkiness_w", 1.0;
    ExponentialFitError = "exponential_fit_error", 1.0;
    ExponentialFitErrorW = "exponential_fit_error_w", 1.0;
    PositionsHeldPerDay = "positions_held_per_day", 0.0;
    PositionsHeldPerDayW = "positions_held_per_day_w", 0.0;
    PositionHeldHoursMean = "position_held_hours_mean", 0.0;
    PositionHeldHoursMax = "position_held_hours_max", 0.0;
    PositionHeldHoursMedian = "position_held_hours_median", 0.0;
    PositionUnchangedHoursMax = "position_unchanged_hours_max", 0.0;
    VolumePctPerDayAvg = "volume_pct_per_day_avg", 0.0;
    VolumePctPerDayAvgW = "volume_pct_per_day_avg_w", 0.0;
    TotalWalletExposureMax = "total_wallet_exposure_max", 0.0;
    TotalWalletExposureMean = "total_wallet_exposure_mean", 0.0;
    TotalWalletExposureMedian = "total_wallet_exposure_median", 0.0;
    HighExposureHoursMeanLong = "high_exposure_hours_mean_long", 0.0;
    HighExposureHoursMaxLong = "high_exposure_hours_max_long", 0.0;
    HighExposureHoursMeanShort = "high_exposure_hours_mean_short", 0.0;
    HighExposureHoursMaxShort = "high_exposure_hours_max_short", 0.0;
    EntryInitialBalancePctLong = "entry_initial_balance_pct_long", 0.0;
    EntryInitialBalancePctShort = "entry_initial_balance_pct_short", 0.0;
}

/// Metrics that are also averaged over tails, each with the name of the average (metrics.md 4).
pub const WEIGHTED: [(Key, Key); 17] = [
    (Key::Adg, Key::AdgW),
    (Key::AdgPnl, Key::AdgPnlW),
    (Key::Mdg, Key::MdgW),
    (Key::MdgPnl, Key::MdgPnlW),
    (Key::SharpeRatio, Key::SharpeRatioW),
    (Key::SortinoRatio, Key::SortinoRatioW),
    (Key::SharpeRatioPnl, Key::SharpeRatioPnlW),
    (Key::SortinoRatioPnl, Key::SortinoRatioPnlW),
    (Key::OmegaRatio, Key::OmegaRatioW),
    (Key::CalmarRatio, Key::CalmarRatioW),
    (Key::SterlingRatio, Key::SterlingRatioW),
    (Key::LossProfitRatio, Key::LossProfitRatioW),
    (Key::EquityChoppiness, Key::EquityChoppinessW),
    (Key::EquityJerkiness, Key::EquityJerkinessW),
    (Key::ExponentialFitError, Key::ExponentialFitErrorW),
    (Key::VolumePctPerDayAvg, Key::VolumePctPerDayAvgW),
    (Key::PositionsHeldPerDay, Key::PositionsHeldPerDayW),
];

/// A value for every metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Values([f64; KEYS.len()]);

impl Default for Values {
    fn default() -> Values {
        Values(std::array::from_fn(|i| KEYS[i].1))
    }
}

impl Values {
    pub fn get(&self, key: Key) -> f64 {
        self.0[key as usize]
    }

    pub fn set(&mut self, key: Key, value: f64) {
        self.0[key as usize] = value;
    }

    /// Names and values, in the order of `KEYS`.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        KEYS.iter().zip(self.0).map(|((name, _), value)| (*name, value))
    }
}
