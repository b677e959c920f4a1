"""Arguments of `pbtui tool datasets`."""

from __future__ import annotations

import argparse

from pbtui.cli.parsing import duration_ms, positive


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--unused", type=duration_ms, metavar="TIME", help="clear what was not used for so long: 7d")
    parser.add_argument(
        "--keep", type=_size, metavar="GIB", help="clear what is above so many GiB, unused longest first"
    )
    parser.add_argument("--all", action="store_true", help="clear everything that no process uses")
    parser.add_argument("--apply", action="store_true", help="clear (without it only what would go is shown)")


def _size(text: str) -> float:
    return 0.0 if text.strip() in ("0", "0.0") else positive(text)
