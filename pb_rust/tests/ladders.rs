//! What must hold for every ladder of entries and every list of closes.

use pb_rust::money::{effective_wel, min_entry_qty, new_psize_pprice, wallet_exposure};
use pb_rust::order::OrderContext;
use pb_rust::order::closes::{all_closes, next_close};
use pb_rust::order::entries::{all_entries, next_entry};
use pb_rust::params::BotParams;
use pb_rust::types::{EmaBands, ExchangeParams, Order, OrderBook, Position, Side, TrailingBundle};
use proptest::prelude::*;

/// Everything a context borrows.
#[derive(Clone, Debug)]
struct Case {
    side: Side,
    exchange: ExchangeParams,
    bot: BotParams,
    balance: f64,
    book: OrderBook,
    bands: EmaBands,
    vol1h: f64,
    position: Position,
    trailing: TrailingBundle,
}

impl Case {
    fn context(&self) -> OrderContext<'_> {
        OrderContext {
            side: self.side,
            exchange: &self.exchange,
            bot: &self.bot,
            balance: self.balance,
            book: self.book,
            bands: self.bands,
            vol1h: self.vol1h,
            position: self.position,
            trailing: &self.trailing,
        }
    }

    fn entries(&self) -> Vec<Order> {
        let mut out = Vec::new();
        all_entries(&self.context(), &mut out);
        out
    }

    fn closes(&self) -> Vec<Order> {
        let mut out = Vec::new();
        all_closes(&self.context(), &mut out);
        out
    }
}

fn side() -> impl Strategy<Value = Side> {
    prop::sample::select(vec![Side::Long, Side::Short])
}

/// Parameters within or near the bounds of the stock optimiser.
fn sane_bot() -> impl Strategy<Value = BotParams> {
    let ratios = (-1.1f64..1.1, -1.1f64..1.1);
    let entries = (0.005f64..0.05, 0.0f64..2.0, 0.0f64..20.0, 0.005f64..0.1, 0.3f64..1.5, -0.01f64..0.01);
    let closes = (-0.002f64..0.02, -0.002f64..0.02, 0.02f64..1.1, 0.05f64..1.0);
    let trailing = (-0.002f64..0.03, -0.002f64..0.02);
    let risk = (0.05f64..2.0, 0.0f64..0.4, 0.9f64..1.02);
    (ratios, entries, closes, trailing, risk).prop_map(|(ratios, entries, closes, trailing, risk)| BotParams {
        entry_trailing_grid_ratio: ratios.0,
        close_trailing_grid_ratio: ratios.1,
        entry_grid_spacing_pct: entries.0,
        entry_grid_spacing_we_weight: entries.1,
        entry_grid_spacing_volatility_weight: entries.2,
        entry_initial_qty_pct: entries.3,
        entry_grid_double_down_factor: entries.4,
        entry_trailing_double_down_factor: entries.4,
        entry_initial_ema_dist: entries.5,
        close_grid_markup_start: closes.0,
        close_grid_markup_end: closes.1,
        close_grid_qty_pct: closes.2,
        close_trailing_qty_pct: closes.3,
        entry_trailing_threshold_pct: trailing.0,
        entry_trailing_retracement_pct: trailing.1,
        close_trailing_threshold_pct: trailing.0,
        close_trailing_retracement_pct: trailing.1,
        wallet_exposure_limit: risk.0,
        risk_we_excess_allowance_pct: risk.1,
        risk_wel_enforcer_threshold: risk.2,
        ..BotParams::default()
    })
}

