"""The terminal driver: Textual's, but a terminal that stops reading never stops the program."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from queue import Queue
from threading import Lock
from typing import IO, TYPE_CHECKING, cast

from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp

MOST_WAITING = 512 * 1024  # characters on their way to the terminal; some twenty full screens
STOP_WAIT_S = 1.0


class FrameWriter(WriterThread):
    """Writes frames in the background; those that find too much waiting are dropped, and `on_room` is told later.

    Textual's own thread makes the event loop wait for the terminal: a stalled line would stop the bot as well.
    """

    def __init__(self, file: IO[str] | None, on_room: Callable[[], None]) -> None:
        super().__init__(cast("IO[str]", file))
        self._frames: Queue[str | None] = Queue()
        self._on_room = on_room
        self._lock = Lock()
        self._waiting = 0
        self._dropped = False

    def write(self, text: str) -> None:
        """Queue a frame or drop it; never blocks."""
        with self._lock:
            if self._waiting + len(text) > MOST_WAITING:
                self._dropped = True
                return
            self._waiting += len(text)
        self._frames.put(text)

    def run(self) -> None:
        """Write frames until told to stop; a terminal that is gone swallows them."""
        fd = self._file.fileno()
        while (text := self._frames.get()) is not None:
            with suppress(OSError):
                view = memoryview(text.encode(errors="replace"))
                while view:
                    view = view[os.write(fd, view) :]
            with self._lock:
                self._waiting -= len(text)
                recovered = self._dropped and self._waiting == 0
                self._dropped = self._dropped and not recovered
            if recovered:
                self._on_room()

    def stop(self) -> None:
        """Stop after what waits, or leave a stuck terminal to itself after a moment."""
        self._frames.put(None)
        self.join(STOP_WAIT_S)


class PatientDriver(LinuxDriver):
    """Drops frames of a terminal that does not read, and paints everything anew once it does."""

    _frame_writer: WriterThread | None = None

    # Textual assigns a plain attribute; the property stands in for it unseen.
    @property
    def _writer_thread(self) -> WriterThread | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._frame_writer

    @_writer_thread.setter
    def _writer_thread(self, wanted: WriterThread | None) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        # Textual creates its thread and starts it afterwards: ours takes its place in between.
        self._frame_writer = None if wanted is None else FrameWriter(self._file, self._paint_again)

    def _paint_again(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(cast("ConsoleApp", self._app).perform, "redraw")
