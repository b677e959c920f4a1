"""Files of the operator's own: alerts, keys of the console, themes, other addresses; what isn't there isn't missed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TypeVar

from pbtui.cli.checks.finding import Asked, Finding, fix, ok, warn
from pbtui.cli.checks.folders import settings_folder
from pbtui.core.errors import PbtuiError
from pbtui.core.sanitize import sanitize_line

_AREA = "settings"
T = TypeVar("T")


def look(asked: Asked) -> Iterator[Finding]:
    """Yield what there is to say of each file that is there."""
    yield from _alerts()
    yield from _keys()
    yield from _themes()
    yield from _addresses(asked)


def _alerts() -> Iterator[Finding]:
    from pbtui.live.alerts.settings import alerts_file, load_alerts

    path = alerts_file()
    found = yield from _read(path, "alerts", load_alerts, "without it no bot starts: correct it, or move it away")
    if found is None:
        return
    from importlib.util import find_spec

    if found.urls and find_spec("apprise") is None:
        todo = "install pbtui with its extra: pbtui[alerts]"
        yield fix(_AREA, "alerts", f"{path.name} names messengers, but apprise is not installed", todo)
        return
    yield ok(_AREA, "alerts", f"{path.name} is private and tells of {', '.join(found.events)}")


def _keys() -> Iterator[Finding]:
    path = settings_folder() / "keys.toml"
    if not path.exists():
        return  # what reads it takes half a second to load
    from pbtui.console.keymap import load_keys

    moved = yield from _read(path, "own keys", load_keys, "until then the default keys are in force")
    if moved is not None:
        yield ok(_AREA, "own keys", f"{path.name} moves {len(moved)} actions")


def _themes() -> Iterator[Finding]:
    folder = settings_folder() / "themes"
    if not folder.is_dir():
        return
    from pbtui.console.theming.themes import Themes

    themes = Themes(folder)
    for problem in themes.problems:
        yield warn(_AREA, "themes", problem, "it cannot be chosen until then")
    own = [name for name in themes.names if themes.is_users(name)]
    if own:
        yield ok(_AREA, "themes", f"of your own: {', '.join(own)}")


def _addresses(asked: Asked) -> Iterator[Finding]:
    from pbtui.exchange.public import load_endpoints
    from pbtui.market.venue_access import FOUND

    path = asked.endpoints or asked.base_dir / FOUND
    found = yield from _read(path, "addresses", load_endpoints, "correct it, or move it away: requests would go astray")
    if found is not None:
        who = ", ".join([*(["every venue"] if found.of("").targets() else []), *sorted(found.venues)])
        text = f"{path.name} leads requests elsewhere for {who or 'no venue'}"
        yield warn(_AREA, "addresses", text, "a real account says so at its start; --endpoints none for paper")


def _read(path: Path, name: str, load: Callable[[Path], T], todo: str) -> Generator[Finding, None, T | None]:
    """Yield what is wrong with a file; returns what it holds, None where it is not there or of no use."""
    if not path.exists():
        return None
    try:
        return load(path)
    except PbtuiError as error:
        yield fix(_AREA, name, sanitize_line(error.message, limit=400), error.hint or todo)
    return None
