//! From wanted orders to orders that can be sent (live.md 17), and the operator's panic close.

pub mod bounds;
pub mod executable;
pub mod panic;
pub mod sendable;

pub use executable::{Rules, to_executable, to_executable_watched};
pub use panic::{PanicItem, PanicOrder, panic_orders};
pub use sendable::{Executable, Held};
