"""Values of the domain: frozen, signed, with units in the field comments."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pbtui.core.record import record

Pside = Literal["long", "short"]
Side = Literal["buy", "sell"]
OrderKind = Literal["limit", "market"]
PSIDES: tuple[Pside, Pside] = ("long", "short")


class Mode(StrEnum):
    """What the bot may do with one coin and side (live.md 10.1)."""

    NORMAL = "normal"
    GRACEFUL_STOP = "graceful_stop"
    TP_ONLY = "tp_only"
    MANUAL = "manual"
    PANIC = "panic"


def pside_sign(pside: Pside) -> int:
    """Return +1 for long, −1 for short."""
    return 1 if pside == "long" else -1


def order_side(pside: Pside, *, closing: bool) -> Side:
    """Return the order side that opens (or, when `closing`, reduces) a position side."""
    return "buy" if (pside == "long") is not closing else "sell"


@record
class Market:
    """Trading limits and fees of one symbol; steps in contracts/quote, fees as fractions."""

    symbol: str  # BTC/USDT:USDT
    coin: str  # BTC
    qty_step: float
    price_step: float
    min_qty: float
    min_cost: float
    c_mult: float = 1.0
    maker_fee: float = 0.0002
    taker_fee: float = 0.0005
    active: bool = True
    quote: str = "USDT"
    derived: bool = False  # limits guessed from the data, not told by a venue
    listed_ms: int | None = None  # first candle known, for coin age
    ineligible: str = ""  # reason why the coin can't be traded, empty when it can
    id: str = ""  # the venue's own name of the market: BTCUSDT, XBTUSDTM; empty when nobody told it
    max_qty: float = 0.0  # the largest limit order, in contracts; 0 where the venue doesn't tell
    max_market_qty: float = 0.0  # the largest market order
    price_digits: int = 0  # most significant digits of a price, 0: as many as the step allows
    isolated_only: bool = False  # the venue takes no cross margin for it
    max_leverage: float | None = None


@record
class Position:
    """Size signed by side (long ≥ 0, short ≤ 0); price is the average entry price."""

    size: float = 0.0
    price: float = 0.0


FLAT = Position()


@record
class Balance:
    """Wallet balance of the account's quote currency, without unrealised profit."""

    raw: float
    quote: str = "USDT"


@record
class OrderRequest:
    """An order about to be sent; qty is unsigned here because `side` carries the direction."""

    symbol: str
    side: Side
    pside: Pside
    qty: float
    price: float
    reduce_only: bool
    kind: OrderKind
    client_id: str
    order_type: str
    post_only: bool = False


@record
class OpenOrder:
    """An order resting on the venue; qty is the remaining unsigned quantity."""

    id: str
    client_id: str
    symbol: str
    side: Side
    pside: Pside
    qty: float
    price: float
    reduce_only: bool
    created_ms: int


@record
class Fill:
    """One execution; qty signed (buy +, sell −), pnl gross of fees, fee ≤ 0 when paid, both in quote."""

    id: str
    ts_ms: int
    symbol: str
    pside: Pside
    side: Side
    qty: float
    price: float
    pnl: float
    fee: float
    order_type: str
    client_id: str
    order_id: str
    psize: float = 0.0  # signed position size after the fill
    pprice: float = 0.0  # position price after the fill
    pnl_known: bool = True  # False: a close whose profit the venue has not told, counted as 0 so far


@record
class Ticker:
    """Best prices and last trade of a symbol at a moment of the venue."""

    symbol: str
    bid: float
    ask: float
    last: float
    ts_ms: int
