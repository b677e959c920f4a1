//! The orchestrator's golden rows, compared as vectors/README.md section 1 says.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use flate2::read::GzDecoder;
use pb_rust::engine::{Workspace, compute_ideal_orders_json};
use serde_json::Value;

fn path(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    std::env::var_os("PBTUI_VECTORS")
        .map(PathBuf::from)
        .into_iter()
        .chain([root.join("../shared/vectors"), root.join("tests/vectors/data")])
        .map(|dir| dir.join(name))
        .find(|file| file.exists())
        .unwrap_or_else(|| panic!("{name} not found: set PBTUI_VECTORS to its folder"))
}

/// Where two values differ, if they do.
fn difference(place: &str, ours: &Value, wanted: &Value) -> Option<String> {
    let differ = || Some(format!("{place}: {ours} instead of {wanted}"));
    match (ours, wanted) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            if (a - b).abs() <= (1e-9 * b.abs()).max(1e-12) { None } else { differ() }
        }
        (Value::Null, Value::String(s)) if matches!(s.as_str(), "NaN" | "Infinity" | "-Infinity") => None,
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| difference(&format!("{place}[{i}]"), a, b))
        }
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().find_map(|(key, value)| difference(&format!("{place}.{key}"), value, &b[key]))
        }
        _ if ours == wanted => None,
        _ => differ(),
    }
}

fn check(row: &Value, ws: &mut Workspace) -> Option<String> {
    let text = row["in_text"].as_str().map_or_else(|| row["in"].to_string(), str::to_owned);
    match (compute_ideal_orders_json(&text, ws), row.get("out"), row.get("error")) {
        (Ok(ours), Some(wanted), None) => difference("out", &serde_json::from_str(&ours).expect("JSON out"), wanted),
        (Err(error), None, Some(wanted)) => {
            let kind = wanted["kind"].as_str().unwrap_or_default();
            let told = match &error {
                pb_rust::engine::OrchestratorError::Parse(e) => e.kind,
                pb_rust::engine::OrchestratorError::Compute(e) => e.kind(),
                pb_rust::engine::OrchestratorError::Serialize(_) => "serialize",
            };
            (told != kind).then(|| format!("{error} instead of {wanted}"))
        }
        (ours, ..) => Some(format!("{:?} instead of {}", ours.map(|o| o.len()), row["error"])),
    }
}

#[test]
fn orchestrator_rows() {
    let file = File::open(path("orchestrator.jsonl.gz")).expect("readable vectors");
    let mut ws = Workspace::new();
    let (mut rows, mut wrong) = (0, Vec::new());
    for line in BufReader::new(GzDecoder::new(file)).lines() {
        let row: Value = serde_json::from_str(&line.expect("a line")).expect("a JSON row");
        rows += 1;
        if let Some(text) = check(&row, &mut ws) {
            wrong.push(format!("{} {} {text}", row["id"], row["family"]));
        }
    }
    assert!(rows > 0, "no rows");
    assert!(wrong.is_empty(), "{} of {rows} rows differ:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}
