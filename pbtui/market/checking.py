"""Looking at stored candles for everything that is wrong: files, each symbol by itself, venues beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pbtui.config.coin_names import coin_of
from pbtui.core.errors import PbtuiError
from pbtui.market.audit import Finding, disagreements, findings_of_rows
from pbtui.market.holdings import Library

ENDLESS = 1 << 62
Pair = tuple[str, str]  # exchange, symbol


def findings(
    library: Library,
    pairs: Sequence[Pair],
    start_ms: int = 0,
    end_ms: int = ENDLESS,
    *,
    on_step: Callable[[str], None] | None = None,
) -> Iterator[Finding]:
    """Yield what is wrong in [start, end) of the pairs; `on_step` hears what is looked at before it is."""
    tell = on_step or _nobody
    for number, (exchange, symbol) in enumerate(pairs, 1):
        store, coin = library.store(exchange), coin_of(symbol)
        tell(f"{number}/{len(pairs)} {exchange} {coin}")
        for trouble in store.verify(symbol):
            yield Finding(exchange, coin, symbol, "file", 0, 0, trouble.line())
        yield from findings_of_rows(exchange, coin, symbol, store.read(symbol, start_ms, end_ms))
    yield from _between(library, pairs, start_ms, end_ms, tell)


def _between(
    library: Library, pairs: Sequence[Pair], start: int, end: int, tell: Callable[[str], None]
) -> Iterator[Finding]:
    """Compare each coin's venues with the first of them."""
    for coin, held in sorted(_by_coin(library, pairs).items()):
        (first, symbol), *others = held
        rows = library.store(first).read(symbol, start, end) if others else None
        for other, theirs in others:
            if rows is not None and other != first:
                tell(f"{coin}: {first} beside {other}")
                there = (other, theirs, library.store(other).read(theirs, start, end))
                yield from disagreements(coin, (first, symbol, rows), there)


def _by_coin(library: Library, pairs: Sequence[Pair]) -> dict[str, list[Pair]]:
    """Return the pairs of each coin.

    Some venues write K for 1000 (KPEPE), of which a symbol does not tell whether it belongs to the name: the venue's
    market list does, where it is kept.
    """
    found: dict[str, list[Pair]] = {}
    for exchange, symbol in pairs:
        found.setdefault(coin_of(symbol), []).append((exchange, symbol))
    for name in [name for name in found if name.startswith("K") and name[1:] in found]:
        thousands = [pair for pair in found[name] if _listed_as(library, pair) == name[1:]]
        found[name[1:]] += thousands
        found[name] = [pair for pair in found[name] if pair not in thousands]
    return {coin: held for coin, held in found.items() if held}


def _listed_as(library: Library, pair: Pair) -> str:
    """Return the coin that a venue lists a symbol as, "" where its list is not kept."""
    from pbtui.market.prepare import venue_of_caches

    exchange, symbol = pair
    try:
        market = venue_of_caches(exchange, library.base_dir).markets.get(symbol)
    except PbtuiError:
        return ""
    return market.coin if market is not None else ""


def _nobody(step: str) -> None:
    """Hear nothing."""
