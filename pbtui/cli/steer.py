"""`pbtui mode USER COIN SIDE MODE` and `pbtui stop USER`: short words to a running bot."""

from __future__ import annotations

import argparse

from pbtui.cli import parsing, remote
from pbtui.cli.narrate import say
from pbtui.cli.run import run_loop
from pbtui.core.actions import Action, ActionResult, SetMode, StopBot, StopChoice, Target
from pbtui.core.clock import RealClock, within
from pbtui.core.errors import ConfigError, ExitCode, LinkClosed
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import Snapshot
from pbtui.core.types import PSIDES, Mode, Pside
from pbtui.link.client import SocketLink
from pbtui.live import lock

_MODES: dict[str, Mode | None] = {
    "n": Mode.NORMAL,
    "gs": Mode.GRACEFUL_STOP,
    "t": Mode.TP_ONLY,
    "m": Mode.MANUAL,
    "p": Mode.PANIC,
    "c": None,
    **{mode.value: mode for mode in Mode},
    "config": None,
}
_STOP_S = 60.0


def main(argv: list[str]) -> int:
    """Run `mode …` or `stop …` (the first word says which)."""
    word, rest = argv[0], argv[1:]
    parser = _mode_parser() if word == "mode" else _stop_parser()
    try:
        given = parser.parse_args(rest)
    except SystemExit as stop:
        return int(stop.code or 0)
    info = lock.find(lock.state_folder(), given.user)
    return run_loop(_set_mode(info, given) if word == "mode" else _stop(info, given.orders))


def _mode_parser() -> argparse.ArgumentParser:
    parser = parsing.Parser(prog="pbtui mode", description="Set a mode by hand; it stays until it is set to `c`.")
    parser.add_argument("user", metavar="USER")
    parser.add_argument("coin", metavar="COIN", help="as in BTC; `all` for every coin (not for panic)")
    parser.add_argument("side", choices=("long", "short", "both"))
    parser.add_argument(
        "mode",
        choices=tuple(_MODES),
        metavar="MODE",
        help="n normal, gs graceful stop, t tp only, m manual, p panic, c config",
    )
    parser.add_argument("--confirm", default="", metavar="COIN", help="the coin again: panic closes at any price")
    parsing.add_global_flags(parser)
    return parser


def _stop_parser() -> argparse.ArgumentParser:
    parser = parsing.Parser(prog="pbtui stop", description="Stop a bot in order.")
    parser.add_argument("user", metavar="USER")
    parser.add_argument(
        "--orders", choices=("keep", "cancel_entries", "cancel_all"), help="resting orders (default: live.on_stop)"
    )
    parsing.add_global_flags(parser)
    return parser


async def _set_mode(info: lock.LockInfo, given: argparse.Namespace) -> int:
    mode = _MODES[given.mode]
    link = await remote.connect(info, "command")
    try:
        targets = _targets(await remote.first_snapshot(link), given.coin, given.side)
        if mode is Mode.PANIC and given.coin.lower() == "all":
            raise ConfigError("panic is set coin by coin here", hint="the console closes everything with P")
        return _report(await link.act(SetMode(targets, mode, by="command", confirm=given.confirm)))
    finally:
        await link.close()


def _targets(found: Snapshot, coin: str, side: str) -> tuple[Target, ...]:
    """Return the coins and sides meant; raises ConfigError naming the known coins."""
    sides: tuple[Pside, ...] = PSIDES if side == "both" else tuple(pside for pside in PSIDES if pside == side)
    symbols = {row.symbol: row.coin for row in (*found.modes, *found.positions, *found.orders)}
    wanted = coin.lower()
    hits = sorted(s for s, name in symbols.items() if wanted in ("all", name.lower(), s.lower()))
    if not hits and wanted != "all" and coin.isalnum():
        # Approved but not eligible now: the bot knows whether there is such a market.
        hits = [f"{coin.upper()}/{found.account.quote}:{found.account.quote}"]
    if not hits:
        known = ", ".join(sorted(set(symbols.values()))) or "none yet"
        raise ConfigError(f"{sanitize_line(coin, limit=40)} is not traded here", hint=f"coins: {known}")
    return tuple(Target(symbol, pside) for symbol in hits for pside in sides)


async def _stop(info: lock.LockInfo, orders: StopChoice | None) -> int:
    link = await remote.connect(info, "command")
    try:
        found = await remote.first_snapshot(link)
        choice = orders or _on_stop(found.health.on_stop)
        action: Action = StopBot(choice, by="command")
        code = _report(await link.act(action))
        if code == ExitCode.OK:
            await within(RealClock(), _STOP_S, _until_gone(link))
            reason = link.latest.health.reason if link.latest is not None else ""
            say(f"{info.user} has stopped: {reason}" if reason else f"{info.user} has stopped")
        return code
    except TimeoutError:
        say(f"pbtui: {info.user} has not stopped within {_STOP_S:.0f} s; it goes on trying (see pbtui status)")
        return int(ExitCode.FAILED)
    finally:
        await link.close()


async def _until_gone(link: SocketLink) -> None:
    try:
        async for _ in link.snapshots():
            continue
    except LinkClosed:
        return


def _on_stop(text: str) -> StopChoice:
    return "keep" if text == "keep" else "cancel_all" if text == "cancel_all" else "cancel_entries"


def _report(result: ActionResult) -> int:
    if result.ok:
        say(result.text)
        return int(ExitCode.OK)
    say(f"pbtui: {result.text}")
    return int(ExitCode.REFUSED if result.refused else ExitCode.FAILED)
