"""Typed commands (`:`): the same actions with their targets spelt out, behind the same rituals."""

from __future__ import annotations

from dataclasses import dataclass

from pbtui.console.actions import ACTIONS, BY_ID
from pbtui.console.state import Key, ViewState
from pbtui.console.text import safe
from pbtui.core.actions import Target
from pbtui.core.types import PSIDES, Mode, Pside

MODE_WORDS: dict[str, Mode | None] = {
    "n": Mode.NORMAL, "normal": Mode.NORMAL, "g": Mode.GRACEFUL_STOP, "gs": Mode.GRACEFUL_STOP,
    "graceful_stop": Mode.GRACEFUL_STOP, "t": Mode.TP_ONLY, "tp": Mode.TP_ONLY, "tp_only": Mode.TP_ONLY,
    "m": Mode.MANUAL, "manual": Mode.MANUAL, "p": Mode.PANIC, "panic": Mode.PANIC, "c": None, "config": None,
}  # fmt: skip
_SIDES: dict[str, Pside] = {"l": "long", "long": "long", "s": "short", "short": "short"}
_ALIASES = {"quit": "quit", "q": "quit", "reload": "bot.reload", "pause": "bot.pause", "log": "screen.log",
            "live": "screen.live", "help": "help", "lock": "lock", "warnings": "warnings"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """What was typed: a verb, and what it needs. `problem` says what is wrong with it."""

    verb: str
    targets: tuple[Target, ...] = ()
    mode: Mode | None = None
    argument: str = ""
    problem: str = ""


def find_keys(state: ViewState, coin: str, pside: Pside | None) -> list[Key]:
    """Return the coins and sides meant by a coin name."""
    wanted = coin.casefold()
    return [
        key
        for key in state.known()
        if (pside is None or key[1] == pside) and wanted in (state.coin(key[0]).casefold(), key[0].casefold())
    ]


def parse(text: str, state: ViewState) -> Command:
    """Return the command typed; `problem` is set when it makes no sense."""
    parts = text.split()
    if not parts:
        return Command("")
    verb, rest = parts[0].casefold(), parts[1:]
    if verb in ("mode", "panic"):
        return _targeted(verb, rest, state)
    if verb in ("theme", "speed", "filter", "sort", "coin"):
        if not rest and verb != "filter":
            return Command(verb, problem=f"{verb} what?")
        if verb == "coin" and not find_keys(state, rest[0], None):
            return Command(verb, problem=f"no coin {safe(rest[0], 20)} here")
        return Command(verb, argument=" ".join(rest))
    if _ALIASES.get(verb, verb) in BY_ID:
        return Command("do", argument=_ALIASES.get(verb, verb))
    known = next((action.id for action in ACTIONS if action.verb.casefold() == " ".join(parts).casefold()), "")
    return Command("do", argument=known) if known else Command(verb, problem=f"no command {safe(text, 40)}")


def _targeted(verb: str, rest: list[str], state: ViewState) -> Command:
    usage = "mode COIN long|short n|gs|t|m|c" if verb == "mode" else "panic COIN long|short"
    if len(rest) != (3 if verb == "mode" else 2):
        return Command(verb, problem=f"write: {usage}")
    side = _SIDES.get(rest[1].casefold())
    if side is None:
        return Command(verb, problem=f"{safe(rest[1], 20)} is not a side: {' or '.join(PSIDES)}")
    keys = find_keys(state, rest[0], side)
    if not keys:
        return Command(verb, problem=f"no {safe(rest[0], 20)} {side} here")
    targets = tuple(Target(*key) for key in keys)
    if verb == "panic":
        return Command("panic", targets[:1], Mode.PANIC)
    word = rest[2].casefold()
    if word not in MODE_WORDS:
        return Command(verb, problem=f"{safe(rest[2], 20)} is not a mode: n, gs, t, m, p or c")
    mode = MODE_WORDS[word]
    return Command("panic" if mode is Mode.PANIC else "mode", targets, mode)


def suggestions(state: ViewState) -> list[str]:
    """Return completions for the prompt: commands with the coins that are here."""
    found = [f"mode {safe(state.coin(key[0]), 20)} {key[1]} gs" for key in state.known()]
    found += [f"panic {safe(state.coin(key[0]), 20)} {key[1]}" for key in state.known()]
    found += [f"coin {safe(state.coin(key[0]), 20)}" for key in state.known()]
    return [*found, "quit", "reload", "pause", "lock", "warnings", "theme light", "theme dark", "speed 60", "filter "]
