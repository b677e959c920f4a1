//! The fast reader and the full parser must be one and the same to a caller.

mod common;

use common::{Taste, document};
use pb_rust::engine::Input;
use pb_rust::engine::parse::{parse_fast, parse_input, parse_slow};
use proptest::prelude::*;
use serde_json::Value;

/// Bits of every number, so that -0.0, 0.0 and absent values are told apart.
fn shape(input: &Input) -> String {
    format!("{input:?}")
}

fn agree(text: &str) -> Result<(), TestCaseError> {
    match (parse_input(text), parse_slow(text)) {
        (Ok(ours), Ok(full)) => prop_assert_eq!(shape(&ours), shape(&full)),
        (Err(ours), Err(full)) => prop_assert_eq!((ours.text, ours.kind), (full.text, full.kind)),
        (ours, full) => prop_assert!(false, "ours {:?}, full {:?}", ours.err(), full.err()),
    }
    Ok(())
}

/// Objects with their keys in reverse order.
fn reversed(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let fields: Vec<String> = map.iter().rev().map(|(k, v)| format!(" {k:?} :\t{}", reversed(v))).collect();
            format!("{{{}\n}}", fields.join(" ,"))
        }
        Value::Array(items) => format!("[ {} ]", items.iter().map(reversed).collect::<Vec<_>>().join("\r\n, ")),
        other => other.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn plain_documents_take_the_fast_way(doc in document(Taste::Wild)) {
        for text in [doc.to_string(), reversed(&doc)] {
            prop_assert!(parse_fast(&text).is_some(), "{}", text);
            agree(&text)?;
        }
    }

    #[test]
    fn damaged_documents_fare_alike(
        doc in document(Taste::Sane),
        place in any::<prop::sample::Index>(),
        junk in r#"[ -~]{0,3}|null|true|1e999|"|[\[\]{},:]"#,
        drop in 0usize..12,
    ) {
        let mut text = doc.to_string();
        let at = place.index(text.len());
        text.replace_range(at..(at + drop).min(text.len()), &junk);
        agree(&text)?;
    }

    #[test]
    fn altered_members_fare_alike(doc in document(Taste::Sane), at in any::<prop::sample::Index>(), pick in 0usize..6) {
        let text = doc.to_string();
        let keys: Vec<usize> = text.match_indices("\":").map(|(i, _)| i).collect();
        let colon = keys[at.index(keys.len())];
        let start = text[..colon].rfind('"').unwrap_or(0);
        let altered = match pick {
            0 => format!("{}{}x{}", &text[..start], "\"", &text[start + 1..]),
            1 => format!("{}\"balance\":1,{}", &text[..start], &text[start..]),
            2 => format!("{}null,\"a\":{}", &text[..colon + 2], &text[colon + 2..]),
            3 => format!("{}-1{}", &text[..colon + 2], &text[colon + 2..]),
            4 => format!("{}[[1,2,3]]{}", &text[..colon + 2], &text[colon + 2..]),
            _ => format!("{}\\u0062{}", &text[..start + 1], &text[start + 1..]),
        };
        agree(&altered)?;
    }
}

#[test]
fn kinds_are_told() {
    let cases = [
        ("", "syntax", None),
        ("{", "syntax", None),
        ("{}", "missing_field", Some("balance")),
        (r#"{"x":1}"#, "unknown_field", Some("x")),
        (r#"{"balance":1,"balance":2}"#, "duplicate_field", Some("balance")),
        (r#"{"balance":null}"#, "invalid_type", None),
        (r#"{"balance":1e999}"#, "number_out_of_range", None),
        (r#"{"balance":NaN}"#, "syntax", None),
        ("[1]", "invalid_length", None),
        (r#"{"peek_hints":{"expand_grid_long":[-1]}}"#, "invalid_value", None),
        (r#"{"peek_hints":{"expand_grid_long":[1.0]}}"#, "invalid_type", None),
    ];
    for (text, kind, field) in cases {
        let error = parse_input(text).expect_err(text);
        assert_eq!((error.kind, error.field.as_deref()), (kind, field), "{text}: {error}");
    }
}
