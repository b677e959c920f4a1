//! Golden documents with members damaged at random: an answer or a typed error, soon, and the same one twice.
//!
//! `PBTUI_FUZZ_SECONDS` makes it go on for that long, `PBTUI_FUZZ_SEED` from another start.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use pb_rust::engine::parse::parse_slow;
use pb_rust::engine::{Workspace, compute_ideal_orders, compute_ideal_orders_json, parse_input};
use serde_json::{Value, json};

/// Documents tried where no time is given.
const CASES: u64 = 3_000;
/// Far above what any document of this size takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest lists of one symbol and side: entries, closes, one unstuck and one enforcing close.
const MOST_ORDERS: usize = 2 * (500 + 500 + 2);

/// Numbers that are no numbers, or that only some readers take; written between marks and unquoted at the end.
const TOKENS: [&str; 11] = [
    "1e999",
    "-1e400",
    "1e-400",
    "NaN",
    "-Infinity",
    "00",
    "1.",
    "0x1",
    "-0",
    "1E+5",
    "340282366920938463463374607431768211456",
];
const NUMBERS: [f64; 22] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1e-9,
    1e-10,
    1e-12,
    1e-13,
    1e-320,
    5e-324,
    2.2250738585072014e-308,
    1e10,
    1e15,
    1e17,
    1e300,
    1e308,
    -1e308,
    f64::MAX,
    f64::MIN,
    0.1,
];

/// Random numbers that a seed repeats.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.roll() % count.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// A member somewhere inside, deeper ones more likely.
fn somewhere<'a>(mut at: &'a mut Value, dice: &mut Dice) -> &'a mut Value {
    loop {
        let stop = dice.below(12) == 0;
        let count = match at {
            Value::Object(map) => map.len(),
            Value::Array(items) => items.len(),
            _ => 0,
        };
        if stop || count == 0 {
            return at;
        }
        let place = dice.below(count);
        at = match at {
            Value::Object(map) => map.values_mut().nth(place).expect("a member"),
            Value::Array(items) => &mut items[place],
            other => return other,
        };
    }
}

fn odd_value(dice: &mut Dice) -> Value {
    match dice.below(10) {
        0 => Value::Null,
        1 => json!(dice.roll() & 1 == 0),
        2 => json!(dice.pick(&["normal", "panic", "Normal", "", "NaN", "1", "\u{0}", "\u{1f4a5}"])),
        3 => json!([]),
        4 => json!({}),
        5 => json!(format!("@{}@", dice.pick(&TOKENS))),
        6 => json!(dice.roll()),
        7 => json!(-(dice.below(1000) as i64)),
        _ => json!(dice.pick(&NUMBERS)),
    }
}

fn damage(document: &mut Value, dice: &mut Dice) {
    match dice.below(10) {
        0 => shuffle_members(somewhere(document, dice), dice),
        1 => exchange_limits(document, dice),
        2 => repeat_symbols(document, dice),
        3 | 4 => {
            let place = somewhere(document, dice);
            if let Some(number) = place.as_f64() {
                let factor = 10f64.powi(dice.below(40) as i32 - 20) * if dice.below(4) == 0 { -1.0 } else { 1.0 };
                *place = json!(number * factor);
            }
        }
        5 => {
            let other = somewhere(document, dice).clone();
            *somewhere(document, dice) = other;
        }
        6 | 7 => {
            let place = somewhere(document, dice);
            if place.is_number() {
                *place = json!(dice.pick(&NUMBERS));
            }
        }
        _ => *somewhere(document, dice) = odd_value(dice),
    }
}

fn shuffle_members(place: &mut Value, dice: &mut Dice) {
    match place {
        Value::Object(map) if dice.below(2) == 0 => {
            let name = map.keys().nth(dice.below(map.len())).cloned();
            name.and_then(|name| map.remove(&name));
        }
        Value::Object(map) => {
            map.insert((*dice.pick(&["balance", "x", "", "mode", "symbol_idx"])).to_owned(), odd_value(dice));
        }
        Value::Array(items) if !items.is_empty() => {
            let copy = dice.pick(items).clone();
            items.insert(dice.below(items.len()), copy);
        }
        _ => {}
    }
}

