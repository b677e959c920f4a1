//! Reasons: every order has one, whatever is missing has one, and asking for them changes nothing.

mod common;

use common::{Taste, document};
use pb_rust::engine::explain::{SideWhy, explain};
use pb_rust::engine::{Input, Workspace, compute_ideal_orders, parse_input};
use pb_rust::types::{Order, Side};
use pb_rust::why::{Effect, Told};
use proptest::prelude::*;
use serde_json::{Value, json};

fn part(told: &[Told], orders: &[Order]) -> Result<(), TestCaseError> {
    let made: Vec<Order> =
        told.iter().filter(|one| one.reason.effect() == Effect::Makes).filter_map(|one| one.order).collect();
    prop_assert_eq!(made.len(), orders.len(), "one reason an order: {:?} of {:?}", told, orders);
    prop_assert!(orders.iter().all(|order| made.contains(order)));
    // Sane quantities are whole steps: rounding would only stand in for a rule that kept silent. And what keeps an
    // unstuck close away keeps no other.
    let aside = |one: &Told| {
        let name = one.reason.name();
        name == "rounds_to_nothing" || name.starts_with("unstuck")
    };
    let kept = told.iter().any(|one| one.reason.effect() == Effect::Keeps && !aside(one));
    prop_assert!(kept || !orders.is_empty(), "nothing there and no word why: {:?}", told);
    Ok(())
}

fn complete(why: &SideWhy, orders: &[Order]) -> Result<(), TestCaseError> {
    let (closes, entries): (Vec<Order>, Vec<Order>) = orders.iter().partition(|order| order.order_type.is_close());
    part(&why.entries, &entries)?;
    part(&why.closes, &closes)
}

fn all_are_told(input: &Input) -> Result<(), TestCaseError> {
    let mut ws = Workspace::new();
    let plain = compute_ideal_orders(input, &mut ws).map_err(|e| TestCaseError::fail(e.to_string()))?;
    for idx in 0..input.symbols.len() {
        let (output, why) = explain(input, idx, &mut ws).expect("what is decided can be explained");
        prop_assert_eq!(&output, &plain);
        for side in Side::BOTH {
            let own = plain.orders.iter().filter(|o| o.symbol_idx == idx && o.pside == side);
            complete(side.pick(&why.long, &why.short), &own.map(|o| o.order).collect::<Vec<_>>())?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_is_there_or_missing_has_a_reason(doc in document(Taste::Sane)) {
        all_are_told(&parse_input(&doc.to_string()).expect("a readable document"))?;
    }

    #[test]
    fn live_documents_are_told_as_well(mut doc in document(Taste::Sane), pct in 0.0..0.01f64) {
        doc["peek_hints"] = Value::Null;
        doc["global"]["max_realized_loss_pct"] = json!(pct);
        all_are_told(&parse_input(&doc.to_string()).expect("a readable document"))?;
    }

    #[test]
    fn asking_changes_nothing(doc in document(Taste::Wild)) {
        let Ok(input) = parse_input(&doc.to_string()) else { return Ok(()) };
        let mut ws = Workspace::new();
        let plain = compute_ideal_orders(&input, &mut ws).map(|output| format!("{output:?}"));
        let told = explain(&input, 0, &mut ws).map(|(output, _)| format!("{output:?}"));
        prop_assert_eq!(plain, told);
    }
}
