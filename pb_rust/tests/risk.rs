//! What must hold for the enforcers and gates, whatever they are given.

use pb_rust::money::{new_psize_pprice, wallet_exposure};
use pb_rust::order::entry_gate::{GateEntry, GatePosition, gate_entries};
use pb_rust::order::loss_gate::LossGate;
use pb_rust::order::panic::panic_close;
use pb_rust::order::standalone_gate::{StandaloneEntry, gate_entries_standalone};
use pb_rust::order::twel::{TwelInput, twel_enforcer};
use pb_rust::order::unstuck::{UnstuckInput, unstuck_close};
use pb_rust::types::{EmaBands, ExchangeParams, Order, OrderBook, OrderType, Position, Side};
use proptest::prelude::*;

const EXCHANGE: ExchangeParams =
    ExchangeParams { qty_step: 0.125, price_step: 0.125, min_qty: 0.125, min_cost: 5.0, c_mult: 1.0 };

fn side() -> impl Strategy<Value = Side> {
    prop::sample::select(vec![Side::Long, Side::Short])
}

fn eighths(low: f64, high: f64) -> impl Strategy<Value = f64> {
    (low..high).prop_map(|x| (x * 8.0).round() / 8.0)
}

fn wild() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        0.0f64..2.0,
        -1e6f64..1e6,
        prop::sample::select(vec![0.0, -0.0, 1.0, f64::NAN, f64::INFINITY, 1e-300, f64::MAX]),
    ]
}

fn wild_or(low: f64, high: f64) -> impl Strategy<Value = f64> {
    prop_oneof![4 => low..high, 1 => wild()]
}

fn exchange() -> impl Strategy<Value = ExchangeParams> {
    let fields = (wild_or(0.01, 1.0), wild_or(0.01, 1.0), wild_or(0.0, 1.0), wild_or(0.0, 10.0), wild_or(0.5, 2.0));
    fields.prop_map(|(qty_step, price_step, min_qty, min_cost, c_mult)| ExchangeParams {
        qty_step,
        price_step,
        min_qty,
        min_cost,
        c_mult,
    })
}

fn held() -> impl Strategy<Value = Vec<(f64, f64)>> {
    prop::collection::vec((eighths(0.0, 20.0), eighths(50.0, 150.0)), 1..6)
}

fn wanted() -> impl Strategy<Value = Vec<(usize, f64, f64)>> {
    prop::collection::vec((0usize..6, eighths(0.125, 20.0), eighths(50.0, 150.0)), 0..25)
}

fn gate_input(side: Side, held: &[(f64, f64)], wanted: &[(usize, f64, f64)]) -> (Vec<GatePosition>, Vec<GateEntry>) {
    let kind = side.pick(OrderType::EntryGridNormalLong, OrderType::EntryGridNormalShort);
    let positions = held
        .iter()
        .enumerate()
        .map(|(idx, &(size, price))| GatePosition { idx, size: side.sign() * size, price, c_mult: 1.0 })
        .collect();
    let entries = wanted
        .iter()
        .map(|&(idx, qty, price)| GateEntry {
            idx,
            order: Order::new(side.sign() * qty, price, kind),
            touch: 100.0,
            exchange: EXCHANGE,
        })
        .collect();
    (positions, entries)
}

fn exposure_after(balance: f64, held: &[(f64, f64)], kept: &[GateEntry]) -> f64 {
    let mut state = [(0.0, 0.0); 6];
    state[..held.len()].copy_from_slice(held);
    for entry in kept {
        let (size, price) = state[entry.idx];
        state[entry.idx] = new_psize_pprice(size, price, entry.order.qty.abs(), entry.order.price, 0.125);
    }
    state.iter().map(|&(size, price)| wallet_exposure(1.0, balance, size, price)).sum()
}

