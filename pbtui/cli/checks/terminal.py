"""The terminal: size, colours, text, and whether a copy can reach the clipboard of the operator."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping

from pbtui.cli.checks.finding import Asked, Finding, ok, warn
from pbtui.console.tty.terminal import NO_CURSOR, speaks_utf8
from pbtui.core.sanitize import sanitize_line

_AREA = "terminal"
_SMALLEST = (80, 24)
_SLOW_ESCAPE_MS = 100
_COPIES = ("kitty", "alacritty", "foot", "ghostty", "wezterm", "iterm", "rio", "contour", "windows terminal", "vscode")
_NEVER_COPIES = ("apple_terminal", "gnome", "vte", "konsole", "linux")


def look(asked: Asked) -> Iterator[Finding]:
    """Yield what the terminal can do, as far as a program is told."""
    env = asked.env
    size = _size()
    if size is None:
        yield warn(_AREA, "screen", "there is no terminal here", "start bots with --no-ui, and attach from a terminal")
        return
    term = sanitize_line(env.get("TERM", ""), limit=40)
    if term in NO_CURSOR:
        todo = "set TERM to what it is, or use pbtui --no-ui and pbtui attach USER --plain"
        yield warn(_AREA, "screen", f"a terminal of type {term} cannot show the console", todo)
        return
    yield _screen(size)
    yield _colours(env)
    yield _text(env)
    tmux = _tmux_options(env) if env.get("TMUX") else None
    yield _clipboard(env, tmux)
    if tmux is not None:
        yield _escape(tmux)


def _size() -> tuple[int, int] | None:
    for descriptor in (1, 2, 0):
        try:
            found = os.get_terminal_size(descriptor)
        except OSError:
            continue
        return found.columns, found.lines
    return None


def _screen(size: tuple[int, int]) -> Finding:
    text = f"{size[0]}x{size[1]}"
    if size[0] < _SMALLEST[0] or size[1] < _SMALLEST[1]:
        return warn(_AREA, "screen", text, f"make it at least {_SMALLEST[0]}x{_SMALLEST[1]}: panels fold below that")
    return ok(_AREA, "screen", text)


def _colours(env: Mapping[str, str]) -> Finding:
    term = sanitize_line(env.get("TERM", ""), limit=40)
    if env.get("NO_COLOR"):
        return warn(_AREA, "colours", "NO_COLOR is set: everything is shown without", "unset it to see colours")
    if env.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return ok(_AREA, "colours", f"16 million (TERM {term})")
    if "256" in term or "direct" in term:
        return ok(_AREA, "colours", f"256 (TERM {term}); COLORTERM=truecolor shows themes as they are meant, if it can")
    return warn(
        _AREA, "colours", f"16 or fewer (TERM {term or 'is not set'})", "use a terminal with 256 colours; check TERM"
    )


def _text(env: Mapping[str, str]) -> Finding:
    named = next((env[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if env.get(name)), "")
    if not speaks_utf8(env):
        text = f"no UTF-8 ({sanitize_line(named, limit=40)}): lines and marks are drawn in ASCII"
        return warn(_AREA, "text", text, "export LANG=C.UTF-8, if the terminal shows UTF-8")
    return ok(_AREA, "text", "UTF-8" if named else "no locale is set: UTF-8 is taken for granted")


def _clipboard(env: Mapping[str, str], tmux: Mapping[str, str] | None) -> Finding:
    if tmux is not None:
        allowed = tmux.get("set-clipboard", "unknown")
        if allowed == "off":
            return warn(_AREA, "clipboard", "tmux keeps copies to itself", "tmux set -s set-clipboard on")
        return ok(_AREA, "clipboard", f"copies go through tmux (set-clipboard {allowed})")
    program = " ".join(env.get(name, "") for name in ("TERM_PROGRAM", "TERM", "LC_TERMINAL")).lower()
    if env.get("WT_SESSION"):
        program += " windows terminal"
    if env.get("VTE_VERSION") or env.get("KONSOLE_VERSION"):
        program += " vte"
    if any(name in program for name in _COPIES):
        return ok(_AREA, "clipboard", "this terminal takes copies (OSC 52)")
    if any(name in program for name in _NEVER_COPIES):
        return warn(
            _AREA, "clipboard", "this terminal takes no copies (OSC 52)", "the console can write a file instead"
        )
    return ok(_AREA, "clipboard", "whether copies (OSC 52) arrive is not known; the console can write a file instead")


def _escape(tmux: Mapping[str, str]) -> Finding:
    waits = tmux.get("escape-time", "")
    if waits.isdigit() and int(waits) > _SLOW_ESCAPE_MS:
        return warn(_AREA, "tmux", f"tmux holds Esc back for {waits} ms", "tmux set -s escape-time 10")
    return ok(_AREA, "tmux", "inside tmux; pbtui does not need it: a lost connection leaves the bot trading")


def _tmux_options(env: Mapping[str, str]) -> dict[str, str]:
    """Return the server options of the tmux around us, empty when it doesn't say."""
    try:
        told = subprocess.run(
            ["tmux", "show-options", "-s"], env=dict(env), capture_output=True, text=True, timeout=2, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    pairs = (line.partition(" ") for line in told.stdout.splitlines())
    return {name: sanitize_line(value.strip(), limit=40) for name, _, value in pairs}
