"""Keys of a real account: are the needed fields there, and is what they may do acceptable (exchanges.md 13)."""

from __future__ import annotations

from collections.abc import Sequence

from pbtui.config.accounts import Account
from pbtui.core.errors import AccountRefused, ConfigError
from pbtui.exchange.private.quirks import KeyFacts

# Names of the fields in api-keys.json, by the exchange library's names.
_FILE_NAMES = {
    "apiKey": "key",
    "secret": "secret",
    "password": "passphrase",
    "walletAddress": "wallet_address",
    "privateKey": "private_key",
}


def require_fields(account: Account, needed: Sequence[str]) -> None:
    """Raise ConfigError naming the fields that an account's entry lacks."""
    missing = [_FILE_NAMES.get(name, name) for name in needed if not account.credentials.get(name)]
    if missing:
        raise ConfigError(
            f"account {account.user} ({account.exchange}) lacks {', '.join(missing)} in api-keys.json",
            hint=f"an account there needs {', '.join(_FILE_NAMES.get(name, name) for name in needed)}",
        )


def judge_key(facts: KeyFacts, user: str, *, allow_withdraw: bool) -> tuple[str, ...]:
    """Return what to warn of; raises AccountRefused for a key that must not be used.

    A key that could withdraw is refused unless `allow_withdraw`: a thief of this machine would have the money.
    """
    if facts.trade is False:
        raise AccountRefused(f"the key of {user} may not trade futures", hint="allow it where the key was made")
    if facts.withdraw and not allow_withdraw:
        raise AccountRefused(
            f"the key of {user} can withdraw money",
            hint="make one that can't, or give --allow-withdraw-keys",
        )
    warnings: list[str] = []
    if facts.withdraw:
        warnings.append(f"the key of {user} can withdraw money")
    if facts.withdraw is None:
        warnings.append(f"the venue doesn't tell whether the key of {user} can withdraw money: make sure it can't")
    if facts.bound_to_ip is False:
        warnings.append(f"the key of {user} works from any address: bind it to this machine's")
    return tuple(warnings)
