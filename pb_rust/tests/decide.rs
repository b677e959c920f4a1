//! What must hold for every decision, whatever the document.

mod common;

use common::{Taste, document, renumber, symbol};
use pb_rust::engine::input::SymbolInput;
use pb_rust::engine::state::side_enabled;
use pb_rust::engine::{Input, Output, Workspace, compute_ideal_orders, compute_ideal_orders_json, parse_input};
use pb_rust::money::{min_entry_qty, new_psize_pprice, wallet_exposure};
use pb_rust::types::Side;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Value, json};

fn decide(doc: &Value) -> (Input, Output) {
    let input = parse_input(&doc.to_string()).expect("a readable document");
    let output = compute_ideal_orders(&input, &mut Workspace::new()).expect("an answer");
    (input, output)
}

/// Exposure of a side if all its entries filled, in the order they were given.
fn exposure_after(input: &Input, output: &Output, side: Side) -> f64 {
    let held = |symbol: &SymbolInput| (symbol.side(side).position.size, symbol.side(side).position.price);
    let mut state: Vec<(f64, f64)> = input.symbols.iter().map(held).collect();
    for o in output.orders.iter().filter(|o| o.pside == side && !o.order.order_type.is_close()) {
        let (size, price) = state[o.symbol_idx];
        let step = input.symbols[o.symbol_idx].exchange.qty_step;
        state[o.symbol_idx] = new_psize_pprice(size, price, o.order.qty, o.order.price, step);
    }
    let symbols = input.symbols.iter().zip(state);
    symbols.map(|(s, (size, price))| wallet_exposure(s.exchange.c_mult, input.balance, size, price)).sum()
}

