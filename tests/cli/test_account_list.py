"""What the account picker is told: bots by their locks, entries of api-keys.json by name, and never a secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pbtui.cli import attach
from pbtui.cli.account_list import find_accounts
from pbtui.cli.attach import Manner
from pbtui.console.leaving import ConsoleExit
from pbtui.core.errors import LinkClosed, PbtuiError
from pbtui.live import lock

CANARY = "canary7Q"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return lock.state_folder()


def hold(state: Path, user: str, base: Path, kind: str = "live") -> lock.AccountLock:
    """Hold an account as a running bot does."""
    info = lock.LockInfo(f"{user}-x", user, "bybit", kind, "grid.json", str(base / "run" / user), "s", 7, 1)  # type: ignore[arg-type]
    return lock.AccountLock.acquire(state, info)


def keys(base: Path, mode: int = 0o600) -> None:
    entry = {"exchange": "okx", "key": CANARY, "secret": CANARY, "passphrase": CANARY}
    text = {"mine": {**entry, "exchange": "bybit"}, "spare": entry, "empty": {"exchange": "okx", "key": ""}, "_note": 1}
    (base / "api-keys.json").write_text(json.dumps(text))
    (base / "api-keys.json").chmod(mode)


def test_bots_come_first_and_accounts_without_one_say_how_they_start(state: Path, tmp_path: Path) -> None:
    keys(tmp_path)
    held = hold(state, "mine", tmp_path), hold(state, "mine2", tmp_path / "else")
    try:
        found = find_accounts(tmp_path)
    finally:
        for each in held:
            each.release()
    assert CANARY not in repr(found)
    assert [(each.user, each.running) for each in found.all] == [
        ("mine", True),
        ("mine2", True),
        ("spare", False),
        ("empty", False),
        ("paper", False),
    ]
    assert found.all[1].folder == str(tmp_path / "else")
    assert "pbtui CONFIG -u spare" in found.all[2].start
    assert "no keys" in found.all[3].start
    assert found.note == ""
    assert [each.user for each in find_accounts(tmp_path).all] == ["mine", "spare", "empty", "paper"]


def test_keys_that_cannot_be_read_are_a_note_beside_the_bots(state: Path, tmp_path: Path) -> None:
    keys(tmp_path, 0o644)
    held = hold(state, "paper", tmp_path, "synthetic")
    try:
        found = find_accounts(tmp_path)
        assert [each.user for each in found.all] == ["paper"], "a simulated bot runs: none has to be started"
        assert "chmod 600" in found.note
        (tmp_path / "api-keys.json").unlink()
        (tmp_path / "api-keys.sealed").write_text("{}")
        assert "under a passphrase" in find_accounts(tmp_path).note, "and nobody is asked for it"
        (tmp_path / "api-keys.sealed").unlink()
        (tmp_path / "api-keys.json").write_text('{"mine": {"exchange": "bybit", "key": "')
        (tmp_path / "api-keys.json").chmod(0o600)
        assert "api-keys.json" in find_accounts(tmp_path).note
    finally:
        held.release()


def shown(monkeypatch: pytest.MonkeyPatch, *steps: ConsoleExit | Exception) -> list[tuple[str, Manner]]:
    """Let each console end as told, and note on which bot and in which manner it was opened."""
    seen: list[tuple[str, Manner]] = []
    left = list(steps)

    async def opened(info: lock.LockInfo, manner: Manner) -> ConsoleExit:
        seen.append((info.user, manner))
        step = left.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    monkeypatch.setattr(attach, "_attach", opened)
    return seen


@pytest.fixture
def bot(state: Path, tmp_path: Path) -> Callable[[str], lock.LockInfo]:
    held = {user: hold(state, user, tmp_path) for user in ("alice", "bob")}
    yield lambda user: lock.find(state, user)
    for each in held.values():
        each.release()


def test_one_console_follows_the_other_and_force_is_used_once(
    bot: Callable[[str], lock.LockInfo], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = shown(
        monkeypatch,
        ConsoleExit("switch", "bob-x", locked=True),
        ConsoleExit("switch", "alice-x"),
        ConsoleExit("detach"),
    )
    manner = Manner(view=True, take=True, theme="light")
    assert attach.show(bot("alice"), manner) == 0
    after = replace(manner, take=False, locked=True, notice="this is bob-x now")
    assert seen == [
        ("alice", manner),
        ("bob", after),
        ("alice", replace(after, locked=False, notice="this is alice-x now")),
    ]


def test_a_bot_that_does_not_answer_leads_back_to_the_one_before(
    bot: Callable[[str], lock.LockInfo], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = shown(
        monkeypatch,
        ConsoleExit("switch", "bob-x"),
        LinkClosed("the bot does not answer"),
        ConsoleExit("switch", "carol-x"),
        ConsoleExit("crash", "told"),
    )
    assert attach.show(bot("alice"), Manner()) == 1
    assert [user for user, _ in seen] == ["alice", "bob", "alice", "alice"]
    assert seen[2][1].notice == "bob: the bot does not answer"
    assert "no bot called carol-x is running" in seen[3][1].notice
    shown(monkeypatch, LinkClosed("the bot does not answer"))
    with pytest.raises(LinkClosed):
        attach.show(bot("bob"), Manner())


@pytest.mark.parametrize("gone", ["carol-x", "bob-x"])
def test_from_a_bot_s_own_screen_too_and_without_any_it_is_one_line(
    bot: Callable[[str], lock.LockInfo], monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    silent = [LinkClosed("the bot does not answer")] if gone == "bob-x" else []
    seen = shown(monkeypatch, *silent, ConsoleExit("detach"))
    assert attach.follow(gone, "alice-x", Manner(locked=True)) == 0
    assert (seen[-1][0], seen[-1][1].locked) == ("alice", True)
    assert "running" in seen[-1][1].notice or "does not answer" in seen[-1][1].notice
    shown(monkeypatch, *silent)
    with pytest.raises(PbtuiError):
        attach.follow(gone, "ended-x", Manner())
