"""Starting configurations: what counts as one, and what is told of the rest."""

from __future__ import annotations

import json

import pytest
from campaign_desk import optimize_config
from search_home import SearchHome

from pbtui.core.errors import ConfigError
from pbtui.optimize.genes import SLOTS, GeneSpace
from pbtui.optimize.starts import starting_genes

LIMIT = SLOTS.index(("long", "total_wallet_exposure_limit"))
QTY = SLOTS.index(("long", "entry_initial_qty_pct"))


@pytest.fixture
def home(tmp_path) -> SearchHome:
    return SearchHome(tmp_path)


def config_of(home: SearchHome, **long: float) -> dict[str, object]:
    document = json.loads((home.base / "search.json").read_text())
    document["bot"]["long"] |= long
    return document


def test_files_lists_and_folders_are_read_and_what_is_odd_is_told(home):
    space = GeneSpace.of(optimize_config(home))
    pool = home.base / "pool"
    (pool / "deep").mkdir(parents=True)
    (pool / "a.json").write_text(json.dumps(config_of(home, entry_initial_qty_pct=0.02)))
    (pool / "deep" / "b.json").write_text(json.dumps(config_of(home, entry_initial_qty_pct=9.0) | {"metrics": {}}))
    (pool / "same.json").write_text((pool / "a.json").read_text())
    lines = [json.dumps(config_of(home, entry_initial_qty_pct=0.04)), "", "{oops"]
    (pool / "old_pareto.txt").write_text("\n".join(lines))
    (pool / "run.json").write_text('{"seed": 1}')
    (pool / "x_all_results.bin").write_bytes(b"\x80")
    (pool / "broken.json").write_text("{")
    said: list[str] = []
    found = starting_genes(pool, space, base_dir=home.base, say=said.append)
    assert {(genes[QTY], genes[LIMIT]) for genes in found} == {
        (qty, limit) for qty in (0.02, 0.1, 0.04) for limit in (1.0, 0.75)
    }
    assert len(found) == 6
    assert len(said) == 2
    assert any("broken.json" in line for line in said)
    assert any("line 3 is no configuration" in line for line in said)
    assert starting_genes(pool / "a.json", space, base_dir=home.base, say=said.append) == found[:2]


def test_an_empty_pool_is_refused(home):
    space = GeneSpace.of(optimize_config(home))
    empty = home.base / "empty"
    with pytest.raises(ConfigError, match="no such file"):
        starting_genes(empty, space, base_dir=home.base, say=print)
    empty.mkdir()
    with pytest.raises(ConfigError, match="holds no configuration"):
        starting_genes(empty, space, base_dir=home.base, say=print)
