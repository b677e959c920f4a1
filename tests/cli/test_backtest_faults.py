"""The backtest command with real runs: what it leaves behind when all goes well, and when it is stopped or cramped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.vectors.support import vectors_dir

ROOT = Path(__file__).resolve().parents[2]
PICTURES = {
    "balance_and_equity.png", "balance_and_equity_logy.png", "drawdown.png", "pnl_cumsum.png",
    "total_wallet_exposure.png",
}  # fmt: skip


# The command with a limit to the size of files: a full disk looks much the same.
MAIN = """
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from pbtui.__main__ import main
sys.exit(main())
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A recorded case with its candles, ready to run."""
    root = vectors_dir()
    found = sorted(path for folder in ("e2e", "committable/e2e") for path in root.glob(f"{folder}/*/config.json"))
    assert found, f"no recorded run in {root}"
    shutil.copytree(found[0].parent, tmp_path / "home", ignore=shutil.ignore_patterns("expected"))
    return tmp_path / "home"


def start(home: Path, *words: str, most_bytes: int = -1) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, str(most_bytes), "backtest", "config.json", "--offline", *words],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def results(home: Path) -> list[Path]:
    """Whatever lies among the results, hidden or not."""
    return [path for path in home.glob("backtests/*/*") if path.is_dir()]


def run(home: Path, *words: str, most_bytes: int = -1) -> tuple[int, str, str]:
    process = start(home, *words, most_bytes=most_bytes)
    out, said = process.communicate(timeout=120)
    return process.returncode, out, said


def test_a_run_leaves_its_folder_with_pictures(home):
    code, out, _ = run(home, "-q")
    assert code == 0
    folder = Path(out.strip())
    assert results(home) == [folder]
    names = {path.name for path in folder.iterdir()}
    assert names >= PICTURES | {"fills.csv", "analysis.json", "config.json", "balance_and_equity.csv.gz"}
    assert any((folder / "fills_plots").glob("*.png"))


def test_without_plots_of_fills_and_as_json(home):
    code, out, said = run(home, "-dp", "--json")
    assert (code, said) == (0, "")
    events = [json.loads(line) for line in out.splitlines()]
    result = events[-1]["result"]
    assert events[-1]["type"] == "done"
    assert result["fills"] == [event["n"] for event in events if event["type"] == "fills"][-1]
    assert result["analysis"] == json.loads(Path(result["folder"], "analysis.json").read_text())
    assert not Path(result["folder"], "fills_plots").exists()
    assert {"stage", "progress", "equity", "fills", "done"} <= {event["type"] for event in events}


def test_too_little_room_leaves_nothing(home):
    code, _, _ = run(home, "-q")  # prepares the dataset
    shutil.rmtree(home / "backtests")
    code, out, said = run(home, "-q", most_bytes=20_000)
    assert (code, out) == (1, "")
    assert said.splitlines()[-1].startswith("pbtui: the result cannot be written to ")
    assert results(home) == []


@pytest.mark.parametrize(
    ("stage", "number"),
    [("reading candles", signal.SIGINT), ("simulating", signal.SIGTERM), ("drawing", signal.SIGINT)],
)
def test_stopping_leaves_nothing(home, stage, number):
    process = start(home, "--json")
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["type"] == "stage" and event["text"].startswith(stage):
            break
    process.send_signal(number)
    rest, said = process.communicate(timeout=60)
    if process.returncode == 0:  # it was done before it heard of it
        assert len(results(home)) == 1
        return
    assert process.returncode == 130
    assert json.loads(rest.splitlines()[-1])["line"] == "stopped"
    assert said.splitlines() == ["stopping; again to kill", "pbtui: stopped"]
    assert results(home) == []


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("-sd", "2025-06-01", "-ed", "2025-05-01"), "start_date"),
        (("-sd", "2019-01-01", "-ed", "2019-01-02"), "no candle"),
        (("-s", "NOSUCHCOIN"), "NOSUCHCOIN"),
        (("-sb", "-1"), "starting_balance"),
        (("--bot.long.ema_span_0", "nan"), "ema_span_0"),
    ],
)
def test_bad_input_is_one_clear_line(home, words, named):
    code, out, said = run(home, "-q", *words)
    assert (code, out) == (2, "")
    assert named in said.splitlines()[-1]
    assert said.splitlines()[-1].startswith("pbtui")
    assert results(home) == []
