"""`pbtui candles` and `pbtui markets` as a user types them: real files, real client, venues on the loopback."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pbtui.cli.main import main
from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.market.store.rows import MINUTE, Rows
from tests.support.archive_server import ArchiveServer
from tests.support.kline_server import KlineServer

FIRST = 1_748_736_000_000  # 2025-06-01
DAYS = 8


def walk(days: float = DAYS, seed: int = 3, price: float = 150.0) -> Rows:
    n = int(days * 1_440)
    random = np.random.default_rng(seed)
    rows = np.empty(n, dtype=MINUTE)
    rows["ts"] = FIRST + np.arange(n) * MINUTE_MS
    close = np.round(price * np.exp(np.cumsum(random.normal(0, 0.0006, n))), 3)
    rows["c"], rows["o"] = close, np.concatenate([[price], close[:-1]])
    rows["h"] = np.maximum(rows["o"], rows["c"])
    rows["l"] = np.minimum(rows["o"], rows["c"])
    rows["bv"] = 5.0
    return rows


class Shell:
    """The command line in a base folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *words: object) -> tuple[int, str, str]:
        code = main([*(str(word) for word in words), "--base-dir", str(self.folder / "base")])
        told = self._capsys.readouterr()
        assert "Traceback" not in told.err
        return code, told.out, told.err

    def records(self, *words: object) -> list[dict[str, Any]]:
        _, out, _ = self(*words, "--json")
        return [json.loads(line) for line in out.splitlines()]

    def bring(self, rows: Rows, coin: str = "SOL", exchange: str = "bybit") -> None:
        source = self.folder / f"{coin}.npy"
        np.save(self.folder / "rows.npy", rows)
        (self.folder / coin).mkdir(exist_ok=True)
        shutil.move(self.folder / "rows.npy", self.folder / coin / "2025-06-01.npy")
        assert self("candles", "import", self.folder / coin, "--exchange", exchange)[0] == 0
        assert not source.exists()


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


def endpoints(folder: Path, base_url: str) -> Path:
    path = folder / "endpoints.json"
    path.write_text(json.dumps({"defaults": {"rest": {"rewrite_domains": {"*": base_url}}}}))
    return path


def test_what_came_in_is_shown_checked_and_goes_out_the_same(shell: Shell) -> None:
    rows = walk()
    holes = np.ones(len(rows), dtype=bool)
    holes[700:850] = False
    shell.bring(rows[holes])
    (held,) = shell.records("candles", "coverage")
    assert (held["exchange"], held["coin"], held["candles"], held["missing"]) == (
        "bybit",
        "SOL",
        DAYS * 1440 - 150,
        150,
    )
    assert held["holes"] == [{"from": "2025-06-01T11:40Z", "minutes": 150}]
    code, out, err = shell("candles", "coverage")
    assert code == 0
    assert "150 missing in 1 gap" in out
    (gap,) = shell.records("candles", "verify")
    assert (gap["coin"], gap["from"], gap["minutes"], gap["kind"]) == ("SOL", "2025-06-01T11:40Z", 150, "gap")
    code, out, err = shell("candles", "verify")
    assert code == 1
    assert "1 symbols checked, 1 findings" in err
    assert shell("candles", "verify", "--from", "2025-06-02")[0] == 0
    code, out, _ = shell("candles", "export", shell.folder / "out", "--format", "csv")
    assert code == 0
    assert "SOL.csv: 11,370 candles" in out
    again = Shell(shell.folder / "again", shell._capsys)
    again.folder.mkdir()
    assert again("candles", "import", shell.folder / "out", "--exchange", "bybit")[0] == 0
    assert again.records("candles", "coverage") == [held]


def test_passivbots_files_are_read_and_left_alone(shell: Shell) -> None:
    folder = shell.folder / "base" / "caches" / "ohlcv" / "bybit" / "1m" / "SOL_USDT:USDT"
    folder.mkdir(parents=True)
    np.save(folder / "2025-06-01.npy", walk(1))
    before = (folder / "2025-06-01.npy").read_bytes()
    (held,) = shell.records("candles", "coverage")
    assert (held["candles"], held["missing"]) == (1_440, 0)
    assert shell("candles", "verify")[0] == 0
    shell.bring(walk(2)[1_440:])
    (held,) = shell.records("candles", "coverage")
    assert (held["candles"], held["missing"]) == (2_880, 0)
    assert (folder / "2025-06-01.npy").read_bytes() == before


