"""Orders that may be on their way to the venue, on disk before they are sent: a new process must know of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from pbtui.core.files import write_private
from pbtui.core.types import OrderRequest

VERSION = 1
FILE_NAME = "orders_under_way.json"


class _Document(msgspec.Struct, frozen=True):
    version: int
    orders: list[OrderRequest]


_DECODER = msgspec.json.Decoder(_Document)


class UnderWay:
    """One JSON file in the run folder: what was sent, or is about to be, and not answered yet.

    It may name more than is under way, never less. Without a `path` nothing is kept.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._kept: frozenset[str] | None = None  # ids in the file, where they are known

    def load(self) -> tuple[list[OrderRequest], str]:
        """Return what an earlier process left, and why that can't be read, "" when it can."""
        if self.path is None:
            return [], ""
        try:
            document = _DECODER.decode(self.path.read_bytes())
        except FileNotFoundError:
            return [], ""
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            # A loss of power leaves half a file: the bot must start again without anybody's help.
            return [], f"{self.path} cannot be read: {error}"
        if document.version != VERSION:
            return [], f"{self.path} cannot be read: version {document.version} is not known"
        return document.orders, ""

    def keep(self, orders: Sequence[OrderRequest]) -> str:
        """Make the file name these orders; return why that can't be, "" when it is done.

        It outlives the process, not a loss of power: no machine starts again before what it sent is refused as late.
        """
        names = frozenset(order.client_id for order in orders)
        if self.path is None or names == self._kept:
            return ""
        self._kept = None
        try:
            write_private(self.path, msgspec.json.encode(_Document(VERSION, list(orders))), durable=False)
        except OSError as error:
            return f"{self.path} cannot be written: {error}: free or remount the disk"
        self._kept = names
        return ""
