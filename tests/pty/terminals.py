"""A real pseudo-terminal with a program in it: what it writes is kept, keys and signals can be sent."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    """Runs `python -m pbtui …` as the session leader of its own terminal."""

    def __init__(
        self, words: Sequence[str], env: Mapping[str, str], *, columns: int = 120, rows: int = 36, cwd: Path = ROOT
    ) -> None:
        self.output = b""
        self.began = time.monotonic()
        self.status: int | None = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execve(sys.executable, [sys.executable, *words], dict(env))
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds: float) -> bytes:
        """Collect output for up to `seconds`; returns what came, b"" when nothing did."""
        if self.fd < 0:
            time.sleep(seconds)
            return b""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return b""
        try:
            data = os.read(self.fd, 65_536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        self.output += data
        return data

    def wait_for(self, *texts: bytes, seconds: float = 90.0) -> float:
        """Read until every text was seen; returns seconds since the start."""
        end = time.monotonic() + seconds
        while not all(text in self.output for text in texts):
            left = end - time.monotonic()
            assert left > 0, f"{texts} did not appear; last output: {self.output[-1500:]!r}"
            if not self.read(min(left, 0.2)) and self.ended():
                assert all(text in self.output for text in texts), f"ended without {texts}: {self.output[-1500:]!r}"
        return time.monotonic() - self.began

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.fd, keys.encode())

    def kill(self, number: signal.Signals) -> None:
        """Signal the program that was started."""
        os.kill(self.pid, number)

    def ended(self) -> bool:
        """Tell whether the started program has ended."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def wait(self, seconds: float = 90.0) -> int:
        """Return the exit code, reading on meanwhile."""
        end = time.monotonic() + seconds
        while not self.ended():
            assert time.monotonic() < end, f"still running; last output: {self.output[-1500:]!r}"
            self.read(0.05)
        while self.fd >= 0 and self.read(0.05):
            continue
        assert self.status is not None
        return self.status

    def hang_up(self) -> None:
        """Close the terminal, as a lost SSH connection does."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
