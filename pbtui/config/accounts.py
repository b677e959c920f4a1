"""Accounts in `api-keys.json`: secrets wrapped, file permissions enforced (config.md 11.1)."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pbtui.config.coin_names import default_quote
from pbtui.config.errors import InvalidConfig, Problem, SyntaxFault, shown
from pbtui.config.parse import read_text
from pbtui.config.sealed_keys import read_sealed, sealed_path
from pbtui.config.syntax import strict_json_fault
from pbtui.core.errors import ConfigError, SafetyRefusal
from pbtui.core.secret import Secret
from pbtui.core.system import open_to_others

_PLAIN = frozenset({"exchange", "quote", "is_vault", "options"})
_NO_QUOTE_OVERRIDE = frozenset({"hyperliquid", "paradex", "defx"})
_ALIASES = {
    "key": "apiKey",
    "api_key": "apiKey",
    "wallet": "walletAddress",
    "wallet_address": "walletAddress",
    "private_key": "privateKey",
    "passphrase": "password",
}
_TESTNET = ("testnet", "sandbox")  # asked for in an entry or its options: nothing here acts on it
_CREDENTIALS = ("apiKey", "privateKey", "secret", "walletAddress")


@dataclass(frozen=True, slots=True)
class Account:
    """One account; `credentials` are keyed by the exchange library's field names."""

    user: str
    exchange: str
    quote: str
    is_vault: bool = False
    credentials: Mapping[str, Secret] = field(default_factory=dict[str, Secret])
    options: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    testnet: str = ""  # the key that asks for a testnet, "" for none

    @property
    def identity(self) -> Secret:
        """What tells this account from others: the key, or the wallet where there is no key."""
        found = next((self.credentials[name] for name in ("apiKey", "walletAddress") if name in self.credentials), None)
        return found or Secret(self.user)

    @property
    def key_print(self) -> str:
        """A short name of the key that tells nothing of it: the same key always has the same."""
        return hashlib.blake2b(self.identity.reveal().encode(), digest_size=4).hexdigest()

    @property
    def usable(self) -> bool:
        """Whether any credential is filled in."""
        return any(self.credentials.get(name) for name in _CREDENTIALS)


def require_private(path: Path) -> None:
    """Refuse a keys file that others can read; the message names the remedy."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if open_to_others(mode):
        raise SafetyRefusal(
            f"{path}: others may read it (mode {mode:04o})", hint=f"keys must be private: chmod 600 {path}"
        )


def load_accounts(path: Path) -> dict[str, Account]:
    """Return the accounts of a keys file by user name.

    Raises:
        ConfigError: the file is missing, no strict JSON, sealed and not to be opened, or an account is malformed.
        SafetyRefusal: others can read the file.

    """
    import orjson

    text = _text_of(path)
    try:
        parsed: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        line, column, wrong = strict_json_fault(text) or (1, 1, "not strict JSON")
        raise SyntaxFault(str(path), line, column, wrong) from None
    if not isinstance(parsed, dict):
        raise SyntaxFault(str(path), 1, 1, "accounts are an object user → account")
    accounts: dict[str, Account] = {}
    for user, entry in cast("dict[str, Any]", parsed).items():
        if isinstance(entry, dict) and "exchange" in entry and not user.startswith("_"):
            accounts[user] = _account(path, user, cast("dict[str, Any]", entry))
    return accounts


def _text_of(path: Path) -> str:
    sealed = sealed_path(path)
    if path.is_file() and sealed.is_file():
        raise ConfigError(f"{path} and {sealed.name} are both there", hint="move the one away that no longer holds")
    if sealed.is_file():
        return read_sealed(sealed).decode("utf-8", errors="replace")
    if not path.is_file():
        raise ConfigError(f"{path}: no such file", hint="accounts are read from it: copy your api-keys.json there")
    require_private(path)
    return read_text(path)


def find_account(path: Path, user: str) -> Account:
    """Return one account.

    Raises:
        ConfigError: there is none of that name; the message has the known ones.
        SafetyRefusal: its entry asks for a testnet in a way that is not followed.

    """
    accounts = load_accounts(path)
    if user not in accounts:
        known = ", ".join(sorted(accounts)) or "none"
        raise ConfigError(f"{path}: no account {shown(user)}", hint=f"accounts there: {known}")
    account = accounts[user]
    if account.testnet:
        raise SafetyRefusal(
            f"{path}: {shown(user)}.{account.testnet} does not lead to a testnet here: orders would be real",
            hint="take it out, and name the testnet's addresses in configs/custom_endpoints.json (docs/exchanges.md)",
        )
    return account


def _account(path: Path, user: str, entry: dict[str, Any]) -> Account:
    exchange: Any = entry["exchange"]
    if not isinstance(exchange, str) or not exchange:
        raise InvalidConfig(str(path), [Problem(f"{user}.exchange", "is no name", "an exchange, as in bybit")])
    options: Any = entry.get("options") or {}
    if not isinstance(options, dict):
        raise InvalidConfig(str(path), [Problem(f"{user}.options", "is not an object", "{ … }")])
    quote = default_quote(exchange)
    if exchange not in _NO_QUOTE_OVERRIDE and entry.get("quote"):
        quote = str(entry["quote"])
    return Account(
        user=user,
        exchange=exchange,
        quote=quote,
        is_vault=entry.get("is_vault") in (True, 1, "true", "True", "1"),
        credentials=_credentials(entry),
        options=cast("dict[str, Any]", options),
        testnet=_asks_for_testnet(entry, cast("dict[str, Any]", options)),
    )


def _asks_for_testnet(entry: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    places = (("", entry), ("options.", options))
    return next((f"{at}{name}" for at, given in places for name in _TESTNET if given.get(name)), "")


def _credentials(entry: dict[str, Any]) -> dict[str, Secret]:
    """Wrap the text fields under the library's names; an alias fills its target only when that is absent."""
    texts = {name: value for name, value in entry.items() if name not in _PLAIN and isinstance(value, str) and value}
    named = {name: Secret(value) for name, value in texts.items() if name not in _ALIASES}
    for alias, target in _ALIASES.items():
        if alias in texts and target not in named:
            named[target] = Secret(texts[alias])
    return named
