//! What telling quiet bars looks at.

use super::account::Account;
use super::averages::Averages;
use super::request::Request;
use super::setup::{Arrays, Candle, Setup};
use crate::order::OrderContext;
use crate::params::BotParams;
use crate::types::{EPS, OrderBook, Side, TrailingBundle};

/// More than rounding to a step, to ten decimals and by the floats can move a price, relative and absolute.
pub const MARGIN: f64 = 1e-9;

/// The run at the end of a bar that has a following one.
pub struct View<'a> {
    pub setup: &'a Setup,
    pub arrays: &'a Arrays<'a>,
    pub account: &'a Account,
    pub averages: &'a Averages,
    pub trailing: &'a [Vec<TrailingBundle>; 2],
    pub request: &'a Request,
    pub bar: usize,
}

impl View<'_> {
    #[inline]
    pub fn bot(&self, coin: usize, side: Side) -> &BotParams {
        &self.request.input.symbols[coin].side(side).bot_params
    }

    /// Hourly volatility of a side, 0 where it is not used.
    #[inline]
    pub fn volatility(&self, coin: usize, side: Side) -> f64 {
        let used = self.bot(coin, side).entry_volatility_ema_span_hours > 0.0;
        if used { self.averages.hourly_range(coin, side) } else { 0.0 }
    }

    /// What the order rules read, except for the book.
    pub fn context(&self, coin: usize, side: Side) -> OrderContext<'_> {
        OrderContext {
            side,
            exchange: &self.setup.coins[coin].exchange,
            bot: self.bot(coin, side),
            balance: self.account.snapped,
            book: OrderBook::default(),
            bands: self.averages.bands(coin, side),
            vol1h: self.volatility(coin, side),
            position: self.account.position(side, coin),
            trailing: &self.trailing[side.idx()][coin],
        }
    }
}

/// Extremes of the coming bar and the touch of this one, for one coin.
#[derive(Clone, Copy)]
pub struct Coming {
    pub high: f64,
    pub low: f64,
    pub touch: f64,
}

impl Coming {
    /// From the rows of this bar and the next.
    #[inline]
    pub fn of(now: &[Candle], next: &[Candle], column: usize) -> Coming {
        let ([_, _, close, _], [high, low, ..]) = (now[column], next[column]);
        Coming { high, low, touch: if close > EPS { close } else { EPS } }
    }
}
