"""What a reloaded config file would change, and which of it a running bot can take over."""

from __future__ import annotations

from collections.abc import Callable

from pbtui.config import Config
from pbtui.config.diff import ABSENT, differences
from pbtui.config.effective import problems_of, value_text
from pbtui.config.risk import declaration, verdict
from pbtui.core.errors import PbtuiError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import ConfigChange, ReloadPreview

Loader = Callable[[], Config]
_LONGEST = 400
_SECTIONS = ("bot.", "live.", "coin_overrides", "logging.")


def changes(old: Config, new: Config) -> tuple[ConfigChange, ...]:
    """Return the changed keys that matter to a running bot."""
    found: list[ConfigChange] = []
    for item in differences(old.data, new.data):
        if not item.key.startswith(_SECTIONS):
            continue
        declared = declaration(item.key)
        risk = verdict(item.key, old, new)
        found.append(
            ConfigChange(
                path=sanitize_line(item.key),
                old=_short(item.left),
                new=_short(item.right),
                needs_restart=declared is not None and declared.restart,
                raises_risk=risk in ("raises", "may raise"),
                risk=risk,
            )
        )
    return tuple(found)


def _short(value: object) -> str:
    return ABSENT if value == ABSENT else sanitize_line(value_text(value), limit=_LONGEST)


def preview(current: Config, load: Loader | None) -> tuple[ReloadPreview, Config | None]:
    """Return what a reload would change, and the loaded config; the reason in `error` when it can't be loaded."""
    if load is None:
        return ReloadPreview((), "this bot was started without a config file that can be loaded again"), None
    try:
        fresh = load()
    except PbtuiError as error:
        return ReloadPreview((), error.line(), problems_of(error)), None
    return ReloadPreview(changes(current, fresh)), fresh
