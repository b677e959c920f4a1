"""Files that are whole whenever somebody reads them, and what is left when writing them fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pbtui.core.files import replace_file, write_new, write_private


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_replaced_file_has_the_new_content_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    replace_file(path, b"one")
    replace_file(path, b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert mode_of(path) == 0o600
    assert names(tmp_path) == ["a.json"]


def test_what_cannot_be_put_in_place_leaves_the_old_and_no_draft(tmp_path: Path) -> None:
    place = tmp_path / "a.json"
    (place / "inside").mkdir(parents=True)
    for write in (replace_file, write_private):
        with pytest.raises(OSError, match=r"a\.json"):
            write(place, b"new")
        assert names(tmp_path) == ["a.json"]
    assert (place / "inside").is_dir()


def test_a_private_file_is_its_owner_s_from_the_first_byte_in_folders_that_are(tmp_path: Path) -> None:
    path = tmp_path / "run" / "paper" / "modes.json"
    before = os.umask(0)
    try:
        write_private(path, b"{}")
    finally:
        os.umask(before)
    assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o700)


def test_the_draft_of_a_killed_process_neither_hinders_nor_lends_its_permissions(tmp_path: Path) -> None:
    draft = tmp_path / "modes.json.new"
    draft.write_text("half")
    draft.chmod(0o666)
    write_private(tmp_path / "modes.json", b"{}")
    assert names(tmp_path) == ["modes.json"]
    assert mode_of(tmp_path / "modes.json") == 0o600


def test_a_new_file_replaces_nothing_and_has_exactly_the_permissions_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    before = os.umask(0o077)
    try:
        write_new(path, b"one", mode=0o664, exact=True)
        write_new(tmp_path / "b.json", b"one", mode=0o664)
    finally:
        os.umask(before)
    assert (mode_of(path), mode_of(tmp_path / "b.json")) == (0o664, 0o600)
    with pytest.raises(FileExistsError):
        write_new(path, b"two")
    assert path.read_bytes() == b"one"
