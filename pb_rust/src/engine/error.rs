//! Why a decision step was refused (orchestrator.md 1.5). The texts are interface.

use serde_json::error::Category;
use thiserror::Error;

/// A numeric state that the step cannot work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineError {
    NonFiniteInput { field: &'static str, symbol_idx: Option<usize> },
    InvalidOrderBook { symbol_idx: usize },
    NonContiguousSymbolIdx { pos: usize, symbol_idx: usize },
    MissingEma { symbol_idx: usize },
}

impl EngineError {
    /// Name of the variant, as callers compare it.
    pub fn kind(&self) -> &'static str {
        match self {
            EngineError::NonFiniteInput { .. } => "NonFiniteInput",
            EngineError::InvalidOrderBook { .. } => "InvalidOrderBook",
            EngineError::NonContiguousSymbolIdx { .. } => "NonContiguousSymbolIdx",
            EngineError::MissingEma { .. } => "MissingEma",
        }
    }

    pub fn symbol_idx(&self) -> Option<usize> {
        match *self {
            EngineError::NonFiniteInput { symbol_idx, .. } => symbol_idx,
            EngineError::InvalidOrderBook { symbol_idx }
            | EngineError::NonContiguousSymbolIdx { symbol_idx, .. }
            | EngineError::MissingEma { symbol_idx } => Some(symbol_idx),
        }
    }

    pub fn field(&self) -> Option<&'static str> {
        match *self {
            EngineError::NonFiniteInput { field, .. } => Some(field),
            _ => None,
        }
    }

    pub fn pos(&self) -> Option<usize> {
        match *self {
            EngineError::NonContiguousSymbolIdx { pos, .. } => Some(pos),
            _ => None,
        }
    }
}

impl std::fmt::Display for EngineError {
    /// `Variant { field: value, … }`: callers find the symbol by `symbol_idx: N`, so the derived form is the contract.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for EngineError {}

/// A document that could not be read.
#[derive(Debug, Error)]
#[error("{text}")]
pub struct ParseError {
    pub text: String,
    pub kind: &'static str,
    pub field: Option<String>,
}

/// Kinds that are told by the opening words of the reader's message.
const KINDS: [(&str, &str); 8] = [
    ("missing field", "missing_field"),
    ("unknown field", "unknown_field"),
    ("duplicate field", "duplicate_field"),
    ("unknown variant", "unknown_variant"),
    ("invalid type", "invalid_type"),
    ("invalid value", "invalid_value"),
    ("invalid length", "invalid_length"),
    ("number out of range", "number_out_of_range"),
];

impl From<serde_json::Error> for ParseError {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        let told = KINDS.iter().find(|(opening, _)| text.starts_with(opening)).map(|&(_, kind)| kind);
        let kind = match (error.classify(), told) {
            (Category::Data, Some(kind)) => kind,
            (_, Some("number_out_of_range")) => "number_out_of_range",
            _ => "syntax",
        };
        let named = matches!(kind, "missing_field" | "unknown_field" | "duplicate_field" | "unknown_variant");
        let field = if named { text.split('`').nth(1).map(str::to_owned) } else { None };
        ParseError { text, kind, field }
    }
}

/// Any refusal of the JSON entry point, with the prefix that names its stage.
#[derive(Debug, Error)]
pub enum OrchestratorError {
    #[error("failed to parse OrchestratorInput JSON: {0}")]
    Parse(#[from] ParseError),
    #[error("orchestrator compute_ideal_orders failed: {0}")]
    Compute(#[from] EngineError),
    #[error("failed to serialize OrchestratorOutput JSON: {0}")]
    Serialize(String),
}
