"""A job as its parent sees it: started, listened to, stopped; it always ends in one Done or Failed."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pbtui.core.errors import ExitCode, PbtuiError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.system import POSIX
from pbtui.jobs.events import BadEvent, Done, Event, Failed, FillsCount, Progress, from_json

LINE_LIMIT = 16 * 1024 * 1024
_LAST_LINES = 20
_QUEUE_LIMIT = 50_000
_DRAIN_S = 2.0
GRACE_S = 5.0
_PACKAGE_ROOT = Path(__file__).resolve().parent.parent.parent
_SECRET = re.compile(r"SECRET|TOKEN|PASSW|PASSPHRASE|API_?KEY|PRIVATE_?KEY|CREDENTIAL", re.IGNORECASE)


class JobFailed(PbtuiError):
    """A job ended without a result; `last_lines` is what it wrote last to standard error."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.line)
        self.failed = failed
        self.last_lines = failed.last_lines
        self.exit_code = _code(failed.exit_code)


class Job:
    """One subprocess and what it tells. Make it with `start`; all methods belong to the event loop it was made on."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._events: deque[Event] = deque()
        self._news = asyncio.Event()
        self._last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._told: Done | Failed | None = None
        self._nonsense = ""
        self._wanted_end = False
        self.end: Done | Failed | None = None
        """How it ended, None while it runs."""
        self._task = asyncio.create_task(self._follow(), name=f"job {process.pid}")

    @classmethod
    async def start(
        cls, module: str, request: Mapping[str, Any], *, command: Sequence[str] | None = None, cwd: Path | None = None
    ) -> Job:
        """Start `python -m module` (or `command`) and hand it the request.

        The process gets its own session, so that no terminal signal reaches it, and no variable that looks like a
        secret. Raises JobFailed when it cannot be started.
        """
        argv = list(command) if command is not None else [sys.executable, "-P", "-m", module]
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=LINE_LIMIT,
                start_new_session=True,
                env=_environment(),
                cwd=cwd,
            )
        except OSError as error:
            raise JobFailed(Failed(f"the job cannot be started: {error.strerror or error}")) from error
        job = cls(process)
        await job._write(request)
        return job

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Tell whether it has not ended yet."""
        return self.end is None

    async def events(self) -> AsyncIterator[Event]:
        """Yield what it tells, from the first event to the Done or Failed that ends it; for one listener.

        A slow listener misses superseded progress, nothing else.
        """
        while True:
            while self._events:
                event = self._events.popleft()
                yield event
                if isinstance(event, Done | Failed):
                    return
            if self._task.done():
                return
            self._news.clear()
            await self._news.wait()

    async def result(self) -> Mapping[str, Any]:
        """Wait for the end and return the result; raises JobFailed."""
        await asyncio.shield(self._task)
        if isinstance(self.end, Done):
            return self.end.result
        raise JobFailed(self.end or Failed("the job ended without a result"))

    async def stop(self, *, grace_s: float = GRACE_S) -> None:
        """Ask it to end in order; whoever has not ended after `grace_s` is killed with all it started."""
        self._wanted_end = True
        await self._write({"do": "stop"})
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._task), grace_s)
            return
        self.kill()
        await asyncio.shield(self._task)

    def kill(self) -> None:
        """Kill it and all it started, at once."""
        self._wanted_end = True
        if self._process.returncode is None:
            _kill_all(self._process)

    async def pause(self, wanted: bool) -> None:
        """Ask it to rest, or to go on; whether it can rest is its own matter."""
        await self._write({"do": "pause" if wanted else "go"})

    async def let_go(self) -> None:
        """Let it finish without us: from now on it survives its parent."""
        await self._write({"do": "stay"})

    async def _write(self, command: Mapping[str, Any]) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        with suppress(OSError, RuntimeError):  # it has ended already: how, its end tells
            pipe.write(json.dumps(dict(command)).encode() + b"\n")
            await pipe.drain()

    async def _follow(self) -> None:
        readers = [asyncio.create_task(self._read_events()), asyncio.create_task(self._read_errors())]
        code = await self._process.wait()
        # Something it started may hold the pipes open: what was written arrives at once, more is not waited for.
        await asyncio.wait(readers, timeout=_DRAIN_S)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        if self._process.stdin is not None:
            self._process.stdin.close()
        self.end = self._judge(code)
        self._put(self.end)

    async def _read_events(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        while self._told is None:
            try:
                line = await pipe.readline()
                event = from_json(line) if line else None
            except BadEvent as error:
                self._give_up(error.line())
                return
            except ValueError:
                self._give_up(f"a line of more than {LINE_LIMIT:,} characters")
                return
            if event is None:
                return
            if isinstance(event, Done | Failed):
                self._told = event
            else:
                self._put(event)

    async def _read_errors(self) -> None:
        pipe = self._process.stderr
        assert pipe is not None
        rest = b""
        while data := await pipe.read(65_536):
            *lines, rest = (rest + data).split(b"\n")
            rest = rest[-4_096:]
            self._remember(lines)
        self._remember([rest])

    def _remember(self, lines: list[bytes]) -> None:
        texts = (sanitize_line(line[-4_096:].decode(errors="replace")) for line in lines[-_LAST_LINES:])
        self._last_lines.extend(text for text in texts if text)

    def _give_up(self, why: str) -> None:
        self._nonsense = why
        if self._process.returncode is None:
            _kill_all(self._process)

    def _put(self, event: Event) -> None:
        newest = self._events[-1] if self._events else None
        if isinstance(event, Progress | FillsCount) and type(newest) is type(event):
            self._events[-1] = event
        elif len(self._events) < _QUEUE_LIMIT or isinstance(event, Done | Failed):
            self._events.append(event)
        self._news.set()

    def _judge(self, code: int) -> Done | Failed:
        lines = tuple(self._last_lines)
        if isinstance(self._told, Failed):
            return Failed(self._told.line, self._told.exit_code, self._told.last_lines or lines)
        if self._told is not None:
            return self._told
        if self._nonsense:
            return Failed(f"the job said something else than it should: {self._nonsense}", last_lines=lines)
        if self._wanted_end:
            return Failed("stopped", int(ExitCode.INTERRUPTED), lines)
        return Failed(f"the job ended before its result: {_ending(code)}", last_lines=lines)


def _kill_all(process: asyncio.subprocess.Process) -> None:
    """End a process and its group; without groups (Windows) what it started ends with its pipes."""
    with suppress(ProcessLookupError, PermissionError):
        if POSIX:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (perhaps memory ran out)" if name == "SIGKILL" else ""
    return f"killed by {name}{hint}"


def _code(number: int) -> ExitCode:
    try:
        return ExitCode(number)
    except ValueError:
        return ExitCode.FAILED


def _environment() -> dict[str, str]:
    found = {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
    paths = [str(_PACKAGE_ROOT), *found.get("PYTHONPATH", "").split(os.pathsep)]
    # Frames and narration are UTF-8 on every system.
    found.setdefault("PYTHONUTF8", "1")
    return found | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}
