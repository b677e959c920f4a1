"""Text from outside is harmless on the screen, in any place it can appear; any size is survived."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.segment import Segment

from pbtui.core.snapshot import EventRow, ReadyItem, Snapshot

from .sample import NOW_MS, snapshot, starting
from .support import Desk, desk

EVIL = (
    "\x1b]0;PWN\x07", "\x1b]52;c;cm0gLXJm\x1b\\", "\x1b[31mred", "\x9b31m", "\x9d52;c;AAAA\x9c", "\x00\x08\x7f",
    "[bold red]markup[/]", "[@click=app.quit]x[/]", "\u202eevil\u202c", "\u2066x\u2069", "a\u200bb\u200f", "\ufeff",
    "\r\nnewline\ttab", "表示幅" * 8, "e\u0301" * 20, "\U000e0041\U000e0042", "\ud800", "\u2028line", "x" * 3000,
)  # fmt: skip


def hostile(rng: random.Random) -> str:
    return "".join(rng.choice(EVIL) for _ in range(rng.randint(1, 3)))


def poison(snap: Snapshot, rng: random.Random) -> Snapshot:
    """Return a snapshot with hostile text wherever text goes, keeping coins together with their rows."""
    symbols = {row.symbol: (hostile(rng), hostile(rng)) for row in (*snap.positions, *snap.modes, *snap.orders)}

    def rename(row):
        symbol, coin = symbols[row.symbol]
        return replace(row, symbol=symbol, coin=coin)

    return replace(
        snap,
        account=replace(
            snap.account, user=hostile(rng), exchange=hostile(rng), quote=hostile(rng), badge=hostile(rng),
            config_name=hostile(rng),
        ),
        health=replace(snap.health, state="blocked", reason=hostile(rng)),
        readiness=tuple(ReadyItem(hostile(rng), False, hostile(rng)) for _ in range(3)),
        positions=tuple(
            replace(rename(row), mode=hostile(rng), flags=(hostile(rng),), next_kind=hostile(rng))
            for row in snap.positions
        ),
        orders=tuple(replace(rename(row), kind=hostile(rng), id=hostile(rng)) for row in snap.orders),
        modes=tuple(
            replace(
                rename(row), effective=hostile(rng), configured=hostile(rng), set_by=hostile(rng), stops=hostile(rng)
            )
            for row in snap.modes
        ),
        events=tuple(EventRow(NOW_MS, 1, hostile(rng), hostile(rng), hostile(rng), n, n % 2 == 0) for n in range(20)),
        warnings=(hostile(rng), hostile(rng)),
    )  # fmt: skip


def forbidden(text: str) -> set[str]:
    """Return the characters that must never reach a terminal."""
    bidi = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), "\u200b", "\u200e", "\u200f", "\ufeff"}
    return {
        char
        for char in text
        if ord(char) < 0x20 or 0x7F <= ord(char) <= 0x9F or char in bidi or 0xD800 <= ord(char) <= 0xDFFF
    }


def segments(d: Desk) -> list[Segment]:
    return [segment for strip in d.app.screen._compositor.render_strips() for segment in strip]


def check(d: Desk, where: str) -> None:
    for segment in segments(d):
        assert segment.control is None
        assert not forbidden(segment.text), (where, segment.text)
    assert all(cell_len(line) == d.app.size.width for line in d.lines), where


@pytest.mark.parametrize("seed", range(2))
async def test_hostile_text_reaches_no_screen_or_dialog(seed: int) -> None:
    rng = random.Random(seed)
    async with desk(poison(snapshot(), rng)) as d:
        check(d, "live")
        for keys in (
            ("v",), ("a", "tab"), ("enter",), ("escape", "7"), ("escape", "w"), ("escape", "question_mark"),
            ("escape", "ctrl+p"), ("escape", "p"), ("escape", "t"), ("escape", "R", "R"), ("escape", "q"),
        ):  # fmt: skip
            await d.press(*keys)
            check(d, str(keys))


async def test_a_hostile_checklist_and_a_hostile_ending_are_harmless() -> None:
    rng = random.Random(7)
    snap = replace(starting(), readiness=tuple(ReadyItem(hostile(rng), False, hostile(rng)) for _ in range(5)))
    async with desk(snap) as d:
        check(d, "starting")
        d.link.end(hostile(rng))
        await d.settle()
        check(d, "gone")


async def test_markup_is_shown_as_it_is_written() -> None:
    base = snapshot()
    rows = (replace(base.positions[0], coin="[b]A[/b]"), *base.positions[1:])
    async with desk(replace(base, positions=rows)) as d:
        assert "[b]A[/b]" in d.text


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_a_storm_of_sizes_is_survived(ascii_only: bool) -> None:
    rng = random.Random(3)
    async with desk(ascii_only=ascii_only) as d:
        for number in range(24):
            columns, rows = rng.randint(1, 300), rng.randint(1, 90)
            await d.pilot.resize_terminal(columns, rows)
            if number % 6 == 0:
                await d.press(rng.choice(["v", "a", "tab", "7", "escape"]))
                await d.give(snapshot(number + 2))
        await d.pilot.resize_terminal(120, 36)
        await d.press("1")
        await d.settle()
        assert "Positions 4" in d.text
        if ascii_only:
            assert d.text.isascii()


@pytest.mark.parametrize(("columns", "rows"), [(60, 18), (80, 24), (99, 30), (120, 36), (160, 45), (200, 60)])
async def test_no_figure_is_cut_at_any_width(columns: int, rows: int) -> None:
    async with desk(size=(columns, rows)) as d:
        text = d.text
        for figure in ("▼-74.40", "▲+6.07", "149.950", "1,012.44"):
            assert figure in text
        assert all(len(line) == columns for line in d.lines)


async def test_phones_get_cards_and_less_than_that_one_line() -> None:
    async with desk(size=(46, 20)) as d:
        shown = [line.split() for line in d.lines]
        assert ["›", "SOL", "long", "norm", "▲+6.07"] in shown
        assert ["4.2", "@", "148.210", "+0.97%"] in shown
        await d.press("down")
        assert d.app.state.current is not None
        assert d.app.state.current[0].startswith("ETH")
        await d.pilot.resize_terminal(39, 20)
        await d.settle()
        assert "pbtui needs 40×15" in d.text
        assert d.app.is_running
