//! One decision step: from the account's state to everything it should have resting (orchestrator.md).
//!
//! Each phase is a file; they run in the order in which `compute_ideal_orders` calls them.

pub mod ema;
pub mod error;
pub mod focus;
pub mod input;
pub mod limits;
pub mod ordering;
pub mod output;
pub mod parse;
pub mod reader;
pub mod sort;
pub mod state;

mod enforcer;
mod entry_gate;
pub mod explain;
mod gate_words;
mod generate;
mod loss_gate;
mod one_way;
mod plain;
mod slots;
mod trim;
mod unstuck;
mod validate;

pub use error::{EngineError, OrchestratorError, ParseError};
pub use focus::Focus;
use focus::Wanted;
pub use input::Input;
pub use output::Output;
pub use parse::parse_input;
pub use state::Workspace;

use crate::why::{Silent, Watch};

/// About the length of one order in the answer.
const ORDER_BYTES: usize = 128;

/// Decides all wanted orders. `ws` only saves allocations.
///
/// Fails as a whole on an unusable book, balance, numbering or missing average; never on anything else.
pub fn compute_ideal_orders(input: &Input, ws: &mut Workspace) -> Result<Output, EngineError> {
    let mut output = Output::default();
    compute_ideal_orders_into(input, None, ws, &mut output)?;
    Ok(output)
}

/// As `compute_ideal_orders`, into an answer whose room is used again; after an error its contents mean nothing.
///
/// With a focus only the orders that it names are made.
pub fn compute_ideal_orders_into(
    input: &Input,
    focus: Option<&Focus>,
    ws: &mut Workspace,
    output: &mut Output,
) -> Result<(), EngineError> {
    decide(input, focus, ws, output, &mut Silent)
}

/// The decision itself, in front of whoever listens.
fn decide<W: Watch>(
    input: &Input,
    focus: Option<&Focus>,
    ws: &mut Workspace,
    output: &mut Output,
    watch: &mut W,
) -> Result<(), EngineError> {
    let wanted = Wanted(focus);
    validate::check(input)?;
    output.clear();
    ws.prepare(input);
    slots::assign(input, wanted, ws, watch);
    one_way::block(input, ws, watch);
    generate::generate(input, wanted, ws, &mut output.diagnostics.warnings, watch)?;
    if wanted.unstuck() {
        unstuck::append(input, ws, watch);
    }
    if wanted.enforcer() {
        enforcer::append(input, ws);
    }
    trim::apply(input, ws, watch);
    loss_gate::apply(input, ws, &mut output.diagnostics.loss_gate_blocks, watch);
    entry_gate::apply(input, ws, watch);
    ordering::emit(input, ws, &mut output.orders);
    Ok(())
}

/// The same through JSON: document in, document out (orchestrator.md section 1).
pub fn compute_ideal_orders_json(text: &str, ws: &mut Workspace) -> Result<String, OrchestratorError> {
    let input = parse_input(text)?;
    let output = compute_ideal_orders(&input, ws)?;
    write_output(&output).map_err(|error| OrchestratorError::Serialize(error.to_string()))
}

fn write_output(output: &Output) -> Result<String, Box<dyn std::error::Error>> {
    let mut bytes = Vec::with_capacity(ORDER_BYTES * (output.orders.len() + 1));
    serde_json::to_writer(&mut bytes, output)?;
    Ok(String::from_utf8(bytes)?)
}
