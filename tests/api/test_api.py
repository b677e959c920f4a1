"""What scripts and notebooks get: the same numbers as the commands, as tables."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
from candle_walk import walk

import pbtui.api as pb
from pbtui.core.clock import RealClock
from pbtui.market.store import CandleStore

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base folder with five days of two coins."""
    folder = tmp_path_factory.mktemp("api")
    store = CandleStore(folder / "caches" / "ohlcv", "binance", clock=RealClock(), on_trouble=lambda _: None)
    for seed, (coin, price) in enumerate({"BTC": 100_000.0, "SOL": 150.0}.items()):
        store.write(f"{coin}/USDT:USDT", walk(price, seed, 5 * 1_440))
    return folder


def config_of(base: Path, **more: object) -> pb.Config:
    values = {
        "backtest__exchanges": ["binance"],
        "backtest__start_date": "2025-05-11",
        "backtest__end_date": "2025-05-14",
        "backtest__starting_balance": 1000,
        "backtest__suite_enabled": False,
        "live__approved_coins": ["SOL"],
        "live__minimum_coin_age_days": 0,
        "live__max_warmup_minutes": 240,
        "bot__long__n_positions": 1,
        "bot__long__total_wallet_exposure_limit": 1.0,
        "bot__long__entry_initial_ema_dist": 0.0,
    }
    return pb.load_config(base_dir=base, **{**values, **more})


def test_candles_come_with_times_in_utc(base: Path) -> None:
    table = pb.candles("SOL", "binance", "2025-05-11", "2025-05-12", base_dir=base)
    assert table.num_rows == 1_440
    assert table.column_names == ["time", "open", "high", "low", "close", "volume"]
    assert str(table["time"][0].as_py()) == "2025-05-11 00:00:00+00:00"
    assert pb.candles("SOL", "binance", "2024-01-01", "2024-01-02", base_dir=base).num_rows == 0
    with pytest.raises(pb.ConfigError, match="no candles of coin"):
        pb.candles("DOGE", "binance", "2025-05-11", "2025-05-12", base_dir=base)
    with pytest.raises(pb.ConfigError, match="no date"):
        pb.candles("SOL", "binance", "soon", "2025-05-12", base_dir=base)


def test_a_backtest_is_that_of_the_command_and_runs_inside_a_loop(base: Path) -> None:
    config = config_of(base)
    steps: list[str] = []
    run = pb.backtest(config, base_dir=base, on_step=steps.append)
    assert "simulating" in steps
    assert run.fills.num_rows > 0
    assert run.name == "binance"

    async def inside() -> pb.Backtest:
        return pb.backtest(config, base_dir=base)

    again = asyncio.run(inside())
    assert again.analysis == run.analysis
    assert again.fills.equals(run.fills)
    assert again.equity.equals(run.equity)
    file = base / "api.json"
    file.write_text(json.dumps(dict(config.data)))
    words = [sys.executable, "-m", "pbtui", "backtest", str(file), "--base-dir", str(base), "--offline", "-q", "-dp"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=180)
    stored = pb.read_backtest(done.stdout.strip())
    assert stored.analysis == run.analysis
    assert stored.folder == Path(done.stdout.strip())
    assert stored.fills["price"].to_pylist() == run.fills["price"].to_pylist()
    assert stored.fills["type"].to_pylist() == run.fills["type"].to_pylist()
    assert stored.fills["qty"].to_pylist() == run.fills["qty"].to_pylist()
    assert stored.equity.num_rows == run.equity.num_rows
    assert stored.config["backtest"]["start_date"] == "2025-05-11"


def test_a_run_that_only_warms_up_says_so(base: Path) -> None:
    steps: list[str] = []
    config = config_of(base, bot__long__ema_span_0=20_000, live__max_warmup_minutes=0)
    assert pb.backtest(config, base_dir=base, on_step=steps.append).fills.num_rows == 0
    assert [text for text in steps if text.startswith("no minute is traded")], steps


def test_wrong_values_and_places_are_one_line(base: Path, tmp_path: Path) -> None:
    with pytest.raises(pb.PbtuiError, match="n_position"):
        pb.load_config(base_dir=base, bot__long__n_position=1)
    with pytest.raises(pb.PbtuiError):
        pb.backtest(config_of(base, live__approved_coins=["NOSUCH"]), base_dir=base)
    for read in (pb.read_backtest, pb.front, pb.evaluations):
        with pytest.raises(pb.PbtuiError) as found:
            read(tmp_path)
        assert "\n" not in found.value.line()


def test_a_result_of_passivbot_opens(tmp_path: Path) -> None:
    folder = tmp_path / "result"
    folder.mkdir()
    (folder / "analysis.json").write_text('{"gain_usd": 1.5}')
    (folder / "config.json").write_text('{"bot": {}}')
    (folder / "fills.csv").write_text(",timestamp,coin,qty\n0,2025-05-11 00:01:00,SOL,-1.5\n")
    (folder / "balance_and_equity.csv").write_text(",usd_total_equity\n2025-05-11 00:00:00,1000.5\n")
    run = pb.read_backtest(folder)
    assert run.analysis == {"gain_usd": 1.5}
    assert run.fills.to_pylist()[0]["qty"] == -1.5
    assert run.equity.column_names == ["time", "usd_total_equity"]
    (folder / "fills.csv").write_text("")
    with pytest.raises(pb.DataError, match="cannot be read"):
        pb.read_backtest(folder)


def test_every_call_is_typed_and_documented() -> None:
    assert (ROOT / "pbtui" / "py.typed").is_file()  # without it type checkers take nothing of this package for typed
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    for name in pb.__all__:
        each = getattr(pb, name)
        assert inspect.getdoc(each), name
        if not inspect.isfunction(each):
            continue
        signature = inspect.signature(each)
        assert signature.return_annotation is not inspect.Signature.empty, name
        assert all(one.annotation is not inspect.Parameter.empty for one in signature.parameters.values()), name
        assert f"`{name}(" in page, name


def test_nothing_of_a_terminal_is_loaded() -> None:
    code = "import sys, pbtui.api; print([m for m in sys.modules if m.split('.')[0] in ('textual', 'rich', 'ccxt')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_notebook_gives_what_it_shows() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/notebook", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
