"""The files themselves: zipped csv, zipped spreadsheets, gzipped trades (candles.md 11)."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from numpy.typing import NDArray

Rows = NDArray[Any]
DAY = 86_400_000
MINUTE = 60_000
CONTRACT = 0.001  # base units in one contract of the venue that counts contracts


@dataclass(frozen=True)
class Found:
    """A file that was asked for: whose candles, from when to when, and how it is packed."""

    code: str
    start_ms: int
    end_ms: int
    name: str
    pack: Callable[[Rows, str, int], bytes]


def text(value: Any) -> str:
    """Return a float32 so that reading it gives the same float32."""
    return repr(round(float(value), 10))


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def binance_csv(rows: Rows, *, header: bool) -> str:
    lines = [
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,"
        "ignore"
    ] * header
    for ts, *numbers in rows.tolist():
        lines.append(f"{ts},{','.join(map(text, numbers))},{ts + MINUTE - 1},1.0,9,0.5,0.5,0")
    return "\n".join(lines) + "\n"


def binance(rows: Rows, name: str, start_ms: int) -> bytes:
    header = datetime.fromtimestamp(start_ms / 1000, UTC).day % 2 == 0  # some files have one
    return zipped(f"{name}.csv", binance_csv(rows, header=header).encode())


def kucoin(rows: Rows, name: str, start_ms: int) -> bytes:
    """Write only minutes with trades, columns in the venue's sequence, volume in contracts; seconds or ms."""
    unit = 1 if datetime.fromtimestamp(start_ms / 1000, UTC).day % 2 else 1000
    lines = ["time,open,close,high,low,volume,turnover"]
    for ts, o, h, low, c, volume in rows[rows["bv"] > 0].tolist():
        prices = ",".join(map(text, (o, c, h, low)))
        lines.append(f"{ts // unit},{prices},{round(volume / CONTRACT)},1.5")
    return zipped(f"{name}.csv", "\r\n".join(lines).encode())


