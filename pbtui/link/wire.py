"""How messages look on a bot's socket: length-prefixed msgpack, every value an envelope of type name and fields."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import msgspec

from pbtui.core import actions, fill_pages, history, snapshot
from pbtui.core.errors import LinkClosed, PbtuiError
from pbtui.core.record import record

VERSION = 1
MAX_REQUEST = 64 * 1024  # an operator's message; anything longer is not one
MAX_REPLY = 16 * 1024 * 1024
_HEADER = 4

Want = Literal["controller", "viewer", "command", "status"]  # the last two take no seat
SeatName = Literal["controller", "viewer"]


@record
class Hello:
    """First message of a client: protocol version, wanted seat, and who it is (for the log)."""

    version: int
    want: Want
    who: str
    take: bool = False  # take the controls from whoever has them


@record
class Seat:
    """The server's answer to Hello, repeated whenever the client's role changes."""

    version: int
    role: SeatName
    holder: str = ""
    asker: str = ""
    watchers: int = 0


@record
class Controls:
    """A console's wish about the controls; answered with an ActionResult."""

    wish: Literal["ask", "take", "give"]


@record
class Refusal:
    """An action or question that failed with the bot's reason, in one line."""

    text: str
    exit_code: int = 1


@record
class Ended:
    """The bot has ended; the last message of a connection."""

    text: str = ""


_TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        Hello,
        Seat,
        Controls,
        Refusal,
        Ended,
        actions.SetMode,
        actions.PanicAll,
        actions.PauseCreations,
        actions.ReloadConfig,
        actions.StopBot,
        actions.SetReplaySpeed,
        actions.ActionResult,
        actions.ChartQuery,
        actions.PanicQuery,
        actions.ModeQuery,
        actions.ReloadQuery,
        actions.ConfigQuery,
        actions.CoinQuery,
        actions.HealthQuery,
        actions.BacklogQuery,
        fill_pages.FillsQuery,
        snapshot.Snapshot,
        snapshot.Chart,
        snapshot.PanicPreview,
        snapshot.ModeEffect,
        snapshot.ReloadPreview,
        snapshot.ConfigFacts,
        snapshot.CoinFacts,
        history.HealthReport,
        history.Backlog,
        fill_pages.FillsPage,
    )
}


class Envelope(msgspec.Struct, frozen=True, array_like=True):
    """One message: a number that pairs an answer with its request (0 = not an answer), a type name, the fields."""

    number: int
    kind: str
    fields: msgspec.Raw


@record
class Message:
    """A decoded envelope."""

    number: int
    value: object


class BadMessage(PbtuiError):
    """Bytes that are not a message of this protocol; the connection that sent them is closed."""


_encoder = msgspec.msgpack.Encoder()
_envelopes = msgspec.msgpack.Decoder(Envelope)
_decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {}  # made when first needed: all of them hold up a start


def encode(value: object, number: int = 0) -> bytes:
    """Return a whole frame for one of the protocol's values; raises KeyError for any other type."""
    name = type(value).__name__
    if _TYPES[name] is not type(value):
        raise KeyError(name)
    body = _encoder.encode((number, name, msgspec.Raw(_encoder.encode(value))))
    return len(body).to_bytes(_HEADER, "big") + body


def decode(body: bytes) -> Message:
    """Return the message in a frame's body; raises BadMessage."""
    try:
        envelope = _envelopes.decode(body)
        return Message(envelope.number, _decoder(envelope.kind).decode(envelope.fields))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, ValueError) as error:
        raise BadMessage("a message that cannot be read") from error


def _decoder(name: str) -> msgspec.msgpack.Decoder[Any]:
    found = _decoders.get(name)
    if found is None:
        if name not in _TYPES:
            raise BadMessage("a message of an unknown type")
        found = _decoders[name] = msgspec.msgpack.Decoder(_TYPES[name])
    return found


async def read_message(reader: asyncio.StreamReader, limit: int) -> Message:
    """Return the next message; raises LinkClosed at the end of the stream, BadMessage for anything else."""
    try:
        header = await reader.readexactly(_HEADER)
        size = int.from_bytes(header, "big")
        if size > limit:
            raise BadMessage(f"a message of {size} bytes, {limit} are allowed")
        return decode(await reader.readexactly(size))
    except (asyncio.IncompleteReadError, OSError) as error:
        raise LinkClosed("the connection was closed") from error
