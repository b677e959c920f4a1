"""How a console ends: known to whoever starts one, long before what draws screens is loaded."""

from __future__ import annotations

from typing import Literal

from pbtui.core.record import record

Reason = Literal["detach", "switch", "stopped", "link_closed", "crash"]


@record
class ConsoleExit:
    """Why the console ended; `text` is one line for a crash, and for a switch the unique name of the next bot.

    `locked`: nothing could be changed from it, and nothing is to be from the one that follows.
    """

    reason: Reason
    text: str = ""
    locked: bool = False
