"""The one choke-point between outside text and a terminal: no control character passes."""

from __future__ import annotations

import unicodedata

_REPLACEMENT = "\ufffd"
_KEEP = {"\n", "\t"}
# Invisible or direction-changing characters that can disguise text.
_DROP = {
    *map(chr, range(0x200B, 0x2010)),
    "\u2028",
    "\u2029",
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2060, 0x206A)),
    "\u061c",
    "\ufeff",
    *map(chr, range(0xFFF9, 0xFFFC)),
}


def _safe_char(char: str) -> str:
    if char in _KEEP:
        return char
    if char in _DROP or 0xE0000 <= ord(char) <= 0xE007F:
        return ""
    if unicodedata.category(char) in {"Cc", "Cs", "Cf"}:
        return _REPLACEMENT
    return char


def sanitize_text(text: object, *, limit: int = 4_000) -> str:
    """Return `text` without control, escape and bidirectional characters, cut to `limit` characters.

    C0 (but newline and tab), DEL and C1 become U+FFFD; zero-width and bidi controls vanish.
    """
    raw = text if isinstance(text, str) else str(text)
    if len(raw) > limit:
        raw = raw[: limit - 1] + "…"
    if raw.isascii() and raw.isprintable():
        return raw
    return "".join(map(_safe_char, raw))


def sanitize_line(text: object, *, limit: int = 400) -> str:
    """Return `sanitize_text` folded into a single line."""
    return " ".join(sanitize_text(text, limit=limit).split())
