//! The input document, read in one pass where it is plain (see `reader`); None leaves it to the full parser.

use super::input::{BotParamsPair, EmaLists, Emas, Global, Input, Mode, NextCandle, PeekHints, SideInput, SymbolInput};
use super::reader::{Keys, Reader};
use crate::params::BotParams;
use crate::types::{ExchangeParams, OrderBook, Position, TrailingBundle};

const ROOT: [&str; 5] = ["balance", "global", "symbols", "balance_raw", "peek_hints"];
const ROOT_REQUIRED: u64 = 0b111;
const GLOBAL: [&str; 9] = [
    "filter_by_min_effective_cost",
    "unstuck_allowance_long",
    "unstuck_allowance_short",
    "sort_global",
    "global_bot_params",
    "max_realized_loss_pct",
    "realized_pnl_cumsum_max",
    "realized_pnl_cumsum_last",
    "hedge_mode",
];
const GLOBAL_REQUIRED: u64 = 0b11111;
const SYMBOL: [&str; 9] =
    ["symbol_idx", "order_book", "exchange", "tradable", "effective_min_cost", "emas", "long", "short", "next_candle"];
const SYMBOL_REQUIRED: u64 = 0b1111_1111;
/// About the shortest text of a symbol that can be complete.
const SYMBOL_BYTES: usize = 3000;
const SIDE: [&str; 4] = ["position", "trailing", "bot_params", "mode"];
const SIDE_REQUIRED: u64 = 0b111;
const PAIR: [&str; 2] = ["long", "short"];
const BOOK: [&str; 2] = ["bid", "ask"];
const EXCHANGE: [&str; 5] = ["qty_step", "price_step", "min_qty", "min_cost", "c_mult"];
const CANDLE: [&str; 3] = ["low", "high", "tradable"];
const EMAS: [&str; 2] = ["m1", "h1"];
const LISTS: [&str; 3] = ["close", "log_range", "volume"];
const POSITION: [&str; 2] = ["size", "price"];
const TRAILING: [&str; 4] = ["min_since_open", "max_since_min", "max_since_open", "min_since_max"];
const HINTS: [&str; 4] = ["expand_grid_long", "expand_grid_short", "expand_close_long", "expand_close_short"];

/// Names of all parameters: the floats, then the one integer.
const BOT: [&str; BotParams::FLOAT_COUNT + 1] = {
    let mut names = ["n_positions"; BotParams::FLOAT_COUNT + 1];
    let mut i = 0;
    while i < BotParams::FLOAT_COUNT {
        names[i] = BotParams::FLOAT_FIELDS[i];
        i += 1;
    }
    names
};

const fn all(count: usize) -> u64 {
    (1 << count) - 1
}

/// Reads a whole document.
pub fn read(text: &str) -> Option<Input> {
    let mut reader = Reader::new(text);
    reader.skip_leading_space();
    let mut parser = Parser::new();
    let input = parser.input(&mut reader)?;
    reader.is_done().then_some(input)
}

/// Parameter sets that are remembered by their text.
const MEMO: usize = 32;

/// Keys by kind of object, for those that repeat; and the parameter sets met so far.
///
/// Most coins of a side have the same parameters, written the same way: comparing texts is far quicker than reading.
struct Parser<'a> {
    symbol: Keys<'static>,
    side: Keys<'static>,
    bot: Keys<'static>,
    book: Keys<'static>,
    exchange: Keys<'static>,
    emas: Keys<'static>,
    lists: Keys<'static>,
    position: Keys<'static>,
    trailing: Keys<'static>,
    candle: Keys<'static>,
    memo: Vec<(&'a [u8], BotParams)>,
}

/// Reads an object of floats.
#[inline]
fn floats<const N: usize>(r: &mut Reader<'_>, keys: &mut Keys<'_>) -> Option<[f64; N]> {
    let mut values = [0.0; N];
    let seen = r.object(keys, |r, i| {
        values[i] = r.float()?;
        Some(())
    })?;
    (seen == all(N)).then_some(values)
}

fn pairs(r: &mut Reader<'_>, found: &mut Vec<(f64, f64)>) -> Option<()> {
    r.list(|r| {
        found.push(r.pair()?);
        Some(())
    })
}

fn indices(r: &mut Reader<'_>) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    r.list(|r| {
        found.push(r.index()?);
        Some(())
    })?;
    Some(found)
}

