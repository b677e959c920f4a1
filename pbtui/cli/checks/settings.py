"""The configuration that was named, and the file of keys."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

from pbtui.cli.checks.finding import Asked, Finding, fix, ok, warn
from pbtui.core.errors import PbtuiError, SafetyRefusal
from pbtui.core.sanitize import sanitize_line

_AREA = "settings"


def look(asked: Asked) -> Iterator[Finding]:
    """Yield everything wrong with the configuration and with the accounts beside it."""
    user = ""
    if asked.config is not None:
        user = yield from _config(asked.config, asked.base_dir)
    yield from _accounts(asked.base_dir / "api-keys.json", user)


def _config(path: Path, base_dir: Path) -> Generator[Finding, None, str]:
    """Yield what is wrong with a configuration; returns the account it names."""
    from pbtui.config import risk_omissions
    from pbtui.config.errors import InvalidConfig
    from pbtui.config.pipeline import check

    shown = sanitize_line(path.name, limit=80)
    try:
        config = check(path, base_dir=base_dir)
    except InvalidConfig as error:
        for problem in error.problems:
            yield fix(_AREA, "config", f"{shown}: {problem.key}: {problem.wrong}", f"allowed: {problem.allowed}")
        return ""
    except PbtuiError as error:
        yield fix(_AREA, "config", error.message, error.hint or f"pbtui config check {shown}")
        return ""
    for text in config.warnings:
        yield warn(_AREA, "config", text, "correct it in the file, unless it is meant so")
    for omission in risk_omissions(config):
        yield warn(_AREA, "config", omission.text(), "write it down: a start with real money will ask for it")
    yield ok(_AREA, "config", f"{shown} can be used ({config.flavour} layout)")
    return str(config.get("live.user") or "")


def _accounts(path: Path, user: str) -> Iterator[Finding]:
    from pbtui.config.accounts import load_accounts
    from pbtui.config.sealed_keys import sealed_path

    if sealed_path(path).is_file() and not path.is_file():
        yield ok(_AREA, "keys", f"{sealed_path(path).name} is sealed: its passphrase is asked for at each start")
        return
    if not path.is_file():
        yield ok(_AREA, "keys", "no api-keys.json in the base folder: paper accounts only")
        return
    try:
        accounts = load_accounts(path)
    except SafetyRefusal as error:
        yield fix(_AREA, "keys", error.message, error.hint)
        return
    except PbtuiError as error:
        readable = os.access(path, os.R_OK)
        todo = (
            "compare it with api-keys.json of your former bot"
            if readable
            else f"make it yours: chown, chmod 600 {path}"
        )
        yield fix(_AREA, "keys", error.message, error.hint or todo)
        return
    filled = sum(account.usable for account in accounts.values())
    yield ok(
        _AREA,
        "keys",
        f"api-keys.json is private; {filled} of {len(accounts)} accounts have keys (pbtui account check USER asks)",
    )
    if user and user not in accounts:
        yield warn(
            _AREA,
            "keys",
            f"the config trades {sanitize_line(user, limit=60)}, which api-keys.json does not name",
            "give -u with an account that is there, or -u paper",
        )
