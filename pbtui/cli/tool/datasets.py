"""`pbtui tool datasets`: the candles prepared for backtests, what room they take, and clearing them."""

from __future__ import annotations

import argparse
from typing import Any

from pbtui.cli.candles_cmd import show, show_json
from pbtui.cli.narrate import say
from pbtui.core.clock import Clock, RealClock
from pbtui.core.errors import ConfigError, ExitCode
from pbtui.core.sanitize import sanitize_line
from pbtui.market.audit.finding import stamp
from pbtui.market.prepare.clearing import Kept, clear, kept, mebibytes
from pbtui.market.prepare.holding import FACTS
from pbtui.market.sealed import read_sealed

_COINS = 6
_EVER = 1 << 62  # ms


def run(options: argparse.Namespace, clock: Clock | None = None) -> int:
    """List prepared datasets and clear the wanted ones with `--apply`; exit 0, 2 where nothing says which."""
    wanted = options.all or options.unused is not None or options.keep is not None
    if options.apply and not wanted:
        raise ConfigError("which datasets are to be cleared?", hint="--unused 7d, --keep GIB or --all")
    root = options.base_dir / "caches" / "datasets"
    found = kept(root)
    records = {each: _record(each) for each in found}
    gone: set[Kept] = set()
    if wanted:
        unused = None if options.unused is None else (clock or RealClock()).now_ms() - options.unused
        before = _EVER if options.all else 0 if unused is None else unused
        over = 0 if options.keep is None else sum(each.size for each in found) - round(options.keep * (1 << 30))
        gone = set(clear(root, found, before_ms=before, over=over, until_ms=_EVER, really=options.apply))
    for each in found:
        state = ("cleared" if options.apply else "would go") if each in gone else ""
        _tell({**records[each], "state": state or ("in use" if records[each]["in_use"] else "kept")}, options)
    _sum_up(found, gone, options)
    return ExitCode.OK


def _record(each: Kept) -> dict[str, Any]:
    """Return what there is to know of a dataset; its coins and times are missing where its facts are damaged."""
    record: dict[str, Any] = {
        "path": sanitize_line(each.path, limit=500),
        "bytes": each.size,
        "used_ms": each.used_ms,
        "in_use": each.in_use,
    }
    facts = (read_sealed(each.path / FACTS) or {}).get("facts")
    if isinstance(facts, dict):
        first, bars, width = facts["first_ms"], facts["bars"], facts["interval_minutes"]
        record["coins"] = [sanitize_line(item["coin"], limit=40) for item in facts["coins"]]
        record["first_ms"], record["last_ms"] = first, first + (bars - 1) * width * 60_000
        record["interval_minutes"] = width
    return record


def _tell(record: dict[str, Any], options: argparse.Namespace) -> None:
    if options.json:
        show_json(record)
        return
    what = "not what was written"
    if "coins" in record:
        coins: list[str] = record["coins"]
        more = f" and {len(coins) - _COINS:,} more" if len(coins) > _COINS else ""
        times = f"{stamp(record['first_ms'])} to {stamp(record['last_ms'])}"
        what = f"{', '.join(coins[:_COINS])}{more}, {times}, {record['interval_minutes']} min"
    show(f"{record['state']:<8}  used {stamp(record['used_ms'])}  {mebibytes(record['bytes']):>11}  {record['path']}")
    show(f"          {what}")


def _sum_up(found: list[Kept], gone: set[Kept], options: argparse.Namespace) -> None:
    size, cleared = sum(each.size for each in found), sum(each.size for each in gone)
    text = f"{len(found):,} prepared datasets, {mebibytes(size)}"
    if gone:
        text += f"; {len(gone):,} of them, {mebibytes(cleared)}, {'are cleared' if options.apply else 'would go'}"
        text += "" if options.apply else ": --apply does it"
    say(text)
