"""The table of venues in docs/exchanges.md: each cell names tests that are there and that run on that venue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
ROWS = (
    "markets", "candles", "balance", "positions", "orders", "batch", "cancel", "fills", "order stream",
    "price stream", "leverage", "margin and position mode", "restart", "panic",
)  # fmt: skip
VENUES = ("Binance", "Bybit", "OKX", "Bitget", "Gate.io", "Hyperliquid", "KuCoin", "Paradex")


def word(venue: str) -> str:
    return venue.replace(".", "").lower()


def cells() -> dict[tuple[str, str], set[str]]:
    """Return the letters of each row and venue."""
    text = (ROOT / "docs" / "exchanges.md").read_text()
    (table,) = re.findall(r"^\| \| Binance \|.*?(?=^\n)", text, re.DOTALL | re.MULTILINE)
    head, _, *lines = [[part.strip() for part in line.split("|")[1:-1]] for line in table.splitlines() if line]
    assert tuple(head[1:]) == VENUES
    return {(line[0], venue): set(line[at].split()) for line in lines for at, venue in enumerate(head[1:], 1)}


def source(*names: str) -> str:
    return "\n".join((TESTS / name).read_text() for name in names)


def files(letter: str, venue: str) -> list[str]:
    """Return the files that stand for a letter on a venue."""
    own = f"venues/test_{word(venue)}_faults.py"
    apart = venue in ("Hyperliquid", "Paradex")
    reading = "test_conformance.py" if venue in ("Binance", "Bybit") else f"test_{word(venue)}_reading.py"
    return {
        "E": ["venues/test_end_to_end.py"],
        "F": [own if apart else "venues/test_account_faults.py"],
        "O": [own],
        "L": ["venues/accounts.py", "venues/test_order_lookup.py", "venues/test_late_orders.py"],
        "A": [own if apart else "venues/test_account_check.py"],
        "C": [f"exchange/private/{reading}"],
        "P": ["exchange/public/test_public_venues.py" if venue == "Binance" else "exchange/public/other_venues.py"],
    }[letter]


def test_every_row_and_venue_has_a_test() -> None:
    found = cells()
    assert set(found) == {(row, venue) for row in ROWS for venue in VENUES}
    assert all(found.values())
    assert all("E" in found[row, venue] for row in ROWS if row != "price stream" for venue in VENUES)


@pytest.mark.parametrize("venue", VENUES)
def test_the_tests_of_a_venue_are_there_and_run_on_it(venue: str) -> None:
    letters = {letter for (_, of), each in cells().items() if of == venue for letter in each}
    for letter in letters:
        text = source(*files(letter, venue)).lower()
        assert (word(venue) if letter in "CP" else f"{word(venue)}dialect") in text, letter
        if letter == "A":
            assert '"check"' in text
        if letter == "C":
            assert "refuses_what_is_spoiled" in text
    streamed = files("F", venue)[0] if venue != "Paradex" else files("O", venue)[0]
    assert re.search(r"def test_prices_(are_)?stream", source(streamed)), "the price stream of the venue"
