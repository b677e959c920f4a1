"""Other addresses for a venue: proxies, mirrors, a server on the loopback (config.md 11.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from pbtui.config.coin_names import short_name
from pbtui.config.errors import InvalidConfig, Problem
from pbtui.config.parse import parse_file
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line

EVERYWHERE = "*"  # as an old address: every address, kept as a path of the new one


@dataclass(frozen=True, slots=True)
class Rewrites:
    """How addresses of one kind (REST or WebSocket) change.

    `overrides` replaces addresses by their dotted key in the library's table; then the first matching rule of
    `domains` applies: an old address matches as a prefix, or as a bare host, or everything as `*`.
    """

    domains: Mapping[str, str] = field(default_factory=dict[str, str])
    overrides: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def rewrite(self, url: str) -> str:
        """Return where an address leads now."""
        parts = urlsplit(url)
        for old, new in self.domains.items():
            target = new.rstrip("/")
            if old == EVERYWHERE:
                return f"{_scheme(target, parts.scheme)}/{parts.netloc}{parts.path}"
            if url.startswith(old):
                return target + url[len(old.rstrip("/")) :]
            if "://" not in old and parts.netloc == old:
                base = target if "://" in target else f"{parts.scheme}://{target}"
                return base + url[len(f"{parts.scheme}://{old}") :]
        return url


@dataclass(frozen=True, slots=True)
class EndpointOverrides:
    """The changed addresses of one venue; WebSocket addresses follow the REST domain rules unless they have own."""

    rest: Rewrites = Rewrites()
    ws: Rewrites = Rewrites()
    disable_ws: bool = False
    meant: bool = False  # the file has REST rules for this very venue

    @classmethod
    def all_to(cls, base_url: str) -> EndpointOverrides:
        """Lead every address to `base_url/original.host/original/path`."""
        return cls(rest=Rewrites(domains={EVERYWHERE: base_url}))

    def targets(self) -> str:
        """Return where requests lead instead of to the venue, in one line; empty where no rule changes an address."""
        found = {*self.rest.domains.values(), *self.rest.overrides.values()}
        return sanitize_line(", ".join(sorted(found)))

    def apply(self, client: Any) -> None:
        """Change a client of the library before its first request; nested tables too (exchanges.md 15).

        Raises ConfigError where the venue's own rules change nothing: what was meant for elsewhere would go to it.
        """
        host: str = getattr(client, "hostname", None) or ""
        plain = EndpointOverrides()._redirect(client.urls["api"], host, "")
        client.urls["api"] = self._redirect(client.urls["api"], host, "")
        if self.meant and client.urls["api"] == plain:
            raise ConfigError(
                f"the endpoints for {client.id} change none of its addresses: {self.targets()} is never asked",
                hint="correct the old addresses in the file of endpoints, or take the venue out of it",
            )
        if not _any_encrypted(client.urls["api"]):
            client.timeout_on_exit = 0  # closing waits for encrypted connections to say goodbye: there are none
        if self.rest.headers:
            client.headers = {**(client.headers or {}), **self.rest.headers}
        if self.ws.headers:
            client.options["ws"] = {**client.options.get("ws", {}), "headers": dict(self.ws.headers)}

    def _redirect(self, node: Any, host: str, key: str) -> Any:
        if isinstance(node, dict):
            table = cast("dict[str, Any]", node)
            return {
                name: self._redirect(value, host, f"{key}.{name}" if key else name) for name, value in table.items()
            }
        if not isinstance(node, str):
            return node
        url = node.replace("{hostname}", host)
        streaming = urlsplit(url).scheme in {"ws", "wss"}
        own = self.ws if streaming else self.rest
        domains = own.domains or self.rest.domains
        return Rewrites(domains).rewrite(own.overrides.get(key, url))


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Changed addresses by venue; a venue's own entries go over the defaults."""

    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    venues: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    def of(self, library: str) -> EndpointOverrides:
        """Return the overrides of a venue by library id (or its short name)."""
        own = self.venues.get(library) or self.venues.get(short_name(library)) or {}
        merged = _merged(self.defaults, own)
        rest, ws = _rewrites(merged.get("rest", {})), _rewrites(merged.get("ws", {}))
        said: Mapping[str, Any] = own.get("rest", {})
        meant = bool(said.get("rewrite_domains") or said.get("url_overrides"))
        return EndpointOverrides(rest, ws, bool(merged.get("disable_ws", False)), meant)


