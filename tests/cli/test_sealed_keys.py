"""Keys under a passphrase: sealed, opened at a start, never lost, never shown."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbtui.cli.account_check import main as account
from pbtui.cli.keys_cmd import main as keys
from pbtui.config import sealed_keys
from pbtui.config.accounts import find_account, load_accounts
from pbtui.config.sealed_keys import FILE_VARIABLE, passphrase_for, seal, unseal
from pbtui.core.errors import ConfigError, PbtuiError, SafetyRefusal
from pbtui.core.secret import Secret

ROOT = Path(__file__).resolve().parents[2]
WORDS = "correct horse battery"
KEYS = {"mine": {"exchange": "bybit", "key": "k-canary-1", "secret": "s-canary-1"}, "_note": "kept"}


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_keys, "_SCRYPT", {"n": 1 << 4, "r": 8, "p": 1})
    passphrase_for.cache_clear()


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A base folder with keys, and a private file that holds the passphrase."""
    path = tmp_path / "api-keys.json"
    path.write_text(json.dumps(KEYS))
    path.chmod(0o600)
    words = tmp_path / "words"
    words.write_text(WORDS + "\n")
    words.chmod(0o600)
    monkeypatch.setenv(FILE_VARIABLE, str(words))
    return tmp_path


def run(base: Path, what: str) -> int:
    return account([what, "--base-dir", str(base)])


def test_sealed_they_are_read_as_before_and_come_out_the_same(base: Path) -> None:
    before, text = load_accounts(base / "api-keys.json"), (base / "api-keys.json").read_bytes()
    assert run(base, "seal") == 0
    sealed = base / "api-keys.sealed"
    assert not (base / "api-keys.json").exists()
    assert stat.S_IMODE(sealed.stat().st_mode) == 0o600
    assert b"canary" not in sealed.read_bytes()
    assert load_accounts(base / "api-keys.json") == before
    assert find_account(base / "api-keys.json", "mine").credentials["secret"].reveal() == "s-canary-1"
    with pytest.raises(ConfigError, match="there already"):
        run(base, "seal")
    assert run(base, "unseal") == 0
    assert (base / "api-keys.json").read_bytes() == text
    assert stat.S_IMODE((base / "api-keys.json").stat().st_mode) == 0o600
    assert not sealed.exists()


def test_a_wrong_passphrase_and_damage_are_one_line_and_lose_nothing(base: Path) -> None:
    run(base, "seal")
    sealed = base / "api-keys.sealed"
    kept = sealed.read_bytes()
    (base / "words").write_text("another set of words")
    passphrase_for.cache_clear()
    with pytest.raises(ConfigError, match="wrong passphrase"):
        run(base, "unseal")
    assert sealed.read_bytes() == kept
    assert not (base / "api-keys.json").exists()
    for damage in (
        b"",
        b"{}",
        b"[1]",
        b"\xff\xfe",
        kept[: len(kept) // 2],
        kept.replace(b'"nonce": "', b'"nonce": "!'),
    ):
        with pytest.raises(ConfigError):
            unseal(damage, Secret(WORDS), sealed)
    told = json.loads(kept)
    data = ("B" if told["data"][0] == "A" else "A") + told["data"][1:]
    with pytest.raises(ConfigError, match="wrong passphrase, or the file is damaged"):
        unseal(json.dumps({**told, "data": data}).encode(), Secret(WORDS), sealed)


def test_what_is_not_safe_is_refused(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (base / "words").chmod(0o644)
    with pytest.raises(SafetyRefusal, match="others may read"):
        run(base, "seal")
    (base / "words").chmod(0o600)
    (base / "words").write_text("short")
    passphrase_for.cache_clear()
    with pytest.raises(ConfigError, match="too short"):
        run(base, "seal")
    (base / "words").write_text(WORDS)
    passphrase_for.cache_clear()
    run(base, "seal")
    (base / "api-keys.json").write_text("{}")
    with pytest.raises(ConfigError, match="both there"):
        load_accounts(base / "api-keys.json")
    (base / "api-keys.json").unlink()
    monkeypatch.delenv(FILE_VARIABLE)
    passphrase_for.cache_clear()
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115 - closed with the process
    with pytest.raises(ConfigError, match="nobody can type"):
        load_accounts(base / "api-keys.json")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(base))
    (base / "pbtui-passphrase").write_text(WORDS)
    assert "mine" in load_accounts(base / "api-keys.json")


def test_a_start_says_what_is_wrong_and_shows_nothing(base: Path) -> None:
    run(base, "seal")
    env = {key: value for key, value in os.environ.items() if key != FILE_VARIABLE}
    words = [sys.executable, "-m", "pbtui", "-u", "mine", "--no-ui", "--yes-live", "--base-dir", str(base)]
    done = subprocess.run(
        words, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 2
    assert "nobody can type its passphrase here" in done.stderr
    assert FILE_VARIABLE in done.stderr
    assert "canary" not in done.stderr + done.stdout


def test_keys_check_asks_about_the_account(base: Path) -> None:
    with pytest.raises(ConfigError, match="no account"):
        keys(["check", "nobody", "--base-dir", str(base)])
    with pytest.raises(ConfigError, match="whose account"):
        account(["check", "--base-dir", str(base)])


@settings(max_examples=30)
@given(text=st.binary(max_size=2_000), words=st.text(st.characters(codec="utf-8"), min_size=12, max_size=40))
def test_any_text_comes_out_as_it_went_in(text: bytes, words: str) -> None:
    sealed = seal(text, Secret(words))
    assert unseal(sealed, Secret(words), Path("keys")) == text
    assert seal(text, Secret(words)) != sealed
    with pytest.raises(PbtuiError):
        unseal(sealed, Secret(words + "x"), Path("keys"))
