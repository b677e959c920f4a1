"""Giving the shell back while the bot goes on: a parent that only waits, a child that is the session.

The parent forks before anything heavy is imported or any thread exists, so it costs no start-up time and next to no
memory. The child keeps the terminal until it detaches: then it writes one line on a pipe, the parent prints it and
leaves, and the child lives on without a terminal. A hang-up reaches the child, which goes on alone; the parent stays
as its waiting parent, so that whoever watches the process it started still sees it alive. Killing the parent kills the
child, unless it has detached.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
_FORWARDED = (signal.SIGTERM, signal.SIGHUP)


class Stage:
    """What the child knows of its terminal and parent."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def leave_terminal(self) -> None:
        """Point fds 0–2 at nothing; idempotent. Reading or writing a dead terminal would spin or fail for ever."""
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        if null > 2:
            os.close(null)

    def detach(
        self, farewell: str, code: int = 0, *, following: tuple[str, str] = ("", ""), locked: bool = False
    ) -> None:
        """Leave the terminal and its session, and let the parent give the shell back after printing `farewell`.

        With `following`, the unique names of another bot and of this one, the parent shows that one before.
        """
        self.leave_terminal()
        with suppress(OSError):
            os.setsid()
        _die_with_parent(False)
        with suppress(OSError):
            os.write(self._pipe, f"{code}\n{following[0]}\n{following[1]}\n{int(locked)}\n{farewell}".encode())
            os.close(self._pipe)


def launch(run: Callable[[Stage], int], follow: Callable[[str, str, bool], int]) -> int:
    """Run `run` in a child process; returns its exit code, or the code it detached with.

    Where the child leaves its terminal to another bot, `follow` shows that one; the child lives on. It gets the unique
    names of both, and whether the console was locked.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    reading, writing = os.pipe()
    # Until the parent knows its child, a signal waits: it must reach the child too.
    signal.pthread_sigmask(signal.SIG_BLOCK, {*_FORWARDED, signal.SIGINT})
    child = os.fork()
    if child:
        os.close(writing)
        return _wait(child, reading, follow)
    os.close(reading)
    code = 1
    try:
        _die_with_parent(True)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {*_FORWARDED, signal.SIGINT})
        code = _guarded(run, Stage(writing))
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    return code


def _guarded(run: Callable[[Stage], int], stage: Stage) -> int:
    """Run with the errors of the command line rendered as in any other command."""
    from pbtui.cli.narrate import report

    return report(lambda: run(stage))


def _wait(child: int, reading: int, follow: Callable[[str, str, bool], int]) -> int:
    """Wait for the child's end or its farewell, passing signals on."""

    def forward(number: int, _frame: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, number)
        if number == signal.SIGHUP:
            Stage(-1).leave_terminal()

    for number in _FORWARDED:
        signal.signal(number, forward)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the child as well
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {*_FORWARDED, signal.SIGINT})
    farewell = b""
    with os.fdopen(reading, "rb") as pipe:
        farewell = pipe.read()  # ends when the child closes its end: by detaching or by dying
    if farewell:
        code, following, former, locked, text = farewell.decode(errors="replace").split("\n", 4)
        with suppress(OSError, ValueError):
            print(text, file=sys.stderr, flush=True)
        if not following:
            return int(code)
        _let_live(child)
        return follow(following, former, locked == "1")
    _, status = os.waitpid(child, 0)
    return _exit_code(status)


def _let_live(child: int) -> None:
    """Be no longer the one that passes signals on to the child, only the one that notes its end."""
    for number in _FORWARDED:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=os.waitpid, args=(child, 0), daemon=True).start()


def _exit_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _die_with_parent(wanted: bool) -> None:
    """Ask the kernel to end this process with its parent (Linux; elsewhere a killed parent leaves its child)."""
    if not sys.platform.startswith("linux"):
        return
    number = int(signal.SIGKILL) if wanted else 0
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
