"""`pbtui backtest` around its process: what goes to which stream, exit codes, signals."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The command itself, with a process that only plays a backtest.
MAIN = """
import sys
from pbtui.cli import backtest
from pbtui.cli.narrate import report
backtest.CHILD = "tests.cli.backtest_child"
sys.exit(report(lambda: backtest.main(sys.argv[1:])))
"""
CONFIG = {
    "bot": {"long": {"n_positions": 1, "total_wallet_exposure_limit": 1}, "short": {"total_wallet_exposure_limit": 0}},
    "live": {"approved_coins": ["BTC", "ETH"]},
    "backtest": {"start_date": "2025-05-10", "end_date": "2025-05-30", "exchanges": ["binance"]},
}


@pytest.fixture
def config(tmp_path: Path):
    def write(name: str = "fine", **backtest: object) -> str:
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({**CONFIG, "backtest": {**CONFIG["backtest"], **backtest}}))
        return str(path)

    return write


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", MAIN, *words]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "90", "PYTHONIOENCODING": "utf-8", **more}


def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), capture_output=True, text=True, env=environment(**more), timeout=60)


def test_plain_lines_on_stderr_and_the_result_on_stdout(config):
    done = run(config())
    assert done.returncode == 0
    said = done.stderr.splitlines()
    assert "candles 1/3" in said
    assert "warning: ETH has a gap" in said
    assert said.count("simulating") == 1
    assert "simulating: 50%, 1.5M bars/s, 0:10 left, 10 fills, equity 1,100.00" in said
    page = done.stdout.splitlines()
    assert page[0] == "equity, USD (21 samples)"
    assert (
        "2 coins (BTC, ETH) · 2025-05-10 to 2025-05-30 · 20 fills · balance 1,020.00, equity 1,400.00 · 0.5 s" in page
    )
    assert any(line.split() == ["return", "gain", "1.4000", "1.3000"] for line in page)
    assert any(line.split() == ["adg", "0.120%", "–"] for line in page)
    assert page[-1] == "backtests/binance/x"
    assert "\x1b" not in done.stdout + done.stderr


def test_without_unicode_the_page_is_ascii_art(config):
    done = run(config(), PYTHONIOENCODING="ascii:replace")
    assert done.returncode == 0
    sketch = done.stdout.splitlines()[1:9]
    assert all("|" in line for line in sketch)
    assert any("*" in line for line in sketch)


def test_json_is_one_object_a_line_and_the_result_last(config):
    done = run(config(), "--json")
    assert done.returncode == 0
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["type"] for event in events[:5]] == ["stage", "stage", "stage", "note", "stage"]
    assert {"type": "progress", "done": 20.0, "total": 20.0, "rate": 1500000.0, "left_s": 0.0} in events
    assert events[-1]["type"] == "done"
    assert events[-1]["result"]["folder"] == "backtests/binance/x"
    assert done.stderr == ""


def test_quiet_names_the_folder_and_says_warnings(config):
    done = run(config(), "-q")
    assert (done.returncode, done.stdout) == (0, "backtests/binance/x\n")
    assert done.stderr == "warning: ETH has a gap\n"


def test_a_refusal_is_one_line_and_its_exit_code(config):
    done = run(config("refused"), "-q")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "pbtui: no coin has candles; widen the dates\n"
    failed = json.loads(run(config("refused"), "--json").stdout.splitlines()[-1])
    assert (failed["type"], failed["line"], failed["exit_code"]) == (
        "failed",
        "no coin has candles; widen the dates",
        2,
    )


def test_a_crash_shows_the_last_lines(config):
    done = run(config("killed"))
    assert done.returncode == 1
    said = done.stderr.splitlines()
    assert "| out of luck" in said
    assert said[-1] == "pbtui: the job ended before its result: killed by SIGABRT"
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("-sb", "nan"), "starting_balance"),
        (("-sb", "-5"), "starting_balance"),
        (("--no-such-flag",), "no-such-flag"),
        (("-sc", "nope"), "nope"),
        (("--repeat", "x"), "--repeat"),
        (("--suite=perhaps",), "perhaps"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(config, words, named, tmp_path):
    done = run(config(), *words)
    assert done.returncode == 2
    assert named in done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["fine.json"]


def test_a_missing_file_is_one_line():
    done = run("nowhere.json")
    assert (done.returncode, done.stderr) == (2, "pbtui: nowhere.json: no such file\n")


SCENARIOS = [{"label": "bull", "coins": ["BTC"]}, {"coins": ["ETH"]}, {"label": "all"}]


def suite_labels(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])["result"].get("summary", {}).get("suite_metrics", {}).get(
        "scenario_labels", []
    )  # fmt: skip


def test_scenarios_are_chosen_by_label(config):
    path = config(scenarios=SCENARIOS, suite_enabled=False)
    assert suite_labels(run(path, "--json")) == []
    assert suite_labels(run("--json", "-sc", "scenario_02,all", path)) == ["scenario_02", "all"]
    assert suite_labels(run("--json", "-sc", "all", "--suite", "n", path)) == []
    done = run(path, "-sc", "bear,all")
    assert done.returncode == 2
    assert done.stderr == "pbtui: no scenario is called bear; there are: bull, scenario_02, all\n"


def test_a_bare_suite_flag_leaves_the_config_alone(config, tmp_path):
    labelled = [{"label": "a"}, {"label": "b"}]
    path = config(scenarios=labelled, suite_enabled=False)
    assert suite_labels(run("--json", "--suite", path)) == ["a", "b"]
    assert suite_labels(run("--json", path, "--suite", "off")) == []
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"backtest": {"scenarios": [{"label": "from elsewhere"}]}}))
    assert suite_labels(run("--json", "--suite", "--suite-config", str(other), path)) == ["from elsewhere"]
    other.write_text(json.dumps({"live": {"approved_coins": ["BTC"]}}))
    refused = run("--suite-config", str(other), path)
    assert refused.returncode == 2
    assert "has no suite" in refused.stderr


def test_a_suite_is_a_line_a_scenario(config):
    done = run(config(scenarios=[{"label": "a"}, {"label": "b"}], suite_enabled=True))
    assert done.stdout.splitlines() == [
        "scenario                 adg_usd",
        "a                           0.25",
        "b                           0.25",
        "aggregated                   0.5",
        "backtests/suite_runs/x",
    ]


def test_a_repetition_that_differs_is_a_failure(tmp_path):
    done = run("--repeat", str(tmp_path))
    assert done.returncode == 1
    assert done.stdout == f"differs: fills.csv: line 3\nnot the same\n{tmp_path}\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_job_in_order(config, number):
    process = subprocess.Popen(
        command(config("endless")), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )
    assert process.stderr is not None
    while process.stderr.readline() != "simulating\n":
        continue
    process.send_signal(number)
    out, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.splitlines() == ["stopping; again to kill", "pbtui: stopped"]
    assert out == ""


def test_a_terminal_gets_a_bar_that_goes_away(config):
    parent, child = pty.openpty()
    process = subprocess.Popen(
        command(config()), stdout=subprocess.PIPE, stderr=child, env=environment(TERM="xterm"), text=True
    )
    os.close(child)
    seen = b""
    while True:
        try:
            part = os.read(parent, 65_536)
        except OSError:
            break
        if not part:
            break
        seen += part
    os.close(parent)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    text = seen.decode()
    assert "candles 1/3" in text
    assert "█" in text
    assert text.endswith("\r\x1b[K")
    assert out.splitlines()[-1] == "backtests/binance/x"


def test_a_reader_that_leaves_ends_the_run(config):
    process = subprocess.Popen(
        command(config("endless"), "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["text"] == "simulating"
    process.stdout.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) in (0, 130)
