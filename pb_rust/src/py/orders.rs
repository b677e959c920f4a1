//! Entries and closes of one symbol and side for Python (orders.md 3, 4 and 7).

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::convert::{ExchangeRow, OrderRow, PositionRow, TrailingRow, order_row, side_of};
use crate::error::InputError;
use crate::order::OrderContext;
use crate::order::closes::{all_closes, next_close};
use crate::order::entries::{all_entries, next_entry};
use crate::params::BotParams;
use crate::types::{EmaBands, ExchangeParams, Order, OrderBook, Position, Side, TrailingBundle};

/// What the market and the account look like; bands and volatility are needed by entries only.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct StateRow {
    balance: f64,
    bid: f64,
    ask: f64,
    #[pyo3(default)]
    ema_lower: f64,
    #[pyo3(default)]
    ema_upper: f64,
    #[pyo3(default)]
    entry_volatility_logrange_ema_1h: f64,
}

/// Parameters by name; those left out are 0. The number of positions plays no part here.
fn bot_params(row: &Bound<'_, PyDict>) -> PyResult<BotParams> {
    let mut bot = BotParams::default();
    for (key, value) in row.iter() {
        let name: String = key.extract()?;
        if name != "n_positions" && !bot.set(&name, value.extract()?) {
            return Err(InputError::UnknownParameter(name).into());
        }
    }
    Ok(bot)
}

/// Everything by value, so that the interpreter need not be held while deciding.
struct Request {
    side: Side,
    exchange: ExchangeParams,
    state: StateRow,
    bot: BotParams,
    position: Position,
    trailing: TrailingBundle,
}

impl Request {
    fn context(&self) -> OrderContext<'_> {
        let state = &self.state;
        OrderContext {
            side: self.side,
            exchange: &self.exchange,
            bot: &self.bot,
            balance: state.balance,
            book: OrderBook { bid: state.bid, ask: state.ask },
            bands: EmaBands { lower: state.ema_lower, upper: state.ema_upper },
            vol1h: state.entry_volatility_logrange_ema_1h,
            position: self.position,
            trailing: &self.trailing,
        }
    }

    fn next(&self, py: Python<'_>, rule: fn(&OrderContext) -> Order) -> OrderRow {
        order_row(&py.detach(|| rule(&self.context())))
    }

    fn list(&self, py: Python<'_>, rule: fn(&OrderContext, &mut Vec<Order>)) -> Vec<OrderRow> {
        let orders = py.detach(|| {
            let mut orders = Vec::new();
            rule(&self.context(), &mut orders);
            orders
        });
        orders.iter().map(order_row).collect()
    }
}

macro_rules! order_functions {
    ($($name:ident -> $out:ty = $method:ident($rule:path);)*) => {
        $(
            #[pyfunction]
            fn $name(
                py: Python<'_>,
                side: &str,
                exchange: ExchangeRow,
                state: StateRow,
                bot: &Bound<'_, PyDict>,
                position: PositionRow,
                trailing: TrailingRow,
            ) -> PyResult<$out> {
                let request = Request {
                    side: side_of(side)?,
                    exchange: exchange.into(),
                    state,
                    bot: bot_params(bot)?,
                    position: position.into(),
                    trailing: trailing.into(),
                };
                Ok(request.$method(py, $rule))
            }
        )*

        pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
            $(m.add_function(wrap_pyfunction!($name, m)?)?;)*
            Ok(())
        }
    };
}

order_functions! {
    calc_next_entry -> OrderRow = next(next_entry);
    calc_entries -> Vec<OrderRow> = list(all_entries);
    calc_next_close -> OrderRow = next(next_close);
    calc_closes -> Vec<OrderRow> = list(all_closes);
}
