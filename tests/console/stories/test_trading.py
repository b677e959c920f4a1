"""A first start, positions, their reasons, a mode, a panic, a phone: one operator, one evening."""

from __future__ import annotations

from pathlib import Path

from pbtui.console.dialogs.panic import PanicDialog
from pbtui.console.screens.coin import CoinScreen
from pbtui.core.snapshot import PositionRow
from pbtui.core.types import Mode

from .stage import Story, story


async def test_a_first_evening_with_paper_money(tmp_path: Path, candles: Path | None, pictures: Path | None) -> None:
    async with story(tmp_path, candles=candles, pictures=pictures) as d:
        # No config, no key: it says what it waits for, then trades.
        assert "SYNTHETIC" in d.text or "REPLAY" in d.text
        await d.sees("Starting", "STARTING")
        await d.trade()
        await d.sees("Positions", d.held[0].coin, "WE", "tick")
        d.app.choose((d.held[0].symbol, d.held[0].pside))
        await d.pose("live")
        await d.pose("live", 80, 24)
        await asks_why(d, d.held[0])
        await lets_a_coin_run_out(d, d.held[0])
        await closes_a_position_now(d, d.held[0])
        await looks_from_a_phone(d)
        await leaves_or_not(d)


async def asks_why(d: Story, held: PositionRow) -> None:
    """Enter on a position: why is there this order, why not that one?"""
    d.app.choose((held.symbol, held.pside))
    await d.press("enter")
    assert isinstance(d.app.screen, CoinScreen)
    await d.sees(f"Why · {held.pside}", "entries", "closes", "Fills", f"{held.coin} {held.pside}")
    assert any("│ + " in line or "│+ " in line for line in d.lines), "an order, with its reason"
    await d.pose("coin")
    await d.press("escape")


async def lets_a_coin_run_out(d: Story, held: PositionRow) -> None:
    """Nothing new on a coin: one key, at once, and a way back."""
    d.app.choose((held.symbol, held.pside))
    await d.press("g")
    await d.until(lambda: any(row.hand == Mode.GRACEFUL_STOP for row in d.snap.modes))
    await d.sees("gs*", "u undo")
    await d.press("v")
    await d.sees("Modes · 1 by hand", "new positions", "operator")
    await d.pose("modes")
    await d.press("u")
    await d.until(lambda: not any(row.hand for row in d.snap.modes))
    await d.press("v")
    await d.sees("Equity since", "equity", "balance")
    await d.pose("equity")
    await d.press("v")


async def closes_a_position_now(d: Story, held: PositionRow) -> None:
    """Out of one position: what it costs is shown first, Enter alone does nothing, the coin's name does it."""
    key = (held.symbol, held.pside)
    d.app.live.query_one("#positions").focus()
    d.app.choose(key)
    await d.press("p")
    await d.sees(f"PANIC {held.coin} {held.pside}", "computed by the engine", "notional", "fees", "realised")
    await d.pose("panic")
    await d.press("enter")
    assert isinstance(d.app.screen, PanicDialog)
    await d.type(held.coin)
    await d.press("enter")
    await d.until(lambda: key not in [(row.symbol, row.pside) for row in d.held], step_s=5.0)
    await d.until(lambda: any(row.hand == Mode.PANIC for row in d.snap.modes))
    assert d.app.state.current in [(row.symbol, row.pside) for row in d.snap.positions], "keys act on a row in view"
    await d.press("v")
    await d.sees("Modes · 1 by hand", "PANIC*")
    await d.press("v", "v")


async def looks_from_a_phone(d: Story) -> None:
    """Positions are cards with three buttons; on less there is one line, and the bot goes on."""
    await d.pilot.resize_terminal(40, 20)
    await d.look()
    await d.sees("g graceful", "p PANIC", "enter coin")
    await d.pose("phone", 40, 20)
    await d.pilot.resize_terminal(30, 10)
    await d.look()
    tick = d.snap.health.tick
    await d.sees("pbtui needs 40×15")
    await d.until(lambda: d.snap.health.tick > tick, step_s=10.0)
    await d.pilot.resize_terminal(120, 36)
    await d.look()


async def leaves_or_not(d: Story) -> None:
    """Help tells the keys; leaving asks what becomes of the bot, and Enter alone stays."""
    await d.press("question_mark")
    await d.sees("Help: live", "trade as configured")
    await d.pose("help")
    await d.press("escape", "q")
    await d.sees("Detach: the bot goes on", "Stop: cancel all orders", "esc Cancel")
    await d.pose("quit")
    await d.press("enter")
    await d.sees("Positions")
    assert d.exit is None
    d.app.use_theme("light")
    await d.look()
    await d.pose("light")
