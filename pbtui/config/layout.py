"""JSON and HJSON texts as a tree that keeps what a reader of values drops: comments, spelling, order, blank lines."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Literal

from pbtui.config.parse import MAX_DEPTH, parse_text
from pbtui.core.errors import ConfigError

_WORD = re.compile(r"true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_COMMENTS = ("#", "//", "/*")
_QUOTED = {'"': re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL), "'": re.compile(r"'(?:\\.|[^'\\])*'", re.DOTALL)}


@dataclass(slots=True)
class Node:
    """A value: `text` of a scalar as JSON, or the members of a container; `below` are comments before its end."""

    kind: Literal["scalar", "object", "list"]
    text: str = ""
    members: list[Member] = field(default_factory=list["Member"])
    below: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Member:
    """One item of a container; `name` is its key as JSON, empty in a list."""

    name: str
    value: Node
    above: list[str] = field(default_factory=list[str])  # comments in front of it
    beside: str = ""  # a comment on its own line, behind it
    apart: bool = False  # an empty line stands above it


@dataclass(slots=True)
class Layout:
    """A whole text: the value, and comments in front of and behind it."""

    root: Node
    above: list[str]
    below: list[str]


def read_layout(text: str, source: str) -> Layout:
    """Return the tree of a text that `pbtui.config.parse` reads.

    Raises ConfigError for places where no value is found.
    """
    return _Reader(text.replace("\r\n", "\n"), source).layout()


class _Reader:
    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source
        self.at = 0
        self.apart = False  # whether the gap read last had an empty line

    def layout(self) -> Layout:
        above = self._gap()
        if self._here("{", "["):
            return Layout(self._value(0), above, self._gap())
        root = Node("object")
        self._members(root, "", above, 1)
        return Layout(root, [], [])

    def _value(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise ConfigError(f"{self.source}: nested deeper than {MAX_DEPTH} levels")
        for opening, closing, kind in (("{", "}", "object"), ("[", "]", "list")):
            if self._here(opening):
                self.at += 1
                node = Node("object" if kind == "object" else "list")
                self._members(node, closing, self._gap(), depth + 1)
                return node
        return Node("scalar", self._scalar())

    def _members(self, node: Node, closing: str, above: list[str], depth: int) -> None:
        """Read items up to `closing` (empty: the end of the text)."""
        while True:
            if self.at >= len(self.text) if not closing else self._here(closing):
                self.at += len(closing)
                node.below = above
                return
            apart = self.apart and bool(node.members)
            name = ""
            if node.kind == "object":
                name = self._name()
                above += self._gap()
                if not self._here(":"):
                    raise self._lost("a : is missing")
                self.at += 1
                above += self._gap()
            member = Member(name, self._value(depth), above, apart=apart)
            node.members.append(member)
            member.beside = self._beside()
            above = self._gap()
            if self._here(",") and not member.beside:
                self.at += 1
                # A comment in front of the comma was read as one of the next item.
                member.beside = self._beside() if not above else ""
                above += self._gap()

    def _name(self) -> str:
        quoted = self._quoted()
        if quoted is not None:
            return quoted
        found = re.compile(r"[^\s:,{}\[\]\"']+").match(self.text, self.at)
        if found is None:
            raise self._lost("a name is missing")
        self.at = found.end()
        return json.dumps(found.group(), ensure_ascii=False)

    def _scalar(self) -> str:
        if self.text.startswith("'''", self.at):
            return self._block()
        quoted = self._quoted()
        if quoted is not None:
            return quoted
        line = self.text[self.at :].split("\n", 1)[0]
        word = _WORD.match(line)
        if word is not None and re.match(r"\s*(?:$|[,}\]]|#|//|/\*)", line[word.end() :]):
            self.at += word.end()
            return word.group()
        if not line.strip() or line[0] in ",:}]":
            raise self._lost("a value is missing")
        self.at += len(line)
        return json.dumps(line.strip(), ensure_ascii=False)

    def _block(self) -> str:
        """Read a text in ''' as the parser does, which takes away as much space as stands before its beginning."""
        end = self.text.find("'''", self.at + 3)
        if end < 0:
            raise self._lost("this ''' text has no end")
        before = " " * (self.at - self.text.rfind("\n", 0, self.at) - 1)
        value = parse_text(f"{{a:\n{before}{self.text[self.at : end + 3]}\n}}", self.source)["a"]
        self.at = end + 3
        return json.dumps(value, ensure_ascii=False)

    def _quoted(self) -> str | None:
        mark = self.text[self.at : self.at + 1]
        found = _QUOTED[mark].match(self.text, self.at) if mark in _QUOTED else None
        if found is None:
            return None
        self.at = found.end()
        if mark == '"':
            return found.group()
        inner = re.sub(r'\\.|"', lambda m: {"\\'": "'", '"': '\\"'}.get(m.group(), m.group()), found.group()[1:-1])
        return f'"{inner}"'

    def _beside(self) -> str:
        """Return the comment that follows on the same line, if it ends the line."""
        found = re.compile(r"[ \t]*(,?)[ \t]*(?=#|//|/\*)").match(self.text, self.at)
        if found is None:
            return ""
        start = self.at
        self.at = found.end()
        comment = self._comment()
        if "\n" in comment or not re.compile(r"[ \t]*(?:\n|$)").match(self.text, self.at):
            self.at = start
            return ""
        return comment

    def _gap(self) -> list[str]:
        """Skip white space and return the comments in it."""
        comments: list[str] = []
        self.apart = False
        while self.at < len(self.text):
            blank = re.compile(r"\s*").match(self.text, self.at)
            if blank is not None and blank.end() > self.at:
                self.apart = self.apart or (blank.group().count("\n") > 1 and not comments)
                self.at = blank.end()
            elif self._here(*_COMMENTS):
                comments.append(self._comment())
            else:
                break
        return comments

    def _comment(self) -> str:
        block = self.text.startswith("/*", self.at)
        end = self.text.find("*/" if block else "\n", self.at)
        if block and end < 0:
            raise self._lost("this comment has no end")
        end = len(self.text) if end < 0 else end + 2 * block
        comment = self.text[self.at : end].rstrip()
        self.at = end
        return comment

    def _here(self, *marks: str) -> bool:
        return self.text.startswith(marks, self.at)

    def _lost(self, what: str) -> ConfigError:
        return ConfigError(f"{self.source}: line {self.text.count(chr(10), 0, self.at) + 1}: {what}")
