"""Keys at rest under a passphrase: `api-keys.sealed` in place of `api-keys.json` (scrypt and AES-256-GCM)."""

from __future__ import annotations

import base64
import binascii
import getpass
import json
import os
import secrets
import stat
import sys
from functools import cache
from pathlib import Path
from typing import Any

from pbtui.core.errors import ConfigError, SafetyRefusal
from pbtui.core.sanitize import sanitize_line
from pbtui.core.secret import Secret
from pbtui.core.system import open_to_others

FILE_VARIABLE = "PBTUI_PASSPHRASE_FILE"
CREDENTIAL = "pbtui-passphrase"  # of systemd's LoadCredential=
LEAST_LETTERS = 12
_FORMAT = "pbtui sealed keys 1"
_SCRYPT = {"n": 1 << 16, "r": 8, "p": 1}  # 64 MiB, some 0.2 s a try
_MOST_BYTES = 4_000_000


def sealed_path(path: Path) -> Path:
    """Return where the sealed form of a keys file lies."""
    return path.with_suffix(".sealed")


def keys_there(path: Path) -> bool:
    """Tell whether there are keys, open or sealed."""
    return path.is_file() or sealed_path(path).is_file()


def seal(text: bytes, passphrase: Secret) -> bytes:
    """Return a keys file under a passphrase, with a salt of its own; raises ConfigError for one that is too short."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(passphrase.reveal()) < LEAST_LETTERS:
        raise ConfigError("the passphrase is too short", hint=f"take {LEAST_LETTERS} letters or more, as some words")
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    data = AESGCM(_key(passphrase, salt)).encrypt(nonce, text, _FORMAT.encode())
    parts = {"format": _FORMAT, "salt": salt, "nonce": nonce, "data": data}
    plain = {name: base64.b64encode(part).decode() if isinstance(part, bytes) else part for name, part in parts.items()}
    return (json.dumps(plain, indent=1) + "\n").encode()


def unseal(sealed: bytes, passphrase: Secret, where: Path) -> bytes:
    """Return the keys file inside; raises ConfigError for a damaged file and a wrong passphrase."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    shown = sanitize_line(where, limit=200)
    try:
        told: Any = json.loads(sealed)
        if told["format"] != _FORMAT:
            raise ValueError("another format")
        salt, nonce, data = (base64.b64decode(told[name], validate=True) for name in ("salt", "nonce", "data"))
        if len(nonce) != 12 or len(salt) != 16:
            raise ValueError("wrong lengths")
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        raise ConfigError(f"{shown} holds no sealed keys", hint="seal them again: pbtui account seal") from None
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(nonce, data, _FORMAT.encode())
    except InvalidTag:
        raise ConfigError(f"{shown}: wrong passphrase, or the file is damaged", hint="try again") from None


def read_sealed(path: Path) -> bytes:
    """Return the keys inside a sealed file, by the passphrase there is for it; raises as that and `unseal`."""
    if path.stat().st_size > _MOST_BYTES:
        raise ConfigError(f"{sanitize_line(path, limit=200)} is too large to hold keys")
    return unseal(path.read_bytes(), passphrase_for(path), path)


@cache
def passphrase_for(path: Path) -> Secret:
    """Return the passphrase, once for a process: from a private file, from systemd, or typed on the terminal.

    Raises ConfigError where nobody can type it, SafetyRefusal for a file that others can read.
    """
    named = os.environ.get(FILE_VARIABLE)
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    file = Path(named) if named else Path(folder) / CREDENTIAL if folder else None
    if file is not None and (named or file.is_file()):
        return _of_file(file, owned_by_systemd=not named)
    shown = sanitize_line(path, limit=200)
    if not sys.stdin.isatty():
        raise ConfigError(
            f"{shown} is sealed and nobody can type its passphrase here",
            hint=f"name a private file that holds it in {FILE_VARIABLE}",
        )
    return typed(f"passphrase of {shown}: ")


def typed(prompt: str) -> Secret:
    """Return what is typed unseen; raises ConfigError at the end of the input."""
    try:
        return Secret(getpass.getpass(prompt))
    except EOFError:
        raise ConfigError("no passphrase was typed") from None


def _of_file(file: Path, *, owned_by_systemd: bool) -> Secret:
    shown = sanitize_line(file, limit=200)
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        text = file.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = sanitize_line(getattr(error, "strerror", None) or error, limit=120)
        raise ConfigError(f"{shown}, which should hold the passphrase, cannot be read: {why}") from None
    if open_to_others(mode) and not owned_by_systemd:
        raise SafetyRefusal(f"{shown}: others may read it (mode {mode:04o})", hint=f"chmod 600 {shown}")
    return Secret(text)


def _key(passphrase: Secret, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=32, **_SCRYPT).derive(passphrase.reveal().encode())
