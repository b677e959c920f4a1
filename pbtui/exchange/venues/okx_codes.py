"""OKX's error codes by the reaction they need (documented by the venue; exchanges.md 5, live.md 30.6)."""

from __future__ import annotations

from collections.abc import Mapping

from pbtui.exchange.private.wire import Meaning

_MARGIN = Meaning("rejected", "insufficient_margin", "lower the wallet exposure limits, or add margin")
_SMALL = Meaning("rejected", "min_cost", "raise entry_initial_qty_pct or the balance: the order is too small")
_LARGE = Meaning("rejected", "max_qty", "lower the wallet exposure limits: the order is larger than the venue allows")
_TIER = Meaning("rejected", "leverage_tier", "lower the wallet exposure limits, or live.leverage")
_MANY = Meaning("rejected", "too_many_orders", "trade fewer coins")
_BAND = Meaning("rejected", "price_band")
_LESS = Meaning("rejected", "reduce_only")
_SHUT = Meaning("rejected", "not_tradable")
_ELSEWHERE = Meaning("rejected", "not_tradable", "the venue doesn't offer this coin to the account: leave it out")
_FROZEN = Meaning("rejected", "frozen")  # while the venue liquidates, deleverages or settles
_KEY = Meaning("refused", hint="check the key, its permissions and the addresses it is bound to")
_ACCOUNT = Meaning("refused", hint="the venue restricts the account: ask it why")
_BUSY = Meaning("refused", hint="cancel all orders and close all positions, then it can be changed")
_ORDERS = Meaning("refused", hint="cancel the coin's open orders, then its leverage can be changed")
_LEVERAGE = Meaning("rejected", "leverage", "lower live.leverage")
_UNKNOWN, _GONE, _LIMITED, _SKEW = Meaning("unknown"), Meaning("gone"), Meaning("limited"), Meaning("skew")

_TABLE: tuple[tuple[Meaning, str], ...] = (
    (_UNKNOWN, "50001 50004 50005 50013 50026 51054 51149"),
    (_LIMITED, "50011 50040 50061 51113"),
    (_SKEW, "50102 50112"),
    (_KEY, "50035 50100 50101 50103 50104 50106 50107 50108 50109 50110 50111 50114 50119 50120"),
    (Meaning("refused", hint="the secret does not belong to the key"), "50113"),
    (Meaning("refused", hint="the passphrase is the one that was chosen when the key was made"), "50105"),
    (_ACCOUNT, "50007 50008 50009 50012 50027 51009 51024 51732 51733 51734 59113 4088"),
    (Meaning("refused", hint="set the account to futures mode on the venue"), "51010"),
    (_FROZEN, "50017 50018 50019 50020 50021 50022 50023 51028 51029 51030"),
    (_SHUT, "50028 50062 51021 51022 51027"),
    (_ELSEWHERE, "51155 51773"),
    (Meaning("rejected", "unknown_symbol"), "51001 51015"),
    (_TIER, "51004 51104 51106 51107 51129"),
    (_LARGE, "51005 51101 51105 51185 51201 51202 51203"),
    (_BAND, "51006 51031 51116 51122 51135 51136 51137 51138"),
    (_SMALL, "51007 51020 51100 51118 51120"),
    (Meaning("rejected", "lot"), "51121"),
    (_MARGIN, "51008 51119 51127 51131 51502 59103 59108 59109 59200 59201"),
    (Meaning("rejected", "duplicate_client_id"), "51011 51016"),
    (_LESS, "51023 51112 51134 51169 51205"),
    (_MANY, "51025 51102 51103 51108 51117 51174"),
    (Meaning("rejected", "cancel_refused"), "51403 51404"),
    (_GONE, "51400 51401 51402 51405 51410 51603"),
    (_BUSY, "59000 59001"),
    # What a portfolio margin account answers: its leverage isn't set coin by coin.
    (Meaning("unchanged"), "51039"),
    (_ORDERS, "59101 59107"),
    (Meaning("refused", hint="close the coin's position, then its leverage can be changed"), "59100"),
    (_LEVERAGE, "59102 59104 59106"),
    (Meaning("rejected", "leverage", "raise live.leverage"), "59105"),
)
MEANINGS: Mapping[str, Meaning] = {code: meaning for meaning, codes in _TABLE for code in codes.split()}
