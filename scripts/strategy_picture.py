"""The picture of docs/strategy.md: a ladder of entries and the closes of what it bought, as the engine makes them."""

from dataclasses import dataclass

from pbtui.engine.orders import EngineOrder, all_closes, all_entries

MARKET = {"qty_step": 0.01, "price_step": 0.01, "min_qty": 0.01, "min_cost": 5.0, "c_mult": 1.0}
BOT = {
    "wallet_exposure_limit": 1.0,
    "entry_initial_qty_pct": 0.1,
    "entry_grid_spacing_pct": 0.02,
    "entry_grid_double_down_factor": 1.0,
    "close_grid_markup_start": 0.025,
    "close_grid_markup_end": 0.015,
    "close_grid_qty_pct": 0.2,
}
UNSEEN = {"min_since_open": 1e300, "max_since_min": 0.0, "max_since_open": 0.0, "min_since_max": 1e300}
BALANCE = 1000.0
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 760, 400, 60, 30, 50
LOWEST, HIGHEST, FULLEST = 94.5, 100.75, 1.08


@dataclass(frozen=True)
class Step:
    """An order of the ladder, and the position once it has filled."""

    order: EngineOrder
    size: float
    average: float

    @property
    def exposure(self) -> float:
        return self.size * self.average / BALANCE


def ladder() -> list[Step]:
    """The entries of a flat coin at 100, each with the position after it."""
    state = {"balance": BALANCE, "bid": 100.0, "ask": 100.01, "ema_lower": 100.0, "ema_upper": 100.0}
    steps, size, cost = [], 0.0, 0.0
    for order in all_entries("long", MARKET, state, BOT, {"size": 0.0, "price": 0.0}, UNSEEN):
        size, cost = size + order.qty, cost + order.qty * order.price
        steps.append(Step(order, size, cost / size))
    return steps


def closes(step: Step) -> list[Step]:
    """The closes of the position after a step, each with what is left."""
    price = step.order.price
    state = {"balance": BALANCE, "bid": price, "ask": price + 0.01}
    position = {"size": step.size, "price": step.average}
    left, found = step.size, []
    for order in all_closes("long", MARKET, state, BOT, position, UNSEEN):
        left += order.qty
        found.append(Step(order, left, step.average))
    return found


def picture() -> str:
    """The SVG: price upwards, exposure to the right; down the stairs by entries, up again by closes."""
    bought = ladder()
    sold = closes(bought[-1])
    parts = [_frame()]
    before = 0.0
    for step in bought:
        parts.append(_bar(before, step.exposure, step.order.price, "entry", _label(step.order)))
        before = step.exposure
    for step in sold:
        parts.append(_bar(before, step.exposure, step.order.price, "close", _label(step.order)))
        before = step.exposure
    corners = " ".join(f"{_x(step.exposure):.1f},{_y(step.average):.1f}" for step in bought)
    parts.append(f'<polyline class="average" points="{corners}"/>')
    last = bought[-1]
    parts.append(_text(_x(last.exposure) + 6, _y(last.average) + 4, f"average {last.average:.2f}", "average-text"))
    return "\n".join([*parts, "</svg>", ""])


def _label(order: EngineOrder) -> str:
    return f"{abs(order.qty):g} @ {order.price:g}"


def _x(exposure: float) -> float:
    return LEFT + exposure / FULLEST * (WIDTH - LEFT - 110)


def _y(price: float) -> float:
    return TOP + (HIGHEST - price) / (HIGHEST - LOWEST) * (HEIGHT - TOP - BOTTOM)


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _bar(start: float, end: float, price: float, kind: str, label: str) -> str:
    left, right, y = _x(min(start, end)), _x(max(start, end)), _y(price)
    line = f'<line class="{kind}" x1="{left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}"/>'
    return line + _text(left + 2, y - 7, label, f"{kind}-text")


def _frame() -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    title = "<title>A ladder of entries, the average entry price, and the closes of the full position</title>"
    style = (
        "<style>text{font:13px sans-serif;fill:#444}.entry{stroke:#1f6fb2;stroke-width:6}.entry-text{fill:#1f6fb2}"
        ".close{stroke:#2e8b57;stroke-width:6}.close-text{fill:#2e8b57}.average{fill:none;stroke:#b8860b;"
        "stroke-width:2;stroke-dasharray:5 4}.average-text{fill:#8a6508}.axis{stroke:#ccc;stroke-width:1}</style>"
    )
    rows = [head, title, style, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
    for price in range(95, 101):
        rows.append(f'<line class="axis" x1="{LEFT}" y1="{_y(price):.1f}" x2="{WIDTH - 10}" y2="{_y(price):.1f}"/>')
        rows.append(_text(LEFT - 8, _y(price) + 4, f"{price}", "tick", "end"))
    rows += [_text(_x(share / 4), HEIGHT - BOTTOM + 20, f"{share / 4:g}", "tick", "middle") for share in range(5)]
    rows.append(_text(_x(0.5), HEIGHT - 10, "wallet exposure", "tick", "middle"))
    rows.append(_text(LEFT - 8, 18, "price", "tick", "end"))
    return "\n".join(rows)
