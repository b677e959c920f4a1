"""Measures a bot on live public data of one venue, a loopback one: memory without a screen and with one.

Usage: python tests/bench/live_memory.py [--rounds 3] [--seconds 60] [--listed 2 600] [--where]
"""

from __future__ import annotations

import argparse
import collections
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / name) for name in ("e2e", "pty"))]

from commands import Home  # noqa: E402
from live_venue import COINS, endpoints_file, still_market  # noqa: E402
from terminals import Terminal  # noqa: E402


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def holders(pid: int) -> list[tuple[str, float]]:
    """Return what holds the most memory of a process, in MB: files mapped into it, heaps."""
    found: collections.Counter[str] = collections.Counter()
    name = ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            name = words[5].rsplit("/", 1)[-1] if len(words) > 5 else "anonymous"
        elif words[0] == "Rss:":
            found[name] += int(words[1])
    return [(name, kib * 1024 / 1e6) for name, kib in found.most_common(12)]


def memory_of(words: Sequence[str], home: Home, seconds: float, *, screen: bool, where: bool) -> float:
    """Return the memory of a bot that has traded for so long."""
    if screen:
        with Terminal(home.words(*words)[1:], home.env) as terminal:
            terminal.wait_for(b"Orders")
            return _watched(home, seconds, where, lambda: terminal.read(0.1))
    bot = home.start(*words, "--no-ui")
    try:
        return _watched(home, seconds, where, lambda: time.sleep(0.1))
    finally:
        bot.send_signal(signal.SIGKILL)
        bot.wait()


def _watched(home: Home, seconds: float, where: bool, wait: Callable[[], object]) -> float:
    pid = home.wait_status(lambda status: status["tick"] > 2)["pid"]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        wait()
    found = resident_mb(pid)
    for name, held in holders(pid) if where else ():
        print(f"  {held:6.1f} {name}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--listed", type=int, nargs="+", default=[2, 600])
    parser.add_argument("--only", choices=("screen", "headless"))
    parser.add_argument("--where", action="store_true", help="tell what holds the memory")
    options = parser.parse_args()
    for listed in options.listed:
        for screen in (False, True):
            if options.only not in (None, "screen" if screen else "headless"):
                continue
            found: list[float] = []
            for _ in range(options.rounds):
                with tempfile.TemporaryDirectory() as folder, still_market(listed - len(COINS)) as server:
                    words = (
                        "--coins",
                        ",".join(COINS),
                        "--endpoints",
                        str(endpoints_file(Path(folder), server.base_url)),
                    )
                    home = Home(Path(folder))
                    found.append(memory_of(words, home, options.seconds, screen=screen, where=options.where))
            kind = "with its console" if screen else "without a screen"
            each = ", ".join(f"{value:.0f}" for value in found)
            middle, load = statistics.median(found), os.getloadavg()[0]
            print(f"{listed} coins listed, {kind}: {middle:.0f} MB ({each}), load {load:.1f}", flush=True)


if __name__ == "__main__":
    main()
