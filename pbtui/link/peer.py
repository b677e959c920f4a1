"""Who is at the other end of a Unix socket, as the kernel says."""

from __future__ import annotations

import socket
import struct

_LOCAL_PEERCRED = 1  # macOS and the BSDs: struct xucred at level 0


def peer_uid(connection: socket.socket) -> int | None:
    """Return the user id of the process at the other end, None where the kernel cannot tell."""
    option = getattr(socket, "SO_PEERCRED", None)
    try:
        if option is not None:
            raw = connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
            return int(struct.unpack("3i", raw)[1])
        raw = connection.getsockopt(0, _LOCAL_PEERCRED, struct.calcsize("IIh16I"))
        return int(struct.unpack_from("II", raw)[1])
    except (OSError, struct.error):
        return None
