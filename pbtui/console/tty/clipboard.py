"""Copying over any connection: the terminal is asked to take the text (OSC 52); what is too long goes into a file.

Whether a terminal obeyed cannot be known: every copy names how much was sent, and a file can be asked for instead.
"""

from __future__ import annotations

import base64
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbtui.console.text import safe
from pbtui.core.errors import StateError

if TYPE_CHECKING:
    from textual.app import App

MOST_ENCODED = 74_994  # bytes of base64: what terminals in use take without cutting


def osc52(text: str, *, tmux: bool = False) -> str | None:
    """Return what makes a terminal copy `text`, None where it is longer than terminals take.

    tmux gets it twice, wrapped for the terminal outside and bare for itself: which one it lets pass is its setting.
    """
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    if len(encoded) > MOST_ENCODED:
        return None
    bare = f"\x1b]52;c;{encoded}\x1b\\"
    wrapped = "\x1bPtmux;" + bare.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    return wrapped + bare if tmux else bare


def write_file(text: str) -> Path:
    """Write `text` into a new file only this user can read; raises StateError."""
    try:
        descriptor, name = tempfile.mkstemp(prefix="pbtui-copy-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        raise StateError(f"cannot write a file to copy from: {error.strerror or error}") from error
    return Path(name)


def copy(app: App[Any], text: str, what: str) -> str:
    """Copy `text` into the operator's clipboard, or into a file; returns a line that says which. Raises StateError."""
    sequence = osc52(text, tmux="TMUX" in os.environ)
    driver = app._driver
    if sequence is None:
        return f"{what}: too long for a clipboard, written to {safe(write_file(text), 300)}"
    if driver is None:
        return f"{what}: no terminal, written to {safe(write_file(text), 300)}"
    driver.write(sequence)
    return f"copied: {what}"
