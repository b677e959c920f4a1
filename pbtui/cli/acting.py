"""Typed commands that change the bot: the rituals of the console without its dialogs."""

from __future__ import annotations

from contextlib import suppress

from pbtui.cli.asking import Answer, difference
from pbtui.console.numbers import money, price, signed
from pbtui.core.actions import ActionResult, PanicQuery, ReloadQuery
from pbtui.core.amounts import plain
from pbtui.core.clock import Clock, RealClock, within
from pbtui.core.errors import ExitCode, LinkClosed, PbtuiError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import PanicPreview, ReloadPreview, Snapshot
from pbtui.link.base import Link
from pbtui.link.targets import action_of, missing_word, targets_of
from pbtui.link.verbs import Command

RISK = "RISK"
_STOP_S = 60.0


async def do(command: Command, found: Snapshot, link: Link, by: str) -> Answer:
    """Carry out a command that acts; without the word it wants, say what it would do and refuse.

    Raises ConfigError for unknown coins, LinkClosed when the bot is gone.
    """
    word = missing_word(command, found)
    if word:
        return await _would(command, found, link, word)
    if command.verb.name == "reload":
        refused = await _reload_refused(command, link)
        if refused is not None:
            return refused
    return _came_of(await link.act(action_of(command, found, by)))


def _came_of(result: ActionResult) -> Answer:
    why_not = ExitCode.USAGE if result.unknown else ExitCode.REFUSED if result.refused else ExitCode.FAILED
    code = ExitCode.OK if result.ok else why_not
    return Answer((sanitize_line(result.text),), code)


async def _would(command: Command, found: Snapshot, link: Link, word: str) -> Answer:
    """Refuse a panic, showing exactly what it would send."""
    targets = () if command.verb.ritual == "PANIC" else targets_of(command, found)
    reply = await link.ask(PanicQuery(targets))
    if not isinstance(reply, PanicPreview):
        raise PbtuiError("the bot did not say what this would do")
    names = " and ".join(command.psides)
    what = "panic all" if not targets else f"panic {', '.join(command.coins)} {names}"
    head = f"not done: {what} closes at any price; add --confirm {word}"
    orders = [
        f"it would {'buy' if order.qty > 0 else 'sell'} {plain(abs(order.qty))} {order.coin} ({order.pside}) "
        f"at {price(order.price, 10).rstrip('0').rstrip('.')}, estimated pnl {signed(order.est_pnl)}, "
        f"fee {signed(order.est_fee)}"
        for order in reply.orders
    ]
    total = (
        f"in all {len(reply.orders)} closes worth {money(reply.notional)}, {reply.cancels} orders cancelled, "
        f"estimated pnl {signed(reply.total_pnl)}, fees {signed(reply.total_fee)}"
    )
    return Answer(tuple(map(sanitize_line, (head, *orders, total))), ExitCode.REFUSED, {"confirm": word})


async def _reload_refused(command: Command, link: Link) -> Answer | None:
    """Return why a reload does not happen: a file that cannot be loaded, or risk that nobody asked for."""
    preview = await link.ask(ReloadQuery())
    if not isinstance(preview, ReloadPreview):
        raise PbtuiError("the bot did not say what a reload would change")
    changes = difference(preview)
    if preview.error:
        return changes
    if any(change.raises_risk for change in preview.changes) and command.confirm != RISK:
        head = f"not done: the new config raises risk; add --confirm {RISK}"
        return Answer((head, *changes.lines), ExitCode.REFUSED, {**changes.data, "confirm": RISK})
    return None


async def wait_stopped(link: Link, user: str, *, clock: Clock | None = None) -> Answer:
    """Wait until a bot that was told to stop is gone."""

    async def until_gone() -> None:
        with suppress(LinkClosed):
            async for _ in link.snapshots():
                continue

    try:
        await within(clock or RealClock(), _STOP_S, until_gone())
    except TimeoutError:
        text = f"{user} has not stopped within {_STOP_S:.0f} s; it goes on trying (see pbtui status)"
        return Answer((text,), ExitCode.FAILED)
    reason = link.latest.health.reason if link.latest is not None else ""
    return Answer((sanitize_line(f"{user} has stopped: {reason}" if reason else f"{user} has stopped"),))