def bitget(rows: Rows, name: str, start_ms: int) -> bytes:
    unit = 1 if datetime.fromtimestamp(start_ms / 1000, UTC).day % 2 else 1000
    header = ["timestamp", "open", "high", "low", "close", "volume"]
    cells = [[str(ts // unit), *map(text, numbers)] for ts, *numbers in rows.tolist()]
    return zipped(f"{name}.xlsx", workbook([header, *cells], shared=unit == 1))


def bybit(rows: Rows, name: str, start_ms: int, *, backwards: bool = False) -> bytes:
    """Write four trades a minute with volume: open, both extremes, close; seconds with fractions."""
    lines: list[str] = []
    for ts, o, h, low, c, volume in rows[rows["bv"] > 0].tolist():
        for i, price in enumerate((o, low, h, c)):
            stamp = f"{ts / 1000 + (0.0, 7.25, 31.5, 59.9999)[i]:.4f}"
            lines.append(f"{stamp},{name},Buy,{volume / 4!r},{text(price)},PlusTick,0f-{i},1,1,1")
    head = "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional"
    return gzip.compress("\n".join([head, *(lines[::-1] if backwards else lines)]).encode(), mtime=0)


def workbook(rows: list[list[str]], *, shared: bool) -> bytes:
    """Return a spreadsheet; texts lie in the shared table or in their cells, numbers are numbers."""
    texts: list[str] = []
    lines: list[str] = []
    for r, row in enumerate(rows, 1):
        cells = "".join(_cell(value, f"{chr(65 + c)}{r}", texts, shared=shared) for c, value in enumerate(row))
        lines.append(f'<row r="{r}">{cells}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    items = "".join(f"<si><t>{each}</t></si>" for each in texts)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/><Override '
        f'PartName="/xl/worksheets/sheet1.xml" ContentType="{types}.worksheet+xml"/><Override PartName='
        f'"/xl/sharedStrings.xml" ContentType="{types}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
        f'Type="{office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="kline" sheetId="1" '
        f'r:id="rId1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}" count="{len(texts)}">{items}</sst>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in parts.items():
            archive.writestr(path, f'<?xml version="1.0" encoding="UTF-8"?>\n{content}')
    return packed.getvalue()


def _cell(value: str, at: str, texts: list[str], *, shared: bool) -> str:
    if value.replace(".", "", 1).isdecimal() and not shared:
        return f'<c r="{at}"><v>{value}</v></c>'
    if shared:  # one venue's sheets hold even numbers as texts
        texts.append(value)
        return f'<c r="{at}" t="s"><v>{len(texts) - 1}</v></c>'
    return f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>'


def _day(year: str, month: str, day: str = "1") -> int:
    return int(datetime(int(year), int(month), int(day), tzinfo=UTC).timestamp()) * 1000


def _month(match: re.Match[str], venue_pack: Callable[[Rows, str, int], bytes]) -> Found:
    start = _day(match["y"], match["m"])
    year, month = int(match["y"]), int(match["m"])
    end = _day(str(year + month // 12), str(month % 12 + 1))
    return Found(match["code"], start, end, f"{match['code']}-1m-{match['y']}-{match['m']}", venue_pack)


def _whole_day(match: re.Match[str], pack: Callable[[Rows, str, int], bytes], name: str) -> Found | None:
    start = _day(match["y"], match["m"], match["d"])
    return Found(match["code"], start, start + DAY, name.format(**match.groupdict()), pack)


def _bitget(match: re.Match[str]) -> Found | None:
    first_era = "_UMCBL_1min_" in match[0]
    if first_era != ((match["y"], match["m"], match["d"]) <= ("2024", "04", "18")):
        return None
    return _whole_day(match, bitget, "{code}_{y}{m}{d}")


_DATE = r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"
_PACKED_DATE = r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)"
_CODE = r"(?P<code>[A-Z0-9]+)"
# exchange, host, path, what it is
_PATHS: list[tuple[str, str, str, Callable[[re.Match[str]], Found | None]]] = [
    (
        "binance",
        "data.binance.vision",
        rf"data/futures/um/daily/klines/{_CODE}/1m/(?P=code)-1m-{_DATE}\.zip",
        lambda match: _whole_day(match, binance, "{code}-1m-{y}-{m}-{d}"),
    ),
    (
        "binance",
        "data.binance.vision",
        rf"data/futures/um/monthly/klines/{_CODE}/1m/(?P=code)-1m-(?P<y>\d{{4}})-(?P<m>\d\d)\.zip",
        lambda match: _month(match, binance),
    ),
    (
        "bitget",
        "img.bitgetimg.com",
        rf"online/kline/{_CODE}/(?:(?P=code)_UMCBL_1min_|UMCBL/){_PACKED_DATE}\.zip",
        _bitget,
    ),
    (
        "kucoin",
        "historical-data.kucoin.com",
        rf"data/futures/daily/klines/{_CODE}/1m/(?P=code)-1m-{_DATE}\.zip",
        lambda match: _whole_day(match, kucoin, "{code}-1m-{y}-{m}-{d}"),
    ),
    (
        "bybit",
        "public.bybit.com",
        rf"trading/{_CODE}/(?P=code){_DATE}\.csv\.gz",
        lambda match: _whole_day(match, bybit, "{code}"),
    ),
]
FILES = [(exchange, re.compile(f"/{re.escape(host)}/{path}"), found) for exchange, host, path, found in _PATHS]


def file_at(path: str, books: Mapping[str, Mapping[str, Rows]]) -> tuple[Found, bytes] | None:
    """Return the file at a path; None where the venue has none, as for days without candles."""
    for exchange, pattern, found in FILES:
        match = pattern.fullmatch(path)
        wanted = found(match) if match else None
        if wanted is None or wanted.code not in books.get(exchange, {}):
            continue
        rows = books[exchange][wanted.code]
        rows = rows[(rows["ts"] >= wanted.start_ms) & (rows["ts"] < wanted.end_ms)]
        if len(rows):
            return wanted, wanted.pack(rows, wanted.name, wanted.start_ms)
    return None
