"""What an adapter needs to know about a venue: one object of quirks each (`exchange/venues`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from pbtui.config.accounts import Account
from pbtui.core.types import Fill, OpenOrder, OrderRequest
from pbtui.exchange.port import CancelResult, Capabilities, CreateResult, HeldPosition, OrderFate
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.wire import Meaning, Wire

MarginMode = Literal["cross", "isolated", "portfolio"]


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What a key may do; None where the venue doesn't tell."""

    trade: bool | None = None
    withdraw: bool | None = None
    bound_to_ip: bool | None = None
    account_id: str = ""  # the venue's own name of the account: two keys of one account share it


@dataclass(frozen=True, slots=True)
class Modes:
    """How the account trades now; None where the venue doesn't tell."""

    hedge: bool | None = None
    margin: MarginMode | None = None  # of the account, where it is an account-wide setting


@dataclass(frozen=True, slots=True)
class Look:
    """A question for fills: since when, and the symbols where something is known to have happened.

    `until_ms` ends it before now, for the venues that say how long their windows are (`VenueFacts.fill_window_ms`).
    """

    since_ms: int
    now_ms: int
    symbols: frozenset[str] = frozenset()
    until_ms: int | None = None

    @property
    def end_ms(self) -> int:
        """Return until when is asked."""
        return self.now_ms if self.until_ms is None else self.until_ms


@dataclass(frozen=True, slots=True)
class VenueFacts:
    """The numbers and tables of a venue; costs are in the units of its request budget."""

    venue: str  # short name
    credentials: tuple[str, ...]  # fields an account must have
    capabilities: Capabilities
    per_minute: float  # request budget
    reserve: float  # of it, kept for cancels and closes
    public_costs: Mapping[str, float]  # of public calls, by their first word
    meanings: Mapping[str, Meaning]  # error codes by required reaction
    spacing: Mapping[str, float] = field(default_factory=dict[str, float])  # least seconds between calls of a method
    equip: Callable[[Any, Account], None] | None = None  # gives a new client of the account what it lacks
    id_prefix: str = ""  # what stands before our client ids on the venue's stream
    fill_window_ms: int | None = None  # catching up goes in windows of this length, each kept before the next
    late_ms: int = 60_000  # how old an order may be when it arrives: an older one is refused by the venue
    most_window_ms: int = 0  # longest window that is signed; where one is, `late_ms` is that of the account; 0: none is


@runtime_checkable
class Finder(Protocol):
    """Quirks of a venue that can look an order up by its client id."""

    async def order_by_client_id(self, wire: Wire, book: Book, symbol: str, client_id: str) -> OrderFate:
        """Return what became of an order; raises ExchangeError."""
        ...


class Quirks(Protocol):
    """One venue. Methods raise ExchangeError; readers raise UnreadableAnswer for what can't be understood."""

    @property
    def facts(self) -> VenueFacts:
        """What is fixed."""
        ...

    def code_of(self, text: str) -> str:
        """Return the venue's error code in a failure's text, empty when there is none."""
        ...

    async def key_facts(self, wire: Wire) -> KeyFacts:
        """Return what the key may do."""
        ...

    async def modes(self, wire: Wire, book: Book) -> Modes:
        """Return position and margin mode."""
        ...

    async def set_hedge(self, wire: Wire, book: Book, *, hedge: bool) -> None:
        """Change the position mode; raises AccountRefused where it can't be changed now."""
        ...

    async def set_cross(self, wire: Wire) -> None:
        """Set cross margin for the account, where that is an account-wide setting."""
        ...

    async def prepare_symbol(self, wire: Wire, book: Book, symbol: str, leverage: int) -> None:
        """Set cross margin and leverage of a symbol."""
        ...

    async def balance(self, wire: Wire, quote: str) -> float:
        """Return the wallet balance in quote, without unrealised profit."""
        ...

    async def positions(self, wire: Wire, book: Book) -> list[HeldPosition]:
        """Return every open position."""
        ...

    async def open_orders(self, wire: Wire, book: Book) -> list[OpenOrder]:
        """Return every resting order."""
        ...

    async def fills(self, wire: Wire, book: Book, look: Look) -> list[Fill]:
        """Return fills at or after `look.since_ms`, in any sequence, perhaps some twice."""
        ...

    async def create(self, wire: Wire, book: Book, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send at most `max_batch_create` orders in one request; one result each."""
        ...

    async def cancel(self, wire: Wire, book: Book, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Cancel at most `max_batch_cancel` orders in one request; one result each."""
        ...
