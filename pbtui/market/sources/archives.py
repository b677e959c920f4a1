"""Archives that venues keep of their own candles and trades: where each file lies and what it holds (candles.md 11).

Unlike the reference only real rows are returned: a minute that a file does not hold stays missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import BinaryIO, Protocol

from pbtui.config.coin_names import library_id, short_name
from pbtui.core.clock import DAY_MS
from pbtui.core.types import Market
from pbtui.exchange.public import EndpointOverrides
from pbtui.market.sources.bodies import Gunzipped, unzip
from pbtui.market.sources.download import Downloader
from pbtui.market.sources.rows import sound_rows
from pbtui.market.sources.sheets import sheet_rows
from pbtui.market.sources.tables import Table, candles_of_cells, candles_of_csv, minutes_of_trades
from pbtui.market.store.rows import Rows

SETTLED_MS = 72 * 3_600_000  # files of days that ended later than this ago may still be incomplete
_MIB = 1 << 20
_BITGET_FIRST_ERA = date(2024, 4, 18)  # its last day


class Archive(Protocol):
    """Whole days of minutes of one venue, from elsewhere than its API."""

    exchange: str
    has_months: bool

    def covers(self, exchange: str) -> bool:
        """Return whether this archive has the candles of a venue (short name or library id)."""
        ...

    async def day(self, symbol: str, day_ms: int) -> Rows | None:
        """Return the real minutes of the UTC day that begins at `day_ms`, None when the venue has no file of it.

        Raises ExchangeError when it cannot be had, BadBody when what came cannot be used.
        """
        ...

    async def month(self, symbol: str, month_ms: int) -> Rows | None:
        """Return the real minutes of the UTC month that begins at `month_ms`; otherwise as `day`."""
        ...


Read = Callable[[BinaryIO, int, int], Table]  # body, start and end of the time it covers


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a venue's files lie and how they are read."""

    exchange: str
    base_url: str
    day_path: Callable[[str, date], str]
    read: Read
    month_path: Callable[[str, date], str] | None = None
    most: int = 64 * _MIB  # bytes of one body
    counts_contracts: bool = False  # volumes are contracts, not base units


class VenueArchive:
    """The archive of one venue. `markets` tell each symbol's code and contract size where they are known."""

    def __init__(
        self,
        exchange: str,
        download: Downloader,
        *,
        markets: Mapping[str, Market] | None = None,
        endpoints: EndpointOverrides | None = None,
    ) -> None:
        """Take the archive of a venue by short name; raises KeyError for one that has none."""
        self._layout = _LAYOUTS[exchange]
        self.exchange = exchange
        self.has_months = self._layout.month_path is not None
        self._download = download
        self._markets = markets or {}
        base = archive_base(exchange, endpoints)
        self._base_url = base
        # Headers are for those who asked for another address.
        moved = endpoints is not None and base != self._layout.base_url
        self._headers = dict(endpoints.rest.headers) if endpoints is not None and moved else {}
        self._code: dict[str, str] = {}  # the spelling that was found

    def covers(self, exchange: str) -> bool:
        """Return whether this is the archive of a venue."""
        return short_name(exchange) == self.exchange

    async def day(self, symbol: str, day_ms: int) -> Rows | None:
        """Return the real minutes of a day, None when there is no file; raises ExchangeError, BadBody."""
        return await self._file(symbol, self._layout.day_path, day_ms, day_ms + DAY_MS)

    async def month(self, symbol: str, month_ms: int) -> Rows | None:
        """Return the real minutes of a month, None when there is no file; raises ExchangeError, BadBody."""
        if self._layout.month_path is None:
            return None
        return await self._file(symbol, self._layout.month_path, month_ms, next_month_ms(month_ms))

    async def _file(self, symbol: str, path: Callable[[str, date], str], start_ms: int, end_ms: int) -> Rows | None:
        market = self._markets.get(symbol)
        unit = market.c_mult if market is not None and self._layout.counts_contracts else 1.0
        read = partial(_rows, self._layout.read, start_ms, end_ms, unit)
        day = datetime.fromtimestamp(start_ms / 1000, UTC).date()
        known = self._code.get(symbol)
        for code in (known,) if known else codes_of(self.exchange, symbol, market):
            url = f"{self._base_url}/{path(code, day)}"
            rows = await self._download.get(url, read, most=self._layout.most, headers=self._headers)
            if rows is not None:
                self._code[symbol] = code
                return rows
        return None


