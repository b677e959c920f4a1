"""The real entry point in its own process, with its own state folder, and what its ledger says."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Home:
    """A folder of runs with locks of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.base = folder / "base"
        self.env = {**os.environ, "XDG_STATE_HOME": str(folder / "s"), "LANG": "C.UTF-8", "TERM": "xterm-256color"}

    def words(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "pbtui", "--base-dir", str(self.base), *words]

    def start(self, *words: str, **options: Any) -> subprocess.Popen[bytes]:
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(self.words(*words), cwd=ROOT, env=self.env, **{**pipes, **options})

    def run(self, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.words(*words), cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=timeout, check=False
        )

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command that takes no --base-dir of its own first."""
        return subprocess.run(
            [sys.executable, "-m", "pbtui", *words],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def status(self) -> dict[str, Any] | None:
        """Return the status of the only bot, None when none runs."""
        done = self.command("status", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def wait_status(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 120) -> dict[str, Any]:
        """Ask for the status until it is as wanted."""
        end = time.monotonic() + seconds
        found = None
        while time.monotonic() < end:
            found = self.status()
            if found is not None and wanted(found):
                return found
        raise AssertionError(f"not reached: {found}")

    @property
    def ledger(self) -> Path:
        """The only ledger of this home."""
        (found,) = self.base.glob("run/**/ledger.db")
        return found

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read from the ledger."""
        db = sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True, timeout=5)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def last_minute(self) -> int:
        """Return the last committed minute in ms, 0 before the first."""
        try:
            return int(self.rows("SELECT last_ms FROM state")[0][0] or 0)
        except (ValueError, IndexError, sqlite3.Error):
            return 0
