"""Screens of panels in two columns, and those whose columns turn into pages where the terminal is narrow."""

from __future__ import annotations

from typing import ClassVar, Protocol

from textual.widget import Widget

from pbtui.console.screens.base import ConsoleScreen

Page = tuple[str, ...]
_AROUND = 4  # rows of header, message and footer
_LEAST_ROWS = 2  # of a list below a form: its head and a row


def members_of(count: int) -> str:
    """Return how many members a front has, in words."""
    return f"{count:,} member{'s' * (count != 1)}"


class Paging(Protocol):
    """A view that knows the page it is at."""

    page: int


class ColumnsScreen(ConsoleScreen):
    """Sub-classes name the panels of each column, and those in view."""

    LEFT: ClassVar[Page]
    RIGHT: ClassVar[Page]

    @property
    def in_view(self) -> Page:
        """The panels in view."""
        raise NotImplementedError

    def layout_changed(self) -> None:
        """Show the panels in view; the focus never stays on a hidden one."""
        shown = self.in_view
        for name in (*self.LEFT, *self.RIGHT):
            self.query_one(f"#{name}").display = name in shown
        self.query_one("#lists-side").display = any(name in shown for name in self.LEFT)
        self.query_one("#result-side").display = any(name in shown for name in self.RIGHT)
        if self.focused is not None and not self.focused.display:
            self.query_one(f"#{shown[-1]}").focus()

    def fit_form(self, name: str, rows: int) -> None:
        """Give a form the rows it has, as far as the list below it keeps some, but for the narrowest terminals."""
        frame = 1 if self.has_class("-flat") else 2
        most = self.app.size.height - _AROUND - frame - _LEAST_ROWS
        self.query_one(f"#{name}").styles.height = (
            "1fr" if self.layout_name == "cards" else max(1, min(rows + frame, most))
        )

    def panels(self) -> list[Widget]:
        """Return the panels in view."""
        return [self.query_one(f"#{name}") for name in self.in_view]

    def changed(self) -> None:
        """Lay out and draw anew after a choice."""
        self.layout_changed()
        self.call_after_refresh(self.refresh_view)


class PagedScreen(ColumnsScreen):
    """Sub-classes name the panels of each page on narrow terminals and on the narrowest."""

    NARROW: ClassVar[tuple[Page, ...]]
    CARDS: ClassVar[tuple[Page, ...]]

    @property
    def view(self) -> Paging:
        """What is shown."""
        raise NotImplementedError

    @property
    def page(self) -> int:
        """The page in view."""
        return self.view.page

    @page.setter
    def page(self, number: int) -> None:
        self.view.page = number

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages of this layout."""
        if self.layout_name in ("normal", "wide"):
            return ((*self.LEFT, *self.RIGHT),)
        return self.NARROW if self.layout_name == "narrow" else self.CARDS

    @property
    def in_view(self) -> Page:
        """The panels of this layout and page."""
        return self.pages[min(self.page, len(self.pages) - 1)]

    def cycle_view(self) -> bool:
        """Turn the page, or move to the next panel where there is but one page."""
        if len(self.pages) == 1:
            self.console.perform("panel.next")
            return True
        self.page = (min(self.page, len(self.pages) - 1) + 1) % len(self.pages)
        self.changed()
        self.query_one(f"#{self.in_view[0]}").focus()
        return True

    def show_panel(self, name: str) -> None:
        """Bring a panel into view and give it the focus."""
        self.page = next((number for number, page in enumerate(self.pages) if name in page), 0)
        self.changed()
        self.query_one(f"#{name}").focus()

    def take_back(self) -> bool:
        """Drop the filter of the panel, then go back to the first page."""
        if self.console.state.filters.pop(self.console.state.panel, ""):
            self.refresh_view()
            return True
        if len(self.pages) > 1 and self.page:
            self.page = 0
            self.changed()
            return True
        return False
