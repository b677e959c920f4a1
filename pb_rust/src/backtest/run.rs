//! The loop over the bars (backtest.md 2.1).

use super::account::{Account, Exposure};
use super::averages::Averages;
use super::error::BacktestError;
use super::fills::{Bar, Touched};
use super::progress::{Progress, Sample};
use super::request::Request;
use super::result::{BacktestResult, Equity, Fill, RunFacts};
use super::setup::{Arrays, Setup};
use super::view::View;
use super::watch::{Changes, Need, Watch};
use crate::engine::{Focus, Output, Workspace, compute_ideal_orders_into};
use crate::order::trailing::update_bundle;
use crate::types::{Side, TrailingBundle};

/// Everything that changes while a run goes on.
struct Run<'a> {
    setup: &'a Setup,
    arrays: &'a Arrays<'a>,
    account: Account,
    averages: Averages,
    trailing: [Vec<TrailingBundle>; 2],
    /// Coins whose trailing extremes are followed on each side.
    trails: [Vec<bool>; 2],
    request: Request,
    workspace: Workspace,
    output: Output,
    watch: Watch,
    changes: Changes,
    focus: Focus,
    touched: Touched,
    exposure: Exposure,
    recording: bool,
    fills: Vec<Fill>,
    equity: Equity,
}

/// Runs from the second bar to the last but one. Pure: nothing but the arguments decides.
///
/// Fails when orders cannot be decided, and at the first fill of a coin without a name.
pub fn run(setup: &Setup, arrays: &Arrays) -> Result<BacktestResult, BacktestError> {
    run_watched(setup, arrays, &Progress::default())
}

/// As `run`, reporting to `progress` every few bars; fails as well once that is cancelled.
pub fn run_watched(setup: &Setup, arrays: &Arrays, progress: &Progress) -> Result<BacktestResult, BacktestError> {
    let mut run = Run::new(setup, arrays);
    let end = arrays.bars.saturating_sub(1);
    let pace = progress.begin(end);
    let (mut from, mut reports) = (1, 0);
    while from < end {
        let to = end.min(from + pace.stride);
        for bar in from..to {
            run.step(bar)?;
        }
        reports += 1;
        let sample = (reports % pace.sampling == 0 || to == end).then(|| run.sample(to - 1));
        progress.tell(to, run.fills.len(), sample)?;
        from = to;
    }
    let facts = RunFacts {
        btc_collateral: run.account.holds_btc(),
        master: setup.master,
        effective_positions: run.request.effective_positions(),
    };
    Ok(BacktestResult { fills: run.fills, equity: run.equity, facts })
}

impl<'a> Run<'a> {
    fn new(setup: &'a Setup, arrays: &'a Arrays<'a>) -> Run<'a> {
        let count = setup.coins.len();
        let bundles = vec![TrailingBundle::default(); count];
        let trails = Side::BOTH
            .map(|side| setup.coins.iter().map(|coin| setup.side_on[side.idx()] && coin.trails(side)).collect());
        let recorded = arrays.bars.saturating_sub(1).saturating_sub(setup.first_decision);
        Run {
            setup,
            arrays,
            account: Account::new(setup, arrays.btc_usd[0]),
            averages: Averages::new(setup, arrays),
            trailing: [bundles.clone(), bundles],
            trails,
            request: Request::new(setup),
            workspace: Workspace::new(),
            output: Output::default(),
            watch: Watch::default(),
            changes: Changes { market: true, ..Changes::default() },
            focus: Focus::new(count),
            touched: Touched::default(),
            exposure: Exposure::default(),
            recording: false,
            fills: Vec::new(),
            equity: Equity::with_capacity(recorded, setup.interval_ms, setup.params.wants_btc_equity()),
        }
    }

    fn step(&mut self, index: usize) -> Result<(), BacktestError> {
        let bar = Bar { setup: self.setup, arrays: self.arrays, index };
        let before = self.fills.len();
        bar.fill(&self.output.orders, &mut self.account, &mut self.touched, &mut self.fills)?;
        let filled = self.fills.len() > before;
        let hour_over = self.averages.update(self.arrays, index);
        let snapped = self.account.snapped;
        self.account.mark(self.arrays.btc_usd[index]);
        if self.account.holds_btc() || filled {
            self.exposure = self.account.exposure();
        }
        self.changes.positions |= filled;
        self.changes.volatility |= hour_over;
        self.changes.balance |= self.account.holds_btc() || self.account.snapped != snapped;
        self.follow_prices(index, filled);
        if index >= self.setup.first_decision {
            self.changes.market |= self.request.share_limits(self.setup, index);
            self.recording |= self.request.has_limits();
            self.decide(index)?;
        }
        if self.recording {
            self.record(index);
        }
        Ok(())
    }

    /// Carries on the trailing extremes of open positions; a fill starts them anew.
    fn follow_prices(&mut self, index: usize, filled: bool) {
        let row = self.arrays.row(index);
        for side in Side::BOTH {
            for held in self.account.held(side) {
                if !self.trails[side.idx()][held.coin] || index > held.last {
                    continue;
                }
                let bundle = &mut self.trailing[side.idx()][held.coin];
                if filled && self.touched.contains(side, held.coin) {
                    *bundle = TrailingBundle::default();
                } else {
                    let [high, low, close, _] = row[held.column];
                    update_bundle(bundle, high, low, close);
                }
            }
        }
    }

    fn decide(&mut self, index: usize) -> Result<(), BacktestError> {
        let need = self.needed(index);
        if need == Need::Nothing {
            self.output.orders.clear();
            return Ok(());
        }
        let Run { setup, arrays, account, averages, trailing, request, .. } = self;
        request.update(setup, arrays, account, averages, trailing, index);
        let focus = (need == Need::Focus).then_some(&self.focus);
        compute_ideal_orders_into(&self.request.input, focus, &mut self.workspace, &mut self.output)
            .map_err(|error| BacktestError::Decision { bar: index, error })?;
        self.focus.clear();
        Ok(())
    }

    /// Which orders of this bar might be filled on the next one; everything where it might not be decidable.
    fn needed(&mut self, bar: usize) -> Need {
        let Run { setup, arrays, account, averages, trailing, request, watch, .. } = self;
        let params = &setup.params;
        let plain = params.look_ahead && !params.every_bar && !averages.are_odd();
        if !plain || !account.total.is_finite() || !account.snapped.is_finite() {
            self.changes.market = true;
            return Need::Everything;
        }
        let view = View { setup, arrays, account, averages, trailing, request, bar };
        if self.changes != Changes::default() {
            watch.refresh(&view, self.changes, |side, coin| self.touched.contains(side, coin));
            self.changes = Changes::default();
        }
        watch.look(&view, &mut self.focus)
    }

    fn sample(&self, index: usize) -> Sample {
        let balance = self.account.total;
        let equity = self.equity.usd.last().copied().unwrap_or(balance);
        Sample { timestamp_ms: self.setup.time_ms(index), balance, equity }
    }

    fn record(&mut self, index: usize) {
        let (row, time_ms) = (self.arrays.row(index), self.setup.time_ms(index));
        let net = self.exposure.net;
        if self.setup.params.wants_btc_equity() {
            let (usd, btc) = self.account.equity(index, row, self.arrays.btc_usd[index]);
            self.equity.push(time_ms, usd, Some(btc), net);
        } else {
            self.equity.push(time_ms, self.account.usd_equity(index, row), None, net);
        }
    }
}
