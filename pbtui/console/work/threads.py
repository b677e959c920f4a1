"""Work beside the screen: each piece in a thread, whose news come to the console's loop and are drawn now and then."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

from pbtui.console.text import safe
from pbtui.core.errors import PbtuiError

DRAW_GAP_S = 0.2


class Stopped(Exception):
    """The work was asked to stop."""


class Threads:
    """Starts work in threads; `draw` is called on the loop after news, at most every `DRAW_GAP_S` seconds."""

    def __init__(self, draw: Callable[[], None]) -> None:
        self._draw = draw
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running = 0
        self._due: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def start(self, name: str, work: Callable[[], Callable[[], None]], failed: Callable[[str], None]) -> None:
        """Do `work` in a thread; what it returns is called on the loop, `failed` with one line when it raises.

        Threads are daemons: the program never waits for them, and the store is whole at any moment.
        """
        self._loop = asyncio.get_running_loop()
        self._running += 1
        self._idle.clear()
        threading.Thread(target=self._run, args=(work, failed), name=f"console {name}", daemon=True).start()

    def post(self, news: Callable[[], None]) -> None:
        """Bring news to the loop, from any thread; a loop that is gone needs none."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._take, news)

    def touch(self) -> None:
        """Draw soon."""
        if self._due is None and self._loop is not None:
            self._due = self._loop.call_later(DRAW_GAP_S, self._flush)

    async def idle(self) -> None:
        """Wait until no work runs and all is drawn."""
        await self._idle.wait()

    def _run(self, work: Callable[[], Callable[[], None]], failed: Callable[[str], None]) -> None:
        try:
            done = work()
        except PbtuiError as error:
            line = error.line()
            self.post(lambda: failed(line))
        except Exception as error:  # noqa: BLE001 - a fault of this work is shown; console and bot go on
            line = safe(f"{type(error).__name__}: {error}")
            self.post(lambda: failed(line))
        else:
            self.post(done)
        self.post(self._ended)

    def _ended(self) -> None:
        self._running -= 1

    def _take(self, news: Callable[[], None]) -> None:
        news()
        self.touch()

    def _flush(self) -> None:
        self._due = None
        self._draw()
        if not self._running and self._due is None:
            self._idle.set()