def test_venues_of_one_coin_are_compared(shell: Shell) -> None:
    shell.bring(walk(1))
    other = walk(1)
    for name in ("o", "h", "l", "c"):
        other[name][100:130] *= np.float32(1.02)
    shell.bring(other, exchange="okx")
    (found,) = shell.records("candles", "verify")
    assert (found["kind"], found["minutes"], found["from"]) == ("disagreement", 30, "2025-06-01T01:40Z")
    assert shell("candles", "verify", "-e", "okx")[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("coverage", "--coins", "SOLL"), 2, "no candles of coin 'SOLL'; did you mean SOL?"),
        (("coverage", "-e", "bybitt"), 2, "no candles of exchange 'bybitt'; did you mean bybit?"),
        (("verify", "--from", "2025-06-03", "--to", "2025-06-02"), 2, "--from is not before --to"),
        (("verify", "--from", "someday"), 2, "is no date"),
        (("export", "out", "--from", "2031-01-01"), 2, "no candles in that range"),
        (("verify", "--from", "2031-01-01"), 2, "no candles in that range"),
        (("import", "/nowhere", "--exchange", "bybit"), 2, "no file or folder /nowhere"),
        (("import", "/", "--exchange", "by bit"), 2, "is no exchange name"),
        (("download",), 2, "which candles?"),
        (("download", "-e", "binanse", "--coins", "SOL", "--from", "2025-06-01"), 2, "did you mean binance?"),
        (("download", "-e", "bybit", "--coins", "SOL", "--from", "2035-06-01"), 2, "--from is not before --to"),
        (("dance",), 2, "invalid choice: 'dance'"),
        (("--json",), 2, "invalid choice"),
    ],
)
def test_bad_input_is_one_clear_line(shell: Shell, words: tuple[str, ...], code: int, says: str) -> None:
    shell.bring(walk(1))
    found, out, err = shell("candles", *words)
    assert found == code
    assert says in err
    assert out == ""
    assert err.count("\n") == 1


def test_nothing_held_says_what_to_do(shell: Shell) -> None:
    code, out, err = shell("candles", "coverage")
    assert (code, out) == (0, "")
    assert "pbtui candles download, or import" in err
    code, _, err = shell("candles", "verify")
    assert code == 2
    assert "download or import some first" in err


def test_a_download_asks_archive_and_venue_and_a_second_one_nobody(shell: Shell) -> None:
    rows = walk()
    with (
        ArchiveServer({"bybit": {"SOLUSDT": rows}}) as archive,
        KlineServer("bybit", {"SOL": rows}, now_ms=FIRST + DAYS * DAY_MS - 30_000) as venue,
    ):
        path = endpoints(shell.folder, venue.base_url)
        document = json.loads(path.read_text())
        document["exchanges"] = {
            "bybit": {"rest": {"url_overrides": {"archive": f"{archive.base_url}/public.bybit.com"}}}
        }
        path.write_text(json.dumps(document))
        words = (
            "candles",
            "download",
            "-e",
            "bybit",
            "--coins",
            "sol",
            "--from",
            "2025-06-01",
            "--to",
            "2025-06-08T12:00",
        )
        code, out, err = shell(*words, "--endpoints", path)
        assert (code, out) == (0, "bybit SOL/USDT:USDT: 10,800 candles added\n"), err
        assert len(archive.requests) == 4
        asked = len(venue.candle_requests())
        assert 0 < asked < 10
        *_, done = shell.records(*words, "--endpoints", path)
        assert (done["added"], done["holes"], done["error"]) == (0, [], None)
        assert len(venue.candle_requests()) == asked
        (market,) = shell.records("markets", "sol", "-e", "bybit", "--endpoints", path)
    assert market["symbol"] == "SOL/USDT:USDT"
    assert market["price_step"] > 0
    (held,) = shell.records("candles", "coverage")
    assert (held["candles"], held["missing"], held["to"]) == (10_800, 0, "2025-06-08T11:59Z")


def test_a_repair_brings_back_what_was_damaged(shell: Shell) -> None:
    rows = walk(2)
    shell.bring(rows)
    (segment,) = (shell.folder / "base").rglob("*.parquet")
    data = bytearray(segment.read_bytes())
    data[200] ^= 0xFF
    segment.write_bytes(bytes(data))
    assert shell("candles", "verify")[0] == 1
    shell.bring(rows[[0, -1]])
    with KlineServer("bybit", {"SOL": rows}, now_ms=FIRST + 10 * DAY_MS) as venue:
        words = ("candles", "repair", "--no-archives", "--endpoints", endpoints(shell.folder, venue.base_url))
        code, out, _ = shell(*words)
        assert code == 0
        assert "2,878 candles added" in out
        assert shell(*words)[2] == "nothing is missing between the first and the last candle of any symbol\n"
    (held,) = shell.records("candles", "coverage")
    assert (held["candles"], held["missing"]) == (2_880, 0)


def test_a_venue_that_cannot_be_reached_is_retryable(shell: Shell) -> None:
    path = endpoints(shell.folder, "http://127.0.0.1:9")
    words = ("--endpoints", path)
    code, out, err = shell("candles", "download", "-e", "bybit", "--coins", "SOL", "--from", "2025-06-01", *words)
    assert (code, out) == (3, "")
    assert "bybit" in err
    assert shell("markets", "-e", "bybit", *words)[0] == 3


