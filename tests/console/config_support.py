"""A bot with a config of its own: the file, what the bot says of it, and what a reload would find."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pbtui.config import Config, load
from pbtui.config.effective import config_facts, problems_of
from pbtui.core.actions import ConfigQuery, Query, ReloadQuery
from pbtui.core.errors import LinkClosed, PbtuiError
from pbtui.core.snapshot import ConfigChange, ReloadPreview
from pbtui.link.base import Reply

from .sample import ScriptedLink

DOCUMENT: dict[str, Any] = {
    "bot": {
        "long": {"n_positions": 4, "total_wallet_exposure_limit": 1.2, "entry_grid_double_down_factor": -5},
        "short": {"n_positions": 0, "total_wallet_exposure_limit": 0},
    },
    "live": {"leverage": 7, "max_realized_loss_pct": 0.05, "market_orders_allowed": False},
    "coin_overrides": {"SOL": {"live": {"leverage": 3}}},
}


def write(path: Path, **changes: Any) -> Path:
    """Write the file, with dotted keys changed."""
    document = json.loads(json.dumps(DOCUMENT))
    for name, value in changes.items():
        *head, last = name.split("__")
        node = document
        for part in head:
            node = node[part]
        node[last] = value
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return path


class ConfiguredLink(ScriptedLink):
    """Answers for a config file as a bot does; `running` is what it started with."""

    def __init__(self, path: Path, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.path = path
        self.running = self._load()

    def _load(self) -> Config:
        return load(self.path, command="live", base_dir=self.path.parent)

    async def ask(self, query: Query) -> Reply:
        if isinstance(query, ConfigQuery) and self._ended is None:
            self.queries.append(query)
            if self._latest is None or self._latest.health.state == "starting":
                raise LinkClosed("the bot is starting")
            return config_facts(self.running)
        if isinstance(query, ReloadQuery):
            self.queries.append(query)
            return self._preview()
        return await super().ask(query)

    def _preview(self) -> ReloadPreview:
        from pbtui.config.diff import differences
        from pbtui.config.effective import value_text
        from pbtui.config.risk import declaration, verdict

        try:
            fresh = self._load()
        except PbtuiError as error:
            return ReloadPreview((), error.line(), problems_of(error))
        changes: list[ConfigChange] = []
        for item in differences(self.running.data, fresh.data):
            declared, risk = declaration(item.key), verdict(item.key, self.running, fresh)
            restart = declared is not None and declared.restart
            old, new = value_text(item.left), value_text(item.right)
            changes.append(ConfigChange(item.key, old, new, restart, risk in ("raises", "may raise"), risk))
        return ReloadPreview(tuple(changes))
