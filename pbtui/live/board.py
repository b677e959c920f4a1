"""Where the newest snapshot hangs and readers wait for a newer one."""

from __future__ import annotations

import asyncio

from pbtui.core.snapshot import Snapshot


class Board:
    """Holds the newest snapshot and wakes those who wait for a newer one."""

    def __init__(self) -> None:
        self.latest: Snapshot | None = None
        self._changed = asyncio.Event()
        self._ended = False

    def put(self, snapshot: Snapshot) -> None:
        """Replace the newest snapshot."""
        self.latest = snapshot
        self._wake()

    def end(self) -> None:
        """No snapshot comes any more."""
        self._ended = True
        self._wake()

    async def after(self, seq: int) -> Snapshot | None:
        """Wait for a snapshot newer than `seq`; None once there will be none."""
        while True:
            if self.latest is not None and self.latest.seq > seq:
                return self.latest
            if self._ended:
                return None
            await self._changed.wait()

    def _wake(self) -> None:
        # Waiters hold the old event: each change is told once to everyone who waited for it.
        self._changed.set()
        self._changed = asyncio.Event()
