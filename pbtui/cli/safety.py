"""What must be settled before an account with real money trades (architecture.md, Safety)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from pbtui.config import Config, needs_loss_gate_ack, risk_omissions
from pbtui.core.errors import SafetyRefusal, StateError
from pbtui.core.files import write_private
from pbtui.core.record import record

_FILE = "live_confirmations.json"


@record
class Gate:
    """What the operator gave on the command line, and how to ask for more; `ask` is None where nobody can answer."""

    yes_live: bool = False
    accept_built_in_defaults: bool = False
    ask: Callable[[str], str] | None = None


def pass_gate(
    config: Config, *, user: str, exchange: str, state_dir: Path, gate: Gate, via: str = "", key: str = ""
) -> None:
    """Let a live start through or raise SafetyRefusal naming what is missing.

    Omitted risky keys must be written down or accepted. The first start of an account-config pair needs the account
    name typed, or `--yes-live`; so does once a loss gate of 0, which blocks every realised loss here. Both are
    remembered in `state_dir`. `via` names other addresses that orders go through: other ones, or none any more, have
    to be confirmed anew. `key` is the print of the key in use: another one has to be confirmed, too.
    Raises StateError when that memory cannot be read or written.
    """
    omissions = risk_omissions(config)
    if omissions and not gate.accept_built_in_defaults:
        named = "; ".join(omission.text() for omission in omissions)
        raise SafetyRefusal(named, hint="write them into the config, or give --accept-built-in-defaults")
    path = state_dir / _FILE
    known = _read(path)
    pair = _pair(user, exchange, config, via, key)
    wanted = [f"live {pair}"]
    if needs_loss_gate_ack(config):
        wanted.append(f"lossgate {pair}")
    missing = [entry for entry in wanted if entry not in known]
    where = f"{exchange} through {via}" if via else exchange
    where += f" with key {key}" if key else ""
    for entry in missing:
        _confirm(entry, user=user, where=where, config=config, gate=gate)
    if missing:
        try:
            write_private(path, msgspec.json.encode(sorted({*known, *missing})))
        except OSError as error:
            raise StateError(f"{path} cannot be written: {error.strerror or error}") from error


def _confirm(entry: str, *, user: str, where: str, config: Config, gate: Gate) -> None:
    if entry.startswith("live "):
        question = f"{user} on {where} trades REAL MONEY with {config.name}; type the account name to go on: "
        refusal = f"the first live start of {user} on {where} with {config.name} must be confirmed"
    else:
        question = (
            "live.max_realized_loss_pct is 0: no position is ever closed at a loss here (Passivbot reads 0 as off); "
            "type the account name to go on: "
        )
        refusal = "live.max_realized_loss_pct is 0, which blocks every realised loss here, and must be acknowledged"
    if gate.yes_live:
        return
    if gate.ask is None:
        raise SafetyRefusal(refusal, hint="give --yes-live")
    if gate.ask(question).strip() != user:
        raise SafetyRefusal("not confirmed: nothing was started")


def _pair(user: str, exchange: str, config: Config, via: str, key: str) -> str:
    told = [f"{name}={value}" for name, value in (("via", via), ("key", key)) if value]
    text = "\x1f".join((user, exchange, config.hash, *told))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _read(path: Path) -> set[str]:
    try:
        return set(msgspec.json.decode(path.read_bytes(), type=list[str]))
    except FileNotFoundError:
        return set()
    except (OSError, msgspec.MsgspecError) as error:
        raise StateError(f"{path} cannot be read", hint="delete it to confirm again") from error
