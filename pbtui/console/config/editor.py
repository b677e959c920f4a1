"""Handing the terminal to the operator's editor while the event loop, and with it the bot, goes on."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pbtui.console.text import safe
from pbtui.core.errors import ConfigError

_TERMINAL = 0


def editor_words(environ: Mapping[str, str]) -> list[str]:
    """Return the editor's command as words, from VISUAL or EDITOR; raises ConfigError when neither names one."""
    for name in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(environ.get(name, ""))
        except ValueError as error:
            raise ConfigError(f"{name} is no command: {safe(error, 80)}", hint=f"write {name}=nano") from None
        if words:
            return words
    raise ConfigError("no editor is set", hint="set EDITOR, as in EDITOR=nano, before starting pbtui")


async def edit(words: list[str], file: Path) -> int:
    """Run the editor on a file and wait for its end; returns its exit code, raises ConfigError when it cannot start."""
    editor = Editor(words, file)
    try:
        return await asyncio.to_thread(editor.run)
    except asyncio.CancelledError:
        editor.hang_up()
        raise


class Editor:
    """One run of an editor in the terminal's foreground.

    It gets a process group of its own: what is typed into it as Ctrl+C or Ctrl+Z must never reach the bot.
    """

    def __init__(self, words: list[str], file: Path) -> None:
        self._words = [*words, str(file)]
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """Start it, wait for its end, take the terminal back; blocks, so call it in a thread."""
        ours = os.tcgetpgrp(_TERMINAL) if os.isatty(_TERMINAL) else None
        try:
            process = subprocess.Popen(self._words, process_group=0)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise ConfigError(f"{safe(self._words[0], 80)} cannot be started: {safe(why, 80)}") from None
        self._process = process
        if ours is not None:
            _give_terminal(process.pid)
        try:
            return _wait(process)
        finally:
            if ours is not None:
                _give_terminal(ours)

    def hang_up(self) -> None:
        """End the editor: the console goes."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGHUP)


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end; a stopped editor goes on at once, for there is no shell that could wake it."""
    while True:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGCONT)
            continue
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode


def _give_terminal(group: int) -> None:
    """Make a process group the terminal's foreground; the background may do so only with SIGTTOU held back."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        with suppress(OSError):  # the terminal, or the group, is gone
            os.tcsetpgrp(_TERMINAL, group)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
