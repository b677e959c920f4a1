//! What the decision step is asked at the end of a bar, kept in place from bar to bar (backtest.md 2.8, 2.9).

use super::account::Account;
use super::averages::{Averages, close_spans};
use super::setup::{Arrays, Coin, Setup};
use crate::engine::input::{EmaLists, Emas, Global, Input, Mode, NextCandle, SideInput, SymbolInput};
use crate::money::{effective_min_cost, unstuck_allowance};
use crate::params::BotParams;
use crate::types::{EPS, OrderBook, Side, TrailingBundle};

/// The request and the bookkeeping of exposure limits that change with the number of tradable coins.
pub struct Request {
    pub input: Input,
    limits: Limits,
}

/// Denominators of the exposure limits (backtest.md 2.8).
#[derive(Clone, Debug)]
struct Limits {
    /// Most coins ever tradable at once.
    seen: usize,
    effective: [usize; 2],
    /// Bars at which some coin begins or ends trading or comes to its last bar, descending.
    changes: Vec<usize>,
    succeeded: bool,
}

impl Limits {
    fn new(setup: &Setup) -> Limits {
        let mut changes: Vec<usize> =
            setup.coins.iter().flat_map(|coin| [coin.trade_start, coin.last, coin.last + 1]).collect();
        changes.sort_unstable_by(|a, b| b.cmp(a));
        changes.dedup();
        changes.push(0);
        Limits { seen: 0, effective: setup.configured, changes, succeeded: false }
    }
}

/// A coin's request with everything that never changes filled in.
fn symbol(setup: &Setup, symbol_idx: usize) -> SymbolInput {
    let coin = &setup.coins[symbol_idx];
    let master =
        |pick: fn(&BotParams) -> f64| Side::BOTH.into_iter().map(|side| (pick(setup.master.get(side)), 0.0)).collect();
    let close = Side::BOTH.into_iter().flat_map(|side| close_spans(coin.bots.get(side))).map(|span| (span, 0.0));
    let hours = Side::BOTH.into_iter().map(|side| (coin.bots.get(side).entry_volatility_ema_span_hours, 0.0));
    let m1 = EmaLists {
        close: close.collect(),
        log_range: master(|bot| bot.filter_volatility_ema_span),
        volume: master(|bot| bot.filter_volume_ema_span),
    };
    let h1 = EmaLists { log_range: hours.filter(|(span, _)| *span > 0.0).collect(), ..EmaLists::default() };
    let side = |side: Side| SideInput { bot_params: *coin.bots.get(side), ..SideInput::default() };
    SymbolInput {
        symbol_idx,
        exchange: coin.exchange,
        emas: Emas { m1, h1 },
        long: side(Side::Long),
        short: side(Side::Short),
        ..SymbolInput::default()
    }
}

impl Request {
    pub fn new(setup: &Setup) -> Request {
        let params = &setup.params;
        let global = Global {
            filter_by_min_effective_cost: params.filter_by_min_effective_cost,
            unstuck_allowance_long: 0.0,
            unstuck_allowance_short: 0.0,
            max_realized_loss_pct: params.max_realized_loss_pct,
            realized_pnl_cumsum_max: 0.0,
            realized_pnl_cumsum_last: 0.0,
            sort_global: false,
            global_bot_params: setup.master,
            hedge_mode: params.hedge_mode,
        };
        let symbols = (0..setup.coins.len()).map(|i| symbol(setup, i)).collect();
        let input = Input { balance: 0.0, balance_raw: 0.0, global, symbols, peek_hints: None };
        Request { input, limits: Limits::new(setup) }
    }

    /// Denominators as they are now, long and short.
    pub fn effective_positions(&self) -> [usize; 2] {
        self.limits.effective
    }

    /// Whether limits could be shared out when last tried.
    pub fn has_limits(&self) -> bool {
        self.limits.succeeded
    }

    /// Shares the total limits out anew where the coins that may trade have changed; true then.
    #[inline]
    pub fn share_limits(&mut self, setup: &Setup, bar: usize) -> bool {
        let limits = &mut self.limits;
        if limits.changes.last().is_none_or(|&change| change > bar) {
            return false;
        }
        while limits.changes.last().is_some_and(|&change| change <= bar) {
            limits.changes.pop();
        }
        self.limits.succeeded = self.share_now(setup, bar);
        true
    }

    fn share_now(&mut self, setup: &Setup, bar: usize) -> bool {
        let eligible = setup.coins.iter().filter(|coin| coin.is_tradable(bar)).count();
        if eligible == 0 {
            return false;
        }
        let limits = &mut self.limits;
        limits.seen = limits.seen.max(eligible);
        let dynamic = setup.params.dynamic_wel_by_tradability;
        let effective = setup.configured.map(|n| if dynamic { n.min(limits.seen) } else { n });
        if effective == [0, 0] {
            return false;
        }
        limits.effective = effective;
        for (coin, symbol) in setup.coins.iter().zip(&mut self.input.symbols).filter(|(c, _)| c.is_tradable(bar)) {
            for side in Side::BOTH {
                let n = effective[side.idx()];
                let total = setup.master.get(side).total_wallet_exposure_limit;
                if coin.bots.get(side).wallet_exposure_limit < 0.0 {
                    let own = side.pick(&mut symbol.long, &mut symbol.short);
                    own.bot_params.wallet_exposure_limit = if n > 0 { total / n as f64 } else { 0.0 };
                }
            }
        }
        true
    }

