//! Why an order exists or does not: typed reasons with numbers, said by the very rules that decide.
//!
//! A rule speaks to a `Watch`. `Silent` is the one that nobody listens to: its calls compile to nothing, so backtests and
//! the live loop pay nothing for what is asked for on demand.

pub mod notebook;
pub mod reason;
pub mod watch;

pub use notebook::Notebook;
pub use reason::{Effect, Reason};
pub use watch::{Part, Silent, Told, Watch};
