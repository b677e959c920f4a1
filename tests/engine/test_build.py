"""A stale engine is told from a fresh one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pbtui import _pb_rust
from pbtui._pb_rust import build_info
from pbtui.core.errors import ExitCode
from pbtui.engine.build import assert_fresh, source_hash
from pbtui.engine.errors import EngineStale

ROOT = Path(__file__).resolve().parent.parent.parent
CRATE = ROOT / "pb_rust"


@pytest.fixture
def crate(tmp_path: Path) -> Path:
    copy = tmp_path / "pb_rust"
    shutil.copytree(CRATE / "src", copy / "src")
    shutil.copy(CRATE / "Cargo.toml", copy / "Cargo.toml")
    return copy


def test_python_and_rust_agree_on_the_checksum() -> None:
    assert source_hash(CRATE) == build_info()["source_hash"]
    assert_fresh()


def test_the_place_of_the_sources_does_not_matter(crate: Path) -> None:
    assert source_hash(crate) == source_hash(CRATE)


@pytest.mark.parametrize("change", ["edit", "add", "rename", "delete", "manifest"])
def test_any_change_of_the_sources_makes_the_engine_stale(crate: Path, change: str) -> None:
    if change == "edit":
        with (crate / "src" / "round.rs").open("a") as file:
            file.write("\n")
    elif change == "add":
        (crate / "src" / "order" / "new.rs").write_text("")
    elif change == "rename":
        (crate / "src" / "round.rs").rename(crate / "src" / "rounds.rs")
    elif change == "delete":
        (crate / "src" / "money.rs").unlink()
    else:
        (crate / "Cargo.toml").write_text("[package]\n")
    with pytest.raises(EngineStale, match=r"stale: built from [0-9a-f]{16}, sources are [0-9a-f]{16}") as caught:
        assert_fresh(crate)
    assert "scripts/dev-build" in caught.value.line()
    assert caught.value.exit_code is ExitCode.FAILED


def test_other_files_beside_the_sources_do_not_matter(crate: Path) -> None:
    (crate / "src" / "notes.txt").write_text("x")
    (crate / "target").mkdir()
    assert_fresh(crate)


def test_an_installed_engine_without_sources_is_taken_as_it_is(tmp_path: Path) -> None:
    assert source_hash(tmp_path) is None
    assert_fresh(tmp_path)


@pytest.mark.parametrize("change", ["none", "edit", "no module"])
def test_an_engine_that_is_not_fresh_is_not_imported(tmp_path: Path, crate: Path, change: str) -> None:
    shutil.copytree(ROOT / "pbtui" / "core", tmp_path / "pbtui" / "core")
    shutil.copytree(ROOT / "pbtui" / "engine", tmp_path / "pbtui" / "engine")
    (tmp_path / "pbtui" / "__init__.py").write_text("")
    if change != "no module":
        shutil.copy(Path(_pb_rust.__file__), tmp_path / "pbtui")
    if change == "edit":
        (crate / "src" / "round.rs").write_text("")
    found = subprocess.run(
        [sys.executable, "-c", "import pbtui.engine"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = {"none": "", "edit": "EngineStale: the compiled engine is stale", "no module": "EngineStale: the compiled"}
    assert (found.returncode == 0) is (change == "none"), found.stderr
    assert said[change] in found.stderr
