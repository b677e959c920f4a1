"""Where a cluster is, and whether anybody is there; costs nothing until a cluster is asked for."""

from __future__ import annotations

import importlib.util
import socket

from pbtui.core.errors import ConfigError, ExitCode, PbtuiError
from pbtui.core.sanitize import sanitize_line

AUTO = "auto"
_PORTS = 65_535
_ANSWER_S = 5.0


class ClusterError(PbtuiError):
    """The cluster cannot be reached or has nobody left to evaluate; what had ended is kept."""

    exit_code = ExitCode.RETRYABLE


def check_address(text: str) -> str:
    """Return an address as Ray takes it: `auto`, or a host and the port of its head; raises ConfigError."""
    host, _, port = text.rpartition(":")
    if text == AUTO:
        return text
    plain = port.isascii() and port.isdigit() and len(port) < 6
    if not host or "/" in host or host != sanitize_line(host) or not plain or not 0 < int(port) <= _PORTS:
        raise ConfigError(f"{sanitize_line(text, limit=80)!r} is no cluster", hint="write HOST:PORT, or auto")
    return text


def require_ray() -> None:
    """Raise ConfigError where Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        raise ConfigError("a cluster needs Ray, which is not installed", hint="install pbtui[cluster]")


def see_it_answers(address: str) -> None:
    """Raise ClusterError when nobody listens at an address: Ray itself would try for a long time."""
    if address == AUTO:
        return
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_S):
            return
    except OSError as error:
        why = sanitize_line(error.strerror or error)
        raise ClusterError(
            f"no cluster answers at {address}: {why}", hint="is `ray start --head` running there, and the way open?"
        ) from error
