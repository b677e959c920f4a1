"""Spreadsheets (xlsx) as one venue packs its candles: the first sheet as rows of text, nothing else.

A sheet is a zip of XML files. Reading six columns of numbers needs no spreadsheet library, and this way its size is
bounded and no document type, entity or formula is ever looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.parsers import expat

from pbtui.market.sources.bodies import unzip_named
from pbtui.market.sources.rows import BadBody

_SHEET = "xl/worksheets/sheet1.xml"
_STRINGS = "xl/sharedStrings.xml"
_COLUMN = re.compile(r"([A-Z]{1,3})[0-9]*")


def sheet_rows(body: bytes, *, most: int) -> list[list[str]]:
    """Return the cells of the first sheet as text, row by row, absent cells empty; raises BadBody.

    `most` bounds the unpacked size of each part, in bytes.
    """
    sheet, strings = unzip_named(body, (_SHEET, _STRINGS), most=most)
    if sheet is None:
        raise BadBody("is a spreadsheet without a first sheet")
    shared = _Strings().read(strings) if strings is not None else []
    return [_filled(row, shared) for row in _Sheet().read(sheet)]


class _Reader:
    """A pass over one XML file by element names without their name space."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """See an element begin."""

    def end(self, name: str) -> None:
        """See an element end."""

    def text(self, data: str) -> None:
        """See text."""

    def parse(self, document: bytes) -> None:
        """Run over a document; raises BadBody."""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, attributes: self.start(name.rpartition("}")[2], attributes)
        parser.EndElementHandler = lambda name: self.end(name.rpartition("}")[2])
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            parser.Parse(document, True)
        except expat.ExpatError as error:
            raise BadBody(f"is a spreadsheet with broken XML: {error}") from error


class _Strings(_Reader):
    """The table of shared texts."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._in_text = False

    def read(self, document: bytes) -> list[str]:
        self.parse(document)
        return self._found

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._found.append("")
        self._in_text = name == "t" and bool(self._found)

    def end(self, name: str) -> None:
        self._in_text = False

    def text(self, data: str) -> None:
        if self._in_text:
            self._found[-1] += data


Cell = tuple[int, str, str]  # column, type, value


class _Sheet(_Reader):
    """The cells of a sheet."""

    def __init__(self) -> None:
        self._rows: list[list[Cell]] = []
        self._column = -1
        self._kind = ""
        self._value: str | None = None
        self._reading = False

    def read(self, document: bytes) -> Iterator[list[Cell]]:
        self.parse(document)
        return iter(self._rows)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self._rows.append([])
            self._column = -1
        elif name == "c":
            self._column = _column(attributes.get("r", ""), self._column + 1)
            self._kind, self._value = attributes.get("t", "n"), ""
        self._reading = name in {"v", "t"} and self._value is not None

    def end(self, name: str) -> None:
        self._reading = False
        if name == "c" and self._value is not None:
            if self._rows:
                self._rows[-1].append((self._column, self._kind, self._value))
            self._value = None

    def text(self, data: str) -> None:
        if self._reading and self._value is not None:
            self._value += data


def _filled(cells: list[Cell], shared: list[str]) -> list[str]:
    row: list[str] = []
    for column, kind, value in cells:
        if column > 64:
            continue  # far right of anything that is a candle
        row.extend([""] * (column + 1 - len(row)))
        row[column] = _shared(value, shared) if kind == "s" else value
    return row


def _shared(value: str, shared: list[str]) -> str:
    if not value.isdecimal() or int(value) >= len(shared):
        raise BadBody("is a spreadsheet that names a text it does not have")
    return shared[int(value)]


def _column(reference: str, following: int) -> int:
    """Return the column of a reference like B7, counted from 0; the following one where there is none."""
    match = _COLUMN.fullmatch(reference)
    if match is None:
        return following
    number = 0
    for letter in match.group(1):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _refuse_doctype(*_: object) -> None:
    raise BadBody("is a spreadsheet that declares a document type")
