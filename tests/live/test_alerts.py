"""Alerts: what is told, how often, to whom; a loopback webhook gets it, secrets stay where they are."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from live_support import HEAD

from pbtui.core.clock import RealClock
from pbtui.core.errors import ConfigError, SafetyRefusal
from pbtui.core.secret import Secret
from pbtui.core.snapshot import LoopHealth, ModeRow, Money, Snapshot
from pbtui.live.alerts.send import Sender
from pbtui.live.alerts.service import open_alerts
from pbtui.live.alerts.settings import AlertSettings, load_alerts
from pbtui.live.alerts.watch import Alert, AlertWatch
from pbtui.live.board import Board
from pbtui.live.journal import Journal

TOKEN = "t0kenThatNobodyMayRead"
EVERYTHING = AlertSettings(
    events=("fill", "panic", "stale", "errors", "loss", "end"), every_s=60.0, stale_s=300.0, loss_limit_pct=0.05
)


def snapshot(tick: int, **changes: object) -> Snapshot:
    health = {name: changes.pop(name) for name in ("state", "reason", "errors_1h", "restarts") if name in changes}
    money = {"balance": 1_000.0, "n_fills": 0, "realized_pnl": 0.0, "day_pnl": 0.0}
    money |= {name: changes.pop(name) for name in list(changes) if name in money}
    base = Snapshot(tick, 0, 1_700_000_000_000, HEAD, **changes)  # type: ignore[arg-type]
    return replace(
        base,
        health=replace(LoopHealth(state="running", tick=tick), **health),  # type: ignore[arg-type]
        money=replace(Money(), **money),  # type: ignore[arg-type]
    )


def panicking() -> tuple[ModeRow, ...]:
    return (ModeRow("BTC/USDT:USDT", "BTC\x1b[2J", "long", "normal", "panic", "panic", "op", 0, ""),)


class Hook:
    """A webhook that keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[dict[str, str]] = []
        self.pings = 0
        self.status = 200
        self.hold = threading.Event()
        self.hold.set()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.hold.wait(60)
                self.send_response(hook.status)
                self.end_headers()
                hook.got.append(json.loads(body))

            def do_GET(self) -> None:
                hook.pings += 1
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}/{TOKEN}"


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()
    yield found
    found.hold.set()
    found.server.shutdown()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, "this never came true"
        time.sleep(0.01)


def test_fills_are_told_once_and_then_together() -> None:
    watch = AlertWatch(EVERYTHING, 0.0)
    watch.take(snapshot(1, n_fills=40, realized_pnl=7.0), 0.0)
    assert watch.due(0.0) == []  # those of earlier runs
    watch.take(snapshot(2, n_fills=42, realized_pnl=8.5), 1.0)
    assert watch.due(1.0) == [Alert("fill", "2 fill(s), profit +1.50 USDT, balance 1,000")]
    for tick in (3, 4, 5):
        watch.take(snapshot(tick, n_fills=40 + tick, realized_pnl=9.0), 2.0)
    assert watch.due(60.0) == []
    (alert,) = watch.due(61.0)
    assert alert.text == "3 fill(s), profit +0.50 USDT, balance 1,000"
    assert watch.due(200.0) == []
    watch.take(snapshot(6, n_fills=43, realized_pnl=6.0), 201.0)  # a repair dropped two that never were
    assert watch.due(300.0) == []
    watch.take(snapshot(7, n_fills=44, realized_pnl=6.5), 301.0)
    assert watch.due(400.0) == [Alert("fill", "1 fill(s), profit +0.50 USDT, balance 1,000")]


def test_panics_errors_losses_and_silence_are_told_when_they_begin() -> None:
    watch = AlertWatch(EVERYTHING, 0.0)
    watch.take(snapshot(1, modes=panicking(), errors_1h=5, reason="no answer", day_pnl=-60.0), 0.0)
    told = {alert.kind: alert.text for alert in watch.due(0.0)}
    assert set(told) == {"panic", "errors", "loss"}
    assert told["panic"].startswith("closing BTC")
    assert "\x1b" not in told["panic"]
    assert "5 errors within the hour" in told["errors"]
    assert told["loss"] == "-60.00 USDT realised today, -5.66% of the balance"
    watch.take(snapshot(2, modes=panicking(), errors_1h=6, day_pnl=-80.0), 100.0)
    assert watch.due(100.0) == []  # all of it goes on, nothing of it is new
    watch.take(snapshot(3, errors_1h=1, restarts=1), 110.0)
    assert [alert.kind for alert in watch.due(110.0)] == ["errors"]
    watch.look(409.0)
    assert watch.due(409.0) == []
    assert watch.healthy(409.0)
    watch.look(411.0)
    watch.look(500.0)
    (stale,) = watch.due(500.0)
    assert (stale.kind, stale.text) == ("stale", "no good turn for 301 s")
    assert not watch.healthy(500.0)
    watch.take(snapshot(4), 510.0)
    assert watch.healthy(510.0)


