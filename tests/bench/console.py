"""Measures the console in a real terminal: first picture, loop lag and bytes under load, processor time, memory.

Usage: python tests/bench/console.py [--rounds 9] [--seconds 20]
"""

from __future__ import annotations

import argparse
import json
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


def first_pictures(home: Home) -> tuple[float, float, float, float]:
    """Return how long the line that names the market and the whole picture took: the clock's time, processor time."""
    with open_console(home, "1") as terminal:
        line = terminal.wait_for(b"SYNTHETIC")
        line_work = work_of(terminal.pid)
        whole = terminal.wait_for(b"Orders")
        whole_work = work_of(terminal.pid)
        terminal.kill(signal.SIGKILL)
        terminal.wait()
    return line, line_work, whole, whole_work


def work_of(pid: int) -> float:
    """Return the processor seconds of a process and its children, to the nanosecond the scheduler counts."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    tasks = [task for each in (str(pid), *children) for task in Path(f"/proc/{each}/task").iterdir()]
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def share(terminal: Terminal, pid: int, seconds: float) -> float:
    """Return the share of a core that a process takes over some seconds, the terminal read meanwhile."""
    used, began = cpu_seconds(pid), time.monotonic()
    while time.monotonic() - began < seconds:
        terminal.read(0.1)
    return (cpu_seconds(pid) - used) / (time.monotonic() - began)


def under_load(folder: Path, seconds: float, columns: int, rows: int) -> None:
    """Print what 150 rows and 20 log lines a second cost: lag of the loop, load, memory, bytes to the terminal."""
    result = folder / f"load-{columns}.json"
    words = [str(Path(__file__).with_name("console_load.py")), str(seconds), str(result)]
    env = {**os.environ, "LANG": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with Terminal(words, env, columns=columns, rows=rows) as terminal:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            terminal.read(0.1)
        before, began = len(terminal.output), time.monotonic()
        end = began + seconds - 5
        while time.monotonic() < end:
            terminal.read(0.1)
        rate = (len(terminal.output) - before) / (time.monotonic() - began) / 1024
        terminal.wait(60)
    found = json.loads(result.read_text())
    print(
        f"load {columns}x{rows}: lag p50 {found['lag_p50_ms']:.1f} p99 {found['lag_p99_ms']:.1f} "
        f"max {found['lag_max_ms']:.1f} ms, {found['cpu']:.1%} of a core, {found['rss_mb']:.0f} MB, {rate:.1f} KiB/s"
    )
    for stall in found["stalls"]:
        print(f"  stood still {stall}")


def headless(home: Home) -> None:
    """Print memory and load of a bot without a screen."""
    bot = home.start("--synthetic", "--speed", "60", "--no-ui")
    found = home.wait_status(lambda status: status["tick"] > 20)
    used, began = cpu_seconds(bot.pid), time.monotonic()
    time.sleep(10)
    load = (cpu_seconds(bot.pid) - used) / (time.monotonic() - began)
    print(f"headless: {found['rss_mb']:.0f} MB, {load:.1%} of a core at speed 60")
    bot.kill()
    bot.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "h")
        first_pictures(home)  # fills the caches of the disk
        found = zip(*(first_pictures(home) for _ in range(options.rounds)), strict=True)
        for name, times in zip(
            ("first line", "  its work", "whole picture", "  its work"), map(sorted, found), strict=True
        ):
            print(f"{name} {statistics.median(times):.2f} s ({times[0]:.2f} … {times[-1]:.2f}, {len(times)} starts)")
        under_load(Path(folder), options.seconds, 80, 24)
        under_load(Path(folder), options.seconds, 200, 50)
        headless(Home(Path(folder) / "n"))
        for speed in ("1", "600"):
            with open_console(home, speed) as terminal:
                terminal.wait_for(b"SYNTHETIC", b"Orders")
                pid = home.wait_status(lambda status: status["tick"] > 0)["pid"]
                share(terminal, pid, 3)
                shown = share(terminal, pid, options.seconds)
                found = home.wait_status(lambda status: True)
                terminal.hang_up()
                share(terminal, pid, 2)
                hidden = share(terminal, pid, options.seconds)
                os.kill(pid, signal.SIGKILL)
                print(
                    f"speed {speed}: {shown:.1%} of a core on screen, {hidden:.1%} detached, {found['rss_mb']:.0f} MB"
                )


if __name__ == "__main__":
    main()