proptest! {
    #[test]
    fn entries_that_pass_keep_the_side_below_its_limit(
        side in side(), held in held(), wanted in wanted(), balance in 500.0f64..20_000.0, twel in 0.1f64..4.0,
    ) {
        let (positions, entries) = gate_input(side, &held, &wanted);
        let kept = gate_entries(side, balance, twel, &positions, &entries);
        if !kept.is_empty() {
            prop_assert!(exposure_after(balance, &held, &kept) < twel + 1e-9);
        }
        let mut rest = entries.iter();
        for entry in &kept {
            let original = rest.find(|e| (e.idx, e.order.price) == (entry.idx, entry.order.price)
                && e.order.qty.abs() >= entry.order.qty.abs());
            prop_assert!(original.is_some(), "kept entries are a part of the given ones, in their order");
        }
        prop_assert!(kept.iter().filter(|e| !entries.iter().any(|o| o.order == e.order)).count() <= 1);
    }

    #[test]
    fn a_larger_limit_lets_everything_pass(side in side(), held in held(), wanted in wanted(), balance in 500.0f64..20_000.0) {
        let (positions, entries) = gate_input(side, &held, &wanted);
        let kept = gate_entries(side, balance, 1e6, &positions, &entries);
        // All orders are at or above the minimum quantity; those below the minimum cost pass untouched too (wart W10).
        let possible = entries.iter().any(|e| e.order.qty.abs() * e.order.price >= 5.0 + 0.125 * e.order.price);
        prop_assert!(kept.len() == entries.len() || !possible);
    }

    #[test]
    fn one_entry_is_cut_alike_on_both_sides(qty in eighths(1.0, 100.0), twel in 0.1f64..2.0) {
        let cut = Side::BOTH.map(|side| {
            let (positions, entries) = gate_input(side, &[(4.0, 100.0)], &[(0, qty, 100.0)]);
            gate_entries(side, 1000.0, twel, &positions, &entries).iter().map(|e| e.order.qty * side.sign()).collect::<Vec<_>>()
        });
        prop_assert_eq!(&cut[0], &cut[1]);
    }

    #[test]
    fn the_enforcer_only_trims_what_is_above_its_own_limit(
        side in side(), held in held(), balance in 500.0f64..20_000.0, threshold in 0.5f64..1.1, twel in 0.1f64..4.0,
        limit in 0.01f64..1.0, skip_idx in prop::option::of(0usize..6),
    ) {
        let positions: Vec<TwelInput> = held.iter().enumerate().map(|(idx, &(size, price))| TwelInput {
            idx,
            position: Position { size: side.sign() * size, price },
            market_price: 100.0,
            base_wallet_exposure_limit: limit,
            exchange: EXCHANGE,
        }).collect();
        let total: f64 = held.iter().map(|&(size, price)| wallet_exposure(1.0, balance, size, price)).sum();
        let orders = twel_enforcer(side, threshold, twel, held.len(), balance, &positions, skip_idx);
        prop_assert!(total > twel * threshold || orders.is_empty());
        for (idx, order) in &orders {
            let (size, price) = held[*idx];
            prop_assert!(Some(*idx) != skip_idx && wallet_exposure(1.0, balance, size, price) > limit);
            prop_assert!(order.qty * side.sign() < 0.0 && order.qty.abs() <= size);
        }
        prop_assert!(orders.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn a_single_position_is_trimmed_alike_on_both_sides(size in eighths(1.0, 100.0), twel in 0.1f64..2.0) {
        let trimmed = Side::BOTH.map(|side| {
            let input = TwelInput {
                idx: 3,
                position: Position { size: side.sign() * size, price: 100.0 },
                market_price: 100.0,
                base_wallet_exposure_limit: twel / 2.0,
                exchange: ExchangeParams { min_cost: 0.0, ..EXCHANGE },
            };
            twel_enforcer(side, 1.0, twel, 1, 1000.0, &[input], None).iter().map(|o| o.1.qty * side.sign()).collect::<Vec<_>>()
        });
        prop_assert_eq!(&trimmed[0], &trimmed[1]);
    }

    #[test]
    fn no_numbers_however_odd_upset_enforcer_and_gates(
        side in side(), rows in prop::collection::vec((0usize..4, wild_or(-20.0, 20.0), wild_or(50.0, 150.0), exchange()), 0..8),
        amounts in prop::array::uniform5(wild_or(0.1, 2000.0)), slots in 0usize..3,
    ) {
        let [balance, twel, threshold, market_price, limit] = amounts;
        let positions: Vec<GatePosition> = rows.iter()
            .map(|&(idx, size, price, e)| GatePosition { idx, size, price, c_mult: e.c_mult }).collect();
        let entries: Vec<GateEntry> = rows.iter().map(|&(idx, qty, price, exchange)| GateEntry {
            idx, order: Order::new(qty, price, OrderType::EntryGridNormalLong), touch: market_price, exchange,
        }).collect();
        let standalone: Vec<StandaloneEntry> = rows.iter().map(|&(idx, qty, price, exchange)| StandaloneEntry {
            idx, qty, price, market_price, exchange, order_type: OrderType::EntryGridNormalLong,
        }).collect();
        let enforced: Vec<TwelInput> = rows.iter().map(|&(idx, size, price, exchange)| TwelInput {
            idx, position: Position { size, price }, market_price, base_wallet_exposure_limit: limit, exchange,
        }).collect();
        prop_assert!(gate_entries(side, balance, twel, &positions, &entries).len() <= rows.len());
        prop_assert!(gate_entries_standalone(side, balance, twel, &positions, &standalone).len() <= rows.len());
        prop_assert!(twel_enforcer(side, threshold, twel, slots, balance, &enforced, None).len() <= rows.len());
    }

    #[test]
    fn no_numbers_however_odd_upset_unstuck_panic_and_loss_gate(
        side in side(), v in prop::array::uniform16(wild_or(0.1, 100.0)), exchange in exchange(),
    ) {
        let position = Position { size: v[0] * side.sign(), price: v[1] };
        let input = UnstuckInput {
            idx: 7, side, position, wallet_exposure_limit: v[2], risk_we_excess_allowance_pct: v[3],
            unstuck_threshold: v[4] / 100.0, unstuck_close_pct: v[5] / 100.0, unstuck_ema_dist: v[6] / 100.0,
            bands: EmaBands { lower: v[7], upper: v[8] }, current_price: v[9], exchange,
        };
        if let Some((idx, found, order)) = unstuck_close(v[10], v[11], v[12], &[input, input]) {
            prop_assert_eq!((idx, found), (7, side));
            prop_assert!(order.qty != 0.0);
        }
        if let Some(order) = panic_close(side, &position, &OrderBook { bid: v[13], ask: v[14] }, exchange.price_step) {
            prop_assert!(order.price > 0.0 && order.qty * side.sign() <= 0.0);
            if let Some(gate) = LossGate::new(v[10], v[15] / 100.0, v[11], v[12]) {
                prop_assert_eq!(gate.check(side, &position, &order, exchange.c_mult), None);
            }
        }
    }
}

#[test]
fn gates_of_ten_thousand_symbols_take_a_moment() {
    let count = 10_000;
    let held = |idx| GatePosition { idx, size: 1.0, price: 100.0, c_mult: 1.0 };
    let positions: Vec<GatePosition> = (0..count).map(held).collect();
    let entry = |idx: usize| StandaloneEntry {
        idx,
        qty: 1.0,
        price: 99.0 - 1e-4 * idx as f64,
        market_price: 100.0,
        exchange: ExchangeParams { min_cost: 5.0, ..EXCHANGE },
        order_type: OrderType::EntryGridNormalLong,
    };
    let entries: Vec<StandaloneEntry> = (0..count).map(entry).collect();
    let kept = gate_entries_standalone(Side::Long, 1000.0, 1000.15, &positions, &entries);
    // Room for one whole entry and part of the next; the nearest to the market stay.
    assert_eq!(kept.iter().map(|e| (e.idx, e.qty)).collect::<Vec<_>>(), [(0, 1.0), (1, 0.5)]);
}
