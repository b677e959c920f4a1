"""The `pbtui` command."""

from __future__ import annotations

import io
import os
import sys


def main() -> int:
    """Run the command line of this process; returns its exit code."""
    # Containers often forbid bytecode files; without those of this program and of what it draws with, every start
    # compiles them anew and the first screen is a second late. A folder that cannot be written is simply not used.
    sys.dont_write_bytecode = False
    if os.name == "nt":
        _speak_utf8()
    else:
        _never_stumble()
    from pbtui.cli.main import main as run

    return run(sys.argv[1:])


def _speak_utf8() -> None:
    """Write UTF-8 where standard streams would have the code page of Windows, which lacks half of our signs."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue]


def _never_stumble() -> None:
    """Spell out the signs that a locale other than UTF-8 lacks: a command must not end at one of them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() not in ("utf-8", "utf8"):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
