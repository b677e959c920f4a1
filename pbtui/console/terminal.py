"""What the terminal can show."""

from __future__ import annotations

import locale
import os


def speaks_utf8() -> bool:
    """Tell whether the locale writes UTF-8; without it bars and frames fall back to ASCII."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "utf" in value.casefold()
    # No locale at all: Python's UTF-8 mode hides the C locale, the terminal does not.
    return "utf" in locale.getpreferredencoding(False).casefold()
