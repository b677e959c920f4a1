"""The market goes away, the log tells, the config is changed: what an operator sees of it and does about it."""

from __future__ import annotations

import base64
from pathlib import Path

from pbtui.console.screens.log import LogScreen

from .stage import FAST, WATCHED, Story, story

ROOT = Path(__file__).resolve().parents[3]
_RISK = "total_wallet_exposure_limit: 1.2"


def catch_copies(d: Story) -> list[str]:
    """Take what is sent to the terminal's clipboard."""
    caught: list[str] = []
    driver = d.app._driver
    assert driver is not None
    write = driver.write

    def keep(data: str) -> None:
        caught.append(data) if data.startswith("\x1b]52;") else write(data)

    driver.write = keep  # type: ignore[method-assign]
    return caught


async def test_a_venue_that_stops_answering_and_a_config_that_is_changed(
    tmp_path: Path, candles: Path | None, pictures: Path | None
) -> None:
    config = tmp_path / "mine.hjson"
    text = (ROOT / "configs" / "examples" / "paper.hjson").read_text(encoding="utf-8")
    assert _RISK in text
    config.write_text(text, encoding="utf-8")
    async with story(tmp_path, config=config, candles=candles, pictures=pictures) as d:
        await d.trade(fills=4, positions=1)

        # The venue stops answering: it is seen without a key, and the reason is in the log, one key away.
        d.faults.rates = {"timeout": 1.0}
        await d.until(lambda: d.snap.health.errors_1h > 0, step_s=5.0)
        await d.sees("STALE", "err/h", step_s=20.0)
        await d.pose("lost", 120, 36)
        await d.press("7")
        assert isinstance(d.app.screen, LogScreen)
        await d.app.logs.read_on()
        await d.press("home", "e")
        await d.sees(" E ")
        line = next(line for line in d.lines if "›" in line[:3])
        copies = catch_copies(d)
        await d.press("y")
        await d.until(lambda: bool(copies))
        copied = base64.b64decode(copies[0].removeprefix("\x1b]52;c;").removesuffix("\x1b\\")).decode()
        assert copied.startswith("20")
        assert copied.split("error ", 1)[1].split(" ", 1)[1][:12] in line
        await d.pose("log", 120, 36)
        await d.press("escape")

        # It answers again: the bot goes on where it was.
        d.faults.rates = {}
        tick = d.snap.health.tick
        await d.speed(FAST)
        await d.until(lambda: d.snap.health.tick > tick + 5)
        await d.speed(WATCHED)
        await d.until(lambda: "STALE" not in d.text)

        # More risk in the file: the difference is shown first, with what it raises; y takes it.
        config.write_text(text.replace(_RISK, "total_wallet_exposure_limit: 1.5"), encoding="utf-8")
        await d.press("r")
        await d.sees("bot.long.total_wallet_exposure_limit", "1.2", "1.5", "risk")
        await d.pose("reload", 120, 36)
        await d.press("y")
        await d.until(lambda: any(side.limit == 1.5 for side in d.snap.exposure))
        await d.press("6")
        await d.sees("total_wallet_exposure_limit", "1.5", "mine.hjson")
        await d.pose("config", 120, 36)
