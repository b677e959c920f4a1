"""The tables of a backtest's result: metrics in groups (two runs side by side), coins, fills, a suite's scenarios."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pbtui.backtest.metric_groups import GROUPS, Metric, Unit, plain, value_of
from pbtui.console.backtest.view import BacktestView
from pbtui.console.numbers import NOTHING, bar, gain, gain_ink, money, signed, utc
from pbtui.console.state import Sort
from pbtui.console.tables.select import Value, filtered, ordered
from pbtui.console.text import safe
from pbtui.console.widgets.columns import Column, Row, Rows, cell

if TYPE_CHECKING:
    from pbtui.console.backtest.reading import CoinSums, FillTable, Result

_BAR = 12
COIN_COLUMNS: tuple[Column, ...] = (
    Column("coin", "coin", least=6),
    Column("pnl", "pnl", ">"),
    Column("bar", "", rank=3),
    Column("fills", "fills", ">", rank=1),
    Column("stuck", "stuck h", ">", rank=1),
    Column("long", "long", ">", rank=4),
    Column("short", "short", ">", rank=4),
    Column("fees", "fees", ">", rank=5),
    Column("exposed", "most WE", ">", rank=2),
)
COIN_SORTABLE: list[str] = ["coin", "pnl", "fills", "stuck", "long", "short", "fees", "exposed"]
_COIN_VALUES: Mapping[str, Callable[[CoinSums], Value]] = {
    "coin": lambda row: row.coin,
    "pnl": lambda row: row.pnl,
    "fills": lambda row: row.fills,
    "stuck": lambda row: row.stuck_hours,
    "long": lambda row: row.pnl_long,
    "short": lambda row: row.pnl_short,
    "fees": lambda row: row.fees,
    "exposed": lambda row: row.most_exposed,
}
FILL_COLUMNS: tuple[Column, ...] = (
    Column("time", "time"),
    Column("coin", "coin", least=6),
    Column("side", "side", rank=4),
    Column("type", "type", rank=3, least=14),
    Column("qty", "qty", ">", rank=1),
    Column("price", "price", ">"),
    Column("pnl", "pnl", ">"),
    Column("fee", "fee", ">", rank=8),
    Column("psize", "position", ">", rank=5),
    Column("pprice", "at", ">", rank=6),
    Column("we", "WE", ">", rank=7),
    Column("balance", "balance", ">", rank=2),
)
FILL_SORTABLE: list[str] = ["coin", "type", "pnl", "fee", "we", "balance"]


# -- metrics ---------------------------------------------------------------------------------------------------------


def summary_columns(result: Result, other: Result | None) -> tuple[Column, ...]:
    """Return the columns of a run's metrics, or of a suite's scenarios."""
    if result.suite is not None:
        names = _suite_metrics(result.suite)
        return (
            Column("label", "scenario", least=8),
            *(Column(name, name, ">", rank=n) for n, name in enumerate(names)),
        )
    value = Column("value", "this" if other is not None else "value", ">")
    more = (Column("other", "other", ">"), Column("difference", "difference", ">", rank=1)) if other else ()
    return (Column("metric", "metric", least=14), value, *more)


def summary_rows(result: Result, other: Result | None, unit: Unit) -> Rows:
    """Return facts and metrics in groups, all others after them; for a suite its scenarios and what they come to."""
    if result.suite is not None:
        return Rows.of(_suite_rows(result.suite))
    rows = _fact_rows(result, other)
    width = 3 if other is not None else 1
    for group, metrics in GROUPS:
        rows.append(Row(f"group:{group}", (cell(group, "accent"), *[cell("")] * width)))
        rows += [_metric_row(metric, result, other, unit) for metric in metrics]
    known = {metric.name for _, metrics in GROUPS for metric in metrics}
    rest = sorted({name_of(name) for name in result.analysis} - known)
    if rest:
        rows.append(Row("group:rest", (cell("everything else", "accent"), *[cell("")] * width)))
        rows += [_metric_row(Metric(name, plain), result, other, unit) for name in rest]
    return Rows.of(rows)


def name_of(name: str) -> str:
    """Return a metric's name without its unit."""
    return name.removesuffix("_usd").removesuffix("_btc")


def _metric_row(metric: Metric, result: Result, other: Result | None, unit: Unit) -> Row:
    value = value_of(result.analysis, metric.name, unit)
    cells = [cell(f" {safe(metric.name, 60)}"), cell(metric.form(value) if value is not None else NOTHING)]
    if other is not None:
        theirs = value_of(other.analysis, metric.name, unit)
        cells.append(cell(metric.form(theirs) if theirs is not None else NOTHING, "dim"))
        cells.append(_difference(metric, value, theirs))
    return Row(metric.name, tuple(cells))


def _difference(metric: Metric, value: float | None, theirs: float | None) -> tuple[tuple[str, str], ...]:
    if value is None or theirs is None:
        return cell("")
    change = value - theirs
    text = metric.form(abs(change))
    if not any(digit in text for digit in "123456789"):
        return cell("=", "dim")
    mark = "▲+" if change > 0 else "▼-"
    good = change * metric.better
    return cell(mark + text, "up" if good > 0 else "down" if good < 0 else "text")


