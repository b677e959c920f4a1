//! Random documents for the decision step.

use pb_rust::params::BotParams;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Whether numbers are what a sane account has, or anything a document can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taste {
    Sane,
    Wild,
}

fn wild() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("JSON knows no other", |v| v.is_finite()),
        -2.0..2.0,
        -1e5..1e5,
        prop::sample::select(vec![0.0, -0.0, 1.0, -1.0, 1e-13, 1e300, -1e300, 5e-324, f64::MAX]),
    ]
}

fn number(taste: Taste, low: f64, high: f64) -> BoxedStrategy<f64> {
    match taste {
        Taste::Sane => (low..high).boxed(),
        // Mostly sane, so that the later phases are reached.
        Taste::Wild => prop_oneof![7 => low..high, 1 => wild()].boxed(),
    }
}

/// Range in which a parameter makes sense.
fn range(name: &str) -> (f64, f64) {
    match name {
        "total_wallet_exposure_limit" => (0.5, 2.5),
        "wallet_exposure_limit" => (0.2, 1.0),
        "ema_span_0" | "ema_span_1" => (10.0, 10.001),
        "entry_volatility_ema_span_hours" => (24.0, 24.001),
        "entry_initial_ema_dist" | "unstuck_ema_dist" => (-0.05, 0.02),
        "entry_trailing_grid_ratio" | "close_trailing_grid_ratio" => (-1.0, 1.0),
        "risk_wel_enforcer_threshold" | "risk_twel_enforcer_threshold" => (0.8, 1.1),
        "entry_grid_spacing_pct" => (0.01, 0.05),
        "entry_grid_spacing_volatility_weight" => (0.0, 10.0),
        "filter_volume_ema_span" | "filter_volatility_ema_span" => (60.0, 60.001),
        _ => (0.01, 0.5),
    }
}

pub fn bot_params(taste: Taste) -> impl Strategy<Value = Value> {
    let floats: Vec<BoxedStrategy<f64>> = BotParams::FLOAT_FIELDS
        .iter()
        .map(|name| {
            let (low, high) = range(name);
            match (taste, *name) {
                // Averages are looked up by span: keep most of them findable.
                (Taste::Wild, "ema_span_0" | "ema_span_1") => prop_oneof![30 => Just(10.0), 1 => wild()].boxed(),
                (_, "ema_span_0" | "ema_span_1") => Just(10.0).boxed(),
                (_, "entry_volatility_ema_span_hours") => Just(24.0).boxed(),
                (_, "filter_volume_ema_span" | "filter_volatility_ema_span") => Just(60.0).boxed(),
                _ => number(taste, low, high),
            }
        })
        .collect();
    (floats, 1usize..6).prop_map(|(values, n_positions)| {
        let mut object: Map<String, Value> =
            BotParams::FLOAT_FIELDS.iter().zip(values).map(|(name, v)| ((*name).to_owned(), json!(v))).collect();
        object.insert("n_positions".into(), json!(n_positions));
        Value::Object(object)
    })
}

/// Sane sizes lie on the quantity step.
fn on_step(size: f64) -> f64 {
    if size.abs() < 1e9 { (size * 10.0).round() / 10.0 } else { size }
}

fn side(taste: Taste, sign: f64) -> impl Strategy<Value = Value> {
    let mode = prop::sample::select(vec![
        json!(null),
        json!(null),
        json!("normal"),
        json!("graceful_stop"),
        json!("tp_only"),
        json!("panic"),
        json!("manual"),
    ]);
    let size = prop_oneof![Just(0.0), number(taste, 0.0, 30.0)];
    let trailing = prop::collection::vec(number(taste, 8.0, 12.0), 4);
    (mode, size, number(taste, 8.0, 12.0), trailing, bot_params(taste)).prop_map(move |(mode, size, price, t, bot)| {
        json!({
            "mode": mode,
            "position": {"size": sign * on_step(size), "price": price},
            "trailing": {"min_since_open": t[0], "max_since_min": t[1], "max_since_open": t[2], "min_since_max": t[3]},
            "bot_params": bot,
        })
    })
}

/// One market around 10.0; `symbol_idx` is to be set.
pub fn symbol(taste: Taste) -> impl Strategy<Value = Value> {
    let emas = prop::collection::vec(number(taste, 0.0005, 0.02), 3);
    let price = match taste {
        Taste::Sane => (9.0..11.0).boxed(),
        Taste::Wild => prop_oneof![20 => 9.0..11.0, 1 => wild()].boxed(),
    };
    let limits = prop::collection::vec(number(taste, 0.0, 1.0), 5);
    (price, emas, limits, any::<bool>(), side(taste, 1.0), side(taste, -1.0)).prop_map(
        move |(price, emas, limits, tradable, long, short): (f64, Vec<f64>, Vec<f64>, bool, Value, Value)| {
            let average = (price * 1.01).clamp(f64::MIN, f64::MAX);
            let sane = [0.1, 0.01, 0.1, 5.0, 1.0];
            let exchange = if taste == Taste::Sane { sane.to_vec() } else { limits };
            json!({
                "symbol_idx": 0,
                "order_book": {"bid": price, "ask": price},
                "exchange": {"qty_step": exchange[0], "price_step": exchange[1], "min_qty": exchange[2],
                    "min_cost": exchange[3], "c_mult": exchange[4]},
                "tradable": tradable || taste == Taste::Sane,
                "next_candle": null,
                "effective_min_cost": 5.0,
                "emas": {
                    "m1": {"close": [[10.0, average]], "log_range": [[60.0, emas[0]]], "volume": [[60.0, emas[1]]]},
                    "h1": {"close": [], "log_range": [[24.0, emas[2]]], "volume": []},
                },
                "long": long,
                "short": short,
            })
        },
    )
}

/// Numbers the symbols by their place.
pub fn renumber(document: &mut Value) {
    for (i, symbol) in document["symbols"].as_array_mut().into_iter().flatten().enumerate() {
        symbol["symbol_idx"] = json!(i);
    }
}

pub fn document(taste: Taste) -> impl Strategy<Value = Value> {
    let amounts = prop::collection::vec(number(taste, 0.0, 100.0), 4);
    let symbols = prop::collection::vec(symbol(taste), 0..8);
    let flags = prop::array::uniform3(any::<bool>());
    let hints = prop::option::of(prop::collection::vec(0usize..10, 4));
    (number(taste, 100.0, 2000.0), amounts, bot_params(taste), bot_params(taste), symbols, flags, hints).prop_map(
        |(balance, amounts, long, short, symbols, [filter, sort_global, hedge_mode], hints)| {
            let hints = hints.map_or(Value::Null, |h| {
                json!({"expand_grid_long": [h[0]], "expand_grid_short": [h[1]], "expand_close_long": [h[2]],
                    "expand_close_short": [h[3], h[0]]})
            });
            let mut document = json!({
                "balance": balance,
                "balance_raw": balance,
                "global": {
                    "filter_by_min_effective_cost": filter,
                    "unstuck_allowance_long": amounts[0],
                    "unstuck_allowance_short": amounts[1],
                    "max_realized_loss_pct": 0.05,
                    "realized_pnl_cumsum_max": amounts[2],
                    "realized_pnl_cumsum_last": amounts[3],
                    "sort_global": sort_global,
                    "global_bot_params": {"long": long, "short": short},
                    "hedge_mode": hedge_mode,
                },
                "symbols": symbols,
                "peek_hints": hints,
            });
            renumber(&mut document);
            document
        },
    )
}
