"""Delivering in a thread of its own: a messenger that hangs costs messages, never a turn."""

from __future__ import annotations

import importlib
import logging
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pbtui.core.errors import ConfigError
from pbtui.core.files import write_private
from pbtui.core.secret import Secret

QUEUED = 100
_TRIES = 3
_AGAIN_S = 5.0
_TIMEOUT_S = 10.0
_TALKATIVE = ("apprise", "urllib3", "requests")  # their lines hold addresses, and with them secrets


class Sender:
    """A thread that takes jobs; `failed` is called from it with one line that names no address."""

    def __init__(self, urls: Sequence[Secret], failed: Callable[[str], None]) -> None:
        """Raises ConfigError when messages are wanted but apprise is missing, or an address is not understood."""
        self._failed = failed
        self._jobs: queue.Queue[Callable[[], None] | None] = queue.Queue(QUEUED)
        self._closing = threading.Event()
        self._messengers = [_messenger(url, number) for number, url in enumerate(urls, 1)]
        self._thread = threading.Thread(target=self._work, name="alerts", daemon=True)
        self._thread.start()

    def message(self, title: str, body: str) -> None:
        """Queue a message to every address; dropped, and said, when too many wait."""
        for number, messenger in enumerate(self._messengers, 1):
            self._put(lambda messenger=messenger, number=number: self._deliver(messenger, number, title, body))

    def heartbeat(self, path: Path, data: bytes) -> None:
        """Queue the writing of the heartbeat file."""
        self._put(lambda: self._beat(path, data))

    def ping(self, url: Secret) -> None:
        """Queue a request that says the bot is alive."""
        self._put(lambda: self._ping(url))

    def close(self, wait_s: float) -> None:
        """Deliver what is queued, waiting so long at most; call it from a thread that may wait."""
        self._closing.set()
        try:
            self._jobs.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(wait_s)

    def _put(self, job: Callable[[], None]) -> None:
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            self._failed("too many messages wait to be delivered: one was dropped")

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _deliver(self, messenger: Any, number: int, title: str, body: str) -> None:
        for attempt in range(1, _TRIES + 1):
            try:
                if messenger.notify(title=title, body=body):
                    return
            except Exception:  # noqa: BLE001, S110 (whatever a messenger's plugin does: said below, without its text)
                pass
            if attempt < _TRIES and self._closing.wait(_AGAIN_S * attempt):
                break
        self._failed(f"a message could not be delivered to address {number}")

    def _beat(self, path: Path, data: bytes) -> None:
        try:
            write_private(path, data)
        except OSError as error:
            self._failed(f"the heartbeat file cannot be written: {error.strerror or type(error).__name__}")

    def _ping(self, url: Secret) -> None:
        try:
            with urllib.request.urlopen(url.reveal(), timeout=_TIMEOUT_S):
                return
        except (OSError, ValueError) as error:
            code = f"answer {error.code}" if isinstance(error, urllib.error.HTTPError) else type(error).__name__
            self._failed(f"the ping was not taken ({code})")


def _messenger(url: Secret, number: int) -> Any:
    try:
        library = importlib.import_module("apprise")  # late: optional, and slow to load
    except ImportError:
        raise ConfigError(
            "alerts need the package apprise", hint="install pbtui with its extra: pbtui[alerts]"
        ) from None
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    messenger = library.Apprise()
    if not messenger.add(url.reveal()):
        raise ConfigError(f"address {number} of the alerts is not understood", hint="see apprise for its forms")
    return messenger
