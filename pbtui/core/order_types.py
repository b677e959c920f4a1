"""Order type names and their stable numbers (orders.md 2.5), as they travel in client order ids."""

from __future__ import annotations

_ENTRIES = (
    "initial_normal",
    "initial_partial",
    "trailing_normal",
    "trailing_cropped",
    "grid_normal",
    "grid_cropped",
    "grid_inflated",
)
_CLOSES = ("grid", "trailing", "unstuck", "auto_reduce_twel")

TYPE_IDS: dict[str, int] = {
    **{f"entry_{name}_long": i for i, name in enumerate(_ENTRIES)},
    **{f"close_{name}_long": 7 + i for i, name in enumerate(_CLOSES)},
    **{f"entry_{name}_short": 11 + i for i, name in enumerate(_ENTRIES)},
    **{f"close_{name}_short": 18 + i for i, name in enumerate(_CLOSES)},
    "close_panic_long": 22,
    "close_panic_short": 23,
    "close_auto_reduce_wel_long": 24,
    "close_auto_reduce_wel_short": 25,
    "empty": 65535,
}
TYPE_NAMES: dict[int, str] = {number: name for name, number in TYPE_IDS.items()}


def is_close_type(name: str) -> bool:
    """Tell whether an order type reduces a position."""
    return name.startswith("close_")
