"""Bybit's error codes by the reaction they need (documented by the venue; exchanges.md 4, live.md 30.6)."""

from __future__ import annotations

from collections.abc import Mapping

from pbtui.exchange.private.wire import Meaning

_MARGIN = "lower the wallet exposure limits, or add margin"
_KEY = "check the key, its permissions and the addresses it is bound to"
MEANINGS: Mapping[str, Meaning] = {
    "10000": Meaning("unknown"),
    "10016": Meaning("unknown"),
    "10019": Meaning("unknown"),
    "10002": Meaning("skew"),
    "10003": Meaning("refused", hint=_KEY),
    "10004": Meaning("refused", hint="the secret does not belong to the key"),
    "10005": Meaning("refused", hint=_KEY),
    "10007": Meaning("refused", hint=_KEY),
    "10010": Meaning("refused", hint=_KEY),
    "33004": Meaning("refused", hint="the key has expired"),
    "10006": Meaning("limited"),
    "10018": Meaning("limited"),
    "10429": Meaning("limited"),
    "10024": Meaning("refused", hint="the venue doesn't serve this account"),
    "110001": Meaning("gone"),
    "110008": Meaning("gone"),
    "110010": Meaning("gone"),
    "110003": Meaning("rejected", "price_band"),
    "110004": Meaning("rejected", "insufficient_margin", _MARGIN),
    "110006": Meaning("rejected", "insufficient_margin", _MARGIN),
    "110007": Meaning("rejected", "insufficient_margin", _MARGIN),
    "110012": Meaning("rejected", "insufficient_margin", _MARGIN),
    "110013": Meaning("rejected", "leverage", "lower live.leverage"),
    "110017": Meaning("rejected", "reduce_only"),
    "110020": Meaning("rejected", "too_many_orders", "trade fewer coins"),
    "110021": Meaning("rejected", "leverage_tier", "lower the wallet exposure limits"),
    "110024": Meaning("refused", hint="close all positions, then the position mode can be changed"),
    "110028": Meaning("refused", hint="cancel all open orders, then the position mode can be changed"),
    "110025": Meaning("unchanged"),
    "110026": Meaning("unchanged"),
    "110043": Meaning("unchanged"),
    "3400045": Meaning("refused", hint="close positions and orders, then set cross margin for the account"),
    "110044": Meaning("rejected", "insufficient_margin", _MARGIN),
    "110045": Meaning("rejected", "insufficient_margin", _MARGIN),
    "110052": Meaning("rejected", "insufficient_margin", _MARGIN),
    "110072": Meaning("rejected", "duplicate_client_id"),
    "110074": Meaning("rejected", "not_tradable"),
    "110094": Meaning("rejected", "min_cost", "raise entry_initial_qty_pct or the balance: the order is too small"),
    "110092": Meaning("rejected", "price_band"),
    "110093": Meaning("rejected", "price_band"),
}
