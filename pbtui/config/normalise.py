"""After the keys are in place: check every value, bring lists, dates and bounds into one form (config.md 3)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

from pbtui.config.check import BadValue, check_value
from pbtui.config.coin_lists import CoinSource, Places, coins_of, read_coin_source
from pbtui.config.coin_names import coin_of
from pbtui.config.dates import resolve_end_date
from pbtui.config.draft import MOST_NAMED, Draft
from pbtui.config.errors import shown
from pbtui.config.keys import Path
from pbtui.config.provenance import Origin
from pbtui.config.schema import COMMAND_LETTER, KEYS, Command
from pbtui.core.errors import ConfigError
from pbtui.core.types import PSIDES

LISTS = ("approved_coins", "ignored_coins")


def check_all(draft: Draft, command: Command | None) -> None:
    """Replace every declared value by its checked form; what is wrong becomes a problem of the draft.

    A wrong value that `command` does not read only warns and gives way to the default; None takes all as read.
    """
    blamed: set[Path] = set()
    for declared in KEYS.values():
        around = declared.path[:-1]
        if not isinstance(draft.get(around, draft.data), dict):
            if around not in blamed:
                draft.fault(around, f"{shown(draft.get(around))} is not an object", "{ … }")
            blamed.add(around)
            continue
        try:
            value, remark = check_value(declared, draft.get(declared.path))
        except BadValue as error:
            if command is None or COMMAND_LETTER[command] in declared.used_by:
                draft.fault(declared.path, str(error), declared.allowed_text)
                continue
            draft.warn(f"{declared.name}: {error}; not used by this command, the default stands in")
            draft.put(declared.path, check_value(declared, copy.deepcopy(declared.built_in))[0], Origin("built-in"))
            continue
        draft.put(declared.path, value)
        if remark and declared.kind != "bound":
            draft.warn(f"{declared.name}: {remark}")


def warn_of_repeats(draft: Draft, repeated: Sequence[str], where: str = "the file") -> None:
    """Name the keys a text holds more than once: the last one counts, which is easily overlooked."""
    for name in repeated[:MOST_NAMED]:
        draft.warn(f"{where} names {shown(name)} more than once; the last one counts")


def round_slots(draft: Draft) -> None:
    """Round `n_positions` half to even, as the reference does at load."""
    for pside in PSIDES:
        path = ("bot", pside, "n_positions")
        value = draft.get(path)
        if isinstance(value, int | float):
            draft.put(path, round(value))


def read_lists(draft: Draft, places: Places) -> dict[str, CoinSource]:
    """Return the parsed coin lists by key and put their entries per side into the draft."""
    sources: dict[str, CoinSource] = {}
    for name in LISTS:
        path = ("live", name)
        try:
            source = read_coin_source(draft.get(path), places)
        except ConfigError as error:
            draft.fault(path, error.message, KEYS[f"live.{name}"].allowed_text)
            source = CoinSource({pside: [] for pside in PSIDES}, ())
        if name == "ignored_coins" and source.everything:
            draft.fault(path, "every coin is ignored", "coins by name; switch a side off with n_positions: 0")
        for note in source.notes:
            draft.warn(note)
        sources[name] = source
        draft.put(path, {pside: list(source.sides[pside]) for pside in PSIDES})
    return sources


def settle_backtest(draft: Draft, now_ms: int) -> None:
    """Resolve what only runs on past data need: end date, coin sources, the inherited minimum-cost filter."""
    backtest = draft.section("backtest")
    with suppress(ValueError, OverflowError):  # named by check_all already
        draft.put(("backtest", "end_date"), resolve_end_date(backtest.get("end_date"), now_ms))
    for scenario in backtest.get("scenarios") or ():
        with suppress(ValueError, OverflowError, TypeError, AttributeError):  # named when the suite is planned
            if scenario.get("end_date"):
                scenario["end_date"] = resolve_end_date(scenario["end_date"], now_ms)
    if backtest.get("filter_by_min_effective_cost") is None:
        inherited = draft.get(("live", "filter_by_min_effective_cost"))
        draft.put(("backtest", "filter_by_min_effective_cost"), bool(inherited))


def settle_sources(draft: Draft) -> None:
    """Bring the coins of `backtest.coin_sources` to plain names; two sources of one coin are a fault."""
    given: Any = draft.get(("backtest", "coin_sources"))
    if not isinstance(given, dict):
        return
    result: dict[str, str] = {}
    for name, exchange in cast("dict[str, str]", given).items():
        coin = coin_of(name)
        if result.setdefault(coin, exchange) != exchange:
            path = ("backtest", "coin_sources", name)
            draft.fault(path, f"{shown(coin)} has two sources", "one exchange a coin")
    draft.put(("backtest", "coin_sources"), result)


def subtract_ignored(draft: Draft) -> None:
    """Take ignored names out of the approved ones, per side and letter by letter."""
    lists = draft.section("live")
    for pside in PSIDES:
        ignored = set(lists["ignored_coins"][pside])
        lists["approved_coins"][pside] = [name for name in lists["approved_coins"][pside] if name not in ignored]


def warn_of_lists(draft: Draft, sources: dict[str, CoinSource]) -> None:
    """Tell which coin lists a plain backtest or optimisation will not honour."""
    if draft.get(("backtest", "honour_coin_lists")) is True:
        return
    approved = {pside: coins_of(sources["approved_coins"].sides[pside]) for pside in PSIDES}
    ignored = {coin for pside in PSIDES for coin in coins_of(sources["ignored_coins"].sides[pside])}
    traded = ignored & {coin for coins in approved.values() for coin in coins}
    advice = "set backtest.honour_coin_lists: true to honour them"
    if traded:
        draft.warn(f"ignored coins {', '.join(sorted(traded))} are traded in this run; {advice}")
    union = {coin for coins in approved.values() for coin in coins}
    widened = {coin for pside in _trading_sides(draft) for coin in union - set(approved[pside])}
    if widened:
        names = ", ".join(sorted(widened)[:12])
        draft.warn(f"coins approved for the other side only ({names}) trade on both sides in this run; {advice}")


def _trading_sides(draft: Draft) -> list[str]:
    names = ("total_wallet_exposure_limit", "n_positions")
    values = {pside: [draft.get(("bot", pside, name)) for name in names] for pside in PSIDES}
    return [pside for pside in PSIDES if all(isinstance(value, int | float) and value > 0 for value in values[pside])]


def warn_of_no_coins(draft: Draft, approved: CoinSource) -> None:
    """Warn when neither the coin list nor `empty_means_all_approved` gives anything to trade."""
    nothing = not approved.everything and not any(approved.sides.values())
    if nothing and draft.get(("live", "empty_means_all_approved")) is False:
        draft.warn("live.approved_coins is empty and live.empty_means_all_approved is false: no coin is traded")
