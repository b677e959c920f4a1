//! Reading the input document (orchestrator.md 1.1, 1.2).

use super::error::ParseError;
use super::input::Input;
use super::plain;

/// Reads a document: plain ones in one fast pass, all others, and the wording of errors, by the full parser.
pub fn parse_input(text: &str) -> Result<Input, ParseError> {
    if let Some(input) = parse_fast(text) {
        return Ok(input);
    }
    parse_slow(text)
}

/// Reads a plain document in one pass; None leaves it to the full parser.
pub fn parse_fast(text: &str) -> Option<Input> {
    plain::read(text)
}

/// Reads a document by the full parser only.
pub fn parse_slow(text: &str) -> Result<Input, ParseError> {
    Ok(serde_json::from_str(text)?)
}
