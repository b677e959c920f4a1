"""The `pbtui` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line of this process; returns its exit code."""
    # Containers often forbid bytecode files; without those of this program and of what it draws with, every start
    # compiles them anew and the first screen is a second late. A folder that cannot be written is simply not used.
    sys.dont_write_bytecode = False
    from pbtui.cli.main import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
