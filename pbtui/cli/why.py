"""`pbtui why USER COIN`: why a running bot has the orders of a coin that it has, and why it has no others.

Exit 0 when told, 1 when no such bot runs or it does not answer, 2 when it knows no such coin.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from pbtui.cli import parsing, remote
from pbtui.cli.run import run_loop
from pbtui.console.why.telling import tellings
from pbtui.console.why.words import Decimals, sentence
from pbtui.core.actions import CoinQuery
from pbtui.core.errors import ExitCode, LinkClosed, PbtuiError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import CoinFacts
from pbtui.core.types import PSIDES
from pbtui.link.client import SocketLink
from pbtui.link.targets import symbols_of
from pbtui.live import lock

_MARKS = {"makes": "+", "keeps": "-", "tells": " "}


def main(argv: list[str]) -> int:
    """Print the reasons of both sides of a coin, one a line; with --json an object each."""
    parser = parsing.Parser(prog="pbtui why", description=__doc__)
    parser.add_argument("user", metavar="USER", help="the bot's account, as `pbtui status` names it")
    parser.add_argument("coin", metavar="COIN", help="a coin (BTC) or a symbol (BTC/USDT:USDT)")
    parsing.add_global_flags(parser)
    try:
        given = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    info = lock.find(lock.state_folder(), given.user)
    return run_loop(_show(info, given.coin, as_json=given.json))


async def _show(info: lock.LockInfo, coin: str, *, as_json: bool) -> int:
    link = await remote.connect(info, "status")
    try:
        facts = await _ask(link, coin)
    finally:
        await link.close()
    if not isinstance(facts, CoinFacts):
        raise LinkClosed("the bot answered something else")
    lines = _objects(facts) if as_json else _texts(facts)
    for line in lines:
        print(line, flush=True)
    return int(ExitCode.OK)


async def _ask(link: SocketLink, coin: str) -> object:
    """Ask the bot; raises ConfigError, naming the coins there are, for one that it does not know."""
    try:
        return await link.ask(CoinQuery(coin, "long", n=0))
    except LinkClosed:
        raise
    except PbtuiError:
        symbols_of(coin, await remote.first_snapshot(link), guess=False)
        raise


def _objects(facts: CoinFacts) -> list[str]:
    decimals = Decimals.of(facts)
    found: list[dict[str, Any]] = [
        {"type": "why", "symbol": facts.symbol, **asdict(row), "text": sentence(row, decimals)} for row in facts.reasons
    ]
    return [json.dumps(one) for one in found]


def _texts(facts: CoinFacts) -> list[str]:
    found: list[str] = []
    for pside in PSIDES:
        found.append(f"{sanitize_line(facts.symbol, limit=40)} {pside}")
        part = ""
        for line in tellings(facts.reasons, pside, Decimals.of(facts)):
            label = {"entry": "entries", "close": "closes"}[line.part] if line.part != part else ""
            part = line.part
            found.append(f"  {label:<8}{_MARKS[line.tone]} {line.text}")
    return found
