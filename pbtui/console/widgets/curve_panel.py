"""A panel of lines that are made for its size, and made anew only when what they show or the size changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from pbtui.console.text import Line
from pbtui.console.widgets.lines import LineView

Make = Callable[[int, int], list[Line]]


class CurvePanel(LineView, can_focus=True):
    """Shows what `draw` was given last."""

    DEFAULT_CSS = "CurvePanel { height: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str = "panel") -> None:
        super().__init__(id=id, classes=classes)
        self._make: Make | None = None
        self._mark: Hashable = None
        self._drawn: tuple[Hashable, int, int] | None = None

    def draw(self, mark: Hashable, make: Make) -> None:
        """Show what `make` returns for (columns, rows); an equal `mark` stands for the same picture."""
        self._mark, self._make = mark, make
        self.guarded(self._draw)

    def _draw(self) -> None:
        size = self.content_size
        wanted = (self._mark, size.width, size.height)
        if self._make is None or size.width <= 0 or size.height <= 0 or self._drawn == wanted:
            return
        self._drawn = wanted
        self.show(self._make(size.width, size.height))

    def restart(self) -> None:
        """Draw anew, whatever was drawn before."""
        self._drawn = None
        super().restart()

    def on_resize(self) -> None:
        """Draw in the new size."""
        self.guarded(self._draw)
