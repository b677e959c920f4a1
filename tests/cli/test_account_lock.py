"""Two keys of one account: the second bot is refused once its venue has told whose key it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pbtui.cli.plan import make_plan
from pbtui.cli.run_args import parse
from pbtui.cli.session import _Opener
from pbtui.core.clock import VirtualClock
from pbtui.core.errors import SafetyRefusal
from pbtui.live import lock

EXAMPLE = Path(__file__).resolve().parents[2] / "configs" / "examples" / "paper.hjson"


def opener(base: Path, user: str) -> _Opener:
    plan = make_plan(parse([str(EXAMPLE), "-u", user, "--base-dir", str(base)]))
    assert plan.account is not None
    name = lock.lock_name(user, plan.exchange, lock.account_key(plan.exchange, plan.account.identity))
    info = lock.LockInfo(name, user, plan.exchange, "live", "c", str(plan.run_dir), "/s", pid=1)
    return _Opener(plan, VirtualClock(), lock.AccountLock.acquire(lock.state_folder(), info), info)


def test_a_second_key_of_an_account_is_refused_and_told_who_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    keys = tmp_path / "api-keys.json"
    keys.write_text(json.dumps({u: {"exchange": "bybit", "key": u, "secret": "s"} for u in ("main", "spare")}))
    keys.chmod(0o600)
    first, second = opener(tmp_path, "main"), opener(tmp_path, "spare")
    first._hold_account("4711")
    first._hold_account("4711")  # a bot made anew after a crash holds it already
    with pytest.raises(SafetyRefusal, match="pbtui attach main"):
        second._hold_account("4711")
    second._hold_account("")  # a venue that does not tell
    assert sorted(bot.user for bot in lock.running(lock.state_folder())) == ["main", "spare"]
    first.release()
    second._hold_account("4711")
    second.release()
