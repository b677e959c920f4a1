"""What a session hands on from one bot to the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from pbtui.cli.plan import make_plan
from pbtui.cli.run_args import parse
from pbtui.cli.session import open_session
from pbtui.core.actions import ReloadConfig
from pbtui.core.clock import RealClock
from pbtui.live.bot import Bot
from pbtui.live.supervisor import Opened, Supervisor

ROOT = Path(__file__).resolve().parents[2]


async def test_a_bot_made_anew_keeps_the_config_that_was_reloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    config = tmp_path / "mine.hjson"
    text = (ROOT / "configs" / "examples" / "paper.hjson").read_text()
    config.write_text(text)
    plan = make_plan(parse([str(config), "--synthetic", "--no-ui", "--once", "--base-dir", str(tmp_path / "b")]))
    seen: list[tuple[Bot, int]] = []

    async with open_session(plan, RealClock(), linger=False) as session:
        opener = session.supervisor._opener

        async def opens_twice(supervisor: Supervisor) -> Opened:
            opened = await opener(supervisor)
            seen.append((opened.bot, opened.bot.core.rules.live.max_n_creations_per_batch))
            if len(seen) == 1:
                config.write_text(text.replace("live: {", "live: {\n    max_n_creations_per_batch: 1\n", 1))
                assert (await opened.bot.act(ReloadConfig(by="test"))).ok
                await opened.close()
                return await opens_twice(supervisor)
            return opened

        session.supervisor._opener = opens_twice
        ending = await session.supervisor.run()
    assert ending.exit_code == 0
    assert [number for _, number in seen] == [seen[0][1], 1]
    assert seen[0][1] != 1
    assert seen[0][0] is not seen[1][0]
