"""The log screen: the whole log of the bot from disk, followed, filtered, searched, copied."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from pbtui.console.actions import BY_ID, key_label, label_of
from pbtui.console.log.view import LogView
from pbtui.console.numbers import utc
from pbtui.console.screens.base import ConsoleScreen
from pbtui.console.tables.events import LEVELS
from pbtui.console.text import safe
from pbtui.console.widgets.log_lines import LogLines


class LogScreen(ConsoleScreen):
    """Screen 7."""

    PLACE = "log"

    def compose_body(self) -> ComposeResult:
        """The lines, as high as the screen."""
        with Vertical(id="body"):
            yield LogLines(self.view, id="log", classes="panel")

    def on_mount(self) -> None:
        """Focus the lines and follow the log for as long as the screen is there."""
        super().on_mount()
        self.query("#log").focus()
        self._open()
        self.run_worker(self.console.logs.follow(), name="log", exit_on_error=False)

    @property
    def view(self) -> LogView:
        """What is shown."""
        return self.console.state.log

    @property
    def lines(self) -> LogLines:
        """The widget."""
        return self.query_one("#log", LogLines)

    def panels(self) -> list[Widget]:
        """Return the only panel."""
        return [self.lines]

    def _open(self) -> None:
        state = self.console.state
        path = state.snapshot.account.log_path if state.snapshot is not None else ""
        # The level is shared with the events of the live screen.
        self.console.logs.open(path, state.events, self.view.down_to(state.event_level))

    def refresh_body(self) -> None:
        """Show the lines and what is known of them."""
        self._open()
        self.lines.guarded(self._draw_lines)

    def _draw_lines(self) -> None:
        lines = self.lines
        lines.set_title(self._title())
        lines.empty = self._empty()
        lines.redraw()
        lines.set_note(self._note())

    def _title(self) -> str:
        view, state = self.view, self.console.state
        # What must be seen at any size comes first: a narrow frame cuts the end.
        parts = ["Log", *self._standing(), f"down to {LEVELS[state.event_level]}"]
        if view.only:
            parts.append(safe(view.only, 40))
        if view.search is not None:
            parts.append(f"/{safe(view.search.text, 30)}")
        if view.marked:
            parts.append(f"{len(view.marked)} marked")
        return " · ".join(parts)

    def _standing(self) -> list[str]:
        """Return whether it follows, and what keeps it from it."""
        view = self.view
        parts: list[str] = []
        if view.source == "events" and self.console.state.snapshot is not None:
            parts.append("not the file, events only")
        if view.problem:
            parts.append(safe(view.problem, 80))
        if len(view.index) and not view.tail:
            parts.append(f"paused, {view.new:,} new: {_end()} follows" if view.new else f"paused: {_end()} follows")
        if not view.done:
            parts.append(f"reading {int(view.share * 100)}%")
        return parts

    def _note(self) -> str:
        view, record = self.view, self.view.record
        if record is None:
            return ""
        day = utc(record.ts_ms, "%Y-%m-%d · ") if record.ts_ms else ""
        of = f"{view.row + 1:,} of " if not view.tail else ""
        lines = f"{day}{of}{len(view.index):,} lines"
        if not view.why_events:
            return lines
        room = max(20, self.lines.size.width - len(lines) - 9)
        return f"{lines} · {safe(view.why_events, room)}"

    def _empty(self) -> tuple[str, ...]:
        view, state = self.view, self.console.state
        if state.snapshot is None:
            return (
                "no bot here yet: its log appears once it has said something",
                "start one with pbtui -u paper, or look at a running one with pbtui attach",
            )
        if not view.done:
            return ("reading the log",)
        if view.problem:
            return (safe(view.problem, 200),)
        level = LEVELS[state.event_level]
        if view.only:
            passes = f"no line down to {level} passes {safe(view.only, 60)}"
            return (passes, f"{label_of('back')} drops the filter, {label_of('events.level')} shows more levels")
        if view.why_events:
            return (view.why_events, "no event has come over the link either")
        if state.event_level < len(LEVELS) - 1:
            return (f"nothing down to {level} has been written", f"{label_of('events.level')} shows more levels")
        return ("nothing has been written yet",)

    # -- moving --------------------------------------------------------------------------------------------------

    def step_rows(self, rows: int) -> bool:
        """Move the cursor by rows."""
        self.lines.move_by(rows)
        self.refresh_view()
        return True

    def step_pages(self, pages: int) -> bool:
        """Move the cursor by pages."""
        return self.step_rows(pages * self.lines.page)

    def step_end(self, *, first: bool) -> bool:
        """Go to the first line, or to the last and follow again."""
        return self.step_rows(-len(self.view.index) if first else len(self.view.index))

    def take_back(self) -> bool:
        """Drop the marks, then the search, then the filter; False when there is none of them."""
        view = self.view
        if view.marked:
            view.marked.clear()
        elif view.search is not None:
            view.search = None
        elif view.only:
            view.want("")
        else:
            return False
        self.refresh_view()
        return True

    def on_log_lines_opened(self) -> None:
        """Open what was double-clicked."""
        self.console.perform("log.open")


def _end() -> str:
    return key_label(BY_ID["cursor.last"].keys[-1])
