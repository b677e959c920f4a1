"""The store of fills: each execution once, what is known when, and no damage, lock or full disk that loses any."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.errors import StateError
from pbtui.core.types import Fill
from pbtui.exchange.fills.spans import Span, merged, missing, pieces
from pbtui.exchange.fills.store import FILE_NAME, FillStore, Owner

BTC = "BTC/USDT:USDT"
OWNER = Owner("bybit", "USDT", "4711", "key-one")
spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def fill(name: str, ts_ms: int, *, pnl: float = 0.0, known: bool = True, client_id: str = "c") -> Fill:
    return Fill(name, ts_ms, BTC, "long", "sell", -1.0, 100.0, pnl, -0.01, "unknown", client_id, "o", pnl_known=known)


@given(spans, st.integers(0, 60), st.integers(0, 60))
def test_what_is_missing_is_what_no_span_holds(known: list[Span], start: int, end: int) -> None:
    held = {ms for first, last in known for ms in range(first, last)}
    assert {ms for first, last in merged(known) for ms in range(first, last)} == held
    holes = missing(known, start, end)
    assert [ms for first, last in holes for ms in range(first, last)] == [m for m in range(start, end) if m not in held]
    assert merged([*known, *holes]) == merged([*known, (start, end)])
    for longest in (1, 7, None):
        cut = pieces((start, end), longest)
        assert merged(cut) == merged([(start, end)])
        assert longest is None or all(last - first <= longest for first, last in cut)


def test_an_execution_is_kept_once_and_may_become_better_known(tmp_path: Path) -> None:
    store = FillStore.open(tmp_path / FILE_NAME, OWNER)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    first, second = fill("1", 10, known=False, client_id=""), fill("2", 20, pnl=3.0)
    store.take([second, first, first], [(0, 30)])
    assert store.fills() == [first, second]
    assert store.unknown() == [first]
    assert store.news([first, second, replace(second, pnl=9.0)]) == []
    told = replace(first, pnl=-2.0, pnl_known=True)
    assert store.news([told]) == [told]
    store.take([told, fill("1", 10, known=False, client_id="0xname")], [(30, 40), (50, 60)])
    assert store.fills() == [replace(told, client_id="0xname"), second]
    assert store.fills(11) == [second]
    assert store.fills(0, 20) == [replace(told, client_id="0xname")]
    store.close()
    again = FillStore.open(tmp_path / FILE_NAME, OWNER)
    assert again.spans() == [(0, 40), (50, 60)]
    assert again.newest_ms() == 20
    again.replace([replace(second, pnl=9.0)])
    again.drop(["1"])
    assert again.fills() == [replace(second, pnl=9.0)]
    again.close()


def test_a_new_key_of_the_account_goes_on_and_another_account_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    store = FillStore.open(path, OWNER)
    store.take([fill("1", 10)], [])
    store.close()
    rotated = FillStore.open(path, replace(OWNER, key="key-two"))
    assert len(rotated.fills()) == 1
    rotated.close()
    untold = FillStore.open(path, replace(OWNER, account="", key="key-two"))
    assert len(untold.fills()) == 1
    untold.close()
    other = FillStore.open(path, replace(OWNER, account="4712"))
    assert other.fills() == []
    other.close()
    kept = sqlite3.connect(tmp_path / "fills.other-1.db")
    assert kept.execute("SELECT id FROM fills").fetchall() == [("1",)]
    kept.close()


@pytest.mark.parametrize("damage", ["text", "torn", "foreign", "newer"])
def test_a_file_that_cannot_be_used_is_one_line_and_stays_as_it_is(tmp_path: Path, damage: str) -> None:
    path = tmp_path / FILE_NAME
    store = FillStore.open(path, OWNER)
    store.take([fill(str(n), n) for n in range(2_000)], [])
    store.close()
    if damage == "text":
        path.write_text("not a database, but long enough to be looked at" * 100)
    elif damage == "torn":
        data = bytearray(path.read_bytes())
        data[8_192 : 8_192 + 40_000] = os.urandom(40_000)
        path.write_bytes(data)
    else:
        db = sqlite3.connect(path)
        db.execute("PRAGMA user_version=99" if damage == "newer" else "PRAGMA application_id=5")
        db.close()
    before = path.read_bytes()
    with pytest.raises(StateError) as caught:
        FillStore.open(path, OWNER)
    assert str(path) in caught.value.line()
    assert "\n" not in caught.value.line()
    assert path.read_bytes() == before


def test_a_lock_held_by_somebody_is_said_and_nothing_is_half_written(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    store = FillStore.open(path, OWNER)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StateError, match="locked"):
        store.take([fill("1", 10)], [(0, 20)])
    other.execute("ROLLBACK")
    other.close()
    assert (store.fills(), store.spans()) == ([], [])
    store.take([fill("1", 10)], [(0, 20)])
    assert len(store.fills()) == 1
    store.close()


def test_a_full_disk_is_said_and_what_was_there_stays(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    store = FillStore.open(path, OWNER)
    store.take([fill("1", 10)], [(0, 20)])
    store._db.execute("PRAGMA max_page_count=12")
    with pytest.raises(StateError, match="full"):
        store.take([fill(f"{n}", n) for n in range(2, 5_000)], [(20, 40)])
    assert [each.id for each in store.fills()] == ["1"]
    assert store.spans() == [(0, 20)]
    store.close()


_WRITER = """
import os, sys
from pathlib import Path
from pbtui.core.types import Fill
from pbtui.exchange.fills.store import FillStore, Owner
store = FillStore.open(Path(sys.argv[1]), Owner("bybit", "USDT", "4711", "key-one"))
for n in range(1_000_000):
    fill = Fill(str(n), n, "BTC/USDT:USDT", "long", "buy", 1.0, 1.0, 0.0, 0.0, "unknown", "c", "o")
    store.take([fill], [(0, n + 1)])
    os.write(1, b"%d\\n" % n)
"""


def test_a_kill_between_writing_and_acting_leaves_all_that_was_acted_on(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    acted = [writer.stdout.readline() for _ in range(20)]
    writer.send_signal(signal.SIGKILL)
    rest = writer.stdout.read().splitlines(keepends=True)
    writer.wait()
    acted += [line for line in rest if line.endswith(b"\n")]
    store = FillStore.open(path, OWNER)
    kept = [int(each.id) for each in store.fills()]
    assert kept == list(range(len(kept)))
    assert len(kept) >= len(acted)
    assert store.spans() == [(0, len(kept))]
    store.close()
