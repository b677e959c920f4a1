"""The terminal driver: Textual's, but a terminal that stops reading never stops the program."""

from __future__ import annotations

import codecs
import os
import selectors
from collections.abc import Callable
from contextlib import suppress
from queue import Queue
from threading import Lock
from typing import IO, TYPE_CHECKING, cast

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from pbtui.console.tty.burst import KeyGate
from pbtui.console.tty.intake import Intake
from pbtui.console.tty.pressure import Pressure
from pbtui.core.clock import Clock

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp

MOST_WAITING = 512 * 1024  # characters on their way to the terminal; some twenty full screens
MOST_BEHIND = 16 * 1024  # from here on nothing is drawn that is not asked for
STOP_WAIT_S = 1.0
_READ = 4096
_LOOK_S = 0.1  # so often the reading thread looks whether it shall end, and whether an escape was a key


class FrameWriter(WriterThread):
    """Writes frames in the background; those that find too much waiting are dropped, and `on_room` is told later.

    Textual's own thread makes the event loop wait for the terminal: a stalled line would stop the bot as well.
    """

    def __init__(self, file: IO[str] | None, on_room: Callable[[], None], clock: Clock) -> None:
        super().__init__(cast("IO[str]", file))
        self._frames: Queue[str | None] = Queue()
        self._on_room = on_room
        self._lock = Lock()
        self._waiting = 0
        self._dropped = False
        self._clock = clock
        self._pressure = Pressure()

    @property
    def slow(self) -> bool:
        """Tell whether the terminal takes frames too slowly."""
        with self._lock:
            return self._pressure.slow(self._clock.monotonic())

    @property
    def backlog(self) -> int:
        """Return how many characters wait."""
        with self._lock:
            return self._waiting

    def write(self, text: str) -> None:
        """Queue a frame or drop it; never blocks."""
        with self._lock:
            if self._waiting + len(text) > MOST_WAITING:
                self._dropped = True
                return
            self._waiting += len(text)
            self._pressure.queued(self._clock.monotonic())
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
                self._pressure.written(self._clock.monotonic())
                recovered = self._dropped and self._waiting == 0
                self._dropped = self._dropped and not recovered
            if recovered:
                self._on_room()

    def stop(self) -> None:
        """Stop after what waits, or leave a stuck terminal to itself after a moment."""
        self._frames.put(None)
        self.join(STOP_WAIT_S)


class PatientDriver(LinuxDriver):
    """Drops frames of a terminal that does not read, and paints everything anew once it does; drops floods of keys."""

    _frame_writer: FrameWriter | None = None
    _key_gate: KeyGate | None = None

    @property
    def _gate(self) -> KeyGate:
        self._key_gate = self._key_gate or KeyGate()
        return self._key_gate

    def run_input_thread(self) -> None:
        """Read the terminal until the driver stops or the terminal is gone; bytes that are no text do no harm."""
        intake = Intake(lambda: self._gate.shut, XTermParser())
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_LOOK_S):
                    try:
                        data = os.read(self.fileno, _READ)
                    except BlockingIOError:  # somebody else who has this terminal was faster
                        continue
                    except OSError:
                        data = b""
                    if not data:  # nobody will ever type again
                        return
                    for message in intake.feed(decoder.decode(data)):
                        self.process_message(message)
                for message in intake.tick():
                    self.process_message(message)

    def send_message(self, message: Message) -> None:
        """Hand a message to the app; of keys no more than it can take. Called by the thread that reads the terminal."""
        if isinstance(message, events.Key) and not self._gate.passes(cast("ConsoleApp", self._app).clock.monotonic()):
            return
        super().send_message(message)

    @property
    def slow(self) -> bool:
        """Tell whether the terminal takes frames too slowly."""
        return self._frame_writer is not None and self._frame_writer.slow

    @property
    def choked(self) -> bool:
        """Tell whether so much waits for the terminal that what would be drawn now is old when it is seen."""
        return self._frame_writer is not None and self._frame_writer.backlog > MOST_BEHIND

    # Textual assigns a plain attribute; the property stands in for it unseen.
    @property
    def _writer_thread(self) -> WriterThread | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._frame_writer

    @_writer_thread.setter
    def _writer_thread(self, wanted: WriterThread | None) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        # Textual creates its thread and starts it afterwards: ours takes its place in between.
        self._frame_writer = None if wanted is None else self._make_writer()

    def _make_writer(self) -> FrameWriter:
        return FrameWriter(self._file, self._paint_again, cast("ConsoleApp", self._app).clock)

    def _paint_again(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(cast("ConsoleApp", self._app).perform, "redraw")
