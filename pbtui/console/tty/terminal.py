"""What the terminal can show."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from pbtui.core.system import POSIX

# Python itself sets one of these in the C locale, so they say nothing of the terminal beside LANG=C.
_COERCED = frozenset({"C.UTF-8", "C.utf8", "UTF-8"})
_PLAIN = frozenset({"C", "POSIX"})
# Types of terminals on which nothing can be drawn.
NO_CURSOR = frozenset({"dumb", "unknown"})


def why_no_screen(environment: Mapping[str, str] | None = None) -> str:
    """Return why the console cannot be drawn on this terminal, empty when it can."""
    if not POSIX:
        return "the console needs Linux, macOS or WSL"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return "there is no terminal to draw on"
    term = (os.environ if environment is None else environment).get("TERM", "")
    return f"a terminal of type {term} cannot show the console" if term in NO_CURSOR else ""


def speaks_utf8(environment: Mapping[str, str] | None = None) -> bool:
    """Tell whether the locale writes UTF-8; where it does not, bars and frames fall back to ASCII.

    Without any locale set UTF-8 is assumed: terminals of this age speak it.
    """
    found = os.environ if environment is None else environment
    whole, ctype, lang = (found.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if not whole and ctype in _COERCED and lang in _PLAIN:
        return False
    locale = whole or ctype or lang
    return not locale or "utf" in locale.casefold()
