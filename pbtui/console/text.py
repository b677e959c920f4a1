"""Spans and lines: the only form in which text reaches the screen."""

from __future__ import annotations

import re

from rich.cells import cell_len, set_cell_size

from pbtui.core.sanitize import sanitize_line

Span = tuple[str, str]  # text, ink (a colour role of the theme)
Line = tuple[Span, ...]
BLANK: Line = ()
_NUMBER_END = re.compile(r"[^\s,;:(/]*\d[\d.,/%]*$")
_BULLET = re.compile(r" *([^\w\s] )?")
_NUMBER_GOES_ON = re.compile(r"[\d%]|[.,/]\d")

_ASCII = str.maketrans(
    {
        "▲": "^", "▼": "v", "▸": ">", "▴": "^", "▾": "v", "●": "*", "○": "o", "·": ".", "…": "~", "→": ">", "←": "<",
        "─": "-", "╌": "-", "━": "=", "│": "|", "┃": "#", "╿": "#", "╽": "#", "╹": "#", "╻": "#", "╵": "|", "╷": "|",
        "╭": "+", "╮": "+", "╰": "+", "╯": "+",
        "█": "#", "▉": "#", "▊": "#", "▋": "=", "▌": "=", "▍": "-", "▎": "-", "▏": ".", "░": ".", "✓": "x", "✗": "!",
        "▒": "-", "▓": "=", "◆": "#",
        "⚠": "!", "›": ">", "−": "-", "×": "x", "≤": "<", "≥": ">", "—": "-", "–": "-", "↵": "<", "↑": "^", "↓": "v",
        "≈": "~", "÷": "/", "ρ": "r", "’": "'", "┤": "+", "▁": "_", "▂": ".", "▃": "-", "▄": "-", "▅": "=", "▆": "=",
        "▇": "#",
    }
)  # fmt: skip


def safe(text: object, limit: int = 400) -> str:
    """Return text from outside as one harmless line."""
    return sanitize_line(text, limit=limit)


def to_ascii(text: str) -> str:
    """Return `text` for terminals without UTF-8; what has no look-alike becomes `?`."""
    if text.isascii():
        return text
    return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")


def width(text: str) -> int:
    """Return how many terminal columns `text` takes."""
    return len(text) if text.isascii() else cell_len(text)


def line_width(line: Line) -> int:
    """Return how many terminal columns a line takes."""
    return sum(width(text) for text, _ in line)


def fit(text: str, room: int, align: str = "<") -> str:
    """Return `text` in exactly `room` columns: padded, or cut with an ellipsis; a number is shown whole or not."""
    length = width(text)
    if length > room:
        return cut(text, room)
    pad = " " * (room - length)
    return pad + text if align == ">" else text + pad


def cut(text: str, room: int) -> str:
    """Return the beginning of `text` with an ellipsis in exactly `room` columns, without half a number at its end."""
    if room <= 0:
        return ""
    head = set_cell_size(text, room - 1)
    if text.startswith(head) and _NUMBER_GOES_ON.match(text, len(head)):
        head = _NUMBER_END.sub("", head)
    head = head.rstrip(" ,;:(/@")
    if head[-1:].isdigit() or head.endswith("%"):  # a sign right behind a whole number would seem to cut it
        head = head + " " if width(head) < room - 1 else _NUMBER_END.sub("", head).rstrip(" ,;:(/@")
    return head + "…" + " " * (room - 1 - width(head))


def wrap(text: str, room: int, indent: int = 0) -> list[str]:
    """Return `text` folded at words into lines of at most `room` columns; later lines start with `indent` blanks."""
    lines: list[str] = []
    current = ""
    for word in text.split():
        while width(word) > room - indent > 0:
            head = set_cell_size(word, room - indent).rstrip()
            if current.strip():
                lines.append(current)
            lines.append(" " * (indent if lines else 0) + head)
            word, current = word[len(head) :], ""
        joined = f"{current} {word}" if current.strip() else (" " * indent if lines else "") + word
        if width(joined) > room and current.strip():
            lines.append(current)
            joined = " " * indent + word
        current = joined
    if current.strip():
        lines.append(current)
    return lines or [""]


def fold(line: Line, room: int) -> list[Line]:
    """Return a line folded at words into lines of at most `room` columns; later ones hang under a bullet."""
    if line_width(line) <= room or room <= 0:
        return [line]
    text = "".join(part for part, _ in line)
    indent = len((_BULLET.match(text) or [""])[0])
    indent = indent if indent * 3 <= room else 0
    lines: list[Line] = []
    current: list[Span] = []
    used = 0
    for word, ink in _words(line):
        for piece in wrap(word, room - indent) if width(word.strip()) > room - indent else [word]:
            if used and used + width(piece.rstrip()) > room:
                lines.append(tuple(current))
                current, used = ([(" " * indent, "text")] if indent else []), indent
                piece = piece.lstrip()
            piece = piece if width(piece.rstrip()) <= room else piece.lstrip()
            if piece:
                current.append((piece, ink))
                used += width(piece)
    return [*lines, tuple(current)] if current else lines


def _words(line: Line) -> list[Span]:
    """Return a line as words, each with the blanks around it."""
    return [(word, ink) for text, ink in line for word in re.findall(r" *[^ ]+ *| +", text)]