/// A market around 100 on exact binary steps; up to 1.2 times the limit held.
fn sane_case() -> impl Strategy<Value = Case> {
    let market = (80.0f64..120.0, 0.0f64..0.02, 0.97f64..1.03);
    let held = (0.0f64..1.2, 0.9f64..1.1, any::<bool>());
    (side(), sane_bot(), 1_000f64..50_000.0, market, held, prop::array::uniform4(0.85f64..1.15)).prop_map(
        |(side, bot, balance, (price, vol1h, band), (share, entry, flat), seen)| {
            let exchange =
                ExchangeParams { qty_step: 0.0625, price_step: 0.0625, min_qty: 0.0625, min_cost: 5.0, c_mult: 1.0 };
            let on_tick = |x: f64| (x * 16.0).round() / 16.0;
            let price = on_tick(price);
            let average = on_tick(price * entry);
            let size = if flat { 0.0 } else { on_tick(share * bot.wallet_exposure_limit * balance / average) };
            Case {
                side,
                exchange,
                bot,
                balance,
                book: OrderBook { bid: price, ask: price + 0.0625 },
                bands: EmaBands { lower: price * band, upper: price * band * 1.01 },
                vol1h,
                position: Position { size: side.sign() * size, price: if size == 0.0 { 0.0 } else { average } },
                trailing: TrailingBundle {
                    min_since_open: price * seen[0].min(seen[1]),
                    max_since_min: price * seen[1],
                    max_since_open: price * seen[2].max(seen[3]),
                    min_since_max: price * seen[3],
                },
            }
        },
    )
}

fn wild() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        -2.0f64..2.0,
        -1e6f64..1e6,
        prop::sample::select(vec![0.0, -0.0, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e-300, f64::MAX]),
    ]
}

fn wild_case() -> impl Strategy<Value = Case> {
    let floats = prop::collection::vec(wild(), BotParams::FLOAT_FIELDS.len());
    (side(), floats, prop::collection::vec(wild(), 18), sane_case(), any::<u64>()).prop_map(
        |(side, floats, v, sane, keep)| {
            let mut bot = sane.bot;
            // Leaves about half of the parameters sane, so that the later rules are reached.
            for (i, (name, value)) in BotParams::FLOAT_FIELDS.iter().zip(floats).enumerate() {
                if keep >> i & 1 == 0 {
                    bot.set(name, value);
                }
            }
            Case {
                side,
                exchange: ExchangeParams {
                    qty_step: v[0],
                    price_step: v[1],
                    min_qty: v[2],
                    min_cost: v[3],
                    c_mult: v[4],
                },
                bot,
                balance: v[5],
                book: OrderBook { bid: v[6], ask: v[7] },
                bands: EmaBands { lower: v[8], upper: v[9] },
                vol1h: v[10],
                position: Position { size: v[11], price: v[12] },
                trailing: TrailingBundle {
                    min_since_open: v[13],
                    max_since_min: v[14],
                    max_since_open: v[15],
                    min_since_max: v[16],
                },
            }
        },
    )
}

fn on_grid(value: f64, step: f64) -> bool {
    (value / step - (value / step).round()).abs() < 1e-6
}

/// The same market in another unit: prices four times as high, quantities a quarter.
fn rescaled(case: &Case) -> Case {
    let (up, down) = (4.0, 0.25);
    let (e, t, b) = (&case.exchange, &case.trailing, &case.book);
    Case {
        exchange: ExchangeParams {
            qty_step: e.qty_step * down,
            price_step: e.price_step * up,
            min_qty: e.min_qty * down,
            ..*e
        },
        book: OrderBook { bid: b.bid * up, ask: b.ask * up },
        bands: EmaBands { lower: case.bands.lower * up, upper: case.bands.upper * up },
        position: Position { size: case.position.size * down, price: case.position.price * up },
        trailing: TrailingBundle {
            min_since_open: t.min_since_open * up,
            max_since_min: t.max_since_min * up,
            max_since_open: t.max_since_open * up,
            min_since_max: t.min_since_max * up,
        },
        ..case.clone()
    }
}

fn rescaled_orders(orders: &[Order]) -> Vec<Order> {
    orders.iter().map(|o| Order { qty: o.qty * 0.25, price: o.price * 4.0, ..*o }).collect()
}

