"""Which wallet signs for which Hyperliquid account: what decides whether a key may trade and could withdraw."""

from __future__ import annotations

from pbtui.core.errors import AccountRefused
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.quirks import KeyFacts
from pbtui.exchange.private.wire import Wire

_ROLES = ("missing", "user", "agent", "vault", "subAccount")
_COST = 60


async def read_key_facts(wire: Wire, *, owner: str, signer: str, is_vault: bool) -> KeyFacts:
    """Return what the signing wallet may do for the account; raises AccountRefused for a pair that can't trade.

    An API wallet trades and never withdraws; the wallet of the account itself does both. Addresses in small letters.
    """
    kind, master = await _role(wire, owner)
    if kind == "agent":
        raise AccountRefused(
            "wallet_address is an API wallet's address: it holds nothing",
            hint="name the address of the account that the API wallet was made for",
        )
    if (kind in ("vault", "subAccount")) is not is_vault:
        what = "a vault or sub-account" if kind in ("vault", "subAccount") else "no vault and no sub-account"
        raise AccountRefused(f"wallet_address is {what}", hint=f"set is_vault to {str(not is_vault).lower()}")
    if signer == owner:
        return KeyFacts(trade=kind != "missing", withdraw=True, account_id=owner)
    signs, signs_for = await _role(wire, signer)
    trader = signs_for if signs == "agent" else signer
    if signs == "missing":
        raise AccountRefused(
            "the private key belongs to no API wallet",
            hint="make one on the venue's API page, for this account; they expire",
        )
    # Who leads a vault is not told: its first order shows it.
    known = master if kind == "subAccount" else "" if kind == "vault" else owner
    if known and trader != known:
        raise AccountRefused("the private key belongs to another account", hint="make an API wallet for this one")
    return KeyFacts(trade=True if known else None, withdraw=signs != "agent", account_id=owner)


async def _role(wire: Wire, address: str) -> tuple[str, str]:
    """Return what an address is, and whom it belongs to; the latter empty for one that belongs to nobody."""
    answer = await wire.read("key", "publicPostInfo", {"type": "userRole", "user": address}, cost=_COST)
    row = Row(answer, "key")
    role = row.word("role", *_ROLES)
    if role not in ("agent", "subAccount"):
        return role, ""
    return role, row.row("data").text("user" if role == "agent" else "master").lower()