def test_unknown_coins_of_a_venue_name_the_nearest(shell: Shell) -> None:
    with KlineServer("bybit", {"SOL": walk(1)}, now_ms=FIRST + DAY_MS) as venue:
        words = ("--endpoints", endpoints(shell.folder, venue.base_url))
        code, _, err = shell("candles", "download", "-e", "bybit", "--coins", "SOOL", "--from", "2025-06-01", *words)
        assert code == 2
        assert "bybit has no coin 'SOOL'; did you mean SOL?" in err
        code, _, err = shell("markets", "SOOL", "-e", "bybit", *words)
        assert code == 2
        assert "bybit has no coin 'SOOL'; did you mean SOL?" in err


def test_a_range_without_candles_is_said(shell: Shell) -> None:
    rows = walk(3)
    with KlineServer("bybit", {"SOL": rows}, now_ms=FIRST + 4 * DAY_MS) as venue:
        words = ("--no-archives", "--endpoints", endpoints(shell.folder, venue.base_url))
        code, _, err = shell(
            "candles", "download", "-e", "bybit", "--coins", "SOL", "--from", "2025-01-01", "--to", "2025-01-05", *words
        )
    assert code == 2
    assert "no candles in that range" in err.splitlines()[-1]


def test_one_broken_file_is_named_and_the_rest_comes_in(shell: Shell) -> None:
    folder = shell.folder / "files"
    folder.mkdir()
    for name, text in (
        ("ADA.csv", "timestamp,open,high,low,close,volume\n"),
        ("SOL.csv", f"{FIRST},1,2,1,2,5\n"),
        ("XRP.csv", "no,candles\n1,2\n"),
    ):
        (folder / name).write_text(text)
    code, out, err = shell("candles", "import", folder, "-e", "bybit")
    assert (code, out) == (1, "bybit SOL/USDT:USDT: 1 candles, 2025-06-01T00:00Z to 2025-06-01T00:00Z\n")
    assert [line.split(":")[1].split("/")[-1] for line in err.splitlines()] == ["ADA.csv holds no candle", "XRP.csv"]


def test_thousands_of_a_coin_are_found_by_its_name(shell: Shell) -> None:
    """One venue writes 1000SHIB, one kSHIB, whose symbol its client writes KSHIB, one plain SHIB."""
    rows = walk(2, price=0.02)
    with KlineServer("hyperliquid", {"kSHIB": rows, "SOL": rows}, now_ms=FIRST + 2 * DAY_MS) as venue:
        words = ("--endpoints", endpoints(shell.folder, venue.base_url))
        (market,) = shell.records("markets", "SHIB", "-e", "hyperliquid", *words)
        assert (market["coin"], market["symbol"]) == ("SHIB", "KSHIB/USDC:USDC")
        code, out, err = shell(
            "candles", "download", "-e", "hyperliquid", "--coins", "SHIB", "--from", "2025-06-02", *words
        )
        assert (code, out) == (0, "hyperliquid KSHIB/USDC:USDC: 1,440 candles added\n"), err
    shell.bring(rows, coin="1000SHIB", exchange="binance")
    shell.bring(rows, coin="SHIB", exchange="okx")
    shell.bring(rows, coin="kSHIB", exchange="hyperliquid")
    held = shell.records("candles", "coverage", "--coins", "shib")
    assert [(each["exchange"], each["symbol"], each["candles"]) for each in held] == [
        ("binance", "1000SHIB/USDT:USDT", 2_880),
        ("hyperliquid", "KSHIB/USDC:USDC", 2_880),
        ("okx", "SHIB/USDT:USDT", 2_880),
    ]


def test_a_disk_that_refuses_is_one_line(shell: Shell) -> None:
    shell.bring(walk(1))
    (shell.folder / "base" / "caches" / "ohlcv" / "okx").write_text("in the way")
    code, out, err = shell("candles", "import", shell.folder / "SOL", "-e", "okx")
    assert (code, out) == (1, "")
    assert err.count("cannot be written") == 1
    assert err.count("\n") == 1


def test_minutes_that_were_held_are_not_counted_as_new(shell: Shell) -> None:
    rows = walk(2)
    holes = np.ones(len(rows), dtype=bool)
    holes[700:710] = holes[800:805] = False  # so near each other that one question asks for both, and what is between
    shell.bring(rows[holes])
    with KlineServer("bybit", {"SOL": rows}, now_ms=FIRST + 3 * DAY_MS) as venue:
        code, out, _ = shell(
            "candles", "repair", "--no-archives", "--endpoints", endpoints(shell.folder, venue.base_url)
        )
    assert (code, out) == (0, "bybit SOL/USDT:USDT: 15 candles added\n")
