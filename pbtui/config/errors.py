"""What is wrong with a configuration, as data and as one line."""

from __future__ import annotations

from collections.abc import Sequence

from pbtui.core.errors import ConfigError
from pbtui.core.record import record
from pbtui.core.sanitize import sanitize_line


@record
class Problem:
    """One fault: dotted key, what is wrong, what is allowed."""

    key: str
    wrong: str
    allowed: str = ""

    def text(self) -> str:
        """Return the fault as one line without the file name."""
        wrong = f"{self.key}: {self.wrong}" if self.key else self.wrong
        return sanitize_line(f"{wrong}; allowed: {self.allowed}" if self.allowed else wrong, limit=600)


class InvalidConfig(ConfigError):
    """A configuration with faults; `problems` holds all of them, the line shows the first."""

    def __init__(self, source: str, problems: Sequence[Problem], *, hint: str = "") -> None:
        first = problems[0].text()
        more = f" (and {len(problems) - 1} more: pbtui config check {source})" if len(problems) > 1 else ""
        super().__init__(sanitize_line(f"{source}: {first}{more}", limit=900), hint=sanitize_line(hint))
        self.source = source
        self.problems = tuple(problems)


class SyntaxFault(ConfigError):
    """A file that is no JSON or HJSON; `line_number` and `column` count from 1."""

    def __init__(self, source: str, line_number: int, column: int, wrong: str) -> None:
        super().__init__(sanitize_line(f"{source}: line {line_number}, column {column}: {wrong}"))
        self.line_number = line_number
        self.column = column


def shown(value: object) -> str:
    """Return a value for a message: JSON-like, short, free of control characters."""
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    return sanitize_line(text, limit=80)