proptest! {
    #[test]
    fn entries_add_on_the_grid_and_recede(case in sane_case()) {
        let sign = case.side.sign();
        let touch = case.side.pick(case.book.bid, case.book.ask);
        let mut before = touch;
        for (i, order) in case.entries().iter().enumerate() {
            prop_assert!(order.qty * sign > 0.0 && !order.order_type.is_close());
            prop_assert!(on_grid(order.qty, case.exchange.qty_step) && on_grid(order.price, case.exchange.price_step));
            prop_assert!(sign * order.price <= sign * before, "{} after {}", order.price, before);
            prop_assert!(i == 0 || order.price != before);
            before = order.price;
        }
    }

    #[test]
    fn filling_all_entries_keeps_to_the_limit(case in sane_case()) {
        let (limit, e) = (effective_wel(&case.bot), &case.exchange);
        let (mut size, mut price) = (case.position.size, case.position.price);
        let orders = case.entries();
        for order in &orders {
            (size, price) = new_psize_pprice(size, price, order.qty, order.price, e.qty_step);
        }
        if let Some(last) = orders.last() {
            let exposure = wallet_exposure(e.c_mult, case.balance, size, price);
            let before = wallet_exposure(e.c_mult, case.balance, case.position.size, case.position.price);
            let least = min_entry_qty(last.price, e).max(e.qty_step) * last.price / case.balance;
            let initial = limit * case.bot.entry_initial_qty_pct;
            prop_assert!(exposure <= (limit * 1.01).max(before + initial) + 2.0 * least, "{exposure} above {limit}");
        }
    }

    #[test]
    fn closes_reduce_on_the_grid_and_by_no_more_than_is_held(case in sane_case()) {
        let sign = case.side.sign();
        let touch = case.side.pick(case.book.ask, case.book.bid);
        let orders = case.closes();
        for order in &orders {
            prop_assert!(order.qty * sign < 0.0 && order.order_type.is_close());
            prop_assert!(on_grid(order.qty, case.exchange.qty_step) && on_grid(order.price, case.exchange.price_step));
            prop_assert!(sign * order.price >= sign * touch);
        }
        let total: f64 = orders.iter().map(|order| order.qty.abs()).sum();
        prop_assert!(total <= case.position.size.abs() + 1e-9);
        prop_assert!(orders.windows(2).all(|pair| sign * pair[0].price <= sign * pair[1].price));
    }

    #[test]
    fn the_first_of_the_ladder_is_the_next_entry(case in sane_case()) {
        let next = next_entry(&case.context());
        match case.entries().first() {
            Some(first) => prop_assert_eq!((next.order_type, next.qty, next.price), (first.order_type, first.qty, first.price)),
            None => prop_assert_eq!(next.qty, 0.0),
        }
    }

    #[test]
    fn there_are_closes_exactly_when_there_is_a_next_close(case in sane_case()) {
        prop_assert_eq!(next_close(&case.context()).qty == 0.0, case.closes().is_empty());
    }

    #[test]
    fn the_unit_of_account_does_not_matter(case in sane_case()) {
        let other = rescaled(&case);
        prop_assert_eq!(rescaled_orders(&case.entries()), other.entries());
        prop_assert_eq!(rescaled_orders(&case.closes()), other.closes());
    }

    #[test]
    fn both_sides_open_alike_at_one_price(case in sane_case()) {
        let flat = Position::default();
        let price = case.book.bid;
        let book = OrderBook { bid: price, ask: price };
        let bands = EmaBands { lower: price, upper: price };
        let bot = BotParams { entry_initial_ema_dist: 0.0, ..case.bot };
        let [long, short] = Side::BOTH.map(|side| {
            let case = Case { side, book, bands, bot, position: flat, ..case.clone() };
            next_entry(&case.context())
        });
        prop_assert_eq!((long.qty, long.price), (-short.qty, short.price));
    }

    #[test]
    fn both_sides_trim_alike_at_one_price(case in sane_case()) {
        let price = case.book.bid;
        let book = OrderBook { bid: price, ask: price };
        let bot = BotParams { risk_wel_enforcer_threshold: 0.1, ..case.bot };
        let size = (0.5 * effective_wel(&bot) * case.balance / price * 16.0).round() / 16.0;
        let [long, short] = Side::BOTH.map(|side| {
            let position = Position { size: side.sign() * size, price };
            next_close(&Case { side, book, bot, position, ..case.clone() }.context())
        });
        prop_assert_eq!((long.qty, long.price), (-short.qty, short.price));
        prop_assert!(long.order_type.name().starts_with("close_auto_reduce_wel"));
    }

    #[test]
    fn no_numbers_however_odd_upset_the_rules(case in wild_case()) {
        let ctx = case.context();
        let (entry, close) = (next_entry(&ctx), next_close(&ctx));
        prop_assert!(!entry.order_type.is_close());
        prop_assert!(close.order_type.is_close() || close == Order::EMPTY);
        prop_assert!(case.entries().len() <= 500 && case.closes().len() <= 500);
    }
}
