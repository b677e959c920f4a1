//! Price, quantity and cropping of a re-entry under an exposure cap (orders.md 3.2).

use super::OrderContext;
use crate::money::{cost_to_qty, exposure_if_filled, interpolate};
use crate::round::round_;

/// A cropped entry may exceed the cap by this factor before it is cropped.
const CROP_TOLERANCE: f64 = 1.01;

/// The entry rules against one cap `K`, which a trailing-grid split may set below the position's limit.
pub(super) struct Sizer<'a> {
    pub ctx: &'a OrderContext<'a>,
    pub cap: f64,
}

/// Exposure after filling an order in full, and the quantity that keeps to the cap.
pub(super) struct Crop {
    pub exposure: f64,
    pub qty: f64,
}

impl Sizer<'_> {
    /// Share of the cap in use times a weight; 0 without a cap.
    pub fn weighted_share(&self, exposure: f64, weight: f64) -> f64 {
        if self.cap > 0.0 { exposure / self.cap * weight } else { 0.0 }
    }

    /// `1 + exposure term + volatility term`, never below 0.
    pub fn modulation(&self, exposure: f64, we_weight: f64, volatility_weight: f64) -> f64 {
        let sum = (1.0 + self.weighted_share(exposure, we_weight)) + self.ctx.vol1h * volatility_weight;
        sum.max(0.0)
    }

    /// Price of the next grid entry below (long) the position price, 0 when there is no room for one.
    pub fn grid_price(&self, position_price: f64, exposure: f64) -> f64 {
        let (ctx, bot) = (self.ctx, self.ctx.bot);
        let spacing = bot.entry_grid_spacing_pct
            * self.modulation(exposure, bot.entry_grid_spacing_we_weight, bot.entry_grid_spacing_volatility_weight);
        let wanted = ctx.entry_price(position_price * (1.0 - ctx.sign() * spacing));
        let price = ctx.entry_behind(wanted, ctx.entry_touch());
        if price <= ctx.exchange.price_step { 0.0 } else { price }
    }

    /// Quantity before cropping: the held size times `factor`, or the first entry's share of the cap if that is more.
    pub fn reentry_qty(&self, price: f64, held: f64, factor: f64) -> f64 {
        let ctx = self.ctx;
        let full = cost_to_qty(ctx.balance, price, ctx.exchange.c_mult) * self.cap;
        let wanted = (held * factor).max(full * ctx.bot.entry_initial_qty_pct);
        ctx.min_qty(price).max(round_(wanted, ctx.exchange.qty_step))
    }

    /// Quantity that brings exposure to the cap exactly, from the line between "none" and "all of it filled".
    pub fn qty_to_cap(&self, held: f64, exposure: f64, qty: f64, exposure_filled: f64) -> f64 {
        let size = interpolate(self.cap, (exposure, held), (exposure_filled, held + qty));
        round_(size - held, self.ctx.exchange.qty_step)
    }

    pub fn crop(&self, held: f64, position_price: f64, exposure: f64, qty: f64, price: f64) -> Crop {
        let ctx = self.ctx;
        let filled = exposure_if_filled(ctx.balance, held, position_price, qty, price, ctx.exchange);
        let wanted =
            if filled > self.cap * CROP_TOLERANCE { self.qty_to_cap(held, exposure, qty, filled) } else { qty };
        Crop { exposure: filled, qty: wanted.max(ctx.min_qty(price)) }
    }
}
