"""A command-line flag for every key (config.md 10)."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from pbtui.config.check import FALSE_WORDS, TRUE_WORDS
from pbtui.config.draft import Draft
from pbtui.config.errors import shown
from pbtui.config.keys import Key
from pbtui.config.parse import parse_text
from pbtui.config.provenance import Origin
from pbtui.config.schema import KEYS, Command
from pbtui.core.errors import ConfigError
from pbtui.core.record import record

PREFIX = "cfg:"
_STRIPPED = ("backtest.", "live.", "optimize.bounds.", "optimize.limits.", "optimize.", "bot.")
_RESERVED: dict[str, tuple[str, str]] = {
    "live.approved_coins": ("-s", "--symbols"),
    "optimize.iters": ("-i", "--iters"),
    "optimize.n_cpus": ("-c", "--cpus"),
    "optimize.scoring": ("-os", "--scoring"),
}
_BACKTEST_LIVE = {
    "live.approved_coins",
    "live.hedge_mode",
    "live.ignored_coins",
    "live.max_realized_loss_pct",
    "live.minimum_coin_age_days",
}
_OPTIMIZE_LIVE = {"live.approved_coins", "live.minimum_coin_age_days"}
_NEGATIVE = re.compile(r"-[\d.][^\s]*,[^\s]*|-[\d.]+[eE][-+]?\d+")


@record
class Flag:
    """The spellings of one key's flag; `name` may go below a key (`backtest.aggregate.default`)."""

    name: str
    spellings: tuple[str, ...]
    key: Key


def flags_of(command: Command) -> list[Flag]:
    """Return the flags of a command, reserved ones first, then in the order of the keys."""
    taken: set[str] = set()
    flags: list[Flag] = []
    for name, (short, long) in _RESERVED.items():
        flags.append(Flag(name, (short, long, f"--{name}", f"--{_under(name)}"), KEYS[name]))
        taken.update(flags[-1].spellings)
    for name, declared in _names(command):
        if name in _RESERVED:
            continue
        spellings = [f"--{name}", f"--{_under(name)}"]
        if not declared.ours:
            short = _free_short(name, taken)
            taken.add(short)
            spellings.insert(0, short)
        flags.append(Flag(name, tuple(dict.fromkeys(spellings)), declared))
    return flags


def add_config_flags(parser: argparse.ArgumentParser, command: Command, *, reserved: Collection[str] = ()) -> None:
    """Add the flags of a command to a parser; `reserved` spellings (the parser's own) are left out.

    Run the arguments through `prepare_argv` first and read the result with `flag_values`.
    """
    group = parser.add_argument_group(
        "configuration keys", "keys of the configuration as flags, those of Passivbot's command of this name and ours"
    )
    for flag in flags_of(command):
        spellings = [text for text in flag.spellings if text not in reserved]
        group.add_argument(
            *spellings,
            dest=PREFIX + flag.name,
            default=argparse.SUPPRESS,
            metavar=_metavar(flag.key),
            type=_parser_for(flag),
            help=_help(flag.key),
        )


def flag_values(namespace: argparse.Namespace) -> dict[str, object]:
    """Return the given flags as dotted key → typed value."""
    given: dict[str, object] = vars(namespace)
    return {name[len(PREFIX) :]: value for name, value in given.items() if name.startswith(PREFIX)}


def prepare_argv(argv: Sequence[str]) -> list[str]:
    """Attach values such as `-0.1,0.2` or `-1e-3` to the flag before them, so that they are not taken for flags."""
    result: list[str] = []
    for word in argv:
        if result and _NEGATIVE.fullmatch(word) and result[-1].startswith("-") and "=" not in result[-1]:
            result[-1] = f"{result[-1]}={word}"
        else:
            result.append(word)
    return result


def apply_flags(draft: Draft, flags: Mapping[str, object]) -> None:
    """Write flags over a draft; a value that equals the written one changes nothing."""
    for name, value in flags.items():
        path = tuple(name.split("."))
        declared = KEYS.get(name) or KEYS.get(".".join(path[:-1]))
        if declared is None or (declared.name != name and declared.kind != "modes_map"):
            raise ConfigError(f"--{name}: no such key")
        if isinstance(value, str):
            value = parse_flag(declared, value)
        if isinstance(value, float) and value.is_integer() and isinstance(draft.get(path), int):
            value = int(value)
        same = draft.has(path) and draft.get(path) == value and type(draft.get(path)) is type(value)
        if same and draft.origin(path).written:
            continue
        draft.put(path, value, Origin("flag", f"--{name}"))


def parse_flag(declared: Key, text: str) -> Any:
    """Return a flag's text in the key's type; raises ConfigError."""
    try:
        return _convert(declared, text)
    except ValueError:
        raise ConfigError(
            f"--{declared.name}: {shown(text)} is not allowed", hint=f"allowed: {declared.allowed_text}"
        ) from None


def _convert(declared: Key, text: str) -> Any:
    if declared.nullable and text.strip().lower() in {"none", "null", ""}:
        return None
    match declared.kind:
        case "bool":
            word = text.strip().lower()
            if word not in TRUE_WORDS | FALSE_WORDS:
                raise ValueError(text)
            return word in TRUE_WORDS
        case "float" | "int":
            number = float(text)
            return int(number) if declared.kind == "int" and number.is_integer() else number
        case "bound":
            return [float(part) for part in text.strip("[] ").split(",")]
        case "coins" | "names" | "scoring":
            return text if text[:1] in "[{" and text else [part.strip() for part in text.split(",")]
        case "scenarios":
            return parse_text(text, f"--{declared.name}")
        case _:
            return text


def _parser_for(flag: Flag) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            return _convert(flag.key, text) if flag.name == flag.key.name else text
        except (ValueError, ConfigError):
            raise argparse.ArgumentTypeError(
                f"{shown(text)} is not allowed for {flag.name}; allowed: {flag.key.allowed_text}"
            ) from None

    return parse


def _names(command: Command) -> Iterator[tuple[str, Key]]:
    for name, declared in KEYS.items():
        if not _has_flag(name, declared, command):
            continue
        yield (f"{name}.default", declared) if declared.kind == "modes_map" else (name, declared)


def _has_flag(name: str, declared: Key, command: Command) -> bool:
    section = declared.path[0]
    if name == "logging.level":
        return command == "optimize"
    if not declared.flag:
        return False
    match command:
        case "live":
            return section in {"bot", "live", "logging"} or name == "backtest.exchanges"
        case "backtest":
            return section in {"backtest", "bot", "logging"} or name in _BACKTEST_LIVE
        case "optimize":
            return section in {"backtest", "optimize", "logging"} or name in _OPTIMIZE_LIVE


def _under(name: str) -> str:
    return name.replace(".", "_")


def _free_short(name: str, taken: set[str]) -> str:
    stripped = next((name[len(prefix) :] for prefix in _STRIPPED if name.startswith(prefix)), name)
    initials = "".join(part[0] for part in re.split(r"[._]", stripped) if part)
    short, counter = f"-{initials}", 2
    while short in taken:
        short, counter = f"-{initials}{counter}", counter + 1
    return short


def _metavar(declared: Key) -> str:
    texts = {"bool": "Y/N", "float": "X", "int": "N", "bound": "LOW,HIGH[,STEP]", "coins": "A,B", "names": "A,B"}
    return texts.get(declared.kind, "TEXT")


def _help(declared: Key) -> str:
    unit = f" [{declared.unit}]" if declared.unit else ""
    return f"{declared.doc}{unit} Allowed: {declared.allowed_text}.".replace("%", "%%")
