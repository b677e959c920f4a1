"""A bot in its own process on a simulated venue, with its keys, folders and what it left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.venues.simulator import KEY, PASSPHRASE, SECRET, Simulator

ROOT = Path(__file__).resolve().parents[2]
USER = "tester"
QUICK = ("--live.max_n_creations_per_batch", "12", "--live.execution_delay_seconds", "10")


class Trader:
    """Starts, signals and kills the bot; `written` finds everything it wrote."""

    def __init__(self, folder: Path, simulator: Simulator, *words: str) -> None:
        self.folder = folder
        self.simulator = simulator
        self.base = folder / "base"
        self.base.mkdir(parents=True)
        keys = self.base / "api-keys.json"
        named = {"key": KEY, "secret": SECRET, "passphrase": PASSPHRASE}
        entry = getattr(simulator.dialect, "entry", named)
        keys.write_text(json.dumps({USER: {"exchange": simulator.dialect.name, **entry}}))
        keys.chmod(0o600)
        self.endpoints = folder / "endpoints.json"
        rules = {"rewrite_domains": {"*": simulator.base_url}}
        self.endpoints.write_text(json.dumps({"defaults": {"rest": rules}}))
        self.words = ("--yes-live", "--accept-built-in-defaults", *QUICK, *words)
        self.env = {**os.environ, "XDG_STATE_HOME": str(folder / "s"), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
        self.said = folder / "stderr"
        self.told = folder / "stdout"
        self.answers = folder / "answers"
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        """Start the bot headless."""
        clock = self.simulator.fast_clock
        figures = f"{clock.path}:{clock.speed}"
        where = ("--base-dir", str(self.base), "--endpoints", str(self.endpoints))
        words = [sys.executable, "-m", "tests.venues.child", figures, str(ROOT / "configs/examples/paper.hjson")]
        words += ["-u", USER, "--no-ui", "--json", "-v", *where, *self.words]
        with self.said.open("ab") as said, self.told.open("ab") as told:
            self.started.append(
                subprocess.Popen(words, cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL, stdout=told, stderr=said)
            )
        return self.started[-1]

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command that talks to the bot; what it says is kept, too."""
        done = subprocess.run(
            [sys.executable, "-m", "pbtui", *words],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        with self.answers.open("a") as answers:
            answers.write(done.stdout + done.stderr)
        return done

    def kill(self) -> None:
        """End the bot as a power cut would."""
        self.started[-1].kill()
        self.started[-1].wait()

    def stop(self) -> int:
        """Stop in order; return the exit code."""
        self.started[-1].send_signal(signal.SIGTERM)
        return self.started[-1].wait(120)

    def end(self) -> None:
        """End whatever still runs."""
        for bot in self.started:
            bot.kill()
            bot.wait()

    def narration(self) -> str:
        return self.said.read_text()


def soon(condition: Callable[[], object], seconds: float = 120.0, what: Callable[[], str] = str) -> None:
    """Wait until a condition holds; fails when it never does, with what `what` has to say."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"this never came true: {what()}"
        time.sleep(0.02)