def test_only_what_is_wanted_is_told() -> None:
    watch = AlertWatch(replace(EVERYTHING, events=("end",), loss_limit_pct=0.0), 0.0)
    watch.take(snapshot(1, modes=panicking(), errors_1h=9, day_pnl=-900.0), 0.0)
    watch.look(10_000.0)
    watch.ended("over")
    assert watch.due(10_000.0) == [Alert("end", "over")]
    assert AlertSettings().wanted_for("alice", "live")
    assert not AlertSettings().wanted_for("paper", "paper")
    assert AlertSettings(accounts=("paper",)).wanted_for("paper", "paper")


def private(folder: Path, text: str) -> Path:
    path = folder / "alerts.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_the_file_is_read_with_its_secrets_kept(tmp_path: Path) -> None:
    assert load_alerts(tmp_path / "none.toml") is None
    text = f'urls = ["json://host/{TOKEN}"]\nevents = ["fill"]\nevery_s = 5\nping_url = "https://h/{TOKEN}"\n'
    path = private(tmp_path, text)
    found = load_alerts(path)
    assert found is not None
    assert (found.urls[0].reveal(), found.events, found.every_s) == (f"json://host/{TOKEN}", ("fill",), 5.0)
    assert TOKEN not in repr(found)
    path.chmod(0o644)
    with pytest.raises(SafetyRefusal, match="others may read it"):
        load_alerts(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'urls = ["json://{TOKEN}', "no TOML"),
        (f'webhook = "{TOKEN}"', "webhook is not known"),
        (f'events = ["{TOKEN}"]', "events wants some of fill"),
        (f'every_s = "{TOKEN}"', "every_s wants a number"),
        (f'urls = "{TOKEN}"', "urls wants a list"),
        (f'ping_url = "ftp://{TOKEN}"', "ping_url wants an address"),
        ("loss_limit_pct = nan", "loss_limit_pct wants a number"),
    ],
)
def test_a_wrong_file_is_one_line_without_secrets(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load_alerts(private(tmp_path, text))
    assert said in raised.value.line()
    assert TOKEN not in raised.value.line()


def test_messages_arrive_and_a_hanging_messenger_holds_nobody(hook: Hook, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    failed: list[str] = []
    sender = Sender([Secret(f"json://{hook.address}")], failed.append)
    sender.message("pbtui a@b: fill", "2 fills")
    until(lambda: hook.got)
    assert (hook.got[0]["title"], hook.got[0]["message"]) == ("pbtui a@b: fill", "2 fills")
    hook.hold.clear()
    for _ in range(150):  # more than are kept: the caller goes on at once
        sender.message("t", "b")
    assert failed[0] == "too many messages wait to be delivered: one was dropped"
    hook.hold.set()
    sender.close(60)
    hook.status = 500
    refused = Sender([Secret(f"json://{hook.address}")], failed.append)
    refused.message("t", "b")
    refused.ping(Secret(f"http://{hook.address}"))
    refused.close(60)
    told = {"a message could not be delivered to address 1", "the ping was not taken (answer 500)"}
    assert set(failed[-2:]) == told  # they go out side by side
    assert TOKEN not in caplog.text + "".join(failed)
    with pytest.raises(ConfigError, match="address 1 of the alerts is not understood") as raised:
        Sender([Secret(f"nonsense://{TOKEN}")], failed.append)
    assert TOKEN not in raised.value.line()


async def test_a_session_beats_pings_and_tells(tmp_path: Path, hook: Hook) -> None:
    clock, board = RealClock(), Board()
    journal = Journal(clock.now_ms)
    session = SimpleNamespace(journal=journal, latest=None, next_snapshot=board.after)
    heartbeat = tmp_path / "beat" / "file"
    settings = replace(
        EVERYTHING,
        urls=(Secret(f"json://{hook.address}"),),
        heartbeat_file=heartbeat,
        ping_url=Secret(f"http://{hook.address}"),
    )
    alerts = await open_alerts(settings, session, clock)  # type: ignore[arg-type]
    board.put(snapshot(1))
    board.put(snapshot(2, n_fills=1, realized_pnl=1.0, modes=panicking()))
    session.latest = board.latest
    await asyncio.to_thread(until, lambda: hook.pings and heartbeat.is_file() and hook.got)
    await alerts.close()
    facts = json.loads(heartbeat.read_bytes())
    assert (facts["bot"], facts["state"]) == (f"{HEAD.user}@{HEAD.exchange}", "running")
    assert {"panic", "end"} <= {message["title"].rpartition(" ")[2] for message in hook.got}
    assert "the session is over, running" in hook.got[-1]["message"]
    assert not [row for row in journal.tail() if row.tag == "alerts"]
