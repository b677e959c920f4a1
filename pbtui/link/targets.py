"""Which coins and sides a typed command means, and the action it stands for."""

from __future__ import annotations

from collections.abc import Sequence

from pbtui.core.actions import (
    Action,
    PanicAll,
    PauseCreations,
    ReloadConfig,
    SetMode,
    SetReplaySpeed,
    StopBot,
    StopChoice,
    Target,
)
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import Snapshot
from pbtui.core.types import Mode
from pbtui.link.verbs import ALL, MODE_WORDS, SIDE_WORDS, STOP_WORDS, VERBS, WISHES, Command


def coin_names(found: Snapshot) -> dict[str, str]:
    """Return the symbols a bot knows, with their coins."""
    return {row.symbol: row.coin for row in (*found.modes, *found.positions, *found.orders)}


def symbols_of(coin: str, found: Snapshot, *, guess: bool = True) -> list[str]:
    """Return the symbols meant by a coin, a symbol, or `all`; raises ConfigError naming the known coins.

    With `guess` a name the snapshot does not know becomes a symbol of the account's quote: a coin that is approved but
    not eligible now can be steered too, and the bot knows whether there is such a market.
    """
    names = coin_names(found)
    wanted = coin.casefold()
    hits = sorted(symbol for symbol, name in names.items() if wanted in (ALL, name.casefold(), symbol.casefold()))
    if not hits and guess and wanted != ALL and coin.isascii() and coin.isalnum():
        return [f"{coin.upper()}/{found.account.quote}:{found.account.quote}"]
    if not hits:
        known = sanitize_line(", ".join(sorted(set(names.values()))), limit=400) or "none yet"
        raise ConfigError(f"{sanitize_line(coin, limit=40)} is not traded here", hint=f"coins: {known}")
    return hits


def targets_of(command: Command, found: Snapshot, *, guess: bool = True) -> tuple[Target, ...]:
    """Return every coin and side a command names; raises ConfigError as `symbols_of`."""
    symbols = dict.fromkeys(symbol for coin in command.coins for symbol in symbols_of(coin, found, guess=guess))
    return tuple(Target(symbol, pside) for symbol in symbols for pside in command.psides)


def action_of(command: Command, found: Snapshot, by: str) -> Action:
    """Return the action of a command that acts; raises ConfigError for coins nobody knows or a verb that only looks."""
    match command.verb.name:
        case "mode":
            return SetMode(targets_of(command, found), command.mode, by=by)
        case "panic":
            return SetMode(targets_of(command, found), Mode.PANIC, by=by, confirm=command.confirm)
        case "panic all":
            return PanicAll(command.confirm, by=by)
        case "pause" | "resume":
            return PauseCreations(command.verb.name == "pause", by=by)
        case "reload":
            return ReloadConfig(by=by)
        case "speed":
            return SetReplaySpeed(command.number, by=by)
        case "stop":
            return StopBot(command.choice or on_stop(found), by=by)
        case name:
            raise ConfigError(f"{name} changes nothing")


def on_stop(found: Snapshot) -> StopChoice:
    """Return what a stop does with resting orders as the bot's config says."""
    return STOP_WORDS.get(found.health.on_stop, "cancel_entries")


def missing_word(command: Command, found: Snapshot) -> str:
    """Return the word that `--confirm` must repeat and does not, "" when nothing is missing.

    A reload is not judged here: whether it raises risk only its preview tells.
    """
    if command.verb.ritual == "PANIC":
        return "" if command.confirm == "PANIC" else "PANIC"
    if command.verb.ritual != "coin":
        return ""
    names = coin_names(found)
    coins = {names.get(target.symbol, target.symbol.split("/")[0]) for target in targets_of(command, found)}
    if {command.confirm.strip().upper()} == {coin.upper() for coin in coins}:
        return ""
    return sanitize_line(", ".join(sorted(coins)), limit=80)


def completions(text: str, coins: Sequence[str]) -> list[str]:
    """Return the whole lines that the typed beginning may become; `coins` are the names to offer."""
    words = text.split()
    if not words or (len(words) == 1 and not text.endswith(" ")):
        begun = words[0].casefold() if words else ""
        return [verb.name for verb in VERBS if verb.name.startswith(begun)]
    here = [] if text.endswith(" ") else [words.pop()]
    offered = _next_words(words, coins)
    begun = here[0].casefold() if here else ""
    before = " ".join(words)
    return [f"{before} {word}" for word in offered if word.casefold().startswith(begun)]


def _next_words(words: list[str], coins: Sequence[str]) -> list[str]:
    """Return what may follow these words."""
    verb = next((verb for verb in VERBS if words[0].casefold() in (verb.name, *verb.aliases)), None)
    shape, place = (verb.shape if verb else ""), len(words)
    names = [sanitize_line(coin, limit=40) for coin in coins]
    sides = [word for word in SIDE_WORDS if len(word) > 1]
    match shape, place:
        case (("mode" | "panic"), 1):
            return [*names, ALL]
        case (("coin" | "coin_side"), 1):
            return names
        case "panic", 2 if words[1].casefold() == ALL:
            return []
        case (("mode" | "panic" | "coin_side"), 2):
            return sides
        case "mode", 3:
            return [word for word in MODE_WORDS if len(word) > 1]
        case "stop", 1:
            return list(STOP_WORDS)
        case "controls", 1:
            return list(WISHES)
        case "speed", 1:
            return ["max", "60", "600"]
        case _:
            return []