def _fact_rows(result: Result, other: Result | None) -> list[Row]:
    mine, theirs = facts_of(result), facts_of(other) if other is not None else {}
    width = 2 if other is not None else 0
    rows: list[Row] = []
    for name, text in mine.items():
        cells = [cell(f" {name}"), cell(text, "strong")]
        if width:
            cells += [cell(theirs.get(name, ""), "dim"), cell("")]
        rows.append(Row(f"fact:{name}", tuple(cells)))
    return rows


def facts_of(result: Result) -> dict[str, str]:
    """Return what a run was, in words."""
    found: dict[str, str] = {}
    curve = result.curve
    if curve is not None and len(curve.ts_ms):
        found["from"], found["to"] = (utc(int(curve.ts_ms[at]), "%Y-%m-%d") for at in (0, -1))
        found["balance"] = money(float(curve.balance["usd"][-1]))
        found["equity"] = money(float(curve.equity["usd"][-1]))
    if result.fills is not None:
        found["fills"] = f"{len(result.fills):,}"
        found["coins traded"] = f"{len(result.coins):,}"
    program = result.opened.facts.get("program") if result.opened is not None else None
    version = program.get("version", "") if isinstance(program, dict) else ""
    found["made by"] = f"pbtui {safe(version, 20)}".strip() if program else "Passivbot"
    return found


def _suite_metrics(summary: Mapping[str, Any]) -> list[str]:
    table = _suite_table(summary)
    wanted = [f"{name}_usd" for name in ("gain", "adg", "drawdown_worst", "sharpe_ratio")]
    return [name for name in wanted if name in table]


def _suite_table(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    metrics = summary.get("suite_metrics")
    table = metrics.get("metrics") if isinstance(metrics, dict) else None
    return {str(name): row for name, row in table.items() if isinstance(row, dict)} if isinstance(table, dict) else {}


def _suite_rows(summary: Mapping[str, Any]) -> list[Row]:
    table, names = _suite_table(summary), _suite_metrics(summary)
    metrics = summary.get("suite_metrics")
    labels = metrics.get("scenario_labels") if isinstance(metrics, dict) else None
    rows: list[Row] = []
    for number, label in enumerate(labels if isinstance(labels, list) else []):
        values = [_of(table[name].get("scenarios"), str(label)) for name in names]
        rows.append(Row(number, (cell(safe(label, 60)), *map(_figure, values))))
    rows.append(Row("all", (cell("aggregated", "accent"), *(_figure(table[name].get("aggregated")) for name in names))))
    return rows


def _of(table: Any, name: str) -> Any:
    return table.get(name) if isinstance(table, dict) else None


def _figure(value: Any) -> tuple[tuple[str, str], ...]:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return cell(f"{value:,.6g}") if good else cell(NOTHING, "dim")


# -- coins and fills -------------------------------------------------------------------------------------------------


def coin_words(row: CoinSums) -> dict[str, str]:
    """Return what a filter can look for in a coin."""
    return {"coin": row.coin}


def coin_rows(coins: Sequence[CoinSums], wanted: str, sort: Sort) -> Rows:
    """Return coins with bars of their profit against the largest one."""
    found = ordered(filtered(coins, wanted, coin_words), sort, _COIN_VALUES)
    most = max((abs(row.pnl) for row in coins), default=0.0) or 1.0

    def make(index: int) -> Row:
        row = found[index]
        filled, empty = bar(abs(row.pnl) / most, _BAR)
        ink = gain_ink(row.pnl)
        cells = (
            cell(safe(row.coin, 20), "strong"),
            cell(gain(row.pnl), ink),
            ((filled, ink), (empty, "border")),
            cell(f"{row.fills:,}"),
            cell(f"{row.stuck_hours:,.1f}", "text"),
            cell(signed(row.pnl_long) if row.pnl_long else "", "dim"),
            cell(signed(row.pnl_short) if row.pnl_short else "", "dim"),
            cell(signed(row.fees), "dim"),
            cell(f"{row.most_exposed:.3f}"),
        )
        return Row(row.coin, cells)

    return Rows([row.coin for row in found], make)


def fill_row(fills: FillTable, place: int) -> Row:
    """Return a fill as cells."""
    figures = {name: float(values[place]) for name, values in fills.figures.items()}
    bought, pnl = figures["qty"] > 0, figures["pnl"]
    cells = (
        cell(utc(int(fills.ts_ms[place]), "%Y-%m-%d %H:%M"), "dim"),
        cell(fills.coin[place], "strong"),
        cell("buy" if bought else "sell", "up" if bought else "down"),
        cell(fills.kind[place]),
        cell(_short(figures["qty"], sign=True)),
        cell(_short(figures["price"])),
        cell(gain(pnl) if pnl else "", gain_ink(pnl)),
        cell(signed(figures["fee"], 4), "dim"),
        cell(_short(figures["psize"], sign=True)),
        cell(_short(figures["pprice"]), "dim"),
        cell(f"{figures['we']:.4f}"),
        cell(money(figures["balance"]), "dim"),
    )
    return Row(place, cells)


def fill_rows(view: BacktestView, fills: FillTable) -> Rows:
    """Return the fills in the order that was made."""
    places = view.order.rows
    return Rows(places, lambda index: fill_row(fills, places[index]))


def _short(value: float, *, sign: bool = False) -> str:
    """Return a size or price with as many digits as single precision holds."""
    if value != value:
        return NOTHING
    text = f"{value:+,.8g}" if sign else f"{value:,.8g}"
    return "0" if value == 0 else text
