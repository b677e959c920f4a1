//! Reading the arguments of a backtest (backtest.md 1.2 to 1.4). Keys that are not needed are ignored.

use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::{PyKeyError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::backtest::setup::RunParams;
use crate::engine::input::BotParamsPair;
use crate::params::BotParams;
use crate::types::ExchangeParams;

/// Parameters that older configs know by another name.
const ALIASES: [(&str, &str); 2] = [
    ("entry_volatility_ema_span_hours", "entry_log_range_ema_span_hours"),
    ("filter_volatility_ema_span", "filter_log_range_ema_span"),
];
/// Parameters that may be left out, and are then 1.
const OPTIONAL: [&str; 2] = ["risk_wel_enforcer_threshold", "risk_twel_enforcer_threshold"];

fn refused(place: &str, key: &str, error: &PyErr) -> PyErr {
    PyValueError::new_err(format!("{place}.{key}: {error}"))
}

/// A value that counts as absent when it is of the wrong type.
fn lenient<'py, T: FromPyObjectOwned<'py>>(row: &Bound<'py, PyDict>, key: &str, absent: T) -> PyResult<T> {
    let value = row.get_item(key)?;
    Ok(value.and_then(|value| value.extract().ok()).unwrap_or(absent))
}

/// A value that may be absent but not of the wrong type.
fn optional<'py, T: FromPyObjectOwned<'py>>(
    row: &Bound<'py, PyDict>,
    place: &str,
    key: &str,
    absent: T,
) -> PyResult<T> {
    match row.get_item(key)? {
        Some(value) => value.extract().map_err(|error: T::Error| refused(place, key, &error.into())),
        None => Ok(absent),
    }
}

fn required(row: &Bound<'_, PyDict>, place: &str, key: &str) -> PyResult<f64> {
    let alias = ALIASES.iter().find(|(name, _)| *name == key).map(|(_, alias)| *alias);
    let found = match (row.get_item(key)?, alias) {
        (None, Some(alias)) => row.get_item(alias)?,
        (found, _) => found,
    };
    match found {
        Some(value) => value.extract().map_err(|error| refused(place, key, &error)),
        None if OPTIONAL.contains(&key) => Ok(1.0),
        None => Err(PyKeyError::new_err(format!("{place}.{key}"))),
    }
}

fn bot(row: &Bound<'_, PyDict>, place: &str) -> PyResult<BotParams> {
    let mut values = [0.0; BotParams::FLOAT_COUNT];
    for (value, name) in values.iter_mut().zip(BotParams::FLOAT_FIELDS) {
        *value = required(row, place, name)?;
    }
    // Halves away from zero, nothing below zero.
    let n_positions = required(row, place, "n_positions")?.round().max(0.0) as usize;
    Ok(BotParams::from_values(n_positions, &values))
}

fn table<'py>(value: &Bound<'py, PyAny>, place: &str) -> PyResult<Bound<'py, PyDict>> {
    value.cast::<PyDict>().cloned().map_err(|_| PyTypeError::new_err(format!("{place} must be a dict")))
}

/// The (long, short) parameters of every traded coin.
pub fn bots(rows: &Bound<'_, PyList>) -> PyResult<Vec<BotParamsPair>> {
    let pair = |(i, row): (usize, Bound<'_, PyAny>)| {
        let row = table(&row, &format!("bot_params[{i}]"))?;
        let side = |name: &str| {
            let place = format!("bot_params[{i}].{name}");
            let found = row.get_item(name)?.ok_or_else(|| PyKeyError::new_err(place.clone()))?;
            bot(&table(&found, &place)?, &place)
        };
        Ok(BotParamsPair { long: side("long")?, short: side("short")? })
    };
    rows.iter().enumerate().map(pair).collect()
}

/// Market limits of every traded coin; what is missing or no number is 0.
pub fn exchanges(rows: &Bound<'_, PyList>) -> PyResult<Vec<ExchangeParams>> {
    let limits = |(i, row): (usize, Bound<'_, PyAny>)| {
        let row = table(&row, &format!("exchange_params[{i}]"))?;
        let value = |key: &str| lenient(&row, key, 0.0);
        Ok(ExchangeParams {
            qty_step: value("qty_step")?,
            price_step: value("price_step")?,
            min_qty: value("min_qty")?,
            min_cost: value("min_cost")?,
            c_mult: value("c_mult")?,
        })
    };
    rows.iter().enumerate().map(limits).collect()
}

/// The scalar arguments.
pub fn run_params(row: &Bound<'_, PyDict>, look_ahead: bool) -> PyResult<RunParams> {
    let place = "backtest_params";
    let missing = || PyKeyError::new_err(format!("{place}.dynamic_wel_by_tradability"));
    row.get_item("dynamic_wel_by_tradability")?.ok_or_else(missing)?;
    let places = |key: &str| optional::<Vec<usize>>(row, place, key, Vec::new());
    let flag = |key: &str, absent: bool| optional(row, place, key, absent);
    let number = |key: &str| lenient(row, key, 0.0);
    Ok(RunParams {
        starting_balance: number("starting_balance")?,
        maker_fee: number("maker_fee")?,
        named_coins: lenient::<Vec<String>>(row, "coins", Vec::new())?.len(),
        active_coin_indices: places("active_coin_indices")?,
        first_timestamp_ms: lenient(row, "first_timestamp_ms", 0)?,
        requested_start_timestamp_ms: lenient(row, "requested_start_timestamp_ms", 0)?,
        first_valid_indices: places("first_valid_indices")?,
        last_valid_indices: places("last_valid_indices")?,
        warmup_minutes: optional(row, place, "warmup_minutes", Vec::new())?,
        global_warmup_bars: lenient(row, "global_warmup_bars", 0)?,
        btc_collateral_cap: number("btc_collateral_cap")?,
        btc_collateral_ltv_cap: optional(row, place, "btc_collateral_ltv_cap", None)?,
        metrics_only: flag("metrics_only", false)?,
        filter_by_min_effective_cost: flag("filter_by_min_effective_cost", false)?,
        dynamic_wel_by_tradability: flag("dynamic_wel_by_tradability", false)?,
        hedge_mode: flag("hedge_mode", true)?,
        max_realized_loss_pct: optional(row, place, "max_realized_loss_pct", 1.0)?,
        shut: [places("shut_long")?, places("shut_short")?],
        candle_interval_minutes: optional(row, place, "candle_interval_minutes", 1)?,
        look_ahead,
        every_bar: false,
    })
}
