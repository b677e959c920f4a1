"""Times the console in a real terminal: first picture, and processor time with a screen and detached from it.

Usage: python tests/bench/console.py [--rounds 9] [--seconds 20]
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / name) for name in ("e2e", "pty")]

from commands import Home  # noqa: E402
from terminals import Terminal  # noqa: E402


def open_console(home: Home, speed: str) -> Terminal:
    return Terminal(home.words("--synthetic", "--speed", speed)[1:], home.env)


def first_picture(home: Home) -> float:
    """Return the seconds from the start of the process to a picture that names the market."""
    with open_console(home, "1") as terminal:
        seconds = terminal.wait_for(b"SYNTHETIC")
        terminal.kill(signal.SIGKILL)
        terminal.wait()
    return seconds


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def share(terminal: Terminal, pid: int, seconds: float) -> float:
    """Return the share of a core that a process takes over some seconds, the terminal read meanwhile."""
    used, began = cpu_seconds(pid), time.monotonic()
    while time.monotonic() - began < seconds:
        terminal.read(0.1)
    return (cpu_seconds(pid) - used) / (time.monotonic() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "h")
        times = sorted(first_picture(home) for _ in range(options.rounds))
        print(f"first picture {statistics.median(times):.2f} s ({times[0]:.2f} … {times[-1]:.2f}, {len(times)} starts)")
        for speed in ("1", "600"):
            with open_console(home, speed) as terminal:
                terminal.wait_for(b"SYNTHETIC")
                pid = home.wait_status(lambda status: status["tick"] > 0)["pid"]
                share(terminal, pid, 3)
                shown = share(terminal, pid, options.seconds)
                terminal.hang_up()
                share(terminal, pid, 2)
                hidden = share(terminal, pid, options.seconds)
                os.kill(pid, signal.SIGKILL)
                print(f"speed {speed}: {shown:.1%} of a core on screen, {hidden:.1%} detached")


if __name__ == "__main__":
    main()
