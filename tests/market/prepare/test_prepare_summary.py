"""Prepared datasets, ours and Passivbot's, are summed up and compared by the numbers in them."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prepare_support import MAY_31, minutes, one_venue, request, rows_of

from pbtui.cli.main import main
from pbtui.core.errors import ConfigError, DataError
from pbtui.market.prepare import Dataset
from pbtui.market.prepare.npyfile import array_file
from pbtui.market.prepare.summary import compare, find_datasets, summarize

DAY = 1440
Capture = pytest.CaptureFixture[str]


def prepared(base: Path) -> Dataset:
    """Return a dataset of ours, kept below a base folder."""
    stamps = minutes(MAY_31, DAY + 1)
    coins = {"BTC": rows_of(stamps, seed=1), "ETH": rows_of(stamps, seed=2)}
    return one_venue(base, coins).prepare(request())


def as_passivbot(folder: Path, ours: Dataset, *, packed: bool = True, **changed: Any) -> Path:
    """Write the numbers of a dataset as Passivbot lays them out."""
    folder.mkdir(parents=True)
    arrays = {"hlcvs": ours.hlcvs, "timestamps": ours.timestamps, "btc_usd_prices": ours.btc_usd} | changed
    for name, array in arrays.items():
        out = io.BytesIO()
        np.save(out, np.asarray(array))
        data = gzip.compress(out.getvalue(), 1) if packed else out.getvalue()
        (folder / f"{name}.npy{'.gz' if packed else ''}").write_bytes(data)
    (folder / "coins.json").write_text(json.dumps([each.coin for each in ours.coins]), "utf-8")
    return folder


def test_equal_numbers_are_equal_whoever_wrote_them(tmp_path: Path) -> None:
    ours = prepared(tmp_path)
    assert ours.path is not None
    told = summarize(ours.path)
    assert told.problems == []
    assert (told.layout, told.shape, told.rows, told.coins) == ("pbtui", ours.hlcvs.shape, DAY + 1, ("BTC", "ETH"))
    assert told.nans == int(np.isnan(ours.hlcvs).sum())
    assert (told.first_ms, told.last_ms, told.non_decreasing) == (ours.first_ms, int(ours.timestamps[-1]), True)
    for packed in (True, False):
        theirs = as_passivbot(tmp_path / f"{packed}", ours, packed=packed)
        assert summarize(theirs).layout == "passivbot"
        assert compare(ours.path, theirs) == []
    fast = summarize(ours.path, fast=True)
    assert (fast.hlcvs_sha256, fast.shape, fast.problems) == (told.hlcvs_sha256, None, [])


def test_differences_are_named_and_counted(tmp_path: Path) -> None:
    ours = prepared(tmp_path)
    cube = np.array(ours.hlcvs)
    cube[3, 1, 2] += 1.0
    cube[4, 1, 2] = np.nan
    one = as_passivbot(tmp_path / "one", ours)
    two = as_passivbot(tmp_path / "two", ours, hlcvs=cube)
    found = {each.field: (each.a, each.b) for each in compare(one, two)}
    assert set(found) == {"hlcvs_sha256", "nans", "numbers that differ"}
    assert found["numbers that differ"] == (2, cube.size)
    assert [each.field for each in compare(one, two, fast=True)] == ["hlcvs_sha256"]
    three = as_passivbot(tmp_path / "three", ours, hlcvs=cube[:-1], timestamps=ours.timestamps[:-1])
    assert {"shape", "rows", "last_ms"} <= {each.field for each in compare(one, three)}


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    ours = prepared(tmp_path)
    assert ours.path is not None
    back = np.array(ours.timestamps)
    back[[5, 6]] = back[[6, 5]]
    told = summarize(as_passivbot(tmp_path / "a", ours, timestamps=back[:-1]))
    assert told.problems == [f"{DAY + 1} rows of hlcvs, but {DAY} timestamps", "timestamps go back"]
    cut = as_passivbot(tmp_path / "b", ours, packed=False)
    (cut / "hlcvs.npy").write_bytes((cut / "hlcvs.npy").read_bytes()[:-8])
    (cut / "coins.json").write_text("{}", "utf-8")
    (cut / "timestamps.npy").unlink()
    assert [text.rpartition(": ")[2] for text in summarize(cut).problems] == [
        "ends too early",
        "timestamps is missing",
        "coins.json is no list",
    ]
    with pytest.raises(DataError):
        compare(cut, ours.path)
    objects = as_passivbot(tmp_path / "c", ours, btc_usd_prices=[{}])
    assert "does not hold numbers" in summarize(objects).problems[0]
    with pytest.raises(DataError, match="column order"):
        array_file(as_passivbot(tmp_path / "d", ours, hlcvs=np.asfortranarray(ours.hlcvs)), "hlcvs")
    with (ours.path / "hlcvs.npy").open("r+b") as file:
        file.seek(-8, 2)
        file.write(b"\0" * 8)
    assert summarize(ours.path, fast=True).problems == ["hlcvs is not what was written"]
    with pytest.raises(ConfigError):
        find_datasets(tmp_path / "nowhere")


def test_as_typed(tmp_path: Path, capsys: Capture) -> None:
    base = ["--base-dir", str(tmp_path)]
    assert main(["tool", "verify-hlcvs", *base]) == 2
    ours = prepared(tmp_path)
    capsys.readouterr()
    assert main(["--json", "tool", "verify-hlcvs", *base]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == str(ours.path)
    assert main(["tool", "verify-hlcvs", "summarize", str(tmp_path), "--fast"]) == 0
    assert "sha256" in capsys.readouterr().out
    theirs = str(as_passivbot(tmp_path / "theirs", ours, hlcvs=np.asarray(ours.hlcvs) + 1.0))
    assert main(["tool", "verify-hlcvs", "compare", str(ours.path), theirs]) == 1
    out = capsys.readouterr().out
    assert f"numbers that differ: {ours.hlcvs.size - int(np.isnan(ours.hlcvs).sum()):,} of" in out
    assert main(["tool", "verify-hlcvs", "compare", theirs, theirs]) == 0
    assert main(["tool", "verify-hlcvs", "compare", theirs]) == 2
    assert main(["tool", "verify-hlcvs", "compare", theirs, str(tmp_path)]) == 2