fn hints(r: &mut Reader<'_>) -> Option<PeekHints> {
    let mut found = PeekHints::default();
    let seen = r.object(&mut Keys::new(&HINTS), |r, i| {
        let list = indices(r)?;
        match i {
            0 => found.expand_grid_long = list,
            1 => found.expand_grid_short = list,
            2 => found.expand_close_long = list,
            _ => found.expand_close_short = list,
        }
        Some(())
    })?;
    (seen == all(HINTS.len())).then_some(found)
}

fn mode(r: &mut Reader<'_>) -> Option<Option<Mode>> {
    const MODES: [(&str, Option<Mode>); 6] = [
        ("null", None),
        ("\"normal\"", Some(Mode::Normal)),
        ("\"graceful_stop\"", Some(Mode::GracefulStop)),
        ("\"tp_only\"", Some(Mode::TpOnly)),
        ("\"manual\"", Some(Mode::Manual)),
        ("\"panic\"", Some(Mode::Panic)),
    ];
    MODES.iter().find_map(|(word, mode)| r.word(word).map(|()| *mode))
}

impl<'a> Parser<'a> {
    fn new() -> Self {
        Parser {
            symbol: Keys::new(&SYMBOL),
            side: Keys::new(&SIDE),
            bot: Keys::new(&BOT),
            book: Keys::new(&BOOK),
            exchange: Keys::new(&EXCHANGE),
            emas: Keys::new(&EMAS),
            lists: Keys::new(&LISTS),
            position: Keys::new(&POSITION),
            trailing: Keys::new(&TRAILING),
            candle: Keys::new(&CANDLE),
            memo: Vec::with_capacity(MEMO),
        }
    }

    fn input(&mut self, r: &mut Reader<'a>) -> Option<Input> {
        let (mut balance, mut balance_raw, mut global, mut peek_hints) = (0.0, f64::NAN, None, None);
        let mut symbols = Vec::with_capacity(r.rest().len() / SYMBOL_BYTES);
        let seen = r.object(&mut Keys::new(&ROOT), |r, i| {
            match i {
                0 => balance = r.float()?,
                1 => global = Some(self.global(r)?),
                2 => r.list(|r| {
                    symbols.push(SymbolInput::default());
                    self.symbol(r, symbols.last_mut()?)
                })?,
                3 => balance_raw = r.float()?,
                _ if r.word("null").is_some() => {}
                _ => peek_hints = Some(hints(r)?),
            }
            Some(())
        })?;
        if seen & ROOT_REQUIRED != ROOT_REQUIRED {
            return None;
        }
        Some(Input { balance, balance_raw, global: global?, symbols, peek_hints })
    }

    fn global(&mut self, r: &mut Reader<'a>) -> Option<Global> {
        let mut found = Global {
            filter_by_min_effective_cost: false,
            unstuck_allowance_long: 0.0,
            unstuck_allowance_short: 0.0,
            max_realized_loss_pct: 1.0,
            realized_pnl_cumsum_max: 0.0,
            realized_pnl_cumsum_last: 0.0,
            sort_global: false,
            global_bot_params: BotParamsPair::default(),
            hedge_mode: true,
        };
        let seen = r.object(&mut Keys::new(&GLOBAL), |r, i| {
            match i {
                0 => found.filter_by_min_effective_cost = r.boolean()?,
                1 => found.unstuck_allowance_long = r.float()?,
                2 => found.unstuck_allowance_short = r.float()?,
                3 => found.sort_global = r.boolean()?,
                4 => self.bot_pair(r, &mut found.global_bot_params)?,
                5 => found.max_realized_loss_pct = r.float()?,
                6 => found.realized_pnl_cumsum_max = r.float()?,
                7 => found.realized_pnl_cumsum_last = r.float()?,
                _ => found.hedge_mode = r.boolean()?,
            }
            Some(())
        })?;
        (seen & GLOBAL_REQUIRED == GLOBAL_REQUIRED).then_some(found)
    }

    fn bot_pair(&mut self, r: &mut Reader<'a>, found: &mut BotParamsPair) -> Option<()> {
        let seen = r.object(&mut Keys::new(&PAIR), |r, i| {
            self.bot_params(r, if i == 0 { &mut found.long } else { &mut found.short })
        })?;
        (seen == all(PAIR.len())).then_some(())
    }

