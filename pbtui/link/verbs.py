"""The words a bot understands when typed: one grammar for `pbtui do`, the line mode and the console's `:` line."""

from __future__ import annotations

import math
from typing import Literal

from pbtui.core.actions import StopChoice
from pbtui.core.errors import ConfigError
from pbtui.core.record import record
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import PSIDES, Mode, Pside
from pbtui.link.base import Wish

Ritual = Literal["", "coin", "PANIC", "RISK"]
Shape = Literal["", "mode", "panic", "stop", "speed", "coin", "coin_side", "count", "controls"]
WISHES: dict[str, Wish] = {"ask": "ask", "take": "take", "give": "give"}

MODE_WORDS: dict[str, Mode | None] = {
    "n": Mode.NORMAL, "normal": Mode.NORMAL,
    "g": Mode.GRACEFUL_STOP, "gs": Mode.GRACEFUL_STOP, "graceful": Mode.GRACEFUL_STOP,
    "graceful_stop": Mode.GRACEFUL_STOP,
    "t": Mode.TP_ONLY, "tp": Mode.TP_ONLY, "tp_only": Mode.TP_ONLY,
    "m": Mode.MANUAL, "manual": Mode.MANUAL,
    "p": Mode.PANIC, "panic": Mode.PANIC,
    "c": None, "config": None,
}  # fmt: skip
SIDE_WORDS: dict[str, tuple[Pside, ...]] = {
    "l": ("long",), "long": ("long",), "s": ("short",), "short": ("short",), "both": PSIDES, "b": PSIDES,
}  # fmt: skip
STOP_WORDS: dict[str, StopChoice] = {"keep": "keep", "cancel_entries": "cancel_entries", "cancel_all": "cancel_all"}
ALL = "all"
MOST_ROWS = 5_000  # as many events as a bot remembers


@record
class Verb:
    """One word and what may follow it. `acts`: it changes the bot, so that viewers are refused."""

    name: str
    usage: str
    help: str
    shape: Shape = ""
    acts: bool = False
    ritual: Ritual = ""  # what --confirm must repeat: the coin, PANIC, or RISK where a reload raises risk
    aliases: tuple[str, ...] = ()
    session: bool = False  # makes sense only in an open session


@record
class Command:
    """A typed line that makes sense; which coins there are is another question (`link.targets`)."""

    verb: Verb
    coins: tuple[str, ...] = ()  # as typed; ("all",) for every coin
    psides: tuple[Pside, ...] = PSIDES
    mode: Mode | None = None  # of `mode` and `panic`; None gives the mode back to the config
    choice: StopChoice | None = None  # of `stop`; None as the config says
    wish: Wish | None = None  # of `controls`; None only looks
    number: float = 0.0  # speed (0 = as fast as possible), or how many rows
    confirm: str = ""
    as_json: bool = False


VERBS: tuple[Verb, ...] = (
    Verb("mode", "mode COIN SIDE MODE", "set a mode by hand; COIN may be all or A,B; MODE is n, gs, t, m, p or c",
         "mode", acts=True),
    Verb("panic", "panic COIN SIDE --confirm COIN", "close one coin now, at any price",
         "panic", acts=True, ritual="coin"),
    Verb("panic all", "panic all --confirm PANIC", "close every position now; entries stay paused",
         acts=True, ritual="PANIC"),
    Verb("pause", "pause", "create no new orders; cancels and closes go on", acts=True),
    Verb("resume", "resume", "create orders again", acts=True),
    Verb("reload", "reload [--confirm RISK]", "read the config file again; RISK where a change raises risk",
         acts=True, ritual="RISK"),
    Verb("speed", "speed N|max", "market seconds per second of a replay", "speed", acts=True),
    Verb("stop", "stop [keep|cancel_entries|cancel_all]", "stop the bot in order", "stop", acts=True),
    Verb("status", "status", "balance, exposure, state in one line"),
    Verb("positions", "positions", "every position and what comes next", aliases=("pos",)),
    Verb("orders", "orders [COIN]", "resting orders, and those about to be created (+) or cancelled (-)", "coin"),
    Verb("modes", "modes", "the mode of every coin and side, and who set it"),
    Verb("events", "events [N]", "the last N events since the bot began (default 20)", "count", aliases=("log",)),
    Verb("equity", "equity [N]", "balance and equity by the minute since the bot began", "count"),
    Verb("coin", "coin COIN SIDE", "effective parameters with their origin", "coin_side"),
    Verb("fills", "fills COIN SIDE", "the last fills of a coin and side", "coin_side"),
    Verb("why", "why COIN SIDE", "why the orders of a coin and side exist, and what holds others back", "coin_side"),
    Verb("diff", "diff", "what a reload of the config would change"),
    Verb("health", "health", "loop lag, turn times, ages, what blocked the loop"),
    Verb("warnings", "warnings", "standing warnings and the start-up checklist"),
    Verb("controls", "controls [ask|take|give]", "who has the controls; ask for them, take them, hand them over",
         "controls", session=True),
    Verb("help", "help", "these words", aliases=("?",)),
    Verb("quit", "quit", "leave; the bot goes on", aliases=("q", "detach", "exit"), session=True),
)  # fmt: skip
BY_WORD: dict[str, Verb] = {word: verb for verb in VERBS for word in (verb.name, *verb.aliases)}


