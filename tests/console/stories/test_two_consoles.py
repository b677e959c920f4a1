"""Leaving the desk and looking in from elsewhere: one bot, two consoles, one of them steering."""

from __future__ import annotations

from pathlib import Path

from .stage import story, visitor


async def test_the_controls_go_from_the_desk_to_the_phone(
    tmp_path: Path, candles: Path | None, pictures: Path | None
) -> None:
    async with story(tmp_path, candles=candles, pictures=pictures) as desk:
        await desk.trade(fills=6, positions=1)
        async with visitor(desk, size=(80, 24)) as phone:
            # It shows what the desk shows, and what happened before it came; it may only look.
            await phone.sees("Positions", desk.held[0].coin)
            assert phone.app.link.role == "viewer"
            await phone.until(lambda: len(phone.app.state.events) > 20)
            first = phone.app.state.events[0].ts_ms
            assert first <= desk.snap.events[0].ts_ms, "older than what a picture of the bot carries"
            await phone.press("v", "v", "v", "v")
            await phone.sees("Equity since", "balance", "drawdown")
            await phone.press("v", "g")
            assert "another console has the controls" in phone.message

            # It asks, the desk hands over.
            await phone.press("C")
            await desk.sees("phone asks for the controls")
            await desk.press("C")
            await phone.until(lambda: phone.app.link.role == "controller")
            await phone.sees("this console has the controls now")
            await desk.until(lambda: desk.app.link.role == "viewer")
            held = desk.held[0]
            phone.app.choose((held.symbol, held.pside))
            await phone.press("g")
            await desk.until(lambda: any(row.hand_mode and row.coin == held.coin for row in desk.snap.positions))
            await desk.sees("gs*")

            # The desk goes home: the bot and the phone go on.
            await desk.press("q")
            await desk.sees("Detach")
            await desk.press("d")
            assert desk.exit is not None
            assert desk.exit.reason == "detach"
            await phone.press("u")
            await phone.until(lambda: not any(row.hand for row in phone.snap.modes))
            tick = phone.snap.health.tick
            await phone.until(lambda: phone.snap.health.tick > tick, step_s=10.0)
