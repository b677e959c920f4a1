"""Bitget's error codes by the reaction they need, and how often it may be asked (documented; live.md 30.6)."""

from __future__ import annotations

from collections.abc import Mapping

from pbtui.exchange.private.wire import Meaning

_MARGIN = Meaning("rejected", "insufficient_margin", "lower the wallet exposure limits, or add margin")
_KEY = Meaning("refused", hint="check the key, its permissions and the addresses it is bound to")
_BARRED = Meaning("refused", hint="the venue has restricted this account: ask its support")
_UNSURE, _GONE = Meaning("unknown"), Meaning("gone")
_NOTHING_TO_CLOSE = Meaning("rejected", "reduce_only")
_TWIN = Meaning("rejected", "duplicate_client_id")
_TOO_SMALL = Meaning("rejected", "min_cost", "raise entry_initial_qty_pct or the balance: the order is too small")
_BAND, _CLOSED = Meaning("rejected", "price_band"), Meaning("rejected", "not_tradable")
_CROWDED = Meaning("rejected", "too_many_orders", "lower live.max_n_creations_per_batch or trade fewer coins")
_LEVERAGE = Meaning("rejected", "leverage", "lower live.leverage")
_MODE = Meaning("refused", hint="the position mode was changed outside: start again")
_HELD = Meaning("refused", hint="close the position and cancel the orders of the coin, then set cross margin")

MEANINGS: Mapping[str, Meaning] = {
    "00000": _UNSURE,  # success, but with other words than the usual ones
    **dict.fromkeys(("40010", "40015", "40200", "40725", "40910", "45001", "45023", "45024"), _UNSURE),
    "40908": Meaning("later"),  # two changes at once: refused before it was looked at
    **dict.fromkeys(("429", "40429"), Meaning("limited")),
    **dict.fromkeys(("40004", "40005", "40008"), Meaning("skew")),
    "40009": Meaning("refused", hint="the secret does not belong to the key"),
    "40012": Meaning("refused", hint="the passphrase does not belong to the key"),
    "40036": Meaning("refused", hint="the passphrase does not belong to the key"),
    "40085": Meaning(
        "refused", hint="only classic ones are served: change it back there, or trade a sub-account in classic mode"
    ),
    "40099": Meaning("refused", hint="the key is one of the demo environment"),
    **dict.fromkeys(("40001", "40002", "40003", "40006", "40011", "40014", "40018", "40037", "40038"), _KEY),
    **dict.fromkeys(("40025", "40040", "40041", "22010", "45107", "45108"), _KEY),
    **dict.fromkeys(("40013", "40022", "40023", "40024", "40026", "40031", "40710", "40752", "40753"), _BARRED),
    **dict.fromkeys(("40760", "40916", "45009"), _BARRED),
    **dict.fromkeys(("40109", "40768", "40769", "43001", "43004", "22001", "45031", "45055", "45057"), _GONE),
    **dict.fromkeys(("40754", "40762", "40798", "40800", "43012", "45002", "45008", "45120", "45123"), _MARGIN),
    **dict.fromkeys(("22002", "40717", "40755", "40757", "40804", "43029", "43043"), _NOTHING_TO_CLOSE),
    **dict.fromkeys(("45003", "45005", "45006", "40939"), _NOTHING_TO_CLOSE),
    **dict.fromkeys(("40786", "43118", "45034"), _TWIN),
    **dict.fromkeys(("43010", "43027", "43037", "45110", "45114"), _TOO_SMALL),
    **dict.fromkeys(("43006", "45111"), Meaning("rejected", "min_qty")),
    **dict.fromkeys(("43007", "43038", "45112", "45113"), Meaning("rejected", "max_qty")),
    **dict.fromkeys(("43028", "45035", "45115"), Meaning("rejected", "tick")),
    "22038": Meaning("rejected", "lot"),
    **dict.fromkeys(("40748", "40815", "40816", "43008", "43009", "43039", "43040", "40820", "40821"), _BAND),
    **dict.fromkeys(("40723", "40761", "43005", "43128", "45118"), _CROWDED),
    **dict.fromkeys(("40797", "40914", "43050", "45044", "45045"), _LEVERAGE),
    **dict.fromkeys(
        ("40763", "40921", "40928", "45116"),
        Meaning("rejected", "leverage_tier", "lower the wallet exposure limits, or live.leverage"),
    ),
    **dict.fromkeys(("40309", "40716", "40844", "40845", "41114", "43115", "45043", "45119", "22004"), _CLOSED),
    **dict.fromkeys(("40774", "43075", "45021", "45109"), _MODE),
    "40920": Meaning(
        "refused", hint="close all positions and cancel all orders, then the position mode can be changed"
    ),
    **dict.fromkeys(("40872", "45117"), _HELD),
    **dict.fromkeys(("40814", "45054"), Meaning("unchanged")),
}

_FIVE_A_SECOND, _TEN_A_SECOND = 0.22, 0.11
SPACING: Mapping[str, float] = {
    **dict.fromkeys(
        (
            "privateMixPostV2MixOrderBatchPlaceOrder",
            "privateMixPostV2MixAccountSetLeverage",
            "privateMixPostV2MixAccountSetMarginMode",
            "privateMixGetV2MixPositionAllPosition",
        ),
        _FIVE_A_SECOND,
    ),
    **dict.fromkeys(
        (
            "privateMixPostV2MixOrderBatchCancelOrders",
            "privateMixGetV2MixAccountAccount",
            "privateMixGetV2MixAccountAccounts",
            "privateMixGetV2MixOrderOrdersPending",
            "privateMixGetV2MixOrderFillHistory",
            "privateMixGetV2MixOrderDetail",
        ),
        _TEN_A_SECOND,
    ),
}
