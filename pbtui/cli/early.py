"""Signals while a console is being loaded: the terminal is given back, whatever comes before the bot can be asked."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Self


class EarlySignals:
    """Ends a start on SIGTERM (as a bot that had nothing to do: exit 0) and SIGINT; lets go of the terminal on SIGHUP.

    Whoever takes the signals over calls `check` and looks at `hung_up` first: code that was being loaded may have
    swallowed the exception.
    """

    def __init__(self, let_go: Callable[[], None], *, hang_up_ends: bool = False) -> None:
        """Take what gives the terminal back; `hang_up_ends`: nothing goes on without a terminal."""
        self.stopped = False
        self.hung_up = False
        self._interrupted = False
        self._let_go = let_go
        self._hang_up_ends = hang_up_ends
        self._before: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        """Begin to listen."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        if self.stopped:  # whoever waits for this process hands a signal on that has come already
            return
        for number, before in self._before.items():
            signal.signal(number, before)

    def check(self) -> None:
        """End the start if a signal asked for that; raises KeyboardInterrupt or SystemExit."""
        if self.stopped:
            raise KeyboardInterrupt if self._interrupted else SystemExit(0)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        self.hung_up = self.hung_up or number == signal.SIGHUP
        self._let_go()
        if self.stopped or (number == signal.SIGHUP and not self._hang_up_ends):
            return
        self.stopped = True
        self._interrupted = number == signal.SIGINT
        self.check()
