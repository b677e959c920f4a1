"""How a console ends: known to whoever starts one, long before what draws screens is loaded."""

from __future__ import annotations

from typing import Literal

from pbtui.core.record import record

Reason = Literal["detach", "stopped", "link_closed", "crash"]


@record
class ConsoleExit:
    """Why the console ended; `text` is one line for a crash."""

    reason: Reason
    text: str = ""
