"""`all_results.bin`: Passivbot's format, read back exactly, whatever is at its end."""

from __future__ import annotations

import itertools
import json
import struct

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbtui.core.errors import DataError
from pbtui.optimize.all_results import AllResults, Reader, changes, merged
from pbtui.optimize.messagepack import NoValue, end_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=3), inner, max_size=20),
    max_leaves=40,
)
# As another implementation writes them: fixed and sized strings, numbers of every width, tables, lists, nil.
FOREIGN = b"".join(
    [
        b"\x86\xa1a\xcf" + (2**40).to_bytes(8, "big"),
        b"\xa1b\xcb" + struct.pack(">d", 0.25),
        b"\xd9\x01c\xca" + struct.pack(">f", 0.5),
        b"\xa1d\xdc\x00\x02\xc0\xd1\xff\x00",
        b"\xa1e\xde\x00\x01\xa1x\xcd\x01\x00",
        b"\xa1f\xdb\x00\x00\x00\x02hi",
    ]
)


@settings(max_examples=50)
@given(VALUES, st.binary(max_size=9))
def test_the_end_of_any_value_is_found(value, rest):
    data = msgspec.msgpack.encode(value)
    assert end_of(data + rest, 0) == len(data)
    for cut in {0, len(data) // 2, len(data) - 1}:
        with pytest.raises(NoValue):
            end_of(data[:cut], 0)


def test_what_others_write_is_read(tmp_path):
    path = tmp_path / "all_results.bin"
    path.write_bytes(FOREIGN + b"\x81\xa1e\x81\xa1y\xc3" + b"\x81\xa1a\x01")
    told = {"a": 2**40, "b": 0.25, "c": 0.5, "d": [None, -256], "e": {"x": 256}, "f": "hi"}
    assert list(Reader(path)) == [
        told,
        told | {"e": {"x": 256, "y": True}},
        told | {"e": {"x": 256, "y": True}, "a": 1},
    ]


RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "bot": st.fixed_dictionaries({"long": st.fixed_dictionaries({"a": st.floats(0, 2), "b": st.floats(0, 2)})}),
            "metrics": st.fixed_dictionaries({"w_0": st.floats(-1, 1) | st.none(), "list": st.lists(st.integers())}),
            "same": st.just("x"),
        }
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=30)
@given(RECORDS)
def test_changes_and_merging_are_each_others_reverse(records):
    for before, now in itertools.pairwise(records):
        delta = changes(before, now)
        # As text, which tells -0 from 0; the order of keys does not count.
        assert json.dumps(merged(before, delta), sort_keys=True) == json.dumps(now, sort_keys=True)
        assert "same" not in delta
    assert changes(records[0], records[0]) == {}


def made(number: int) -> dict[str, object]:
    return {"bot": {"x": float(number), "y": 1.0}, "n": number // 7, "zero": -0.0 if number % 2 else 0.0}


@pytest.mark.parametrize("compress", [True, False])
def test_every_hundredth_record_is_whole_and_all_are_read_back(tmp_path, compress):
    path = tmp_path / "all_results.bin"
    writer = AllResults(path, compress=compress)
    written = [writer.append(made(n)) for n in range(205)]
    writer.close()
    whole = [n for n, item in enumerate(written) if item.whole]
    assert whole == ([0, 100, 200] if compress else list(range(205)))
    data = path.read_bytes()
    assert msgspec.msgpack.decode(data[written[99].end : written[100].end]) == made(100)
    second = {"bot": {"x": 1.0}, "zero": -0.0} if compress else made(1)
    assert msgspec.msgpack.decode(data[written[0].end : written[1].end]) == second
    again = AllResults(path, compress=compress, count=205)
    assert again.append(made(205)).whole
    again.close()
    found = list(Reader(path))
    assert [str(item) for item in found] == [str(made(n)) for n in range(206)]
    assert [str(item) for item in Reader(path, written[99].end)] == [str(made(n)) for n in range(100, 206)]


@pytest.mark.parametrize(
    "tail", [b"\x82\xa1a", b"\xc1\xc1", b"\xde\xff\xff\x00", b"\x05", b"\x81\xa1\xff\x01", b"\x81\x01"]
)
def test_a_damaged_tail_is_left_out_and_told(tmp_path, tail):
    path = tmp_path / "all_results.bin"
    writer = AllResults(path, compress=True)
    end = [writer.append(made(n)) for n in range(3)][-1].end
    writer.close()
    path.write_bytes(path.read_bytes() + tail)
    reader = Reader(path)
    assert len(list(reader)) == reader.count == 3
    assert reader.end == end
    assert f"damaged after record 3: {len(tail)} bytes are left out" in reader.damage


def test_a_file_that_is_empty_or_not_there(tmp_path):
    path = tmp_path / "all_results.bin"
    with pytest.raises(DataError, match="cannot be read"):
        list(Reader(path))
    path.touch()
    assert list(Reader(path)) == []
