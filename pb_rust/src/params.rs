//! The 38 strategy parameters of one symbol and side (orders.md 2.3).

use serde::{Deserialize, Serialize};

macro_rules! bot_params {
    ($($field:ident),* $(,)?) => {
        /// Strategy parameters; every `*_pct`, `*_ratio`, `*_limit`, `*_dist`, `*_threshold` is a plain fraction.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct BotParams {
            pub n_positions: usize,
            $(pub $field: f64),*
        }

        impl BotParams {
            /// Names of the float parameters, in declaration order (`n_positions` is the one integer).
            pub const FLOAT_FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];

            /// Number of float parameters.
            pub const FLOAT_COUNT: usize = Self::FLOAT_FIELDS.len();

            /// Builds the set from the float parameters in the order of `FLOAT_FIELDS`.
            pub fn from_values(n_positions: usize, values: &[f64; Self::FLOAT_COUNT]) -> Self {
                let [$($field),*] = *values;
                BotParams { n_positions, $($field),* }
            }

            /// Sets a float parameter by name; false when there is none of that name.
            pub fn set(&mut self, name: &str, value: f64) -> bool {
                match name {
                    $(stringify!($field) => { self.$field = value; true })*
                    _ => false,
                }
            }
        }
    };
}

bot_params! {
    close_grid_markup_end,
    close_grid_markup_start,
    close_grid_qty_pct,
    close_trailing_retracement_pct,
    close_trailing_grid_ratio,
    close_trailing_qty_pct,
    close_trailing_threshold_pct,
    entry_grid_double_down_factor,
    entry_grid_spacing_volatility_weight,
    entry_grid_spacing_we_weight,
    entry_grid_spacing_pct,
    entry_volatility_ema_span_hours,
    entry_initial_ema_dist,
    entry_initial_qty_pct,
    entry_trailing_double_down_factor,
    entry_trailing_retracement_pct,
    entry_trailing_retracement_we_weight,
    entry_trailing_retracement_volatility_weight,
    entry_trailing_grid_ratio,
    entry_trailing_threshold_pct,
    entry_trailing_threshold_we_weight,
    entry_trailing_threshold_volatility_weight,
    filter_volatility_ema_span,
    filter_volatility_drop_pct,
    filter_volume_ema_span,
    filter_volume_drop_pct,
    ema_span_0,
    ema_span_1,
    total_wallet_exposure_limit,
    wallet_exposure_limit,
    risk_wel_enforcer_threshold,
    risk_twel_enforcer_threshold,
    risk_we_excess_allowance_pct,
    unstuck_close_pct,
    unstuck_ema_dist,
    unstuck_loss_allowance_pct,
    unstuck_threshold,
}
