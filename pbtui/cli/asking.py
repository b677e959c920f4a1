"""Typed commands that only look: what they answer, as sentences and as figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from pbtui.cli import figures, spoken
from pbtui.cli.output import log_line
from pbtui.core.actions import BacklogQuery, CoinQuery, HealthQuery, Query, ReloadQuery
from pbtui.core.errors import ExitCode, PbtuiError
from pbtui.core.history import Backlog, HealthReport
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import CoinFacts, ReloadPreview, Snapshot
from pbtui.link.base import Link
from pbtui.link.targets import symbols_of, targets_of
from pbtui.link.verbs import VERBS, Command

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a command: sentences, the same as figures, and the exit code it deserves."""

    lines: tuple[str, ...]
    code: ExitCode = ExitCode.OK
    data: dict[str, Any] = field(default_factory=dict[str, Any])

    def as_json(self, verb: str) -> dict[str, Any]:
        """Return the answer as one object."""
        text = {"text": self.lines[0]} if self.lines else {}
        ok = self.code is ExitCode.OK
        return {**self.data, "type": "answer", "verb": verb, "ok": ok, "exit_code": int(self.code), **text}


async def look(command: Command, found: Snapshot, link: Link) -> Answer:
    """Answer a command that only looks; raises ConfigError for unknown coins, PbtuiError with the bot's reason."""
    match command.verb.name:
        case "status":
            return Answer((figures.status_text(found),), data=figures.status(found))
        case "positions":
            return _rows("positions", found.positions, spoken.position_line, "no positions and no slots")
        case "orders":
            kept = found.orders
            if command.coins:
                symbols = symbols_of(command.coins[0], found, guess=False)
                kept = tuple(row for row in kept if row.symbol in symbols)
            return _rows("orders", kept, spoken.order_line, "no orders")
        case "modes":
            return _rows("modes", found.modes, spoken.mode_line, "no coins yet")
        case "warnings":
            ready = _plain(found.readiness)
            return Answer(
                tuple(spoken.warning_lines(found)), data={"warnings": list(found.warnings), "readiness": ready}
            )
        case "help":
            words = [{"usage": verb.usage, "help": verb.help} for verb in VERBS]
            return Answer(tuple(f"{verb.usage}: {verb.help}" for verb in VERBS), data={"words": words})
        case "events" | "equity":
            return await _past(command, link)
        case "health":
            report = await _ask(link, HealthQuery(), HealthReport)
            return Answer(tuple(spoken.health_lines(report)), data=_plain(report))
        case "diff":
            return difference(await _ask(link, ReloadQuery(), ReloadPreview))
        case _:
            return await _of_coin(command, found, link)


def difference(preview: ReloadPreview) -> Answer:
    """Return what a reload would change; a config that cannot be loaded is a usage error."""
    if preview.error:
        return Answer((sanitize_line(preview.error),), ExitCode.USAGE)
    lines = [
        f"{change.path}: {change.old} → {change.new}"
        + (", needs a restart" if change.needs_restart else "")
        + (", raises risk" if change.raises_risk else "")
        for change in preview.changes
    ]
    return Answer(
        tuple(map(sanitize_line, lines)) or ("nothing would change",), data={"changes": _plain(preview.changes)}
    )


async def _past(command: Command, link: Link) -> Answer:
    """Answer from what the bot remembers since it began."""
    count = int(command.number)
    if command.verb.name == "events":
        backlog = await _ask(link, BacklogQuery(events=count, points=0), Backlog)
        return _rows("events", backlog.events, log_line, "no events yet")
    backlog = await _ask(link, BacklogQuery(events=0, points=count), Backlog)
    curve = backlog.equity
    return Answer(tuple(spoken.equity_lines(curve)), data=_plain(curve))


async def _of_coin(command: Command, found: Snapshot, link: Link) -> Answer:
    """Answer about one coin, side by side."""
    lines: list[str] = []
    data: list[dict[str, Any]] = []
    for target in targets_of(command, found, guess=False):
        head = sanitize_line(f"{target.symbol} {target.pside}", limit=80)
        facts = await _ask(link, CoinQuery(target.symbol, target.pside), CoinFacts)
        if command.verb.name == "why":
            rows = [line for line in spoken.why_lines(facts, target.pside) if line]
            texts = [*map(sanitize_line, rows), *_now(found, target.symbol, target.pside)]
            data.append({"symbol": target.symbol, "pside": target.pside, "lines": texts})
        else:
            fills = command.verb.name == "fills"
            texts = list(map(spoken.fill_line, facts.fills)) if fills else spoken.param_lines(facts)
            figure = {"fills": _plain(facts.fills)} if fills else {"params": _plain(facts.params)}
            data.append({"symbol": target.symbol, "pside": target.pside, **figure})
        lines += [f"{head}: {text}" for text in texts or ["none"]]
    return Answer(tuple(lines), data={"sides": data})


def _now(found: Snapshot, symbol: str, pside: str) -> list[str]:
    """Return what a coin and side holds and in which mode it is."""
    held = [row for row in found.positions if (row.symbol, row.pside) == (symbol, pside)]
    modes = [row for row in found.modes if (row.symbol, row.pside) == (symbol, pside)]
    return [*map(spoken.position_line, held), *map(spoken.mode_line, modes)]


def _rows(name: str, rows: Sequence[Any], line: Any, nothing: str) -> Answer:
    return Answer(tuple(map(line, rows)) or (nothing,), data={name: _plain(rows)})


def _plain(value: Any) -> Any:
    return figures.finite(msgspec.to_builtins(value))


async def _ask(link: Link, query: Query, kind: type[T]) -> T:
    reply = await link.ask(query)
    if not isinstance(reply, kind):
        raise PbtuiError("the bot sent an unexpected answer")
    return reply