def load_endpoints(path: Path) -> Endpoints:
    """Read a file of endpoints; raises ConfigError when it is missing or malformed."""
    document = parse_file(path)
    source = sanitize_line(path)
    problems: list[Problem] = []
    defaults = _entry(document.get("defaults", {}), "defaults", problems)
    venues: dict[str, Mapping[str, Any]] = {}
    named: Any = document.get("exchanges", {})
    if isinstance(named, dict):
        for name, entry in cast("dict[str, Any]", named).items():
            venues[name.lower()] = _entry(entry, f"exchanges.{name}", problems)
    else:
        problems.append(Problem("exchanges", "is not an object", "{ venue: { rest: … } }"))
    if problems:
        raise InvalidConfig(source, problems)
    return Endpoints(defaults, venues)


_TABLES = ("rewrite_domains", "url_overrides", "extra_headers")


def _entry(value: Any, key: str, problems: list[Problem]) -> dict[str, Any]:
    if not isinstance(value, dict):
        problems.append(Problem(key, "is not an object", "{ disable_ws, rest: { rewrite_domains, … } }"))
        return {}
    entry = cast("dict[str, Any]", value)
    if not isinstance(entry.get("disable_ws", False), bool):
        problems.append(Problem(f"{key}.disable_ws", "is no truth value", "true or false"))
    kept: dict[str, Any] = {name: entry[name] for name in ("disable_ws",) if name in entry}
    for kind in ("rest", "ws"):
        section: Any = entry.get(kind, {})
        if not isinstance(section, dict):
            problems.append(Problem(f"{key}.{kind}", "is not an object", "{ " + ", ".join(_TABLES) + " }"))
            continue
        kept[kind] = _section(cast("dict[str, Any]", section), f"{key}.{kind}", problems)
    return kept


def _section(section: dict[str, Any], key: str, problems: list[Problem]) -> dict[str, dict[str, str]]:
    tables: dict[str, dict[str, str]] = {}
    for name in _TABLES:
        table: Any = section.get(name, {})
        if not isinstance(table, dict) or not all(isinstance(text, str) for text in cast("Any", table).values()):
            problems.append(Problem(f"{key}.{name}", "is not an object of texts", '{ "old": "new" }'))
            continue
        tables[name] = cast("dict[str, str]", table)
    return tables


def _rewrites(section: Mapping[str, Mapping[str, str]]) -> Rewrites:
    return Rewrites(*(section.get(name, {}) for name in _TABLES))


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        below: Any = merged.get(name)
        if isinstance(value, dict) and isinstance(below, dict):
            merged[name] = _merged(cast("dict[str, Any]", below), cast("dict[str, Any]", value))
        else:
            merged[name] = value
    return merged


def _any_encrypted(node: Any) -> bool:
    if isinstance(node, dict):
        return any(_any_encrypted(value) for value in cast("dict[str, Any]", node).values())
    return isinstance(node, str) and urlsplit(node).scheme in {"https", "wss"}


def _scheme(target: str, original: str) -> str:
    """Return a http(s) target as ws(s) where the original address is a stream, and the reverse."""
    streaming = original in {"ws", "wss"}
    scheme, _, rest = target.partition("://")
    secure = scheme in {"https", "wss"}
    name = ("wss" if secure else "ws") if streaming else ("https" if secure else "http")
    return f"{name}://{rest}"
