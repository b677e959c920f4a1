//! The widest forager case of the vectors, repeated to 50 symbols: through JSON and native.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use criterion::{Criterion, criterion_group, criterion_main};
use flate2::read::GzDecoder;
use pb_rust::engine::{Workspace, compute_ideal_orders, compute_ideal_orders_json, parse_input};
use serde_json::Value;

const SYMBOLS: usize = 50;

/// The vectors: where `PBTUI_VECTORS` says, else beside the repository, else the committed ones.
fn vectors() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    std::env::var_os("PBTUI_VECTORS")
        .map(PathBuf::from)
        .into_iter()
        .chain([root.join("../shared/vectors"), root.join("tests/vectors/data")])
        .find(|dir| dir.join("orchestrator.jsonl.gz").exists())
        .expect("orchestrator.jsonl.gz is needed: set PBTUI_VECTORS to its folder")
}

fn symbol_count(row: &Value) -> usize {
    row["in"]["symbols"].as_array().map_or(0, Vec::len)
}

/// The document of the widest forager row, its symbols repeated and numbered anew.
fn document() -> String {
    let file = File::open(vectors().join("orchestrator.jsonl.gz")).expect("readable vectors");
    let rows = BufReader::new(GzDecoder::new(file)).lines();
    let widest = rows
        .map(|line| serde_json::from_str::<Value>(&line.expect("a line")).expect("a JSON row"))
        .filter(|row| row["family"] == "forager")
        .reduce(|best, row| if symbol_count(&row) > symbol_count(&best) { row } else { best })
        .expect("a forager row");
    let mut input = widest["in"].clone();
    let symbols = input["symbols"].as_array().expect("symbols").clone();
    let repeated = symbols.iter().cycle().take(SYMBOLS).enumerate().map(|(i, symbol)| {
        let mut symbol = symbol.clone();
        symbol["symbol_idx"] = i.into();
        symbol
    });
    input["symbols"] = repeated.collect();
    input.to_string()
}

fn bench(c: &mut Criterion) {
    let text = document();
    let input = parse_input(&text).expect("a valid document");
    let mut ws = Workspace::new();
    let orders = compute_ideal_orders(&input, &mut ws).expect("an answer").orders.len();
    println!("{SYMBOLS} symbols, {} bytes, {orders} orders", text.len());
    c.bench_function("50 symbols, through JSON", |b| b.iter(|| compute_ideal_orders_json(black_box(&text), &mut ws)));
    c.bench_function("50 symbols, native", |b| b.iter(|| compute_ideal_orders(black_box(&input), &mut ws)));
    c.bench_function("50 symbols, parsing alone", |b| b.iter(|| parse_input(black_box(&text))));
}

criterion_group!(benches, bench);
criterion_main!(benches);
