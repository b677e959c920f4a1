"""Orders that may be on their way to the venue, on disk before they are sent: a new process must know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pbtui.core.files import write_private
from pbtui.core.types import OrderRequest

VERSION = 1
FILE_NAME = "orders_under_way.json"


LONGEST_MS = 60_000  # no venue takes an order that is older, whatever a configuration asks for


class _Document(msgspec.Struct, frozen=True):
    version: int
    late_ms: int
    orders: list[OrderRequest]


_DECODER = msgspec.json.Decoder(_Document)


@dataclass(frozen=True, slots=True)
class LeftOver:
    """What an earlier process may have sent: its orders arrive at most `late_ms` after its end.

    `trouble` says why the orders can't be told, "" where they can.
    """

    orders: tuple[OrderRequest, ...] = ()
    late_ms: int = 0
    trouble: str = ""


class UnderWay:
    """One JSON file in the run folder: what was sent, or is about to be, and not answered yet.

    It may name more than is under way, never less. Without a `path` nothing is kept.
    """

    def __init__(self, path: Path | None, *, late_ms: int = 0) -> None:
        """`late_ms` is how long after it was sent the venue may still take an order of this process."""
        self.path = path
        self._late_ms = late_ms
        self._kept: frozenset[str] | None = None  # ids in the file, where they are known

    def load(self) -> LeftOver:
        """Return what an earlier process left."""
        if self.path is None:
            return LeftOver()
        try:
            document = _DECODER.decode(self.path.read_bytes())
        except FileNotFoundError:
            return LeftOver()
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            # A loss of power leaves half a file: the bot must start again without anybody's help.
            return self._unreadable(str(error))
        if document.version != VERSION:
            return self._unreadable(f"version {document.version} is not known")
        return LeftOver(tuple(document.orders), document.late_ms)

    def keep(self, orders: Sequence[OrderRequest], *, durable: bool) -> str:
        """Make the file name these orders; return why that can't be, "" when it is done.

        What is `durable` is on the disk itself: asked for before orders are sent, not where some are forgotten.
        """
        names = frozenset(order.client_id for order in orders)
        if self.path is None or names == self._kept:
            return ""
        self._kept = None
        document = _Document(VERSION, self._late_ms, list(orders))
        try:
            write_private(self.path, msgspec.json.encode(document), durable=durable)
        except OSError as error:
            return f"{self.path} cannot be written: {error}: free or remount the disk"
        self._kept = names
        return ""

    def _unreadable(self, why: str) -> LeftOver:
        return LeftOver(late_ms=LONGEST_MS, trouble=f"{self.path} cannot be read: {why}")
