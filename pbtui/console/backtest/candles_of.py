"""The candles of a result's coin, read where its run read them: its tree of day files, then the store. For threads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbtui.console.actions import label_of
from pbtui.console.backtest.reading import Result
from pbtui.console.text import safe
from pbtui.core.errors import DataError, PbtuiError
from pbtui.market.prepare.trees import find_tree

if TYPE_CHECKING:
    from pbtui.market.holdings import Library
    from pbtui.market.store.rows import Rows


def candles_of(
    library: Library, base_dir: Path, result: Result, coin: str, start_ms: int, end_ms: int
) -> tuple[str, str, Rows]:
    """Return exchange, symbol and candles of [start, end); raises PbtuiError when none are there."""
    exchange, symbol = _told(result, coin)
    exchanges = [exchange] if exchange else exchanges_of(result)
    tree = source_of(result, base_dir)
    for name in exchanges:
        days = find_tree(tree, name, coin, symbol or coin) if tree is not None else None
        if days is not None and len(rows := days.read(start_ms, end_ms)):
            return name, symbol or coin, rows
    problem: PbtuiError | None = None
    for name in exchanges:
        try:
            for held, known in [(name, symbol)] if symbol else library.choose([name], [coin]):
                rows = library.store(held).read(known, start_ms, end_ms)
                if len(rows):
                    return held, known, rows
        except PbtuiError as error:
            problem = problem or error
    hint = f"{label_of('screen.candles')}, then {label_of('candles.download')} fetches them"
    raise problem or DataError(f"no candles of {safe(coin, 40)} are held of that time", hint=hint)


def exchanges_of(result: Result) -> list[str]:
    """Return the exchanges a run's candles may be of: its folder's name first, then its config's."""
    named = _section(result).get("exchanges")
    folder = result.folder.parent.name
    found = [str(name) for name in named if isinstance(name, str)] if isinstance(named, list) else []
    return list(dict.fromkeys([folder, *found] if folder in found else [*found, folder]))


def source_of(result: Result, base_dir: Path) -> Path | None:
    """Return the tree of day files that the run tried first, None for none (`backtest.ohlcv_source_dir`)."""
    written = _section(result).get("ohlcv_source_dir")
    return base_dir / Path(written).expanduser() if isinstance(written, str) and written else None


def _told(result: Result, coin: str) -> tuple[str, str]:
    """Return exchange and symbol that a result of ours names as the source of a coin, "" where it does not."""
    facts: Any = result.opened.facts if result.opened is not None else {}
    for name in ("dataset", "coins", coin):
        facts = facts.get(name) if isinstance(facts, Mapping) else None
    told = [facts.get(name) for name in ("ohlcv_source", "symbol")] if isinstance(facts, Mapping) else []
    exchange, symbol = told if all(isinstance(value, str) for value in told) and told else ("", "")
    return str(exchange), str(symbol)


def _section(result: Result) -> Mapping[str, Any]:
    config = result.opened.config if result.opened is not None else {}
    section = config.get("backtest")
    return section if isinstance(section, Mapping) else {}
