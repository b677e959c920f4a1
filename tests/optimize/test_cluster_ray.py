"""A real Ray cluster of two nodes on loopback, one of which is killed in mid-run; needs `pbtui[cluster]`."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from campaign_desk import Desk, front_of, optimize_config
from search_home import SearchHome

from pbtui.core.clock import RealClock
from pbtui.jobs.events import Done, Event, Failed, Note, SearchState
from pbtui.jobs.job import Job
from pbtui.optimize import ray_fleet
from pbtui.optimize.campaign import Outcome
from pbtui.optimize.cluster_address import ClusterError
from pbtui.optimize.job import CHILD, OptimizeJob

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
SMALL = {"num_cpus": 1, "object_store_memory": 100_000_000}


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> SearchHome:
    made = SearchHome(tmp_path_factory.mktemp("cluster"))
    made.keep()
    optimize_config(made, scoring=["gain", "drawdown_worst"], population_size=20, iters=600, n_cpus=1)
    return made


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    pytest.importorskip("ray", reason="needs pbtui[cluster]")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    # The head gives no CPU, as one that also trades would not.
    found = Cluster(
        initialize_head=True,
        head_node_args={**SMALL, "num_cpus": 0, "include_dashboard": False},
    )
    yield found
    found.shutdown()


def job_of(home: SearchHome, cluster: Any, **more: Any) -> OptimizeJob:
    path = home.base / "search.json"
    return OptimizeJob(config=path, base_dir=home.base, offline=True, seed=5, cluster=cluster.address, **more)


def notes(events: list[Event], word: str) -> list[str]:
    return [event.text for event in events if isinstance(event, Note) and word in event.text]


@pytest.fixture(scope="module")
def alone(home) -> tuple[Outcome, dict[str, Any]]:
    """Return how the search ends on this machine's threads, and its front."""
    desk = Desk(home, OptimizeJob(config=home.base / "search.json", base_dir=home.base, offline=True).load())
    folder = desk.begin(seed=5)
    return desk.run(folder, threads=2), front_of(folder)


async def test_a_node_is_killed_and_the_front_is_that_of_one_machine(home, alone, cluster):
    lost = cluster.add_node(**SMALL)
    kept = cluster.add_node(**SMALL)
    process = await Job.start(CHILD, job_of(home, cluster).to_request())
    seen: list[Event] = []
    async for event in process.events():
        seen.append(event)
        joined = len(notes(seen, "evaluates on 1 threads"))
        if lost is not None and joined == 2 and isinstance(event, SearchState) and event.evaluations >= 40:
            cluster.remove_node(lost, allow_graceful=False)
            lost = None
    end = seen[-1]
    assert isinstance(end, Done), end
    assert end.result["finished"]
    assert len(notes(seen, "is lost")) == 1
    assert len(notes(seen, "evaluates on 1 threads")) == 2
    outcome, front = alone
    assert outcome.evaluations == end.result["evaluations"]
    assert front_of(Path(end.result["folder"])) == front
    cluster.remove_node(kept)


async def test_only_nodes_built_as_we_are_are_used(home, cluster, monkeypatch):
    node = cluster.add_node(**SMALL)
    said: list[str] = []
    here = ray_fleet.make()
    monkeypatch.setattr(ray_fleet, "make", lambda: {**here, "the engine": "feed"})
    with pytest.raises(ClusterError) as told:
        ray_fleet.RayFleet(cluster.address, RealClock(), said.append, lambda: False)
    assert told.value.line() == "no node of the cluster can be used; see the warnings above"
    assert [line.partition(" is built otherwise and is not used: ")[2] for line in said] == [
        f"the engine is {here['the engine']} there, feed here"
    ]
    cluster.remove_node(node)


async def stopped(job: OptimizeJob, come: Callable[[], None]) -> dict[str, Any]:
    """Return how a search ends that is stopped once a second node has come and evaluates."""
    process = await Job.start(CHILD, job.to_request())
    seen: list[Event] = []
    asked = False
    async for event in process.events():
        seen.append(event)
        if not asked and isinstance(event, SearchState) and event.evaluations >= 30:
            come()
            asked = True
        if len(notes(seen, "evaluates on 1 threads")) == 2:
            break
    await process.stop(grace_s=60.0)
    end = [event async for event in process.events()][-1]
    assert isinstance(end, Done), end
    return dict(end.result)


def test_a_node_comes_and_the_search_is_stopped_and_resumed_there(home, cluster):
    nodes = [cluster.add_node(**SMALL)]
    job = job_of(home, cluster, flags={"optimize.iters": "100000"})
    told = asyncio.run(stopped(job, lambda: nodes.append(cluster.add_node(**SMALL))))
    assert not told["finished"]
    words = ["--resume", told["folder"], "--cluster", cluster.address, "--offline", "--json"]
    resumed = subprocess.Popen(
        [sys.executable, "-m", "pbtui", "optimize", *words, "--base-dir", str(home.base)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert resumed.stdout is not None
    for line in resumed.stdout:
        found = json.loads(line)
        if found["type"] == "search" and found["evaluations"] > told["evaluations"]:
            break
    resumed.terminate()
    rest, _ = resumed.communicate(timeout=120)
    assert json.loads(rest.splitlines()[-1])["result"]["evaluations"] > told["evaluations"]
    assert resumed.returncode == 130
    for node in nodes:
        cluster.remove_node(node)


async def test_where_no_cluster_is_nothing_is_written(home, cluster, tmp_path):
    before = set((home.base / "optimize_results").glob("*"))
    job = OptimizeJob(config=home.base / "search.json", base_dir=home.base, offline=True, seed=5, cluster="127.0.0.1:1")
    process = await Job.start(CHILD, job.to_request())
    end = [event async for event in process.events()][-1]
    assert isinstance(end, Failed)
    assert (end.exit_code, "no cluster answers at 127.0.0.1:1" in end.line) == (3, True)
    assert set((home.base / "optimize_results").glob("*")) == before


async def test_without_its_head_a_search_ends_and_says_so(home, cluster):
    node = cluster.add_node(**SMALL)
    process = await Job.start(CHILD, job_of(home, cluster, flags={"optimize.iters": "100000"}).to_request())
    seen: list[Event] = []
    killed = False
    async for event in process.events():
        seen.append(event)
        if not killed and isinstance(event, SearchState) and event.evaluations >= 30:
            cluster.head_node.kill_all_processes(check_alive=False, allow_graceful=False)
            killed = True
    end = seen[-1]
    assert isinstance(end, Failed)
    assert end.line == "the head of the cluster has not answered for 30 s; go on with --resume"
    assert end.exit_code == 3
    node.kill_all_processes(check_alive=False, allow_graceful=False)
