"""A picture of docs/strategy.md: a price that falls and comes back, and the trailing entry the engine makes of it."""

from dataclasses import dataclass
from itertools import pairwise

from pbtui.engine.orders import next_entry

MARKET = {"qty_step": 0.01, "price_step": 0.01, "min_qty": 0.01, "min_cost": 5.0, "c_mult": 1.0}
BOT = {
    "wallet_exposure_limit": 1.0,
    "entry_initial_qty_pct": 0.1,
    "entry_trailing_grid_ratio": 1.0,
    "entry_trailing_threshold_pct": 0.02,
    "entry_trailing_retracement_pct": 0.01,
    "entry_trailing_double_down_factor": 1.0,
}
HELD = {"size": 1.0, "price": 100.0}
BALANCE = 1000.0
# Price by the minute, between these corners (minute, price).
CORNERS = ((0, 100.0), (12, 98.6), (18, 99.1), (34, 96.4), (38, 96.9), (48, 95.6), (62, 97.4), (70, 97.0))
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 360, 60, 190, 30, 40
LOWEST, HIGHEST = 95.2, 100.4


@dataclass(frozen=True)
class Fired:
    """When the engine first wanted the entry, and the order it wanted."""

    minute: int
    low: float
    qty: float
    price: float


def prices() -> list[float]:
    """The price at each minute."""
    found: list[float] = []
    for (start, a), (end, b) in pairwise(CORNERS):
        found += [round(a + (b - a) * (minute - start) / (end - start), 2) for minute in range(start, end)]
    return [*found, CORNERS[-1][1]]


def fired() -> Fired:
    """The first order that the engine makes of the path, asked minute by minute."""
    low, back = 1e300, 0.0
    for minute, price in enumerate(prices()):
        low, back = (price, 0.0) if price < low else (low, max(back, price))
        seen = {"min_since_open": low, "max_since_min": back, "max_since_open": 100.0, "min_since_max": low}
        state = {"balance": BALANCE, "bid": price, "ask": price + 0.01, "ema_lower": price, "ema_upper": price}
        order = next_entry("long", MARKET, state, BOT, HELD, seen)
        if order.qty:
            return Fired(minute, low, order.qty, order.price)
    raise ValueError("the path never fires")


def picture() -> str:
    """The SVG: minutes to the right, price upwards, the levels named at the right."""
    path, shot = prices(), fired()
    armed = HELD["price"] * (1.0 - BOT["entry_trailing_threshold_pct"])
    fires = shot.low * (1.0 + BOT["entry_trailing_retracement_pct"])
    corners = " ".join(f"{_x(minute):.1f},{_y(price):.1f}" for minute, price in enumerate(path))
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>A trailing entry: armed by a fall, fired by a bounce</title>",
        "<style>text{font:13px sans-serif;fill:#444}.price{fill:none;stroke:#444;stroke-width:2}.entry{stroke:#b8860b}"
        ".armed{stroke:#999}.low{stroke:#c0392b}.fires{stroke:#1f6fb2}"
        "line{stroke-width:1.5;stroke-dasharray:5 4}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _level("entry", HELD["price"], f"average entry {HELD['price']:g}"),
        _level("armed", armed, f"armed below {armed:g}"),
        _level("fires", fires, f"fires above {fires:.2f}"),
        _level("low", shot.low, f"low {shot.low:g}"),
        f'<polyline class="price" points="{corners}"/>',
        f'<circle cx="{_x(shot.minute):.1f}" cy="{_y(path[shot.minute]):.1f}" r="6" fill="#1f6fb2"/>',
        _text(_x(shot.minute) + 8, _y(path[shot.minute]) + 22, f"buys {shot.qty:g} @ {shot.price:g}"),
        *(_text(_x(minute), HEIGHT - 14, f"{minute} min", "middle") for minute in range(0, len(path), 10)),
        "</svg>",
        "",
    ])  # fmt: skip


def _x(minute: float) -> float:
    return LEFT + minute / CORNERS[-1][0] * (WIDTH - LEFT - RIGHT)


def _y(price: float) -> float:
    return TOP + (HIGHEST - price) / (HIGHEST - LOWEST) * (HEIGHT - TOP - BOTTOM)


def _level(kind: str, price: float, text: str) -> str:
    y = _y(price)
    line = f'<line class="{kind}" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT + 10}" y2="{y:.1f}"/>'
    return line + _text(WIDTH - RIGHT + 16, y + 4, text)


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
