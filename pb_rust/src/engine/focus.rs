//! Leaving out orders that cannot matter to the caller.

use crate::types::Side;

/// Which orders are wanted. What is left out must not be missed: the entry gate looks at all entries of a side at once,
/// and the enforcer at all closes, so entries are wanted by side and the enforcer is not asked at all.
#[derive(Clone, Debug, Default)]
pub struct Focus {
    /// Sides whose entries are wanted.
    pub entries: [bool; 2],
    /// Symbols whose closes are wanted, by side.
    pub closes: [Vec<bool>; 2],
    /// Whether a stuck position may be reduced.
    pub unstuck: bool,
}

impl Focus {
    pub fn new(symbols: usize) -> Focus {
        Focus { entries: [false; 2], closes: [vec![false; symbols], vec![false; symbols]], unstuck: false }
    }

    /// Wants nothing any more.
    pub fn clear(&mut self) {
        self.entries = [false; 2];
        self.closes.iter_mut().for_each(|side| side.fill(false));
        self.unstuck = false;
    }
}

/// What is wanted; without a focus everything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a>(pub Option<&'a Focus>);

impl Wanted<'_> {
    pub fn entries(self, side: Side) -> bool {
        self.0.is_none_or(|focus| focus.entries[side.idx()])
    }

    pub fn closes(self, side: Side, symbol: usize) -> bool {
        self.0.is_none_or(|focus| focus.closes[side.idx()][symbol])
    }

    pub fn unstuck(self) -> bool {
        self.0.is_none_or(|focus| focus.unstuck)
    }

    pub fn enforcer(self) -> bool {
        self.0.is_none()
    }
}
