from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pbtui.cli import main as cli
from pbtui.cli import parsing
from pbtui.cli.run_args import parse
from pbtui.console.theming.themes import check_theme
from pbtui.core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


def pbtui(*words: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pbtui", *words]
    return subprocess.run(
        command, cwd=cwd or ROOT, env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False
    )


def test_durations_speeds_levels_and_moments() -> None:
    assert parsing.duration_ms("3d") == 3 * 86_400_000
    assert parsing.duration_ms("1d12h") == 129_600_000
    assert parsing.duration_ms("0.5h") == 1_800_000
    assert parsing.speed("max") == 0.0
    assert parsing.speed("600x") == 600.0
    assert [parsing.level(text) for text in ("0", "info", "d", "TRACE")] == [0, 1, 2, 3]
    assert parsing.moment_ms("2025-05-10T12:30") == 1_746_880_200_000
    assert parsing.moment_ms("1746880200000") == 1_746_880_200_000
    assert parsing.words("BTC, ETH,,") == ("BTC", "ETH")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--for", "soon"], "duration"),
        (["--for", "0d"], "duration"),
        (["--speed", "-1"], "--speed"),
        (["--speed", "fast"], "speed"),
        (["--balance", "nan"], "positive"),
        (["--from", "yesterday"], "date"),
        (["--log-level", "9"], "level"),
        (["--no-such-flag"], "no-such-flag"),
        (["--live.leverage", "much"], "leverage"),
        (["a.hjson", "b.hjson"], "b.hjson"),
    ],
)
def test_a_bad_argument_is_one_line_and_exit_2(
    words: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        parse(words)
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert named in said


@pytest.mark.parametrize("words", [["--replay", "x", "--synthetic"], ["--from", "2025-01-01"], ["--markets", "m.json"]])
def test_flags_that_contradict_each_other(words: list[str]) -> None:
    with pytest.raises(ConfigError):
        parse(words)


def test_config_keys_are_flags_and_ours_win_where_they_clash() -> None:
    options = parse(["c.hjson", "-u", "paper", "--live.leverage", "3", "-ltwel", "1.5", "--coins", "BTC,ETH", "-v"])
    assert options.user == "paper"
    assert options.flags["live.leverage"] == 3
    assert options.coins == ("BTC", "ETH")
    assert (options.level, options.config) == (2, Path("c.hjson"))
    assert parse(["--debug-level", "3"]).level == 3
    assert parse(["--custom-endpoints", "none"]).endpoints is None


def test_a_group_without_a_name_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--json", "tool"]) == 2
    assert capsys.readouterr().err.startswith("pbtui tool: the following arguments are required: NAME")


def test_global_flags_may_come_before_the_command(tmp_path: Path) -> None:
    done = pbtui("--json", "--base-dir", str(tmp_path), "status", XDG_STATE_HOME=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "no bot is running\n"
    done = pbtui("--json", "config", "keys", "live.leverage")
    assert done.returncode == 0
    assert '"live.leverage"' in done.stdout


def test_a_screen_needs_a_terminal() -> None:
    done = pbtui("--synthetic")
    assert done.returncode == 2
    assert done.stderr == "pbtui: there is no terminal to draw on; run it with --no-ui\n"
    assert pbtui("--once").returncode == 2


def test_help_is_quick_and_complete() -> None:
    done = pbtui("--help")
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("attach", "--replay", "--yes-live", "backtest", "pbtui config keys"))
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pbtui", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    for heavy in ("numpy", "textual", "asyncio", "pbtui.config", "msgspec"):
        assert f" {heavy}\n" not in loaded, f"{heavy} is imported for --help"


def test_an_error_of_the_config_is_one_line_without_a_traceback(tmp_path: Path) -> None:
    broken = tmp_path / "broken.hjson"
    broken.write_text("{ live: { leverage: [ } }")
    for words in ([str(broken)], [str(tmp_path / "none.json"), "-u", "paper"]):
        done = pbtui("--no-ui", *words)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("word", ["mode", "stop", "attach", "status"])
def test_commands_to_nobody(word: str, tmp_path: Path) -> None:
    words = {"mode": ["paper", "BTC", "long", "gs"]}.get(word, ["paper"])
    done = pbtui(word, *words, XDG_STATE_HOME=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == "pbtui: no bot called paper is running\n"


def test_a_theme_is_known_before_there_is_a_screen(tmp_path: Path) -> None:
    assert parse(["--synthetic", "--theme", "light"]).theme == "light"
    check_theme("")
    check_theme("auto")
    with pytest.raises(ConfigError, match="no theme pink") as found:
        check_theme("pink", tmp_path)
    assert "colourblind" in found.value.line()
