"""Orders that are written down before they are sent: what a new process learns, and what a full disk holds back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from live_support import settings, stepped

from pbtui.core.types import OrderRequest
from pbtui.live.underway import LONGEST_MS, LeftOver, UnderWay

ENTRY = OrderRequest("BTC/USDT:USDT", "buy", "long", 0.5, 1e-5, False, "limit", "0xa", "entry_grid_normal_long")
PANIC = replace(ENTRY, side="sell", reduce_only=True, kind="market", client_id="0xb", order_type="close_panic_long")


def test_another_process_reads_what_was_kept_to_the_last_bit(tmp_path: Path) -> None:
    path = tmp_path / "run" / "orders.json"
    first = UnderWay(path, late_ms=5_000)
    assert first.load() == LeftOver()
    for orders in ([ENTRY, PANIC], [PANIC], []):
        assert first.keep(orders, durable=True) == ""
        assert UnderWay(path).load() == LeftOver(tuple(orders), 5_000)
    assert path.stat().st_mode & 0o077 == 0
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_file_that_says_the_same_is_left_alone_and_one_that_failed_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    kept = UnderWay(path)
    kept.keep([ENTRY], durable=True)
    path.unlink()
    kept.keep([ENTRY], durable=True)
    assert not path.exists()
    path.mkdir()
    assert "cannot be written" in kept.keep([PANIC], durable=True)
    path.rmdir()
    assert kept.keep([ENTRY], durable=True) == ""
    assert UnderWay(path).load() == LeftOver((ENTRY,))


@pytest.mark.parametrize(
    "text", [b"", b"\0\0", b"{", b'{"version":2,"late_ms":0,"orders":[]}', b'{"version":1,"late_ms":0,"orders":[{}]}']
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "orders.json"
    path.write_bytes(text)
    left = UnderWay(path).load()
    assert (left.orders, left.late_ms) == ((), LONGEST_MS)
    assert left.trouble.startswith(f"{path} cannot be read: ")
    assert UnderWay(path).keep([ENTRY], durable=True) == ""
    assert UnderWay(path).load() == LeftOver((ENTRY,))


def test_without_a_file_nothing_is_kept() -> None:
    nowhere = UnderWay(None)
    assert nowhere.keep([ENTRY], durable=True) == ""
    assert nowhere.load() == LeftOver()


async def test_entries_wait_for_the_disk_and_go_out_when_it_is_back(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    core = run.bot.core
    blocked = tmp_path / "no folder"
    blocked.touch()
    core.under_way.path = blocked / "orders.json"
    await run.minutes(3)
    assert not core.observer.account.orders
    assert any("entries wait: " in row.text and "free or remount" in row.text for row in core.events.tail())
    held = [ENTRY, PANIC]
    assert core.executor._put_on_disk(held) == [PANIC]
    core.under_way.path = tmp_path / "orders.json"
    await run.minutes(2)
    assert core.observer.account.orders
    assert UnderWay(core.under_way.path).load() == LeftOver()
    await run.venue.close()