def parse(text: str) -> Command:
    """Return the command a line stands for; raises ConfigError saying in one line what is wrong and how to write it.

    Flags may stand anywhere: `--confirm WORD` (or `--confirm=WORD`) and `--json`.
    """
    words, confirm, as_json = _flags(text.split())
    if not words:
        raise ConfigError("nothing to do", hint="help lists the words")
    verb = BY_WORD.get(words[0].casefold())
    if verb is None:
        raise ConfigError(f"no such word: {_shown(words[0])}", hint="help lists them")
    rest = words[1:]
    if verb.name == "panic" and [word.casefold() for word in rest] == [ALL]:
        verb, rest = BY_WORD["panic all"], []
    return _shaped(verb, rest, confirm, as_json)


def _flags(words: list[str]) -> tuple[list[str], str, bool]:
    rest: list[str] = []
    confirm, as_json = "", False
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word == "--json":
            as_json = True
        elif word == "--confirm":
            if not queue:
                raise ConfigError("--confirm needs a word")
            confirm = queue.pop(0)
        elif word.startswith("--confirm="):
            confirm = word.partition("=")[2]
        elif word.startswith("--"):
            raise ConfigError(f"no such flag: {_shown(word)}", hint="--confirm WORD and --json are known")
        else:
            rest.append(word)
    return rest, confirm, as_json


def _shaped(verb: Verb, rest: list[str], confirm: str, as_json: bool) -> Command:
    """Read what follows a verb by its shape."""
    match verb.shape, rest:
        case ("", []) | ("coin", []) | ("stop", []) | ("controls", []):
            return Command(verb, confirm=confirm, as_json=as_json)
        case "mode", [coins, side, word]:
            psides, mode = _side(side), _mode(word)
            if mode is Mode.PANIC:
                if coins.casefold() == ALL:
                    raise ConfigError("panic is set coin by coin", hint="panic all closes everything")
                verb = BY_WORD["panic"]
            return Command(verb, _coins(coins), psides, mode, confirm=confirm, as_json=as_json)
        case "panic", [coin, side]:
            return Command(verb, (coin,), _side(side), Mode.PANIC, confirm=confirm, as_json=as_json)
        case "stop", [word] if word.casefold().replace("-", "_") in STOP_WORDS:
            choice = STOP_WORDS[word.casefold().replace("-", "_")]
            return Command(verb, choice=choice, confirm=confirm, as_json=as_json)
        case "controls", [word] if word.casefold() in WISHES:
            return Command(verb, wish=WISHES[word.casefold()], confirm=confirm, as_json=as_json)
        case "speed", [word]:
            return Command(verb, number=_speed(word), confirm=confirm, as_json=as_json)
        case "coin", [coin]:
            return Command(verb, (coin,), confirm=confirm, as_json=as_json)
        case "coin_side", [coin, side]:
            return Command(verb, (coin,), _side(side), confirm=confirm, as_json=as_json)
        case "count", []:
            return Command(verb, number=20, confirm=confirm, as_json=as_json)
        case "count", [word]:
            return Command(verb, number=_count(word), confirm=confirm, as_json=as_json)
        case _:
            raise ConfigError(f"{verb.name} is written otherwise", hint=f"write: {verb.usage}")


def _coins(word: str) -> tuple[str, ...]:
    found = tuple(part for part in word.split(",") if part)
    if not found:
        raise ConfigError("no coin named")
    return (ALL,) if ALL in (part.casefold() for part in found) else found


def _side(word: str) -> tuple[Pside, ...]:
    found = SIDE_WORDS.get(word.casefold())
    if found is None:
        raise ConfigError(f"{_shown(word)} is not a side", hint="long, short or both")
    return found


def _mode(word: str) -> Mode | None:
    name = word.casefold().replace("-", "_")
    if name not in MODE_WORDS:
        raise ConfigError(
            f"{_shown(word)} is not a mode",
            hint="n normal, gs graceful stop, t tp only, m manual, p panic, c as the config says",
        )
    return MODE_WORDS[name]


def _speed(word: str) -> float:
    if word.casefold() == "max":
        return 0.0
    found = _number(word.casefold().removesuffix("x"))
    if not 0 < found <= 1e6:
        raise ConfigError(f"{_shown(word)} is no speed", hint="a number such as 60, or max")
    return found


def _count(word: str) -> float:
    found = _number(word)
    if not 1 <= found <= MOST_ROWS or found != int(found):
        raise ConfigError(f"{_shown(word)} is no number of rows", hint=f"1 to {MOST_ROWS:,}; the log file has all")
    return found


def _number(word: str) -> float:
    try:
        found = float(word)
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan


def _shown(word: str) -> str:
    return sanitize_line(word, limit=40)