def has_archive(exchange: str) -> bool:
    """Return whether a venue (short name) keeps an archive that can be read."""
    return exchange in _LAYOUTS


def archive_base(exchange: str, endpoints: EndpointOverrides | None) -> str:
    """Return the address of a venue's archive; `url_overrides.archive` or the domain rules of a file may change it."""
    base = _LAYOUTS[exchange].base_url
    if endpoints is None:
        return base
    return (endpoints.rest.overrides.get("archive") or endpoints.rest.rewrite(base)).rstrip("/")


def codes_of(exchange: str, symbol: str, market: Market | None = None) -> tuple[str, ...]:
    """Return how a venue's archive may spell a symbol, the likeliest first: its market id, else BASEQUOTE.

    A coin that trades by the thousand keeps its multiplier: 1000PEPE/USDT:USDT is 1000PEPEUSDT.
    """
    base, _, quote = symbol.partition(":")[0].partition("/")
    made = f"{base}{quote}"
    if exchange == "kucoin":
        # The venue says XBT where all others say BTC.
        spelled = [f"{made.replace('BTC', 'XBT', 1) if base == 'BTC' else made}M", f"{made}M"]
    else:
        spelled = [made]
    told = market.id.removesuffix("_UMCBL") if market is not None else ""
    plain = told.isascii() and told.replace("_", "").replace("-", "").isalnum()
    return tuple(dict.fromkeys([told, *spelled] if plain else spelled))


def library_name(exchange: str) -> str:
    """Return the exchange library's id of an archive's venue, under which a file of endpoints lists it."""
    return library_id(exchange, ("binanceusdm", "kucoinfutures"))


def next_month_ms(month_ms: int) -> int:
    """Return the beginning of the UTC month after the one that begins at `month_ms`."""
    day = datetime.fromtimestamp(month_ms / 1000, UTC)
    return int(datetime(day.year + day.month // 12, day.month % 12 + 1, 1, tzinfo=UTC).timestamp()) * 1000


def _rows(read: Read, start_ms: int, end_ms: int, unit: float, body: BinaryIO) -> Rows:
    return sound_rows(read(body, start_ms, end_ms), start_ms, end_ms, volume_unit=unit)


def _zipped_csv(body: BinaryIO, start_ms: int, end_ms: int) -> Table:
    return candles_of_csv(unzip(body.read(), ".csv", most=64 * _MIB))


def _zipped_sheet(body: BinaryIO, start_ms: int, end_ms: int) -> Table:
    return candles_of_cells(sheet_rows(unzip(body.read(), ".xlsx", most=16 * _MIB), most=32 * _MIB))


def _gzipped_trades(body: BinaryIO, start_ms: int, end_ms: int) -> Table:
    return minutes_of_trades(Gunzipped(body, most=8192 * _MIB), start_ms, end_ms)


def _binance_file(period: str, form: str, code: str, day: date) -> str:
    return f"data/futures/um/{period}/klines/{code}/1m/{code}-1m-{day.strftime(form)}.zip"


def _bitget_day(code: str, day: date) -> str:
    if day <= _BITGET_FIRST_ERA:
        return f"online/kline/{code}/{code}_UMCBL_1min_{day:%Y%m%d}.zip"
    return f"online/kline/{code}/UMCBL/{day:%Y%m%d}.zip"


def _kucoin_day(code: str, day: date) -> str:
    return f"data/futures/daily/klines/{code}/1m/{code}-1m-{day:%Y-%m-%d}.zip"


def _bybit_day(code: str, day: date) -> str:
    return f"trading/{code}/{code}{day:%Y-%m-%d}.csv.gz"


_LAYOUTS = {
    layout.exchange: layout
    for layout in (
        Layout(
            "binance",
            "https://data.binance.vision",
            partial(_binance_file, "daily", "%Y-%m-%d"),
            _zipped_csv,
            month_path=partial(_binance_file, "monthly", "%Y-%m"),
        ),
        Layout("bitget", "https://img.bitgetimg.com", _bitget_day, _zipped_sheet),
        Layout("kucoin", "https://historical-data.kucoin.com", _kucoin_day, _zipped_csv, counts_contracts=True),
        Layout("bybit", "https://public.bybit.com", _bybit_day, _gzipped_trades, most=1024 * _MIB),
    )
}