/// Steps, minimums and multipliers beyond reason: what loops over steps depends on.
fn exchange_limits(document: &mut Value, dice: &mut Dice) {
    let name = *dice.pick(&["qty_step", "price_step", "min_qty", "min_cost", "c_mult"]);
    let value = json!(dice.pick(&NUMBERS));
    for symbol in document.get_mut("symbols").and_then(Value::as_array_mut).into_iter().flatten() {
        if symbol.get("exchange").is_some_and(Value::is_object) {
            symbol["exchange"][name] = value.clone();
        }
    }
}

fn repeat_symbols(document: &mut Value, dice: &mut Dice) {
    let renumber = dice.below(4) != 0;
    let Some(symbols) = document.get_mut("symbols").and_then(Value::as_array_mut).filter(|symbols| !symbols.is_empty())
    else {
        return;
    };
    let wanted = symbols.len() * (1 + dice.below(4));
    let repeated = symbols.iter().cycle().take(wanted).cloned().enumerate();
    *symbols = repeated
        .map(|(i, mut symbol)| {
            if renumber && symbol.is_object() {
                symbol["symbol_idx"] = json!(i);
            }
            symbol
        })
        .collect();
}

fn text_of(document: &Value) -> String {
    TOKENS.iter().fold(document.to_string(), |text, token| text.replace(&format!("\"@{token}@\""), token))
}

fn documents() -> Vec<Value> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/data/orchestrator.jsonl.gz");
    let rows = BufReader::new(GzDecoder::new(File::open(root).expect("committed vectors"))).lines();
    let parsed = rows.map(|line| serde_json::from_str::<Value>(&line.expect("a line")).expect("a row"));
    parsed.filter(|row| row.get("out").is_some()).map(|mut row| row["in"].take()).collect()
}

/// The answer, or the text of the error; panics where either breaks its promise.
fn judge(text: &str, label: &str, ws: &mut Workspace) -> Result<String, String> {
    let input = parse_input(text);
    match (&input, parse_slow(text)) {
        (Ok(ours), Ok(full)) => assert_eq!(format!("{ours:?}"), format!("{full:?}"), "{label}"),
        (Err(ours), Err(full)) => assert_eq!((&ours.text, ours.kind), (&full.text, full.kind), "{label}"),
        (ours, full) => panic!("{label}: fast {:?}, full {:?}", ours.as_ref().err(), full.err()),
    }
    let answer = compute_ideal_orders_json(text, ws).map_err(|error| error.to_string());
    if let (Ok(input), Ok(answer)) = (input, &answer) {
        let native = compute_ideal_orders(&input, &mut Workspace::new()).expect("an answer as through JSON");
        let parsed: Value = serde_json::from_str(answer).expect("JSON out");
        let orders = parsed["orders"].as_array().expect("orders");
        assert_eq!(native.orders.len(), orders.len(), "{label}");
        assert!(orders.len() <= MOST_ORDERS * input.symbols.len(), "{label}");
        for order in &native.orders {
            let named = order.order.order_type.name() != "empty";
            assert!(named && order.symbol_idx < input.symbols.len(), "{label}: {order:?}");
        }
    }
    answer
}

#[test]
fn damaged_documents_are_answered_or_refused() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (time, seed) = (number("PBTUI_FUZZ_SECONDS"), number("PBTUI_FUZZ_SEED").unwrap_or(1));
    let (documents, start, mut ws) = (documents(), Instant::now(), Workspace::new());
    let (mut answered, mut refused, mut slowest) = (0, 0, Duration::ZERO);
    for case in 0.. {
        if time.map_or(case >= CASES, |seconds| start.elapsed() >= Duration::from_secs(seconds)) {
            break;
        }
        let mut dice = Dice(seed.wrapping_mul(1_000_003).wrapping_add(case));
        let mut document = dice.pick(&documents).clone();
        (0..=dice.below(4)).for_each(|_| damage(&mut document, &mut dice));
        let text = text_of(&document);
        let label = format!("case {case} of seed {seed}");
        let began = Instant::now();
        let first = judge(&text, &label, &mut ws);
        let took = began.elapsed();
        assert!(took < PATIENCE, "{label} took {took:?}");
        assert_eq!(first, judge(&text, &label, &mut ws), "{label}");
        slowest = slowest.max(took);
        *(if first.is_ok() { &mut answered } else { &mut refused }) += 1;
    }
    println!("{answered} answered, {refused} refused, the slowest in {slowest:?}");
    assert!(answered > 0 && refused > 0);
}
