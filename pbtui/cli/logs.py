"""Python's own logging led into a session's journal, so that no library writes on the screen."""

from __future__ import annotations

import asyncio
import logging
import threading

from pbtui.live.journal import Journal

_TRACE = 5


class JournalHandler(logging.Handler):
    """Hands records to the journal on the event loop's thread, whatever thread they come from."""

    def __init__(self, journal: Journal, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._journal = journal
        self._loop = loop

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record as a row; secrets are the business of whoever logs (they wrap them)."""
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text}: {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        level = 0 if record.levelno >= logging.WARNING else 1 if record.levelno >= logging.INFO else 2
        level = 3 if record.levelno <= _TRACE else level
        tag = record.name.rpartition(".")[2] or "log"
        if text.startswith("[") and "] " in text:
            tag, _, text = text[1:].partition("] ")
        try:
            self._loop.call_soon_threadsafe(self._say, tag, text, level, record.levelno >= logging.ERROR)
        except RuntimeError:
            return  # the loop has ended: nobody reads any more

    def _say(self, tag: str, text: str, level: int, is_error: bool) -> None:
        self._journal.say(tag, text, level=level, is_error=is_error)


def install(journal: Journal, *, level: int) -> None:
    """Lead all logging of this process into the journal; `level` 0 warning … 3 trace."""
    loop = asyncio.get_running_loop()
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, JournalHandler):
            root.removeHandler(handler)
    root.addHandler(JournalHandler(journal, loop))
    root.setLevel((logging.WARNING, logging.INFO, logging.DEBUG, _TRACE)[level])
    if level < 3:
        for noisy in ("ccxt", "asyncio", "aiohttp", "urllib3"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    threading.excepthook = _log_thread_crash


def _log_thread_crash(args: threading.ExceptHookArgs) -> None:
    logging.getLogger("pbtui.thread").error("a thread failed: %s: %s", args.exc_type.__name__, args.exc_value)
