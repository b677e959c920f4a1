"""Binance's error codes by the reaction they need (documented by the venue; exchanges.md 3, live.md 30.6)."""

from __future__ import annotations

from collections.abc import Mapping

from pbtui.exchange.private.wire import Meaning

_MARGIN = "lower the wallet exposure limits, or add margin"
MEANINGS: Mapping[str, Meaning] = {
    "-1000": Meaning("unknown"),
    "-1001": Meaning("unknown"),
    "-1006": Meaning("unknown"),
    "-1007": Meaning("unknown"),
    "-1016": Meaning("unknown"),
    "-1008": Meaning("later"),  # overloaded: refused before it was looked at
    "-1003": Meaning("limited"),
    "-1015": Meaning("limited"),
    "-1021": Meaning("skew"),
    "-1002": Meaning("refused", hint="check the key and its permissions"),
    "-1022": Meaning("refused", hint="the secret does not belong to the key"),
    "-2014": Meaning("refused", hint="the key is malformed"),
    "-2015": Meaning("refused", hint="check the key, its permissions and the addresses it is bound to"),
    "-2011": Meaning("gone"),
    "-2013": Meaning("gone"),
    "-2018": Meaning("rejected", "insufficient_margin", _MARGIN),
    "-2019": Meaning("rejected", "insufficient_margin", _MARGIN),
    "-2022": Meaning("rejected", "reduce_only"),
    "-2021": Meaning("rejected", "price_band"),
    "-2025": Meaning("rejected", "too_many_orders", "lower live.max_n_creations_per_batch or trade fewer coins"),
    "-2027": Meaning("rejected", "leverage_tier", "lower live.leverage: the position is too large for it"),
    "-2028": Meaning("rejected", "leverage_tier", "lower the wallet exposure limits or raise live.leverage"),
    "-4005": Meaning("rejected", "max_qty"),
    "-4003": Meaning("rejected", "min_qty"),
    "-4004": Meaning("rejected", "min_qty"),
    "-4014": Meaning("rejected", "tick"),
    "-4016": Meaning("rejected", "price_band"),
    "-4023": Meaning("rejected", "lot"),
    "-4024": Meaning("rejected", "price_band"),
    "-4028": Meaning("rejected", "leverage", "lower live.leverage"),
    "-4046": Meaning("unchanged"),
    "-4047": Meaning("refused", hint="cancel the open orders of the coin, then set cross margin"),
    "-4048": Meaning("refused", hint="close the position of the coin, then set cross margin"),
    "-4059": Meaning("unchanged"),
    "-4061": Meaning("refused", hint="the position mode was changed outside: start again"),
    "-4067": Meaning("refused", hint="cancel all open orders, then the position mode can be changed"),
    "-4068": Meaning("refused", hint="close all positions, then the position mode can be changed"),
    "-4116": Meaning("rejected", "duplicate_client_id"),
    "-4118": Meaning("rejected", "reduce_only"),
    "-4131": Meaning("rejected", "price_band"),
    "-4140": Meaning("rejected", "not_tradable"),
    "-4164": Meaning("rejected", "min_cost", "raise entry_initial_qty_pct or the balance: the order is too small"),
    "-5022": Meaning("rejected", "post_only"),
    "-1111": Meaning("rejected", "precision"),
    "-1121": Meaning("rejected", "unknown_symbol"),
}
