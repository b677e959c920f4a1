"""From what rests and what is wanted to what to cancel and create (live.md 18, with the departures)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pbtui.core.types import Mode, OpenOrder, Pside
from pbtui.engine.execution import ExecutableOrder
from pbtui.live.account import reduces
from pbtui.live.keys import is_entry


@dataclass(frozen=True, slots=True)
class SidePolicy:
    """What may be touched on one side of a symbol.

    `entries_wait`: resting entries stay and none is made (averages unknown). `entries_blocked`: none is made.
    """

    mode: Mode
    entries_wait: bool = False
    entries_blocked: bool = False


@dataclass(slots=True)
class Diff:
    """What would make the venue agree with the plan, nearest to the market first."""

    cancels: list[OpenOrder] = field(default_factory=list)
    creates: list[ExecutableOrder] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.cancels or self.creates)


def diff_symbol(
    actual: Sequence[OpenOrder],
    wanted: Sequence[ExecutableOrder],
    policies: Mapping[Pside, SidePolicy],
    *,
    tolerance: float,
) -> Diff:
    """Return the difference for one symbol; `actual` holds only orders that are ours or adopted.

    Exact matches stay, then pairs within `tolerance` (a fraction of price and quantity of the new order). Market
    orders never match a resting order.
    """
    left = list(actual)
    missing: list[ExecutableOrder] = []
    for order in wanted:
        match = None if order.kind == "market" else _exact(order, left)
        if match is None:
            missing.append(order)
        else:
            del left[match]
    cancels = [order for order in left if _may_cancel(order, policies[order.pside])]
    creates = [order for order in missing if _may_create(order, policies[order.pside])]
    if tolerance > 0:
        cancels, creates = _drop_near_pairs(cancels, creates, tolerance)
    return Diff(cancels, creates)


def _exact(order: ExecutableOrder, resting: Sequence[OpenOrder]) -> int | None:
    """Return where the first order lies that is just like this one."""
    for at, other in enumerate(resting):
        if (
            other.price == order.price
            and other.qty == order.qty
            and other.side == order.side
            and other.pside == order.pside
        ):
            return at
    return None


def _may_cancel(order: OpenOrder, policy: SidePolicy) -> bool:
    if policy.mode is Mode.MANUAL:
        return False
    return reduces(order) or not policy.entries_wait


def _may_create(order: ExecutableOrder, policy: SidePolicy) -> bool:
    if policy.mode is Mode.MANUAL:
        return False
    return not (is_entry(order.order_type) and (policy.entries_wait or policy.entries_blocked))


def _drop_near_pairs(
    cancels: list[OpenOrder], creates: list[ExecutableOrder], tolerance: float
) -> tuple[list[OpenOrder], list[ExecutableOrder]]:
    left = list(cancels)
    kept: list[ExecutableOrder] = []
    for order in creates:
        near = next((at for at, other in enumerate(left) if _near(other, order, tolerance)), None)
        if near is None or order.kind == "market":
            kept.append(order)
        else:
            del left[near]
    return left, kept


def _near(resting: OpenOrder, order: ExecutableOrder, tolerance: float) -> bool:
    return (
        resting.side == order.side
        and resting.pside == order.pside
        and similar(resting.price, order.price, tolerance)
        and similar(resting.qty, order.qty, tolerance)
    )


def similar(old: float, new: float, tolerance: float) -> bool:
    """Tell whether two positive numbers differ by at most a fraction of the new one."""
    return abs(old - new) <= tolerance * new


def distance(side: str, price: float, last: float | None) -> float:
    """Return how far an order is from filling, a fraction of the last price; 0 when that can't be told."""
    if last is None or last <= 0:
        return 0.0
    return 1.0 - price / last if side == "buy" else price / last - 1.0


def merged(diffs: Iterable[Diff], prices: Mapping[str, float]) -> Diff:
    """Return all symbols' differences as one, each list nearest to the market first (stable)."""
    total = Diff()
    for diff in diffs:
        total.cancels += diff.cancels
        total.creates += diff.creates
    total.cancels.sort(key=lambda order: distance(order.side, order.price, prices.get(order.symbol)))
    total.creates.sort(key=lambda order: distance(order.side, order.price, prices.get(order.symbol)))
    return total


def cancel_batch(cancels: Sequence[OpenOrder], most: int) -> list[OpenOrder]:
    """Return the cancels of one cycle: when there are too many, those that reduce come first (live.md 19.1)."""
    if len(cancels) <= most:
        return list(cancels)
    first = [order for order in cancels if reduces(order)]
    return [*first, *(order for order in cancels if not reduces(order))][: max(0, most)]