    fn bot_params(&mut self, r: &mut Reader<'a>, found: &mut BotParams) -> Option<()> {
        let rest = r.rest();
        if let Some((text, params)) = self.memo.iter().find(|(text, _)| rest.starts_with(text)) {
            *found = *params;
            return r.skip(text.len());
        }
        let mut values = [0.0; BotParams::FLOAT_COUNT];
        let mut n_positions = 0;
        let seen = r.object(&mut self.bot, |r, i| {
            match values.get_mut(i) {
                Some(value) => *value = r.float()?,
                None => n_positions = r.index()?,
            }
            Some(())
        })?;
        *found = BotParams::from_values(n_positions, &values);
        if self.memo.len() < MEMO {
            self.memo.push((&rest[..rest.len() - r.rest().len()], *found));
        }
        (seen == all(BOT.len())).then_some(())
    }

    fn symbol(&mut self, r: &mut Reader<'a>, found: &mut SymbolInput) -> Option<()> {
        let mut keys = std::mem::replace(&mut self.symbol, Keys::new(&[]));
        let seen = r.object(&mut keys, |r, i| {
            match i {
                0 => found.symbol_idx = r.index()?,
                1 => found.order_book = self.order_book(r)?,
                2 => found.exchange = self.exchange(r)?,
                3 => found.tradable = r.boolean()?,
                4 => found.effective_min_cost = r.float()?,
                5 => self.emas(r, &mut found.emas)?,
                6 => self.side(r, &mut found.long)?,
                7 => self.side(r, &mut found.short)?,
                _ => found.next_candle = self.next_candle(r)?,
            }
            Some(())
        });
        self.symbol = keys;
        (seen? & SYMBOL_REQUIRED == SYMBOL_REQUIRED).then_some(())
    }

    fn order_book(&mut self, r: &mut Reader<'a>) -> Option<OrderBook> {
        let [bid, ask] = floats(r, &mut self.book)?;
        Some(OrderBook { bid, ask })
    }

    fn exchange(&mut self, r: &mut Reader<'a>) -> Option<ExchangeParams> {
        let [qty_step, price_step, min_qty, min_cost, c_mult] = floats(r, &mut self.exchange)?;
        Some(ExchangeParams { qty_step, price_step, min_qty, min_cost, c_mult })
    }

    fn next_candle(&mut self, r: &mut Reader<'a>) -> Option<Option<NextCandle>> {
        if r.word("null").is_some() {
            return Some(None);
        }
        let mut found = NextCandle { low: 0.0, high: 0.0, tradable: false };
        let seen = r.object(&mut self.candle, |r, i| {
            match i {
                0 => found.low = r.float()?,
                1 => found.high = r.float()?,
                _ => found.tradable = r.boolean()?,
            }
            Some(())
        })?;
        (seen == all(CANDLE.len())).then_some(Some(found))
    }

    fn emas(&mut self, r: &mut Reader<'a>, found: &mut Emas) -> Option<()> {
        let lists = &mut self.lists;
        let seen =
            r.object(&mut self.emas, |r, i| ema_lists(r, lists, if i == 0 { &mut found.m1 } else { &mut found.h1 }))?;
        (seen == all(EMAS.len())).then_some(())
    }

    fn side(&mut self, r: &mut Reader<'a>, found: &mut SideInput) -> Option<()> {
        let mut keys = std::mem::replace(&mut self.side, Keys::new(&[]));
        let seen = r.object(&mut keys, |r, i| {
            match i {
                0 => {
                    let [size, price] = floats(r, &mut self.position)?;
                    found.position = Position { size, price };
                }
                1 => found.trailing = self.trailing(r)?,
                2 => self.bot_params(r, &mut found.bot_params)?,
                _ => found.mode = mode(r)?,
            }
            Some(())
        });
        self.side = keys;
        (seen? & SIDE_REQUIRED == SIDE_REQUIRED).then_some(())
    }

    fn trailing(&mut self, r: &mut Reader<'a>) -> Option<TrailingBundle> {
        let [min_since_open, max_since_min, max_since_open, min_since_max] = floats(r, &mut self.trailing)?;
        Some(TrailingBundle { min_since_open, max_since_min, max_since_open, min_since_max })
    }
}

fn ema_lists(r: &mut Reader<'_>, keys: &mut Keys<'_>, found: &mut EmaLists) -> Option<()> {
    let seen = r.object(keys, |r, i| match i {
        0 => pairs(r, &mut found.close),
        1 => pairs(r, &mut found.log_range),
        _ => pairs(r, &mut found.volume),
    })?;
    (seen == all(LISTS.len())).then_some(())
}
