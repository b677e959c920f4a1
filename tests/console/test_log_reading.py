"""The file and what happens to it while it is read: growth, rotation, truncation, deletion, junk, giant lines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.console.log import blocks
from pbtui.console.log.pieces import MemoryLog
from pbtui.console.log.reader import Reader
from pbtui.console.log.record import MOST_BYTES, encode, parse
from pbtui.console.log.wanted import Wanted
from pbtui.core.snapshot import EventRow
from pbtui.live.logfile import LogFile

from .log_files import START_MS, TRACEBACK, Following, encoded, row, write


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 300)


def test_what_the_bot_writes_is_what_we_read(path: Path) -> None:
    rows = [
        row(1, 'a "quoted" é 東 text'),
        row(2, TRACEBACK, level=0, tag="crash", is_error=True),
        row(3, coin="SOL/U:U"),
    ]
    write(path, rows).close()
    following = Following(path).read()
    first, second, third = (following.index.record(at) for at in range(3))
    assert (first.ts_ms, first.letter, first.tag) == (START_MS + 1000, "I", "note")
    assert first.head == 'a "quoted" é 東 text'
    assert (second.letter, second.lines) == ("E", tuple(TRACEBACK.split("\n")))
    assert third.coin == "SOL"
    assert path.read_bytes() == encoded(rows)


@pytest.mark.usefixtures("small_blocks")
def test_rows_are_numbered_from_the_oldest_over_all_files(path: Path) -> None:
    write(path, [row(number) for number in range(1, 41)], max_bytes=1_500).close()
    assert path.with_name("log.jsonl.1").exists()
    following = Following(path).read()
    last = int(following.texts[-1].split()[1])
    assert last == 40
    assert following.texts == [f"line {number}" for number in range(last - len(following.texts) + 1, last + 1)]
    assert len(following.texts) > 20
    for at in range(len(following.index)):
        assert following.index.row(following.index.place(at)) == at


@pytest.mark.usefixtures("small_blocks")
def test_the_newest_page_is_there_after_the_first_step(path: Path) -> None:
    write(path, [row(number) for number in range(500)]).close()
    reader = Reader(Following(path).log, Wanted())
    batch = reader.step(0.0)
    assert batch.anew
    assert not batch.done
    assert b"line 499" in batch.older[-1].read()
    assert 0 < batch.share < 0.1


@pytest.mark.usefixtures("small_blocks")
def test_new_lines_follow_and_a_half_written_one_waits(path: Path) -> None:
    log = write(path, [row(1)])
    following = Following(path).read()
    log(row(2))
    assert following.read().texts == ["line 1", "line 2"]
    whole = encode(row(3))
    with path.open("ab") as file:
        file.write(whole[:40])
        file.flush()
        assert following.read().texts == ["line 1", "line 2"]
        file.write(whole[40:])
    assert following.read().texts == ["line 1", "line 2", "line 3"]
    assert following.restarts == 1
    log.close()


@pytest.mark.usefixtures("small_blocks")
def test_rotation_goes_on_in_the_new_file_and_places_stay(path: Path) -> None:
    log = write(path, [row(number) for number in range(1, 9)], max_bytes=1_000, keep=2)
    following = Following(path).read()
    known = following.index.place(len(following.index) - 1)
    held = following.index.record(following.index.row(known)).head
    for number in range(9, 60):
        log(row(number))
        following.read()
    assert following.restarts == 1
    assert following.texts[-1] == "line 59"
    numbers = [int(text.split()[1]) for text in following.texts]
    assert numbers == list(range(numbers[0], 60)), "none missing, none twice"
    assert numbers[0] > 8, "what was rotated away is forgotten"
    assert held == "line 8"
    assert known not in {following.index.place(at) for at in range(len(following.index))}
    assert len(following.log.pieces) <= 4
    log.close()


def test_files_missed_by_a_long_look_away_start_anew(path: Path) -> None:
    log = write(path, [row(number) for number in range(1, 5)], max_bytes=500)
    following = Following(path).read()
    for number in range(5, 40):
        log(row(number))
    following.read()
    assert following.restarts == 2
    numbers = [int(text.split()[1]) for text in following.texts]
    assert numbers == list(range(numbers[0], 40))
    log.close()


def test_a_file_cut_short_is_read_anew(path: Path) -> None:
    write(path, [row(number) for number in range(1, 50)]).close()
    following = Following(path).read()
    os.truncate(path, 0)
    assert following.read().texts == []
    write(path, [row(99)]).close()
    assert following.read().texts == ["line 99"]
    assert following.restarts == 2


def test_a_row_whose_bytes_are_gone_says_so(path: Path) -> None:
    write(path, [row(number) for number in range(1, 50)]).close()
    following = Following(path).read()
    os.truncate(path, 10)
    assert "no longer be read" in following.index.record(40).head


def test_a_deleted_file_stays_readable_until_a_new_one_comes(path: Path) -> None:
    write(path, [row(1), row(2)]).close()
    following = Following(path).read()
    path.unlink()
    assert following.read().texts == ["line 1", "line 2"]
    assert "gone" in following.problem
    write(path, [row(7)]).close()
    assert following.read().texts == ["line 7"]
    assert following.problem == ""


def test_an_empty_file_has_no_rows_and_begins_when_written(path: Path) -> None:
    path.touch()
    following = Following(path).read()
    assert (len(following.index), following.problem) == (0, "")
    write(path, [row(1)]).close()
    assert following.read().texts == ["line 1"]


@pytest.mark.parametrize("make", ["absent", "folder", "pipe", "forbidden"])
def test_what_cannot_be_read_is_one_line_that_says_why(path: Path, make: str) -> None:
    if make == "folder":
        path.mkdir()
    elif make == "pipe":
        os.mkfifo(path)
    elif make == "forbidden":
        if os.geteuid() == 0:
            pytest.skip("root may read everything")
        path.touch(0o000)
    batch = Reader(Following(path).log, Wanted()).step()
    assert batch.failed
    assert batch.done
    assert batch.problem.startswith("the log ")
    assert "\n" not in batch.problem


@pytest.mark.usefixtures("small_blocks")
def test_a_line_of_a_megabyte_is_shown_cut_and_its_neighbours_whole(path: Path) -> None:
    log = write(path, [row(1), row(2, "x" * 1_000_000 + " end", coin="SOL"), row(3)])
    log.close()
    following = Following(path).read()
    assert len(following.index) == 3
    giant = following.index.record(1)
    assert giant.cut
    assert (giant.coin, giant.tag, giant.ts_ms) == ("SOL", "note", START_MS + 2000)
    assert len(giant.head) <= MOST_BYTES
    assert following.texts[2] == "line 3"
    raw = following.index.raw(1, 2_000_000)
    assert parse(raw, most=2_000_000).head.endswith(" end")


@pytest.mark.usefixtures("small_blocks")
def test_junk_between_lines_is_shown_as_junk_and_harmless(path: Path) -> None:
    junk = bytes(range(1, 256)).replace(b"\n", b"") + b"\x1b]52;c;aGk=\x07\x00"
    path.write_bytes(encode(row(1)) + junk + b"\n\n" + b'{"half": \n[1, 2]\nnull\n' + encode(row(2)))
    following = Following(path).read()
    records = [following.index.record(at) for at in range(len(following.index))]
    assert [record.junk for record in records] == [False, True, True, True, True, False]
    for record in records:
        for line in record.lines:
            assert all(char.isprintable() or char == "�" for char in line), repr(line)
    assert records[-1].head == "line 2"


def test_control_characters_of_a_text_never_get_through() -> None:
    record = parse(encode(row(1, "a\x1b[31mb\u202ec\x9b\td", tag="t\x07", coin="C\x1b")))
    assert record.head == "a�[31mbc�    d"
    assert (record.tag, record.coin) == ("t�", "C�")
    assert "\x1b" not in record.plain()


def test_times_out_of_this_world_do_not_fail() -> None:
    assert parse(b'{"time":"yesterday","text":"x"}').ts_ms == 0
    assert parse(b'{"time":9e99,"text":5,"level":[],"tag":null,"coin":{}}').head == "5"


@given(st.binary(max_size=400))
def test_any_bytes_make_a_record(data: bytes) -> None:
    for cut in (False, True):
        record = parse(data, cut=cut)
        assert record.lines
        assert "\x1b" not in record.plain()


@given(st.lists(st.text(max_size=60), max_size=30), st.integers(2, 200))
def test_blocks_of_any_size_hold_every_line_once(texts: list[str], size: int) -> None:
    memory = MemoryLog()
    data = encoded([row(number, text or "-") for number, text in enumerate(texts)])
    memory.piece.append(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", size)
        back: list[bytes] = []
        end = blocks.end_of_lines(memory.piece)
        assert end == len(data)
        while end > 0:
            end, part = blocks.lines_before(memory.piece, end)
            back.insert(0, part)
        ahead: list[bytes] = []
        while part := blocks.lines_after(memory.piece, sum(map(len, ahead))):
            ahead.append(part)
    assert b"".join(back) == b"".join(ahead) == data
    assert all(part.endswith(b"\n") for part in (*back, *ahead))


def test_the_bots_writer_and_ours_write_the_same(tmp_path: Path) -> None:
    rows = [row(1, level=0, is_error=True), row(2, level=3, coin="BTC")]
    log = LogFile(tmp_path / "a")
    for each in rows:
        log(each)
    log.close()
    assert (tmp_path / "a").read_bytes() == encoded(rows)


def test_a_closed_log_is_never_opened_again(path: Path) -> None:
    write(path, [row(1)]).close()
    following = Following(path).read()
    following.log.close()
    assert following.reader.step().problem == "the log is closed"
    assert following.log.pieces == []
    assert "no longer be read" in following.index.record(0).head


def test_a_disk_that_fails_is_told_in_one_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, [row(1)]).close()

    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", fail)
    batch = Following(path).reader.step()
    assert batch.failed
    assert batch.problem == "the log cannot be read (Input/output error)"


def test_events_of_any_kind_become_lines() -> None:
    rows = [
        row(1, "a\ud800b", tag="\x1b", coin="\ud800"),
        EventRow(10**20, 9, "", "", ""),
        EventRow(-1, -5, "t", "c", "x\0"),
    ]
    records = [parse(line) for line in encoded(rows).splitlines()]
    assert [(record.junk, record.level) for record in records] == [(False, 1), (False, 3), (False, 0)]
    assert records[0].head == "a\ufffdb"


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_is_none_is_one_line(tmp_path: Path, name: str) -> None:
    batch = Following(tmp_path / name).reader.step()
    assert batch.failed
    assert "the log" in batch.problem
