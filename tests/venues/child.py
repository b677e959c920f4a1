"""The whole command on a simulated venue, its clock as fast as the venue's: `python -m tests.venues.child …`."""

from __future__ import annotations

import sys
from pathlib import Path

from pbtui.cli.confirm import confirm_real_money
from pbtui.cli.headless import run_headless
from pbtui.cli.plan import make_plan
from pbtui.cli.run import run_loop
from pbtui.cli.run_args import parse
from pbtui.core.errors import PbtuiError
from tests.venues.fast_clock import FastClock


def main(argv: list[str]) -> int:
    """Run `pbtui` with the words after the clock's file and speed."""
    path, speed = argv[0].rsplit(":", 1)
    clock = FastClock(Path(path), speed=float(speed))
    try:
        options = parse(argv[1:])
        confirm_real_money(options)
        return run_loop(run_headless(make_plan(options), clock))
    except PbtuiError as error:
        sys.stderr.write(f"pbtui: {error.line()}\n")
        return int(error.exit_code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
