"""Shared pieces of argument parsing: one-line errors, global flags, durations, levels."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import NoReturn

from pbtui.core.errors import ExitCode
from pbtui.core.sanitize import sanitize_line

_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_LEVELS = {
    **{str(n): n for n in range(4)},
    **{word: n for n, name in enumerate(("warning", "info", "debug", "trace")) for word in (name, name[0])},
    "warn": 0,
}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line: the usage of some two hundred flags would bury it."""

    def error(self, message: str) -> NoReturn:
        """Print one line and leave with the usage code."""
        self.exit(ExitCode.USAGE, sanitize_line(f"{self.prog}: {message} (see {self.prog} --help)", limit=600) + "\n")


def add_global_flags(parser: argparse.ArgumentParser) -> None:
    """Add what every command understands."""
    parser.add_argument("--json", action="store_true", help="data as JSON on standard output")
    parser.add_argument(
        "--log-level",
        "--debug-level",
        type=level,
        metavar="0..3",
        help="0 warnings, 1 info, 2 debug, 3 trace (default: logging.level of the config)",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="the same as --log-level 2")
    parser.add_argument(
        "--base-dir", type=Path, default=Path(), metavar="DIR", help="holds run/ and caches/ (default: this folder)"
    )


def level(text: str) -> int:
    """Return a log level from a number or word; raises ArgumentTypeError."""
    found = _LEVELS.get(text.strip().lower())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no level; allowed: 0..3 or warning, info, debug, trace")
    return found


def duration_ms(text: str) -> int:
    """Return `90s`, `15m`, `12h`, `3d`, `1d12h` in ms; raises ArgumentTypeError."""
    word = text.strip().lower()
    if not _DURATION.fullmatch(word):
        raise argparse.ArgumentTypeError(f"{text!r} is no duration; write 90s, 15m, 12h, 3d, 1d12h")
    total = sum(float(number) * _UNITS_MS[unit] for number, unit in _PART.findall(word))
    if not 0 < total < 1e15:
        raise argparse.ArgumentTypeError(f"{text!r} is no usable duration")
    return round(total)


def speed(text: str) -> float:
    """Return market seconds per second, 0 for `max`; raises ArgumentTypeError."""
    word = text.strip().lower()
    if word == "max":
        return 0.0
    try:
        number = float(word.removesuffix("x"))
    except ValueError:
        number = -1.0
    if not 0 < number <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no speed; write a number such as 60, or max")
    return number


def moment_ms(text: str) -> int:
    """Return a UTC date or time (2025-05-10, 2025-05-10T12:30, or epoch ms) in ms; raises ArgumentTypeError."""
    from pbtui.config.dates import parse_date

    if re.fullmatch(r"\d{12,14}", text.strip()):
        return int(text)
    try:
        return parse_date(text)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write 2025-05-10 or 2025-05-10T12:30") from None


def positive(text: str) -> float:
    """Return a positive finite number; raises ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return number


def add_window_flag(parser: argparse.ArgumentParser) -> None:
    """Add `--recv-window-ms` to a command that asks an account without having a configuration."""
    parser.add_argument(
        "--recv-window-ms",
        type=_milliseconds,
        metavar="MS",
        help="how late a request may reach the venue, as live.recv_window_ms (default 5000)",
    )


def _milliseconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of milliseconds above 0")
    return int(text)


def words(text: str) -> tuple[str, ...]:
    """Return a comma list without empty parts."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
