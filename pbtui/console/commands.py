"""Typed commands (`:`): the same actions with their targets spelt out, behind the same rituals."""

from __future__ import annotations

from collections.abc import Sequence

from pbtui.console.actions import ACTIONS, BY_ID
from pbtui.console.availability import why_not
from pbtui.console.state import Key, ViewState
from pbtui.console.text import safe
from pbtui.core.actions import Target
from pbtui.core.errors import ConfigError
from pbtui.core.record import record
from pbtui.core.types import Mode, Pside
from pbtui.link import verbs
from pbtui.link.targets import completions as bot_completions

# What only a console understands, with what may follow.
_OWN = {
    "account": "account NAME: its bot in this terminal",
    "coin": "coin COIN: its screen",
    "theme": "theme NAME",
    "sort": "sort COLUMN: positions by it",
    "filter": "filter TEXT: positions with it",
    "bt": "bt FILE: the backtest screen on this config",
    "look": "look FILE: the config screen on this file",
}
_ALIASES = {
    "q": "quit", "quit": "quit", "stop": "quit", "reload": "bot.reload", "live": "screen.live", "log": "screen.log",
    "candles": "screen.candles", "backtest": "screen.backtest", "optimize": "screen.optimize",
    "pareto": "screen.pareto", "config": "screen.config",
}  # fmt: skip
_TARGETED = ("mode", "panic")
_MOST_SHOWN = 8


@record
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
    if verb in _OWN:
        return _own(verb, rest, state)
    if verb in _TARGETED and [word.casefold() for word in rest] != [verbs.ALL]:
        return _targeted(verb, rest, state)
    if verb in ("pause", "resume") and not rest:
        return _pausing(verb, state)
    if verb == "speed":
        return _speed(text)
    whole = " ".join(parts).casefold()
    action_id = "panic.all" if whole == "panic all" else _ALIASES.get(whole, whole)
    if action_id not in BY_ID:
        action_id = next((action.id for action in ACTIONS if action.verb.casefold() == whole), "")
    return Command("do", argument=action_id) if action_id else Command(verb, problem=f"no command {safe(text, 40)}")


def _own(verb: str, rest: list[str], state: ViewState) -> Command:
    if not rest and verb in BY_ID:
        return Command("do", argument=verb)
    if not rest:
        return Command(verb, problem=f"write: {_OWN[verb]}")
    if verb == "coin" and not find_keys(state, rest[0], None):
        return Command(verb, problem=f"no coin {safe(rest[0], 20)} here")
    return Command(verb, argument=" ".join(rest))


def _targeted(verb: str, rest: list[str], state: ViewState) -> Command:
    """Read coins, side and mode by the bot's own grammar; a side left out means every one that is here."""
    if len(rest) == (2 if verb == "mode" else 1):
        rest = [rest[0], "both", *rest[1:]]
    try:
        found = verbs.parse(" ".join([verb, *rest]))
    except ConfigError as error:
        return Command(verb, problem=error.line())
    if found.coins == (verbs.ALL,):
        keys = [key for key in state.known() if key[1] in found.psides]
    else:
        keys = [key for coin in found.coins for side in found.psides for key in find_keys(state, coin, side)]
    targets = tuple(Target(*key) for key in dict.fromkeys(keys))
    if not targets:
        return Command(verb, problem=f"no {safe(' '.join(rest[:2]).removesuffix(' both'), 30)} here")
    if found.mode is not Mode.PANIC:
        return Command("mode", targets, found.mode)
    if len(targets) > 1:
        return Command("panic", problem="panic closes one coin and side: write panic COIN long, or panic all")
    return Command("panic", targets, Mode.PANIC)


def _pausing(verb: str, state: ViewState) -> Command:
    paused = state.snapshot is not None and state.snapshot.health.creations_paused
    if paused is (verb == "pause"):
        word = "paused already" if paused else "not paused"
        return Command(verb, problem=f"the creation of orders is {word}")
    return Command("do", argument="bot.pause")


def _speed(text: str) -> Command:
    try:
        found = verbs.parse(text)
    except ConfigError as error:
        return Command("speed", problem=error.line())
    return Command("speed", argument=f"{found.number:g}" if found.number else "max")


# -- while typing ------------------------------------------------------------------------------------------------


def completions(
    text: str,
    state: ViewState,
    themes: Sequence[str] = (),
    files: Sequence[str] = (),
    accounts: Sequence[str] = (),
) -> list[str]:
    """Return the whole lines that the typed beginning may become."""
    words = text.split()
    coins = list(dict.fromkeys(safe(state.coin(key[0]), 20) for key in state.known()))
    if not words or (len(words) == 1 and not text.endswith(" ")):
        begun = words[0].casefold() if words else ""
        first = [*_TARGETED, *_OWN, "pause", "resume", "speed", *_ALIASES, *BY_ID]
        return [word for word in dict.fromkeys(first) if word.startswith(begun) and word != "q"]
    verb, begun = words[0].casefold(), "" if text.endswith(" ") else words[-1]
    if verb in _OWN:
        own = {"account": accounts, "coin": coins, "theme": themes, "sort": _columns(), "bt": files, "look": files}
        offered = own.get(verb, ())
        place = len(words) - (0 if text.endswith(" ") else 1)
        found = [word for word in offered if word.casefold().startswith(begun.casefold())]
        return [f"{words[0]} {word}" for word in found] if place == 1 else []
    found = bot_completions(text, coins)
    if verb == "mode" and len(words) - (0 if text.endswith(" ") else 1) == 2:
        modes = [word for word in verbs.MODE_WORDS if len(word) > 1 and word.startswith(begun.casefold())]
        found += [" ".join([*words[:2], word]) for word in modes]
    return found


def _columns() -> Sequence[str]:
    from pbtui.console.tables.positions import SORTABLE

    return SORTABLE


def hint(text: str, state: ViewState, offered: Sequence[str]) -> tuple[str, str]:
    """Return what is to be said of a command while it is typed, with its ink: what it does, or not, or what next."""
    command = parse(text, state)
    action = None
    if text.strip() and not command.problem:
        action = BY_ID["panic.all"] if command.verb in _TARGETED else BY_ID.get(command.argument)
    if action is not None:
        reason = why_not(action, state)
        if reason:
            return f"not now: {reason}", "dim"
        if command.verb == "do":
            return f"{action.verb}: {action.help}", "text"
    nexts = [line.split()[-1] for line in offered if line.casefold() != text.strip().casefold()]
    if nexts:
        more = f" · {len(nexts) - _MOST_SHOWN} more" if len(nexts) > _MOST_SHOWN else ""
        return " · ".join(safe(word, 40) for word in nexts[:_MOST_SHOWN]) + more, "dim"
    if command.targets:
        sides = ", ".join(f"{safe(state.coin(target.symbol), 20)} {target.pside}" for target in command.targets[:3])
        word = command.mode.value if command.mode is not None else "as the config says"
        return f"{sides}{' …' if len(command.targets) > 3 else ''}: {word}; enter asks first", "text"
    told = command.problem or _OWN.get(command.verb, "")
    return (told, "dim") if text.strip() else ("", "dim")
