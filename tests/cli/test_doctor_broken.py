"""The doctor where things are broken: files of the operator's own, keys nobody can read; and what programs read."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from types import SimpleNamespace

import pytest

from pbtui.cli import main as cli
from pbtui.cli.checks import own_files, settings, venues
from pbtui.cli.checks.finding import Asked, Finding, State
from pbtui.console.keymap import user_keys_file
from pbtui.console.theming.themes import user_themes_dir
from pbtui.live.alerts.settings import alerts_file

ROOT = Path(__file__).resolve().parents[2]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings folder of this test's own, empty; returned."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    folder = alerts_file().parent
    folder.mkdir(parents=True)
    return folder


def found(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def test_files_that_are_not_there_are_not_missed(tmp_path: Path) -> None:
    assert list(own_files.look(Asked(tmp_path))) == []


def test_good_files_are_told(tmp_path: Path, home: Path) -> None:
    (home / "alerts.toml").write_text('events = ["panic"]\nheartbeat_file = "beat"\n')
    (home / "alerts.toml").chmod(0o600)
    user_keys_file().write_text('[keys]\n"screen.log" = "f7"\n')
    user_themes_dir().mkdir()
    (user_themes_dir() / "mine.toml").write_text((ROOT / "themes/dark.toml").read_text("utf-8"))
    (tmp_path / "configs").mkdir()
    rest = {"rest": {"rewrite_domains": {"https://api.bybit.com": "https://api-testnet.bybit.com"}}}
    (tmp_path / "configs/custom_endpoints.json").write_text(json.dumps({"exchanges": {"bybit": rest}}))
    told = found(own_files.look(Asked(tmp_path)))
    assert {name: finding.state for name, finding in told.items()} == {
        "alerts": State.OK,
        "own keys": State.OK,
        "themes": State.OK,
        "addresses": State.WARN,
    }
    assert "panic" in told["alerts"].text
    assert "moves 1 actions" in told["own keys"].text
    assert "elsewhere for bybit" in told["addresses"].text


def test_broken_files_are_named_with_what_to_do(tmp_path: Path, home: Path) -> None:
    (home / "alerts.toml").write_text('urls = ["json://secret-place"]\nevents = ["earthquake"]\n')
    (home / "alerts.toml").chmod(0o600)
    user_keys_file().write_text("[keys]\nno_such_action = 'x'\n")
    user_themes_dir().mkdir()
    (user_themes_dir() / "mine.toml").write_text("ground = 3")
    endpoints = tmp_path / "elsewhere.json"
    endpoints.write_text('{"exchanges": []}')
    told = found(own_files.look(Asked(tmp_path, endpoints=endpoints)))
    assert {name: finding.state for name, finding in told.items()} == {
        "alerts": State.FIX,
        "own keys": State.FIX,
        "themes": State.WARN,
        "addresses": State.FIX,
    }
    assert all(finding.todo for finding in told.values())
    assert "secret-place" not in str(told)
    (home / "alerts.toml").chmod(0o644)
    assert "chmod 600" in found(own_files.look(Asked(tmp_path)))["alerts"].todo


def test_messengers_need_their_package(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "alerts.toml").write_text('urls = ["json://127.0.0.1:1/hook"]\n')
    (home / "alerts.toml").chmod(0o600)
    for there, state in ((None, State.FIX), (SimpleNamespace(), State.OK)):
        monkeypatch.setattr(util, "find_spec", lambda _name, there=there: there)
        assert found(own_files.look(Asked(tmp_path)))["alerts"].state is state


def test_keys_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = tmp_path / "api-keys.json"
    keys.write_text("{}")
    keys.chmod(0o000)

    def locked(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", locked)  # root reads everything
    monkeypatch.setattr(settings.os, "access", lambda *_: False)
    finding = found(settings.look(Asked(tmp_path)))["keys"]
    assert (finding.state, "Permission denied" in finding.text) == (State.FIX, True)
    assert f"chmod 600 {keys}" in finding.todo


def test_a_venue_that_does_not_exist_is_not_blamed_on_the_network(tmp_path: Path) -> None:
    finding = found(venues.look(Asked(tmp_path, venues=("bitmax",))))["bitmax"]
    assert finding.state is State.WARN
    assert "bybit" in finding.todo
    assert "network" not in finding.todo


def test_what_programs_read_keeps_its_shape(tmp_path: Path, capsys: Capture) -> None:
    config = tmp_path / "c.json"
    config.write_text(json.dumps({"bot": {"long": {}}, "live": {"levrage": 3, "user": "nobody"}}))
    keys = tmp_path / "api-keys.json"
    keys.write_text("{}")
    keys.chmod(0o600)
    (tmp_path / "run").write_text("a file")
    assert cli.main(["doctor", str(config), "--offline", "--json", "--base-dir", str(tmp_path)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["version", "ok", "counts", "findings"]
    assert told["ok"] is False
    assert list(told["counts"]) == ["ok", "warn", "fix"]
    assert sum(told["counts"].values()) == len(told["findings"])
    for row in told["findings"]:
        assert list(row) == ["area", "name", "state", "text", "todo"]
        assert all(isinstance(value, str) for value in row.values())
        assert bool(row["todo"]) is (row["state"] != "ok"), row
    areas = [row["area"] for row in told["findings"]]
    assert list(dict.fromkeys(areas)) == ["program", "terminal", "folders", "settings", "bots", "venues", "clock"]


def test_nothing_of_the_screen_is_loaded_for_files_that_are_not_there(tmp_path: Path) -> None:
    import subprocess

    code = "import sys; from pbtui.cli.main import main; main(sys.argv[1:]); print('textual' in sys.modules)"
    words = ["doctor", "--offline", "--base-dir", str(tmp_path)]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
