"""The doctor sees what is wrong with a machine, says what to do, and changes nothing."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pbtui.cli import doctor
from pbtui.cli import main as cli
from pbtui.cli.checks import folders, leftovers, program, settings, terminal, venues
from pbtui.cli.checks.finding import Asked, Finding, State
from pbtui.config.coin_names import VENUES
from pbtui.core.errors import StateError
from pbtui.core.snapshot import VenueKind
from pbtui.engine.errors import EngineStale
from pbtui.live import lock
from tests.support.venue_server import VenueServer


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))


@pytest.fixture
def server() -> Iterator[VenueServer]:
    with VenueServer({}, auto=False) as running:
        yield running


def by_name(findings: Iterator[Finding] | list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def led_to(path: Path, address: str) -> Path:
    path.write_text(json.dumps({"defaults": {"rest": {"rewrite_domains": {"*": address}}}}))
    return path


def test_a_healthy_machine_leaves_with_0_and_tells_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert cli.main(["doctor", "--offline", "--json", "--base-dir", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    assert told["counts"]["fix"] == 0
    assert {row["area"] for row in told["findings"]} >= {"program", "terminal", "folders", "settings", "bots", "venues"}
    engine = next(row for row in told["findings"] if row["name"] == "engine")
    assert engine["state"] == "ok"
    assert sorted(tmp_path.rglob("*")) == before


def test_lines_name_the_remedy_and_the_code_is_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "c.json"
    config.write_text(json.dumps({"live": {"leverage": 0.5}, "bot": {}}))
    keys = tmp_path / "api-keys.json"
    keys.write_text("{}")
    keys.chmod(0o644)
    assert cli.main(["doctor", str(config), "--offline", "--base-dir", str(tmp_path)]) == 1
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert any(line.startswith("fix   settings") and "live.leverage" in line and "allowed" in line for line in lines)
    assert any(line.startswith("fix   settings") and f"chmod 600 {keys}" in line for line in lines)
    assert "2 to fix" in told.err


def test_accounts_are_counted_and_the_configs_own_is_looked_for(tmp_path: Path) -> None:
    keys = tmp_path / "api-keys.json"
    keys.write_text(json.dumps({"a": {"exchange": "bybit", "key": "k", "secret": "s"}, "b": {"exchange": "okx"}}))
    keys.chmod(0o600)
    config = tmp_path / "c.json"
    config.write_text(json.dumps({"bot": {}, "live": {"user": "nobody"}}))
    found = list(settings.look(Asked(tmp_path, config)))
    texts = " | ".join(finding.text for finding in found)
    assert "1 of 2 accounts have keys" in texts
    assert "trades nobody" in texts
    assert "'k'" not in texts


def test_a_missing_config_is_a_finding(tmp_path: Path) -> None:
    found = list(settings.look(Asked(tmp_path, tmp_path / "none.json")))
    assert found[0].state is State.FIX
    assert "none.json" in found[0].text


def test_a_stale_engine_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def stale() -> str:
        raise EngineStale("the compiled engine is stale", hint="build it")

    monkeypatch.setattr("pbtui.engine.build.build_hash", stale)
    found = by_name(program.look(Asked()))["engine"]
    assert (found.state, found.todo) == (State.FIX, "build it")


def test_versions_are_compared_with_the_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    have = {"a": "1.2.3", "b": "3.0", "c": "2.5rc1"}

    def version(name: str) -> str:
        if name not in have:
            raise program.metadata.PackageNotFoundError(name)
        return have[name]

    pins = ["a==1.2.3", "b>=2.2,<3", "c (>=2.2,<3) ; python_version > '3'", "d==1", "e==1 ; extra == 'cluster'"]
    monkeypatch.setattr(program.metadata, "version", version)
    monkeypatch.setattr(program.metadata, "requires", lambda _: pins)
    found = by_name(program._versions())
    assert found["b"].state is State.WARN
    assert found["d"].state is State.FIX
    assert found["versions"].text.startswith("2 packages")
    assert set(found) == {"b", "d", "versions"}


def test_little_memory_is_named(tmp_path: Path) -> None:
    path = tmp_path / "meminfo"
    path.write_text("MemTotal: 900000 kB\nMemAvailable:   512000 kB\n")
    assert [finding.state for finding in program._memory(path)] == [State.WARN]
    assert list(program._memory(tmp_path / "none")) == []


@pytest.mark.parametrize(
    ("env", "name", "state"),
    [
        ({"TERM": "xterm-256color"}, "colours", State.OK),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "colours", State.OK),
        ({"TERM": "linux"}, "colours", State.WARN),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "colours", State.WARN),
        ({"TERM": "dumb"}, "screen", State.WARN),
        ({"LANG": "C.UTF-8"}, "text", State.OK),
        ({}, "text", State.OK),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "text", State.WARN),
        ({"LANG": "de_DE.ISO-8859-1"}, "text", State.WARN),
        ({"LC_ALL": "C.nonsense", "LANG": "C.UTF-8"}, "text", State.WARN),
        ({"TERM": "xterm-kitty"}, "clipboard", State.OK),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "clipboard", State.WARN),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "clipboard", State.WARN),
        ({"TERM": "xterm"}, "screen", State.OK),
    ],
)
def test_the_terminal_is_judged_by_what_it_says(
    env: dict[str, str], name: str, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.os, "get_terminal_size", lambda _fd: os.terminal_size((80, 24)))
    assert by_name(terminal.look(Asked(env=env)))[name].state is state


def test_a_small_terminal_and_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal.os, "get_terminal_size", lambda _fd: os.terminal_size((79, 24)))
    assert by_name(terminal.look(Asked()))["screen"].todo.startswith("make it at least 80x24")

    def none(_fd: int) -> os.terminal_size:
        raise OSError(25, "not a terminal")

    monkeypatch.setattr(terminal.os, "get_terminal_size", none)
    assert [finding.name for finding in terminal.look(Asked())] == ["screen"]


def test_tmux_is_asked_what_it_lets_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal.os, "get_terminal_size", lambda _fd: os.terminal_size((120, 40)))
    tmux = tmp_path / "tmux"
    tmux.write_text("#!/bin/sh\necho 'set-clipboard off'\necho 'escape-time 500'\n")
    tmux.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    env = {"TMUX": "/run/1,2,3", "TERM": "tmux-256color", "PATH": os.environ["PATH"]}
    found = by_name(terminal.look(Asked(env=env)))
    assert found["clipboard"].todo == "tmux set -s set-clipboard on"
    assert "500 ms" in found["tmux"].text


def test_folders_are_judged_and_not_made(tmp_path: Path) -> None:
    state = tmp_path / "s" / "pbtui"
    state.mkdir(parents=True, mode=0o755)
    (tmp_path / "run").write_text("a file")
    found = by_name(folders.look(Asked(tmp_path)))
    assert found["state"].todo == f"chmod 700 {state}"
    assert found["run"].state is State.FIX
    assert found["base"].state is State.OK
    assert "not needed" in found["settings"].text
    assert not (tmp_path / "c").exists()


def test_a_state_folder_too_deep_for_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("d" * 90)
    (deep / "pbtui").mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("XDG_STATE_HOME", str(deep))
    assert "shorter" in by_name(folders.look(Asked(tmp_path)))["state"].todo


def test_room_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 0

    monkeypatch.setattr(folders.shutil, "disk_usage", lambda _: Usage)
    Usage.free = 100 << 20
    assert by_name(folders._room(tmp_path, tmp_path))["room"].state is State.FIX
    Usage.free = 1 << 30
    assert by_name(folders._room(tmp_path, tmp_path))["room"].state is State.WARN


def test_running_bots_and_leftovers(tmp_path: Path) -> None:
    kind: VenueKind = "paper"
    info = lock.LockInfo("paper-x-1", "paper", "x", kind, "c", str(tmp_path), str(tmp_path / "gone.sock"), pid=4711)
    held = lock.AccountLock.acquire(tmp_path, info)
    (tmp_path / "dead-x-2.lock").write_text("{}")
    (tmp_path / "dead.sock").touch()
    found = list(leftovers.look_in(tmp_path))
    held.release()
    assert [finding.state for finding in found] == [State.WARN] * 3
    assert "kill 4711" in found[0].todo
    assert {Path(finding.todo.split()[-1]).name for finding in found[1:]} == {"dead-x-2.lock", "dead.sock"}
    assert [finding.text for finding in leftovers.look_in(tmp_path / "none")] == ["none has run yet"]


def test_venues_that_answer_and_the_clock(tmp_path: Path, server: VenueServer) -> None:
    asked = Asked(tmp_path, venues=("binance",), endpoints=led_to(tmp_path / "e.json", server.base_url))
    found = by_name(venues.look(asked))
    assert found["binance"].state is State.OK
    assert found["time"].state is State.OK
    assert "from the venues' time" in found["time"].text


def test_venues_that_do_not_answer_are_only_a_warning(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    asked = Asked(
        tmp_path, venues=("binance", "nowhere"), endpoints=led_to(tmp_path / "e.json", f"http://127.0.0.1:{port}")
    )
    found = by_name(venues.look(asked))
    assert [found[name].state for name in ("binance", "nowhere", "time")] == [State.WARN, State.WARN, State.OK]
    assert "no venue of this name" in found["nowhere"].text


def test_which_venues_are_asked(tmp_path: Path) -> None:
    config = tmp_path / "c.json"
    config.write_text(json.dumps({"bot": {}, "live": {}, "backtest": {"exchanges": ["bitget", "okx"]}}))
    assert venues.venues(Asked(venues=("bybit",), config=config)) == ("bybit",)
    assert venues.venues(Asked(tmp_path, config)) == ("bitget", "okx")
    assert venues.venues(Asked(tmp_path)) == VENUES
    config.write_text("{")
    assert venues.venues(Asked(tmp_path, config)) == VENUES


def test_the_clock_is_judged_by_the_middle_venue() -> None:
    assert venues.clock([-90_000.0, 20.0, 35.0]).state is State.OK
    assert venues.clock([2_000.0, 2_100.0, 1_900.0]).state is State.WARN
    assert venues.clock([-60_000.0]).state is State.FIX
    assert venues.clock([]).state is State.OK


def test_a_check_that_fails_is_a_finding_and_the_next_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(_: Asked) -> Iterator[Finding]:
        raise StateError("locks cannot be read", hint="do this")

    def broken(_: Asked) -> Iterator[Finding]:
        raise ImportError("no module named ccxt")

    monkeypatch.setattr(leftovers, "look", typed)
    monkeypatch.setattr(folders, "look", broken)
    found = list(doctor.examine(Asked(tmp_path), ("leftovers", "folders", "settings")))
    assert [finding.area for finding in found] == ["leftovers", "folders", "settings"]
    assert [finding.state for finding in found] == [State.FIX, State.FIX, State.OK]
    assert found[0].todo == "do this"
    assert "ccxt" in found[1].text


def test_a_long_finding_is_folded_under_its_text_on_a_screen() -> None:
    finding = Finding("folders", "room", State.WARN, "word " * 30, "make room")
    folded = doctor.line(finding, 80).splitlines()
    assert len(folded) == 3
    assert all(len(each) <= 80 for each in folded)
    assert folded[0].startswith("warn  folders   room: word")
    assert folded[1].startswith(" " * 16 + "word")
    assert "\n" not in doctor.line(finding)
