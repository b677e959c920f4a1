//! What the phases of one decision step hand on to each other.

use super::input::{Global, Input, Mode, SideInput};
use crate::select::Feature;
use crate::types::{EmaBands, Order, Position, Side};

/// Quantities and exposures closer than this count as equal (orchestrator.md section 0).
pub const EPSILON: f64 = 1e-12;

/// One symbol and side on its way through the phases.
#[derive(Debug)]
pub struct Record {
    pub mode: Mode,
    pub position: Position,
    /// Known wherever entries or closes were wanted.
    pub bands: EmaBands,
    pub entries: Vec<Order>,
    pub closes: Vec<Order>,
}

impl Default for Record {
    fn default() -> Self {
        Record {
            mode: Mode::Manual,
            position: Position::default(),
            bands: EmaBands::default(),
            entries: Vec::new(),
            closes: Vec::new(),
        }
    }
}

impl Record {
    fn clear(&mut self) {
        self.mode = Mode::Manual;
        self.position = Position::default();
        self.bands = EmaBands::default();
        self.entries.clear();
        self.closes.clear();
    }

    /// Held, and neither left to the operator nor being thrown out: unstuck and enforcer may act on it.
    pub fn is_managed(&self) -> bool {
        !matches!(self.mode, Mode::Manual | Mode::Panic) && self.position.size != 0.0
    }
}

/// Everything about one side of the account.
#[derive(Debug, Default)]
pub struct SideState {
    pub enabled: bool,
    pub slots: usize,
    pub active: Vec<bool>,
    pub block_initial: Vec<bool>,
    pub records: Vec<Record>,
}

/// Reusable memory of the decision step; never changes a result.
#[derive(Debug, Default)]
pub struct Workspace {
    pub sides: [SideState; 2],
    pub(super) features: Vec<Feature>,
    pub(super) expand: Vec<u8>,
}

impl Workspace {
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the previous step and makes room for this one.
    pub(super) fn prepare(&mut self, input: &Input) {
        let count = input.symbols.len();
        for side in Side::BOTH {
            let state = &mut self.sides[side.idx()];
            state.enabled = side_enabled(&input.global, side);
            state.slots = 0;
            state.active.clear();
            state.active.resize(count, false);
            state.block_initial.clear();
            state.block_initial.resize(count, false);
            state.records.iter_mut().for_each(Record::clear);
            state.records.resize_with(count, Record::default);
        }
    }
}

/// A side trades when it has both an exposure limit and slots.
pub fn side_enabled(global: &Global, side: Side) -> bool {
    let bot = global.global_bot_params.get(side);
    bot.total_wallet_exposure_limit > 0.0 && bot.n_positions > 0
}

/// What a requested mode means for this side right now (orchestrator.md 2.2).
pub fn effective_mode(side: &SideInput, enabled: bool) -> Mode {
    if !enabled {
        return Mode::Manual;
    }
    match side.mode {
        None => Mode::Normal,
        Some(Mode::GracefulStop) if side.has_position() => Mode::Normal,
        Some(mode) => mode,
    }
}

/// Whether a mode permits a first entry when flat.
pub fn may_open(mode: Option<Mode>) -> bool {
    matches!(mode, None | Some(Mode::Normal))
}

/// The balance that risk rules use: the true one where known, else the snapped one.
pub fn raw_balance(input: &Input) -> f64 {
    if input.balance_raw.is_finite() { input.balance_raw } else { input.balance }
}
