"""Fake secrets that must turn up nowhere: what a test logs, writes and prints is searched for them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

KEY_FILES = ("api-keys.json",)  # where they belong
_TRACE = 5


class Canaries(logging.Handler):
    """Keeps every line that is logged at any level, tracebacks included, as `--log-level 3` would write it."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__(level=0)
        self.secrets = tuple(secrets)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self._level = logging.getLogger().level

    def __enter__(self) -> Canaries:
        root = logging.getLogger()
        self._level = root.level
        root.setLevel(_TRACE)
        root.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._level)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(self.format(record))

    def in_lines(self) -> list[str]:
        """Return the logged lines that tell a secret."""
        return [line[:400] for line in self.lines if tells(line.encode(errors="replace"), self.secrets)]

    def in_files(self, folder: Path) -> list[str]:
        """Return the files below a folder that hold a secret, those that are meant to excepted."""
        files = (path for path in folder.rglob("*") if path.is_file() and path.name not in KEY_FILES)
        return [str(path.relative_to(folder)) for path in files if tells(path.read_bytes(), self.secrets)]


def tells(text: bytes, secrets: Iterable[str]) -> bool:
    """Tell whether a text holds one of the secrets."""
    return any(secret.encode() in text for secret in secrets)
