"""`pbtui account seal|unseal`: put the keys under a passphrase, and take them out again."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from pbtui.cli.narrate import say
from pbtui.config.accounts import load_accounts
from pbtui.config.sealed_keys import FILE_VARIABLE, passphrase_for, read_sealed, seal, sealed_path, typed, unseal
from pbtui.core.errors import ConfigError, ExitCode, StateError
from pbtui.core.files import replace_file
from pbtui.core.sanitize import sanitize_line
from pbtui.core.secret import Secret


def run(options: argparse.Namespace) -> int:
    """Seal or unseal the keys of a base folder; raises ConfigError, SafetyRefusal, StateError."""
    path: Path = options.base_dir / "api-keys.json"
    return _seal(path) if options.what == "seal" else _unseal(path)


def _seal(path: Path) -> int:
    target = sealed_path(path)
    if target.exists():
        raise ConfigError(f"{_shown(target)} is there already", hint="unseal it first, or move it away")
    count = len(load_accounts(path))  # what cannot be read is not put away
    text = path.read_bytes()
    passphrase = _new(target)
    sealed = seal(text, passphrase)
    _write(target, sealed)
    if unseal(target.read_bytes(), passphrase, target) != text:
        raise StateError(f"{_shown(target)} does not open again", hint=f"{path.name} was left as it is")
    path.unlink()
    say(f"{count} accounts are in {_shown(target)}; {path.name} is gone. Without the passphrase nobody opens it.")
    return int(ExitCode.OK)


def _unseal(path: Path) -> int:
    source = sealed_path(path)
    if path.exists():
        raise ConfigError(f"{_shown(path)} is there already", hint="move it away first")
    if not source.is_file():
        raise ConfigError(f"{_shown(source)}: no such file", hint="nothing is sealed in this base folder")
    _write(path, read_sealed(source))
    source.unlink()
    say(f"the keys are open in {_shown(path)}; {source.name} is gone")
    return int(ExitCode.OK)


def _new(target: Path) -> Secret:
    """Return a new passphrase, typed twice, or that of a file."""
    found = passphrase_for(target)
    if not os.environ.get(FILE_VARIABLE) and typed("the same again: ") != found:
        passphrase_for.cache_clear()
        raise ConfigError("the two passphrases differ", hint="nothing was changed")
    return found


def _write(path: Path, data: bytes) -> None:
    """Write a private file whole and durably, or not at all."""
    try:
        replace_file(path, data, mode=0o600)
    except OSError as error:
        why = sanitize_line(error.strerror or error, limit=120)
        raise StateError(f"{_shown(path)} cannot be written: {why}", hint="nothing was changed") from None


def _shown(path: Path) -> str:
    return sanitize_line(path, limit=200)
