"""Only the exchange room takes secrets out of their wrapper; elsewhere a hash of one is made, or its own is used."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "pbtui"
# module -> how often it may: fingerprints of keys, the passphrase of the sealed file, addresses of messengers
ELSEWHERE = {
    "config/accounts.py": 1,
    "config/sealed_keys.py": 2,
    "core/secret.py": 1,
    "live/alerts/send.py": 2,
    "live/lock.py": 1,
}


def test_secrets_are_unwrapped_in_the_exchange_room() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): path.read_text().count(".reveal()") for path in PACKAGE.rglob("*.py")
    }
    outside = {name: count for name, count in found.items() if count and not name.startswith("exchange/")}
    assert outside == ELSEWHERE
    assert any(count for name, count in found.items() if name.startswith("exchange/"))
