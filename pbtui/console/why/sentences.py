"""One plain sentence for each of the engine's reasons.

Braces hold the reason's numbers, and: `{order}` the order named, `{where}` where it stands and how far away that is,
`{side}` long or short, `{band}` the EMA band its entries hang on, `{price_off}`/`{entry_off}` how far above or below
it price and entry are. How a number is written follows from its name (`words.py`).
"""

from __future__ import annotations

from pbtui.core.record import record


@record
class Sentence:
    """What a reason says, and what an operator can make of it."""

    text: str
    meaning: str


_FIRST = "the price is {price_off} the {band} EMA band ({band_price}), the entry waits {entry_off} it"

MAKES: dict[str, Sentence] = {
    "entry_initial": Sentence(
        f"first entry {{where}}: {_FIRST}",
        "A flat coin with a slot: the first entry waits at `entry_initial_ema_dist` from its EMA band, or at the "
        "market once the price is beyond that.",
    ),
    "entry_initial_partial": Sentence(
        f"rest of the first entry {{where}}: {_FIRST}",
        "The first entry has filled in part only; the rest is wanted before any further entry.",
    ),
    "entry_grid": Sentence("grid entry {where}", "The next rung of the entry grid."),
    "entry_grid_cropped": Sentence(
        "last grid entry {where}, cut to what the position's limit leaves",
        "A full-sized rung would exceed the wallet exposure limit of the coin.",
    ),
    "entry_grid_inflated": Sentence(
        "last grid entry {where}, enlarged: what would be left after it is too little for another",
        "The rung takes what a further, small one would have taken.",
    ),
    "entry_trailing": Sentence(
        "trailing entry {where}: the price went past its threshold and came back",
        "Threshold and retracement of the trailing entry are both met.",
    ),
    "entry_trailing_cropped": Sentence(
        "trailing entry {where}, cut to what the position's limit leaves",
        "As above, but a full-sized entry would exceed the wallet exposure limit of the coin.",
    ),
    "close_grid": Sentence("take profit {where}", "A rung of the take-profit grid."),
    "close_trailing": Sentence(
        "trailing close {where}: the price went past its threshold and came back",
        "Threshold and retracement of the trailing close are both met.",
    ),
    "close_unstuck": Sentence(
        "unstuck close {where}: a part of a stuck position, at a loss; {allowance} may still be lost",
        "The position is stuck and the price has come back to its EMA band: a small part is closed at a loss.",
    ),
    "close_auto_reduce_wel": Sentence(
        "reducing close {where}: exposure {exposure} is over {limit}",
        "The position is over its own exposure limit (`risk_wel_enforcer_threshold`): the excess is closed.",
    ),
    "close_auto_reduce_twel": Sentence(
        "reducing close {where}: the {side} side's exposure is over {limit}",
        "The side is over its total exposure limit (`risk_twel_enforcer_threshold`): the excess is closed, the "
        "position least under water first.",
    ),
    "close_panic": Sentence("panic: the whole position is closed {where}", "The mode of this side is panic."),
}
TELLS: dict[str, Sentence] = {
    "trailing_triggered": Sentence(
        "trailing: past its threshold {threshold_price}, back from {extreme_price}", "What the trailing order saw."
    ),
}
KEEPS: dict[str, Sentence] = {
    "side_off": Sentence(
        "the {side} side is switched off: total exposure limit {total_limit}, {n_positions} positions",
        "`total_wallet_exposure_limit` and `n_positions` must both be above 0. A position there gets no orders at all.",
    ),
    "mode_manual": Sentence("mode manual: the bot touches nothing here", "Orders are yours to make."),
    "mode_graceful_stop": Sentence(
        "mode graceful stop: nothing new is opened", "A position would be closed as usual; once flat it stays flat."
    ),
    "mode_tp_only": Sentence("mode tp only: no entries, only closes", "Closes go on."),
    "mode_panic": Sentence("mode panic: no entries, the position is closed", "Everything of this side is closed."),
    "not_tradable": Sentence("the market is not active", "The venue has suspended the market."),
    "below_min_cost": Sentence(
        "the first entry is too small: worth {has}, the venue asks for {needed}",
        "`filter_by_min_effective_cost`: balance × wallet exposure limit × `entry_initial_qty_pct` must reach the "
        "venue's smallest order.",
    ),
    "no_slot": Sentence(
        "no slot left on the {side} side: {taken} of {slots} taken",
        "`n_positions` is used up. Positions keep their slots until they are closed.",
    ),
    "volume_rank": Sentence(
        "too little volume: rank {rank} of {coins}, the first {kept} stay",
        "`filter_volume_drop_pct` drops the coins with the least traded volume.",
    ),
    "volatility_rank": Sentence(
        "too volatile: rank {rank} of {coins}, the first {dropped} are dropped",
        "`filter_volatility_drop_pct` drops the most volatile coins.",
    ),
    "outranked": Sentence(
        "others rank higher: rank {rank} by volatility, slots: {slots}",
        "Of the coins that pass the filters the most volatile ones get the slots.",
    ),
    "one_way_held": Sentence(
        "one-way: the other side of this coin is held", "Without hedge mode a coin is held on one side at a time."
    ),
    "one_way_nearer": Sentence(
        "one-way: the other side's first entry is nearer, {other_pct} away against {own_pct}",
        "Without hedge mode only the side whose first entry is nearer may open.",
    ),
    "no_limit": Sentence("no exposure is allowed here: limit {limit}", "`wallet_exposure_limit` of this coin is 0."),
    "no_balance": Sentence("no balance: {balance}", "There is nothing to trade with."),
    "first_price_too_low": Sentence(
        "the first entry's price {price} is no more than one tick ({step})", "The price is too low for the tick size."
    ),
    "grid_price_too_low": Sentence(
        "the next grid entry would stand at no more than one tick ({step})", "The grid has reached the bottom."
    ),
    "position_full": Sentence(
        "no further entry: with all entries filled the exposure is {exposure}, the limit {limit}",
        "The wallet exposure limit of the coin. In a ladder: after the entries before it.",
    ),
    "trailing_threshold": Sentence(
        "trailing waits for its threshold {threshold_price}: moved {moved_pct} of {needed_pct}",
        "First the price must move this far from the position's price.",
    ),
    "trailing_retracement": Sentence(
        "trailing is armed, waits for the way back to {retracement_price}: {pulled_pct} of {needed_pct} from "
        "{extreme_price}",
        "Past its threshold, the price must now come back by the retracement.",
    ),
    "trailing_never": Sentence(
        "trailing has neither threshold ({threshold_pct}) nor retracement ({retracement_pct}): it never triggers",
        "One of them must be above 0.",
    ),
    "then_trailing": Sentence(
        "after that a trailing order: decided once those before it have filled",
        "The rest of the position trails, and a trailing order depends on what the price does from then on.",
    ),
    "ladder_same_price": Sentence(
        "no further entry: the next one would stand at the same price, {price}", "Entries are never at one price."
    ),
    "ladder_length": Sentence("no further order: {orders} is the most there may be", "The longest ladder there is."),
    "rounds_to_nothing": Sentence(
        "the quantity rounds to nothing at a step of {step}", "The wanted quantity is smaller than the venue's step."
    ),
    "total_exposure_full": Sentence(
        "held back: the {side} side's exposure {exposure} has reached its total limit {limit}",
        "`total_wallet_exposure_limit` of the side.",
    ),
    "total_exposure_cut": Sentence(
        "{order} cut from {was} to {left}: all {side} entries together must stay below the total limit {limit}",
        "If every entry filled, the side would be over `total_wallet_exposure_limit`: those furthest away are cut.",
    ),
    "entry_below_minimum": Sentence(
        "{order} left out: {qty} is below the venue's minimum {least}", "Too small to be accepted."
    ),
    "not_held": Sentence("nothing to close", "There is no position on this side."),
    "whole_position": Sentence("these close the whole position", "Nothing is left for a further close."),
    "close_merged": Sentence(
        "one close for all: the position {held} is smaller than the venue's minimum {least}", "Too small to be split."
    ),
    "close_below_minimum": Sentence(
        "a close of {qty} left out: the venue's minimum is {least}", "Too small to be accepted."
    ),
    "close_beyond_position": Sentence(
        "{order} cut from {was} to {left}: closes never exceed the position",
        "Other closes, nearer to the market, take that part of the position.",
    ),
    "loss_gate": Sentence(
        "{order} held back: losing {projected_pnl} would leave {balance_after}, below the floor {floor}",
        "`max_realized_loss_pct`: realised losses may not take the balance further below its peak.",
    ),
    "panic_no_price": Sentence("panic finds no usable price", "The venue shows no price to close at."),
    "unstuck_allowance": Sentence(
        "stuck, but no unstuck close: the loss allowance is used up ({allowance})",
        "`unstuck_loss_allowance_pct`: losses count against past profits; more profit makes room.",
    ),
    "unstuck_not_stuck": Sentence(
        "not stuck: {share} of its limit in use, stuck from {threshold}",
        "`unstuck_threshold`: below it nothing is closed at a loss.",
    ),
    "unstuck_price": Sentence(
        "stuck: waits for the price {price} to come back to {trigger}",
        "`unstuck_ema_dist` from the EMA band: only there a part is closed at a loss.",
    ),
    "unstuck_other_first": Sentence(
        "stuck, {under_water_pct} under water: another position, {other_pct} under water, goes first",
        "One stuck position at a time is reduced, the least under water first.",
    ),
    "too_far_to_send": Sentence(
        "{order} not sent yet: {distance_pct} away, sent from {threshold_pct}",
        "`price_distance_threshold`: orders that may wait are kept back until the price is near.",
    ),
    "sent_once": Sentence("{order} is wanted twice and sent once", "Orders alike are sent once."),
    "averages_unknown": Sentence(
        "waits for candles: the moving averages are not known yet", "Entries and unstucking need them; closes go on."
    ),
    "no_price": Sentence("waits for a price", "The venue shows no price, or one that is too old."),
    "not_approved": Sentence(
        "not among the coins approved for the {side} side", "`approved_coins` and `ignored_coins` of the config."
    ),
    "not_eligible": Sentence("this market can't be traded here", "Not active, another quote currency, or excluded."),
    "too_young": Sentence(
        "too young: listed less than {least_days} days ago", "`minimum_coin_age_days` for sides that choose coins."
    ),
    "other_side_held": Sentence(
        "the other side of this coin is held, and the venue allows one side only", "The venue has no hedge mode."
    ),
    "not_planned": Sentence("no plan has been made for it yet", "The bot is starting, or its last plan was refused."),
    "plan_rejected": Sentence(
        "nothing is sent: the whole plan was refused", "The plan failed a safety check; existing orders stay."
    ),
    "entries_blocked": Sentence("no entries are sent", "The bot has a doubt; closes go on."),
    "creations_paused": Sentence("creation of orders is paused", "`e` resumes it. Cancels and closes go on."),
    "crowded_out": Sentence(
        "{order} not sent: entries that are not the bot's take its room", "Other orders count against exposure."
    ),
}
SENTENCES: dict[str, Sentence] = {**MAKES, **TELLS, **KEEPS}
