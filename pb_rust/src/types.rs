//! Plain values that every room of the engine shares: sides, order types, orders, positions, market limits.

use serde::{Deserialize, Serialize};

/// Largest finite double; stands for "nothing seen yet" in trailing minima (orders.md 0.1).
pub const FMAX: f64 = f64::MAX;
/// Binary64 epsilon (orders.md 0.1).
pub const EPS: f64 = f64::EPSILON;

/// Position side. Long = 0, short = 1 where a number is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Long,
    Short,
}

impl Side {
    pub const BOTH: [Side; 2] = [Side::Long, Side::Short];

    /// σ of orders.md 0.2: +1 for long, −1 for short.
    #[inline]
    pub fn sign(self) -> f64 {
        match self {
            Side::Long => 1.0,
            Side::Short => -1.0,
        }
    }

    /// Array position: long 0, short 1.
    #[inline]
    pub fn idx(self) -> usize {
        self as usize
    }

    /// The value for this side out of a (long, short) pair.
    #[inline]
    pub fn pick<T>(self, long: T, short: T) -> T {
        match self {
            Side::Long => long,
            Side::Short => short,
        }
    }

    pub fn name(self) -> &'static str {
        self.pick("long", "short")
    }
}

macro_rules! order_types {
    ($($variant:ident = $id:literal, $name:literal;)*) => {
        /// What an order is for; ids are stable and travel in client order ids (orders.md 2.5).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum OrderType { $($variant = $id),* }

        impl OrderType {
            pub const ALL: &'static [OrderType] = &[$(OrderType::$variant),*];

            pub fn name(self) -> &'static str {
                match self { $(OrderType::$variant => $name),* }
            }

            pub fn from_id(id: u16) -> Option<OrderType> {
                match id { $($id => Some(OrderType::$variant),)* _ => None }
            }

            pub fn from_name(name: &str) -> Option<OrderType> {
                match name { $($name => Some(OrderType::$variant),)* _ => None }
            }
        }
    };
}

order_types! {
    EntryInitialNormalLong = 0, "entry_initial_normal_long";
    EntryInitialPartialLong = 1, "entry_initial_partial_long";
    EntryTrailingNormalLong = 2, "entry_trailing_normal_long";
    EntryTrailingCroppedLong = 3, "entry_trailing_cropped_long";
    EntryGridNormalLong = 4, "entry_grid_normal_long";
    EntryGridCroppedLong = 5, "entry_grid_cropped_long";
    EntryGridInflatedLong = 6, "entry_grid_inflated_long";
    CloseGridLong = 7, "close_grid_long";
    CloseTrailingLong = 8, "close_trailing_long";
    CloseUnstuckLong = 9, "close_unstuck_long";
    CloseAutoReduceTwelLong = 10, "close_auto_reduce_twel_long";
    EntryInitialNormalShort = 11, "entry_initial_normal_short";
    EntryInitialPartialShort = 12, "entry_initial_partial_short";
    EntryTrailingNormalShort = 13, "entry_trailing_normal_short";
    EntryTrailingCroppedShort = 14, "entry_trailing_cropped_short";
    EntryGridNormalShort = 15, "entry_grid_normal_short";
    EntryGridCroppedShort = 16, "entry_grid_cropped_short";
    EntryGridInflatedShort = 17, "entry_grid_inflated_short";
    CloseGridShort = 18, "close_grid_short";
    CloseTrailingShort = 19, "close_trailing_short";
    CloseUnstuckShort = 20, "close_unstuck_short";
    CloseAutoReduceTwelShort = 21, "close_auto_reduce_twel_short";
    ClosePanicLong = 22, "close_panic_long";
    ClosePanicShort = 23, "close_panic_short";
    CloseAutoReduceWelLong = 24, "close_auto_reduce_wel_long";
    CloseAutoReduceWelShort = 25, "close_auto_reduce_wel_short";
    Empty = 65535, "empty";
}

impl OrderType {
    #[inline]
    pub fn id(self) -> u16 {
        self as u16
    }

    pub fn is_close(self) -> bool {
        self.name().starts_with("close_")
    }

    pub fn is_panic(self) -> bool {
        matches!(self, OrderType::ClosePanicLong | OrderType::ClosePanicShort)
    }
}

impl Serialize for OrderType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One wanted order; qty is signed (buy > 0, sell < 0).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Order {
    pub qty: f64,
    pub price: f64,
    pub order_type: OrderType,
}

impl Order {
    pub const EMPTY: Order = Order { qty: 0.0, price: 0.0, order_type: OrderType::Empty };

    pub fn new(qty: f64, price: f64, order_type: OrderType) -> Self {
        Order { qty, price, order_type }
    }
}

/// Size is signed by side (long ≥ 0, short ≤ 0); price is the average entry price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub size: f64,
    pub price: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderBook {
    pub bid: f64,
    pub ask: f64,
}

/// Market limits of one symbol (orders.md 2.1): steps and min_qty in contracts, min_cost in quote, c_mult coins per contract.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeParams {
    pub qty_step: f64,
    pub price_step: f64,
    pub min_qty: f64,
    pub min_cost: f64,
    pub c_mult: f64,
}

impl Default for ExchangeParams {
    fn default() -> Self {
        ExchangeParams { qty_step: 1e-5, price_step: 1e-5, min_qty: 1e-5, min_cost: 1.0, c_mult: 1.0 }
    }
}

/// Lowest and highest of the three close-price EMAs (orders.md 1.8).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EmaBands {
    pub lower: f64,
    pub upper: f64,
}

/// Price extremes since the last fill of a side (orders.md 6).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailingBundle {
    pub min_since_open: f64,
    pub max_since_min: f64,
    pub max_since_open: f64,
    pub min_since_max: f64,
}

impl Default for TrailingBundle {
    fn default() -> Self {
        TrailingBundle { min_since_open: FMAX, max_since_min: 0.0, max_since_open: 0.0, min_since_max: FMAX }
    }
}