fn has_entries(output: &Output, side: Side) -> bool {
    output.orders.iter().any(|o| o.pside == side && !o.order.order_type.is_close())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn anything_gives_an_answer_or_a_typed_error(doc in document(Taste::Wild)) {
        let mut ws = Workspace::new();
        let text = doc.to_string();
        let first = compute_ideal_orders_json(&text, &mut ws).map_err(|e| e.to_string());
        let again = compute_ideal_orders_json(&text, &mut ws).map_err(|e| e.to_string());
        prop_assert_eq!(&first, &again);
        if let Ok(answer) = first {
            let answer: Value = serde_json::from_str(&answer).expect("JSON out");
            prop_assert!(answer["orders"].is_array() && answer["diagnostics"]["warnings"].is_array());
        }
    }

    #[test]
    fn numbers_that_json_cannot_hold_do_no_harm(doc in document(Taste::Sane), at in 0usize..12, bad in
        prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]))
    {
        let mut input = parse_input(&doc.to_string()).expect("a readable document");
        for symbol in &mut input.symbols {
            let side = &mut symbol.long;
            let field = match at {
                0 => &mut symbol.order_book.bid,
                1 => &mut symbol.exchange.qty_step,
                2 => &mut symbol.exchange.price_step,
                3 => &mut symbol.exchange.min_cost,
                4 => &mut symbol.effective_min_cost,
                5 => &mut side.position.size,
                6 => &mut side.position.price,
                7 => &mut side.bot_params.entry_grid_spacing_pct,
                8 => &mut side.bot_params.close_grid_markup_start,
                9 => &mut side.bot_params.entry_initial_qty_pct,
                10 => &mut side.trailing.max_since_min,
                _ => &mut side.bot_params.wallet_exposure_limit,
            };
            *field = bad;
        }
        let mut ws = Workspace::new();
        let first = compute_ideal_orders(&input, &mut ws).map(|o| format!("{o:?}"));
        prop_assert_eq!(first, compute_ideal_orders(&input, &mut ws).map(|o| format!("{o:?}")));
    }

    #[test]
    fn a_used_workspace_changes_nothing(one in document(Taste::Sane), other in document(Taste::Sane)) {
        let (input, fresh) = decide(&one);
        let mut ws = Workspace::new();
        compute_ideal_orders(&decide(&other).0, &mut ws).expect("an answer");
        prop_assert_eq!(compute_ideal_orders(&input, &mut ws).expect("an answer"), fresh);
    }

    #[test]
    fn entries_keep_the_side_below_its_limit(doc in document(Taste::Sane)) {
        let (input, output) = decide(&doc);
        for side in Side::BOTH {
            let limit = input.global.global_bot_params.get(side).total_wallet_exposure_limit;
            if has_entries(&output, side) {
                prop_assert!(exposure_after(&input, &output, side) < limit + 1e-9);
            }
        }
    }

    #[test]
    fn closes_fit_the_position(doc in document(Taste::Sane)) {
        let (input, output) = decide(&doc);
        for (i, symbol) in input.symbols.iter().enumerate() {
            for side in Side::BOTH {
                let size = symbol.side(side).position.size.abs();
                let orders = output.orders.iter().filter(|o| o.symbol_idx == i && o.pside == side);
                let closes: Vec<f64> = orders.filter(|o| o.order.order_type.is_close()).map(|o| o.order.qty).collect();
                prop_assert!(closes.iter().map(|q| q.abs()).sum::<f64>() <= size + 1e-9);
                prop_assert!(closes.iter().all(|q| q * side.sign() < 0.0));
                let least = min_entry_qty(symbol.close_touch(side), &symbol.exchange).min(size);
                prop_assert!(closes.iter().all(|q| q.abs() >= least - 1e-9));
            }
        }
    }

    #[test]
    fn nothing_is_sent_for_a_side_that_is_off(mut doc in document(Taste::Sane)) {
        doc["global"]["global_bot_params"]["short"]["n_positions"] = json!(0);
        let (input, output) = decide(&doc);
        prop_assert!(!side_enabled(&input.global, Side::Short));
        prop_assert!(output.orders.iter().all(|o| o.pside == Side::Long));
    }

    #[test]
    fn a_coin_that_may_not_trade_disturbs_nobody(mut doc in document(Taste::Sane), mut extra in symbol(Taste::Sane)) {
        doc["peek_hints"] = Value::Null;
        let before = decide(&doc).1;
        for side in ["long", "short"] {
            extra[side]["mode"] = json!("manual");
            extra[side]["position"] = json!({"size": 0.0, "price": 0.0});
        }
        extra["tradable"] = json!(false);
        doc["symbols"].as_array_mut().expect("symbols").push(extra);
        renumber(&mut doc);
        prop_assert_eq!(before, decide(&doc).1);
    }

    #[test]
    fn a_selectable_coin_disturbs_nobody_while_slots_suffice(
        mut doc in document(Taste::Sane),
        mut extra in symbol(Taste::Sane),
    ) {
        doc["peek_hints"] = Value::Null;
        doc["global"]["sort_global"] = json!(false);
        for side in ["long", "short"] {
            let bot = &mut doc["global"]["global_bot_params"][side];
            bot["n_positions"] = json!(50);
            bot["total_wallet_exposure_limit"] = json!(1e6);
            bot["filter_volume_drop_pct"] = json!(0.0);
            bot["filter_volatility_drop_pct"] = json!(0.0);
            extra[side]["position"] = json!({"size": 0.0, "price": 0.0});
        }
        let before = decide(&doc).1;
        let count = doc["symbols"].as_array().map_or(0, Vec::len);
        doc["symbols"].as_array_mut().expect("symbols").push(extra);
        renumber(&mut doc);
        let mut after = decide(&doc).1;
        after.orders.retain(|o| o.symbol_idx < count);
        prop_assert_eq!(before, after);
    }

    #[test]
    fn more_capital_never_takes_a_first_entry_away(mut doc in document(Taste::Sane), factor in 1.0..20.0f64) {
        doc["peek_hints"] = Value::Null;
        doc["global"]["filter_by_min_effective_cost"] = json!(true);
        doc["global"]["hedge_mode"] = json!(true);
        for symbol in doc["symbols"].as_array_mut().expect("symbols") {
            for side in ["long", "short"] {
                symbol[side]["mode"] = Value::Null;
                symbol[side]["position"] = json!({"size": 0.0, "price": 0.0});
            }
        }
        for side in ["long", "short"] {
            doc["global"]["global_bot_params"][side]["n_positions"] = json!(50);
            doc["global"]["global_bot_params"][side]["total_wallet_exposure_limit"] = json!(1e6);
        }
        let opened = |output: &Output| -> Vec<(usize, Side)> {
            let first = |o: &&pb_rust::engine::output::IdealOrder| o.order.order_type.name().contains("initial");
            let mut found: Vec<_> = output.orders.iter().filter(first).map(|o| (o.symbol_idx, o.pside)).collect();
            found.sort_unstable();
            found.dedup();
            found
        };
        let before = opened(&decide(&doc).1);
        let balance = doc["balance"].as_f64().expect("a number");
        doc["balance"] = json!(balance * factor);
        doc["balance_raw"] = json!(balance * factor);
        let after = opened(&decide(&doc).1);
        prop_assert!(before.iter().all(|place| after.contains(place)), "{before:?} {after:?}");
    }
}

/// Flat, selectable copies of one symbol on a side whose limit is `limit`.
fn many(count: usize, limit: f64) -> Value {
    let runner = &mut proptest::test_runner::TestRunner::deterministic();
    let mut doc = document(Taste::Sane).new_tree(runner).expect("a document").current();
    let mut one = symbol(Taste::Sane).new_tree(runner).expect("a symbol").current();
    for side in ["long", "short"] {
        one[side]["mode"] = json!("normal");
        one[side]["position"] = json!({"size": 0.0, "price": 0.0});
        one[side]["bot_params"]["entry_initial_qty_pct"] = json!(0.1);
        doc["global"]["global_bot_params"][side]["total_wallet_exposure_limit"] = json!(limit);
    }
    doc["balance"] = json!(1e6);
    doc["balance_raw"] = json!(1e6);
    doc["global"]["hedge_mode"] = json!(true);
    doc["peek_hints"] = Value::Null;
    doc["symbols"] = Value::Array(vec![one; count]);
    renumber(&mut doc);
    doc
}

#[test]
fn ten_thousand_symbols_take_a_moment() {
    for limit in [1e9, 1.5] {
        let (input, output) = decide(&many(10_000, limit));
        assert!(!output.orders.is_empty());
        assert!(exposure_after(&input, &output, Side::Long) < limit);
    }
}
