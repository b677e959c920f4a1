"""The lists below the coverage map: gaps of a symbol, findings of a check, coins of a download."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pbtui.console.actions import label_of
from pbtui.console.candles.view import Check, Fetch, FetchRow
from pbtui.console.candles.words import minutes_of, reason_word, share_word, span_word
from pbtui.console.numbers import bar, utc
from pbtui.console.state import Sort
from pbtui.console.tables.select import Value, filtered, matches, ordered
from pbtui.console.text import Line, safe
from pbtui.console.widgets.columns import Column, Row, Rows, cell

if TYPE_CHECKING:
    from pbtui.market.audit import Finding
    from pbtui.market.sources.holes import Hole
    from pbtui.market.survey import Survey

_MINUTE = "%Y-%m-%d %H:%MZ"
GAP_COLUMNS: tuple[Column, ...] = (
    Column("from", "from"),
    Column("minutes", "minutes", ">"),
    Column("reason", "why", rank=1, least=12),
    Column("asked", "asked", ">", rank=2),
)
GAP_SORTABLE: list[str] = ["from", "minutes", "reason"]
_GAP_VALUES: dict[str, Callable[[Hole], Value]] = {
    "from": lambda hole: hole.start_ms,
    "minutes": minutes_of,
    "reason": lambda hole: hole.reason,
}
FINDING_COLUMNS: tuple[Column, ...] = (
    Column("kind", "kind"),
    Column("coin", "coin"),
    Column("exchange", "exchange", rank=4, least=5),
    Column("from", "from", rank=1),
    Column("minutes", "min", ">", rank=2),
    Column("text", "what", rank=3, least=10),
)
FINDING_SORTABLE: list[str] = ["kind", "coin", "exchange", "from", "minutes"]
_FINDING_VALUES: dict[str, Callable[[tuple[int, Finding]], Value]] = {
    "kind": lambda item: item[1].kind,
    "coin": lambda item: item[1].coin,
    "exchange": lambda item: item[1].exchange,
    "from": lambda item: item[1].from_ms,
    "minutes": lambda item: item[1].minutes,
}
FETCH_COLUMNS: tuple[Column, ...] = (
    Column("coin", "coin"),
    Column("exchange", "exchange", rank=3, least=5),
    Column("bar", "", rank=2),
    Column("done", "done", ">"),
    Column("candles", "candles", ">", rank=4),
    Column("state", "state", rank=1, least=8),
)
_BAR = 10
_INKS = {"waiting": "dim", "running": "accent", "done": "up", "failed": "bad", "stopped": "warn"}
_KIND_INKS = {"gap": "warn", "flat": "text", "outlier": "warn", "volume": "warn", "disagreement": "warn"}


def _gap_words(hole: Hole) -> Mapping[str, str]:
    return {"from": utc(hole.start_ms, _MINUTE), "reason": reason_word(hole.reason)}


def gap_rows(known: Survey | None, wanted: str, sort: Sort) -> Rows:
    """Return the gaps of a symbol."""
    found = ordered(filtered(known.gaps if known else (), wanted, _gap_words), sort, _GAP_VALUES)

    def make(index: int) -> Row:
        hole = found[index]
        asked = f"{hole.retry_count}×" if hole.retry_count else ""
        cells = (cell(utc(hole.start_ms, _MINUTE)), cell(f"{minutes_of(hole):,}", "warn"))
        return Row(hole.start_ms, (*cells, cell(reason_word(hole.reason)), cell(asked, "dim")))

    return Rows([hole.start_ms for hole in found], make)


def finding_words(each: Finding) -> Mapping[str, str]:
    """Return what a filter can look for in a finding."""
    when = utc(each.from_ms, _MINUTE)
    return {"kind": each.kind, "coin": each.coin, "exchange": each.exchange, "from": when, "text": each.text}


def finding_rows(check: Check, wanted: str, sort: Sort) -> Rows:
    """Return the findings of a check."""
    numbered = list(enumerate(check.findings))
    kept = [item for item in numbered if matches(finding_words(item[1]), wanted)] if wanted.strip() else numbered
    kept = ordered(kept, sort, _FINDING_VALUES)

    def make(index: int) -> Row:
        at, each = kept[index]
        return Row(
            at,
            (
                cell(each.kind, _KIND_INKS.get(each.kind, "bad")),
                cell(safe(each.coin, 12)),
                cell(safe(each.exchange, 12), "dim"),
                cell(utc(each.from_ms, _MINUTE) if each.minutes else ""),
                cell(f"{each.minutes:,}" if each.minutes else ""),
                cell(safe(each.text, 200)),
            ),
        )

    return Rows([at for at, _ in kept], make)


def findings_title(check: Check, wanted: str) -> str:
    """Return how many findings there are, by kind."""
    if not check.pairs:
        return "Findings"
    if check.running:
        return f"Findings {check.count:,} · checking {safe(check.doing, 40)}"
    kinds = " · ".join(f"{count:,} {kind}" for kind, count in check.kinds.most_common())
    note = f"/{safe(wanted, 20)}" if wanted.strip() else ""
    return " · ".join(filter(None, (f"Findings {check.count:,}", kinds, safe(check.doing, 40), note)))


def findings_empty(check: Check, wanted: str) -> tuple[str, ...]:
    """Return what to say where there is no finding."""
    if check.findings and wanted:
        return ("no finding matches the filter",)
    if check.running:
        return ("nothing found so far",)
    if not check.pairs:
        return (
            f"{label_of('candles.verify')} checks the marked coins, or this one",
            f"{label_of('candles.mark_all')} {label_of('candles.verify')} checks all",
        )
    return (f"nothing is wrong: {safe(check.doing)}",)


def finding_lines(each: Finding) -> list[Line]:
    """Return one finding in full."""
    when = f"{utc(each.from_ms, _MINUTE)} · {each.minutes:,} min" if each.minutes else "the file as such"
    head: Line = ((f"{safe(each.exchange, 20)} {safe(each.symbol, 40)}  ", "strong"), (each.kind, "warn"))
    return [head, ((when, "text"),), (), ((safe(each.text, 1_000), "text"),)]


def fetch_rows(fetch: Fetch) -> Rows:
    """Return the coins of a download: those that run first, then those that wait, then the others."""
    rank = {"running": 0, "failed": 1, "waiting": 2, "stopped": 2, "done": 3}
    found = sorted(fetch.rows.values(), key=lambda row: rank[row.state]) if fetch.running else list(fetch.rows.values())
    return Rows([(row.exchange, row.symbol) for row in found], lambda index: _fetch_row(found[index]))


def _fetch_row(row: FetchRow) -> Row:
    known = row.total is not None
    share = (row.done / row.total if row.total else 1.0) if row.total is not None else 0.0
    filled, rest = bar(share, _BAR)
    state = row.state if row.state != "running" else f"from {row.source}" if row.source else row.state
    nothing = row.state == "done" and not row.total
    return Row(
        (row.exchange, row.symbol),
        (
            cell(safe(row.coin, 12), "strong"),
            cell(safe(row.exchange, 12)),
            ((filled, _INKS[row.state]), (rest, "border")),
            cell(share_word(share) if known else ""),
            cell(f"{row.done:,}/{row.total:,}" if row.total else "", "dim"),
            cell("nothing was missing" if nothing else safe(row.text, 200) or state, _INKS[row.state]),
        ),
    )


def fetch_title(fetch: Fetch) -> str:
    """Return how far a download is: share, rate, time left."""
    if not fetch.name:
        return "Download"
    if fetch.doing or not fetch.total:
        return " · ".join(filter(None, ("Download", fetch.name, safe(fetch.doing, 160))))
    left = "" if fetch.seconds_left is None else f"{span_word(fetch.seconds_left)} left"
    parts = (f"Download {share_word(fetch.done / fetch.total)}", left, f"{fetch.rate:,.0f}/s", fetch.name)
    return " · ".join(filter(None, parts))


def fetch_empty(fetch: Fetch) -> tuple[str, ...]:
    """Return what to say where there is no coin to fetch."""
    if fetch.name:
        return (fetch.doing,)
    return (
        f"{label_of('candles.download')} downloads what the backtest of a config needs",
        f"it goes on when this screen is left; {label_of('candles.stop')} stops it",
    )
