"""The small names the loop's files share."""

from __future__ import annotations

from pbtui.core.types import Pside

Key = tuple[str, Pside]  # symbol and position side


def is_entry(order_type: str) -> bool:
    """Tell whether an order type opens or adds to a position."""
    return order_type.startswith("entry_")
