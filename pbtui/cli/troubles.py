"""The candle library of a command, with its troubles told on stderr."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pbtui.cli.narrate import say
from pbtui.core.clock import RealClock
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.market.holdings import Library

if TYPE_CHECKING:
    from pbtui.market.store import Trouble


def open_library(options: argparse.Namespace) -> Library:
    """Return the candles below the base folder."""
    return Library(options.base_dir, RealClock(), tell)


def held_pairs(library: Library, options: argparse.Namespace) -> list[tuple[str, str]]:
    """Return (exchange, symbol) of what is held and asked for; raises ConfigError where nothing is held at all."""
    pairs = library.choose(options.exchange, options.coins)
    if not pairs:
        where = sanitize_line(library.root, limit=200)
        raise ConfigError(f"no candles in {where}", hint="download or import some first")
    return pairs


def tell(trouble: Trouble) -> None:
    """Say a trouble of a store in one line; those that end a command are said when it ends."""
    if trouble.kind not in ("unwritable", "locked"):
        say(f"pbtui: {trouble.line()}")
