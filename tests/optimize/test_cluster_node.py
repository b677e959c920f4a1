"""What travels to a node and what it does there, without a cluster; and which addresses are none."""

from __future__ import annotations

import importlib.util
import pickle
import socket

import numpy as np
import pytest
from campaign_desk import Desk, optimize_config
from search_home import SearchHome

from pbtui.core.errors import ConfigError
from pbtui.engine.progress import RunCancelled
from pbtui.optimize.cluster_address import ClusterError, check_address, require_ray, see_it_answers
from pbtui.optimize.evaluate import Evaluated
from pbtui.optimize.genes import Genes
from pbtui.optimize.parcel import pack, unpack
from pbtui.optimize.ray_node import Node, differences, make
from pbtui.optimize.validation.split import settled

SCENARIOS = [
    {"label": "early", "end_date": "2025-05-13"},
    {"label": "late", "start_date": "2025-05-12", "overrides": {"bot.long.total_wallet_exposure_limit": 0.7}},
]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> SearchHome:
    made = SearchHome(tmp_path_factory.mktemp("node"))
    made.keep()
    return made


@pytest.fixture(scope="module")
def desk(home) -> Desk:
    return Desk(home, optimize_config(home))


def drawn(desk: Desk, count: int) -> list[Genes]:
    random = np.random.default_rng(3)
    return [desk.space.draw(random) for _ in range(count)]


def plain(found: Evaluated) -> str:
    """Return all of it to the last bit; what is no number is then equal to itself."""
    return repr((found.genes, found.score, found.stats, found.suite, found.refusal))


def test_arrays_travel_apart_once_and_parts_as_places_in_them():
    whole = np.arange(30_000.0).reshape(1_000, 10, 3)
    thing = {"whole": whole, "part": whole[200:700], "again": [whole], "small": np.arange(3.0), "column": whole[:, 2]}
    parcel = pack(thing)
    assert [array is not None and array.nbytes for array in parcel.arrays] == [whole.nbytes]
    assert len(parcel.body) < 2_000
    received = whole.copy()
    received.flags.writeable = False
    found = unpack(parcel.body, [received])
    for name in ("whole", "part", "small", "column"):
        np.testing.assert_array_equal(found[name], thing[name])
    assert all(np.shares_memory(found[name], received) for name in ("whole", "part", "column"))
    assert found["part"].flags.c_contiguous
    assert not found["part"].flags.writeable


def test_a_memory_map_travels_as_a_plain_array(tmp_path):
    np.save(tmp_path / "kept.npy", np.arange(5_000.0))
    (array,) = pack(np.load(tmp_path / "kept.npy", mmap_mode="r")[100:]).arrays
    assert (type(array), array.size) == (np.ndarray, 5_000)


def test_a_node_finds_what_we_find(desk):
    parcel, batch = pack(desk.ground.evaluate), drawn(desk, 5)
    node = Node(2)
    node.load(1, parcel.body, *parcel.arrays)
    found = pickle.loads(pickle.dumps(node.evaluate(batch)))
    assert [plain(item) for item in found] == [plain(desk.ground.evaluate(genes)) for genes in batch]
    node.load(2, parcel.body, *parcel.arrays)
    node.drop(1)  # of the load before: too late to matter
    assert node.evaluate(batch[:1])[0].score == found[0].score


def test_a_suite_travels_with_each_dataset_once(home):
    config = optimize_config(home)
    data = {**config.data, "backtest": {**config.data["backtest"], "suite_enabled": True, "scenarios": SCENARIOS}}
    desk = Desk(home, settled(config, data, base_dir=home.base))
    assert desk.ground.suite
    parcel, batch = pack(desk.ground.evaluate), drawn(desk, 2)
    large = sorted(array.nbytes for array in parcel.arrays)
    (dataset,) = desk.ground.datasets.values()
    assert large == sorted([dataset.hlcvs.nbytes, dataset.btc_usd.nbytes])
    node = Node(1)
    node.load(1, parcel.body, *parcel.arrays)
    assert [plain(item) for item in node.evaluate(batch)] == [plain(desk.ground.evaluate(genes)) for genes in batch]
    node.drop(1)


def test_what_runs_is_broken_off(desk):
    parcel, node = pack(desk.ground.evaluate), Node(1)
    node.load(1, parcel.body, *parcel.arrays)
    crew = node._crew
    assert crew is not None
    crew.stop()
    with pytest.raises(RunCancelled):
        node.evaluate(drawn(desk, 3))
    node.drop(1)


def test_another_build_is_told_apart():
    here = make()
    assert make() == here
    assert set(here) == {"pbtui", "the engine", "arithmetic"}
    assert differences(here, make()) == ""
    told = differences(here, {**here, "the engine": "feed"})
    assert told == f"the engine is feed there, {here['the engine']} here"


@pytest.mark.parametrize(
    "text", ["", "head", "head:", "head:0", "head:70000", ":6379", "ray://head:10001", "a\x1b:6379", "head:6³"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ConfigError, match="is no cluster"):
        check_address(text)


def test_addresses_are_taken_as_they_are():
    assert [check_address(text) for text in ("auto", "10.0.0.1:6379", "head.lan:6379")] == [
        "auto", "10.0.0.1:6379", "head.lan:6379",
    ]  # fmt: skip


def test_where_nobody_listens_is_said_at_once():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(ClusterError, match=f"no cluster answers at {address}: Connection refused") as told:
            see_it_answers(address)
        assert told.value.exit_code == 3
        held.listen()
        see_it_answers(address)
    see_it_answers("auto")


def test_without_ray_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError) as told:
        require_ray()
    assert told.value.line() == "a cluster needs Ray, which is not installed; install pbtui[cluster]"
    assert told.value.exit_code == 2
