"""The inside of a job's process: reads the request, does the work, writes events to standard output.

Frames: the parent writes one JSON line (the request), then commands (`{"do": "stop"}`, also stay, pause, go), and
keeps standard input open; its end means that the parent is gone. Whatever libraries print goes to standard error.
"""

from __future__ import annotations

import asyncio
import errno
import faulthandler
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, BinaryIO, TypeVar

from pbtui.core.errors import ExitCode, PbtuiError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.system import be_humble
from pbtui.jobs.events import Done, Event, Failed, to_json

T = TypeVar("T")
REQUEST_LIMIT = 16 * 1024 * 1024
_GRACE_S = 5.0
_LOOK_S = 0.2
_NICE = 19
_OOM_SCORE = 800  # of 1000: the first to go where memory is short


class Stopped(PbtuiError):
    """The work was stopped on request."""

    exit_code = ExitCode.INTERRUPTED

    def __init__(self) -> None:
        super().__init__("stopped")


class Context:
    """What the work is given: the request, a way to tell events, and the wish to stop."""

    def __init__(self, request: Mapping[str, Any], out: int) -> None:
        self.request = request
        self._out = out
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._pausing = threading.Event()
        self._deaf = False

    @property
    def stopping(self) -> bool:
        """Tell whether the work should end."""
        return self._stopping.is_set()

    @property
    def pausing(self) -> bool:
        """Tell whether the work should rest; work that cannot takes no notice."""
        return self._pausing.is_set()

    def pause(self, wanted: bool) -> None:
        """Ask the work to rest, or to go on."""
        if wanted:
            self._pausing.set()
        else:
            self._pausing.clear()

    def stop(self) -> None:
        """Ask the work to end: its next event raises Stopped."""
        self._stopping.set()

    def emit(self, event: Event) -> None:
        """Tell an event; raises Stopped when the work should end. Thread-safe."""
        if self.stopping:
            raise Stopped
        self.tell(event)

    def tell(self, event: Event) -> None:
        """Tell an event whatever happens; once nobody listens, telling is in vain but no error."""
        data = to_json(event).encode() + b"\n"
        with self._lock:
            if self._deaf:
                return
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(self._out, view) :]
            except OSError:
                self._deaf = True


Work = Callable[[Context], Mapping[str, Any]]


def serve(work: Work, *, grace_s: float = _GRACE_S) -> int:
    """Do `work` in this process as a job of its parent; returns the exit code. Call it once, from the main thread.

    Work that has not ended `grace_s` seconds after the parent died is cut off.
    """
    source, out = _take_streams()
    faulthandler.enable(all_threads=False)
    _be_humble()
    try:
        context = Context(_request(source.readline(REQUEST_LIMIT)), out)
    except ValueError as error:
        Context({}, out).tell(Failed(f"no request for the job: {error}", int(ExitCode.USAGE)))
        return int(ExitCode.USAGE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's; whoever started us tells us to stop
    signal.signal(signal.SIGTERM, lambda *_: context.stop())
    threading.Thread(target=_obey, args=(source, context, grace_s), name="commands", daemon=True).start()
    ends: list[Event] = []
    # In a thread, so that this one can take signals while the engine computes.
    worker = threading.Thread(target=lambda: ends.append(_end_of(work, context)), name="work", daemon=True)
    worker.start()
    worker.join()
    end = ends[0] if ends else Failed("the job ended without a result")
    context.tell(end)
    return end.exit_code if isinstance(end, Failed) else int(ExitCode.OK)


async def stoppable(doing: Coroutine[Any, Any, T], context: Context) -> T:
    """Await `doing`, cancelling it once the work should end: whoever waits for a venue tells no events.

    Raises Stopped when it was cancelled.
    """
    task = asyncio.ensure_future(doing)
    while not task.done():
        await asyncio.wait({task}, timeout=_LOOK_S)
        if context.stopping:
            task.cancel()
    if task.cancelled():
        raise Stopped
    return task.result()


def leave(code: int) -> None:
    """End this process at once, standard error flushed: threads that still wait for the parent hold nothing up."""
    with suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)


def _take_streams() -> tuple[BinaryIO, int]:
    """Keep standard output for frames and standard input for commands; leave nothing there for others to disturb."""
    out = os.dup(1)
    os.dup2(2, 1)
    source = os.fdopen(os.dup(0), "rb")
    _point_nowhere(0)
    return source, out


def _point_nowhere(*descriptors: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(null, descriptor)
    os.close(null)


def _request(line: bytes) -> Mapping[str, Any]:
    found = json.loads(line or b"null")
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return found


def _be_humble() -> None:
    """Take the processor last and, where memory is short, be the first to go."""
    be_humble(_NICE)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write(str(_OOM_SCORE))


def _obey(source: BinaryIO, context: Context, grace_s: float) -> None:
    """Follow the parent's commands; when it is gone and we were not told to stay, stop, gently and then not."""
    for line in source:
        with suppress(ValueError, AttributeError):
            match json.loads(line).get("do"):
                case "stop":
                    context.stop()
                case "pause" | "go" as word:
                    context.pause(word == "pause")
                case "stay":
                    _point_nowhere(1, 2)  # nobody reads them: what libraries print must not fail the work
                    return
                case _:
                    continue
    context.stop()
    threading.Event().wait(grace_s)
    leave(int(ExitCode.INTERRUPTED))


def _end_of(work: Work, context: Context) -> Event:
    try:
        return Done(work(context))
    except BaseException as error:  # noqa: BLE001 the last line of defence: the parent must hear why
        return _failure(error)


def _failure(error: BaseException) -> Failed:
    if isinstance(error, PbtuiError):
        return Failed(error.line(), int(error.exit_code))
    if isinstance(error, KeyboardInterrupt):
        return Failed("stopped", int(ExitCode.INTERRUPTED))
    if isinstance(error, MemoryError):
        return Failed("not enough memory; take fewer coins or a shorter time")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Failed(sanitize_line(f"the disk is full: {error.filename or error.strerror}; make room and run again"))
    with suppress(Exception):
        traceback.print_exception(error)
    if isinstance(error, OSError):
        return Failed(sanitize_line(f"{error.strerror or error}: {error.filename or 'unnamed file'}"))
    return Failed(sanitize_line(f"internal error: {type(error).__name__}: {error}", limit=1_000))
