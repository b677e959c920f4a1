"""The ledger file: what a restart finds, what it refuses, and that an audit sees a wrong cent."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest
from paper_support import A, ListFeed, flat, on_minutes, order

from pbtui.core.clock import VirtualClock
from pbtui.core.errors import ConfigError, StateError
from pbtui.exchange.paper.audit import audit
from pbtui.exchange.paper.factory import open_paper
from pbtui.exchange.paper.ledger import Ledger, LedgerHead

HEAD = LedgerHead("testvenue", "USDT", 1000.0, 1)
MINUTES = [{A: flat(100.0)}, {A: (100.0, 100.0, 94.0, 96.0)}, {A: flat(97.0)}, {A: flat(98.0)}]


def reopen(path: Path, head: LedgerHead = HEAD) -> Ledger:
    return Ledger.open(path, head, durable=True)


async def test_a_restart_finds_everything_as_it_was(tmp_path: Path) -> None:
    venue = await on_minutes(tmp_path, MINUTES)
    await venue.create_orders([order("buy", "long", 1.0, 95.0), order("buy", "long", 0.3, 90.0, post_only=True)])
    await venue.step_minute()
    before = (
        await venue.fetch_balance(),
        await venue.fetch_positions(),
        await venue.fetch_open_orders(),
        await venue.fetch_fills(0),
        await venue.fetch_tickers([A]),
        venue.now_ms(),
    )
    await venue.close()
    again = open_paper(ListFeed(MINUTES), tmp_path / "ledger.db", start_balance=77.0, clock=VirtualClock())
    await again.start()
    after = (
        await again.fetch_balance(),
        await again.fetch_positions(),
        await again.fetch_open_orders(),
        await again.fetch_fills(0),
        await again.fetch_tickers([A]),
        again.now_ms(),
    )
    assert after == before
    assert again.ledger.head.start_balance == 1000.0
    (made,) = await again.create_orders([order("buy", "long", 1.0, 80.0)])
    assert made.order is not None
    assert made.order.id == "000000003"


async def test_a_plan_counts_as_done_only_when_its_minute_was_committed(tmp_path: Path) -> None:
    venue = await on_minutes(tmp_path, MINUTES)
    assert not venue.plan_done
    await venue.step_minute()
    await venue.create_orders([order("buy", "long", 1.0, 80.0)])
    venue.ledger.abandon()
    killed = open_paper(ListFeed(MINUTES), tmp_path / "ledger.db", clock=VirtualClock())
    await killed.start()
    assert killed.plan_done
    assert await killed.fetch_open_orders() == []
    await killed.step_minute()
    assert not killed.plan_done
    await killed.close()
    stopped = open_paper(ListFeed(MINUTES), tmp_path / "ledger.db", clock=VirtualClock())
    await stopped.start()
    assert not stopped.plan_done


def test_files_are_private(tmp_path: Path) -> None:
    ledger = reopen(tmp_path / "run" / "paper" / "ledger.db")
    mode = {path.name: stat.S_IMODE(path.stat().st_mode) for path in ledger.path.parent.iterdir()}
    assert set(mode.values()) == {0o600}
    assert "ledger.db" in mode
    assert stat.S_IMODE(ledger.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(ledger.path.parent.parent.stat().st_mode) == 0o700
    ledger.close()
    ledger.path.chmod(0o644)
    reopen(ledger.path).close()
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "head",
    [
        LedgerHead("othervenue", "USDT", 1000.0, 1),
        LedgerHead("testvenue", "USDC", 1000.0, 1),
        LedgerHead("testvenue", "USDT", 1000.0, 1, market="synthetic seed 2"),
    ],
)
def test_a_ledger_is_not_continued_on_another_market(tmp_path: Path, head: LedgerHead) -> None:
    reopen(tmp_path / "ledger.db").close()
    with pytest.raises(StateError, match="belongs to testvenue USDT, not to"):
        reopen(tmp_path / "ledger.db", head)


def test_damaged_and_foreign_files_give_one_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"SQLite format 3\0" + b"\x1b]52;c;x\x07" * 500)
    with pytest.raises(StateError) as caught:
        reopen(path)
    assert "\n" not in caught.value.line()
    assert "\x1b" not in caught.value.line()
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE birds (name TEXT)")
    other.close()
    with pytest.raises(StateError, match="not a ledger of ours"):
        reopen(path)
    with pytest.raises(StateError, match=r"cannot be read|unable to open"):
        reopen(tmp_path)


def test_a_page_torn_out_of_the_middle_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    reopen(path).close()
    raw = bytearray(path.read_bytes())
    raw[4096 : 3 * 4096] = b"\xff" * (2 * 4096)
    path.write_bytes(raw)
    with pytest.raises(StateError):
        reopen(path)


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    reopen(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StateError, match="version 99"):
        reopen(path)


def test_a_file_left_by_a_kill_during_creation_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode=WAL")
    db.close()
    account, minutes = reopen(path).load()
    assert account.balance == 1000.0
    assert minutes.last_ms is None


def test_nonsense_in_a_row_is_a_state_error(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    reopen(path).close()
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO positions VALUES ('A', 'sideways', 1.0, 1.0)")
    db.close()
    with pytest.raises(StateError, match="sideways"):
        reopen(path).load()


async def test_an_audit_finds_a_missing_cent_and_a_wrong_position(tmp_path: Path) -> None:
    venue = await on_minutes(tmp_path, MINUTES)
    await venue.create_orders([order("buy", "long", 1.0, 95.0)])
    await venue.step_minute()
    assert venue.audit().ok
    assert venue.audit().n_fills == 1
    await venue.close()
    with sqlite3.connect(tmp_path / "ledger.db") as db:
        db.execute("UPDATE state SET balance = balance + 0.01")
        db.execute("UPDATE positions SET size = 2.0")
    db.close()
    found = audit(reopen(tmp_path / "ledger.db"))
    assert not found.ok
    assert len(found.differences) == 2
    assert "balance" in found.differences[0]


@pytest.mark.parametrize("balance", [0.0, -5.0, float("nan"), float("inf")])
def test_a_balance_that_makes_no_sense(tmp_path: Path, balance: float) -> None:
    with pytest.raises(ConfigError):
        open_paper(ListFeed(MINUTES), tmp_path / "ledger.db", start_balance=balance, clock=VirtualClock())


async def test_a_fresh_start_leaves_nothing_of_the_old_account(tmp_path: Path) -> None:
    venue = await on_minutes(tmp_path, MINUTES)
    await venue.create_orders([order("buy", "long", 1.0, 95.0)])
    await venue.step_minute()
    await venue.close()
    for _ in range(2):
        Ledger.erase(tmp_path / "ledger.db")
    assert os.listdir(tmp_path) == []
    account, minutes = reopen(tmp_path / "ledger.db").load()
    assert (account.balance, account.positions, account.orders, minutes.last_ms) == (1000.0, {}, {}, None)