    /// Brings the request to the end of a bar that has a following one.
    pub fn update(
        &mut self,
        setup: &Setup,
        arrays: &Arrays,
        account: &Account,
        averages: &Averages,
        trailing: &[Vec<TrailingBundle>; 2],
        bar: usize,
    ) {
        self.update_global(setup, account);
        let bars = Moment { setup, arrays, bar, total: account.total };
        for (i, (coin, symbol)) in setup.coins.iter().zip(&mut self.input.symbols).enumerate() {
            bars.market(coin, symbol);
            update_emas(averages, i, symbol);
            for side in Side::BOTH {
                let own = side.pick(&mut symbol.long, &mut symbol.short);
                own.position = account.position(side, i);
                own.trailing = trailing[side.idx()][i];
                own.mode = bars.mode(coin, side, own);
            }
        }
    }

    fn update_global(&mut self, setup: &Setup, account: &Account) {
        self.input.balance = account.snapped;
        self.input.balance_raw = account.total;
        let global = &mut self.input.global;
        global.unstuck_allowance_long = allowance(setup, account, Side::Long);
        global.unstuck_allowance_short = allowance(setup, account, Side::Short);
        global.realized_pnl_cumsum_max = account.pnl_peak;
        global.realized_pnl_cumsum_last = account.pnl_sum;
    }
}

/// What a side may lose by unstucking, in USD.
pub fn allowance(setup: &Setup, account: &Account, side: Side) -> f64 {
    let bot = setup.master.get(side);
    let pct = bot.unstuck_loss_allowance_pct;
    if pct > 0.0 {
        let share = pct * bot.total_wallet_exposure_limit;
        unstuck_allowance(account.total, share, account.pnl_peak, account.pnl_sum)
    } else {
        0.0
    }
}

fn update_emas(averages: &Averages, i: usize, symbol: &mut SymbolInput) {
    let (m1, h1) = (&mut symbol.emas.m1, &mut symbol.emas.h1);
    let mut hourly = h1.log_range.iter_mut();
    for side in Side::BOTH {
        let at = side.idx();
        for place in 0..3 {
            m1.close[3 * at + place].1 = averages.close(i, side, place);
        }
        m1.volume[at].1 = averages.volume(i, side);
        m1.log_range[at].1 = averages.range(i, side);
        let own = side.pick(&symbol.long, &symbol.short);
        if own.bot_params.entry_volatility_ema_span_hours > 0.0
            && let Some(pair) = hourly.next()
        {
            pair.1 = averages.hourly_range(i, side);
        }
    }
}

/// The end of one bar; `total` is the whole balance in USD.
pub struct Moment<'a> {
    pub setup: &'a Setup,
    pub arrays: &'a Arrays<'a>,
    pub bar: usize,
    pub total: f64,
}

impl Moment<'_> {
    fn close(&self, coin: &Coin, bar: usize) -> f64 {
        self.arrays.candle(bar, coin.column)[2]
    }

    /// Price at which the market stands.
    pub fn touch(&self, coin: &Coin) -> f64 {
        self.close(coin, self.bar.clamp(coin.first, coin.last)).max(EPS)
    }

    fn market(&self, coin: &Coin, symbol: &mut SymbolInput) {
        let exchange = &coin.exchange;
        let price = self.touch(coin);
        symbol.order_book = OrderBook { bid: price, ask: price };
        symbol.tradable = coin.is_tradable(self.bar);
        symbol.effective_min_cost = effective_min_cost(price, exchange.min_qty, exchange.min_cost, exchange.c_mult);
        symbol.next_candle = self.setup.params.look_ahead.then(|| {
            let tradable = coin.is_tradable(self.bar + 1);
            let [high, low, ..] = if tradable { *self.arrays.candle(self.bar + 1, coin.column) } else { [0.0; 4] };
            NextCandle { low, high, tradable }
        });
    }

    fn mode(&self, coin: &Coin, side: Side, own: &SideInput) -> Option<Mode> {
        self.mode_of(coin, side, &own.bot_params, own.has_position())
    }

    /// What a side of a coin may do (backtest.md 2.9).
    pub fn mode_of(&self, coin: &Coin, side: Side, bot: &BotParams, held: bool) -> Option<Mode> {
        if held && coin.is_given_up(self.bar) {
            return Some(Mode::Panic);
        }
        let cramped = self.setup.params.filter_by_min_effective_cost && !held && !self.can_open(coin, bot);
        let stopped = cramped || coin.shut[side.idx()];
        stopped.then_some(Mode::GracefulStop)
    }

    /// Whether a first entry would be worth the least the market accepts (backtest.md 2.9, last test).
    fn can_open(&self, coin: &Coin, bot: &BotParams) -> bool {
        let exchange = &coin.exchange;
        let close = self.close(coin, self.bar);
        let limit = bot.wallet_exposure_limit;
        if !(close.is_finite() && close > 0.0 && bot.entry_initial_qty_pct > 0.0 && limit > 0.0) {
            return false;
        }
        let limit = limit * (1.0 + bot.risk_we_excess_allowance_pct.max(0.0));
        let least = effective_min_cost(close, exchange.min_qty, exchange.min_cost, exchange.c_mult);
        self.total * limit * bot.entry_initial_qty_pct >= least
    }
}
