"""`pbtui keys`: ids, keys and what moved; a file that cannot be used is one line and exit code 2."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pbtui.cli import main as cli
from pbtui.console.actions import ACTIONS


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = cli.main(list(argv))
    out = capsys.readouterr()
    return code, out.out, out.err


def test_keys_are_listed_with_their_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    code, out, err = run(capsys, "keys")
    assert code == 0
    assert {line.split()[0] for line in out.splitlines()} == {action.id for action in ACTIONS}
    assert "no keys of your own" in err
    (tmp_path / "pbtui").mkdir()
    (tmp_path / "pbtui" / "keys.toml").write_text('[keys]\n"mode.panic" = "!"\n', encoding="utf-8")
    code, out, err = run(capsys, "keys")
    line = next(line for line in out.splitlines() if line.startswith("mode.panic"))
    assert "!" in line
    assert "(was p)" in line
    assert "1 moved by" in err
    code, out, _ = run(capsys, "keys", "--json")
    found = {each["id"]: each for each in json.loads(out)["actions"]}
    assert (found["mode.panic"]["keys"], found["mode.panic"]["moved"]) == (["exclamation_mark"], True)
    assert found["mode.panic"]["danger"] == "costs"


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ('[keys]\n"theme.next" = "F5"\n', 0, "ok, 1 actions moved"),
        ('[keys]\n"theme.nxt" = "F5"\n', 2, "did you mean theme.next?"),
        ('[keys]\n"theme.next" = "q"\n', 2, "q would be both"),
        (None, 2, "no file"),
    ],
)
def test_a_file_is_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, code: int, words: str
) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    found, out, err = run(capsys, "keys", "--check", str(path))
    assert found == code
    assert words in out + err
    assert len((out + err).splitlines()) == 1
