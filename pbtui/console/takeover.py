"""Taking a configuration over: a look at what using it would change, then the file to trade with."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.console.text import safe
from pbtui.core.errors import PbtuiError

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp
    from pbtui.console.backtest.adopt import Adoption


async def take_over(app: ConsoleApp, path: Path, name: str) -> None:
    """Show what trading with the configuration in `path` would change; write it as `name` once that is confirmed."""
    from pbtui.console.backtest.adopt import write
    from pbtui.console.configs import shown_path
    from pbtui.console.dialogs.adopt import AdoptDialog

    def shown(adoption: Adoption) -> str:
        return safe(shown_path(adoption.target, app.backtests.base_dir), 200)

    dialog = AdoptDialog(lambda: asyncio.to_thread(_prepare, app, path, name), shown)
    if not await app.push_screen_wait(dialog) or dialog.adoption is None:
        return
    try:
        await asyncio.to_thread(write, dialog.adoption)
    except PbtuiError as error:
        app.say(error.line(), ink="bad")
        return
    app.say(f"written; start with: pbtui run {shown(dialog.adoption)}", ink="up")


def _prepare(app: ConsoleApp, path: Path, name: str) -> Adoption:
    from pbtui.console.backtest.adopt import prepare_file, running_config
    from pbtui.console.configs import find_configs

    desk, snapshot = app.backtests, app.state.snapshot
    config_name = snapshot.account.config_name if snapshot is not None else ""
    candidates = find_configs(desk.base_dir) if desk.running_config is None and config_name else []
    running = running_config(desk.running_config, config_name, candidates, desk.base_dir)
    return prepare_file(path, name, running, desk.base_dir)
