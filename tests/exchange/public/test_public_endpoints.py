"""Other addresses for venues (config.md 11.3, exchanges.md 14 and 15)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pbtui.config.coin_names import VENUES
from pbtui.core.errors import ConfigError
from pbtui.exchange.public import EndpointOverrides, Endpoints, library, load_endpoints
from pbtui.exchange.public.endpoints import Rewrites
from pbtui.exchange.public.venues import venue_of


def leaves(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [leaf for value in node.values() for leaf in leaves(value)]
    return [node] if isinstance(node, str) else []


def client_of(name: str) -> Any:
    return library.new_client(venue_of(name, library.known_ids()), timeout_s=1.0)


def write(folder: Path, document: Any) -> Path:
    path = folder / "endpoints.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize(
    ("domains", "url", "rewritten"),
    [
        ({"https://a.com": "https://p.net/a"}, "https://a.com/v1", "https://p.net/a/v1"),
        ({"https://a.com/": "https://p.net/a/"}, "https://a.com/v1", "https://p.net/a/v1"),
        ({"a.com": "p.net"}, "https://a.com/v1", "https://p.net/v1"),
        ({"a.com": "http://p.net:81/x"}, "https://a.com/v1", "http://p.net:81/x/v1"),
        ({"a.com": "p.net"}, "wss://a.com/ws", "wss://p.net/ws"),
        ({"a.com": "p.net"}, "https://aa.com/v1", "https://aa.com/v1"),
        ({"a.com": "p.net"}, "https://b.com/a.com", "https://b.com/a.com"),
        ({"b.com": "x.net", "a.com": "p.net", "https://a.com": "q.net"}, "https://a.com/v1", "https://p.net/v1"),
        ({"*": "http://127.0.0.1:9"}, "https://a.com/v1", "http://127.0.0.1:9/a.com/v1"),
        ({"*": "http://127.0.0.1:9"}, "wss://a.com/ws", "ws://127.0.0.1:9/a.com/ws"),
        ({"*": "https://p.net/"}, "wss://a.com/ws", "wss://p.net/a.com/ws"),
        ({}, "https://a.com/v1", "https://a.com/v1"),
    ],
)
def test_one_address(domains: dict[str, str], url: str, rewritten: str) -> None:
    assert Rewrites(domains).rewrite(url) == rewritten


@pytest.mark.parametrize("name", VENUES)
async def test_every_address_of_every_venue_can_be_led_elsewhere(name: str) -> None:
    """Nested tables and streams included: the reference leaves those alone without a word (exchanges.md 14)."""
    await library.load(venue_of(name, library.known_ids()))
    client = client_of(name)
    before = leaves(client.urls["api"])
    EndpointOverrides.all_to("http://127.0.0.1:9").apply(client)
    after = leaves(client.urls["api"])
    assert len(after) == len(before) > 1
    assert all(url.startswith(("http://127.0.0.1:9/", "ws://127.0.0.1:9/")) for url in after)
    assert not any("{" in url for url in after)
    assert any(url.startswith("ws://") for url in after)
    untouched = leaves(client_of(name).urls["api"])
    assert untouched == before, "the library's own table stays as it was"


async def test_single_addresses_and_headers(tmp_path: Path) -> None:
    rest = {
        "url_overrides": {"fapiPublic": "https://mirror.net/fapi/v1"},
        "rewrite_domains": {"fapi.binance.com": "proxy.net"},
        "extra_headers": {"X-Key": "k"},
    }
    ws = {"rewrite_domains": {"fstream.binance.com": "streams.net"}, "extra_headers": {"X-Ws": "w"}}
    path = write(tmp_path, {"exchanges": {"BinanceUSDM": {"rest": rest, "ws": ws, "disable_ws": True}}})
    overrides = load_endpoints(path).of("binanceusdm")
    await library.load(venue_of("binance", library.known_ids()))
    client = client_of("binance")
    overrides.apply(client)
    assert client.urls["api"]["fapiPublic"] == "https://mirror.net/fapi/v1"
    assert client.urls["api"]["fapiPublicV2"].startswith("https://proxy.net/")
    assert client.urls["api"]["public"] == "https://api.binance.com/api/v3"
    streams = leaves(client.urls["api"]["ws"])
    assert any(url.startswith("wss://streams.net/") for url in streams)
    assert not any("fstream.binance.com" in url for url in streams)
    assert client.headers["X-Key"] == "k"
    assert client.options["ws"]["headers"] == {"X-Ws": "w"}
    assert overrides.disable_ws
    assert "'k'" not in repr(overrides), "headers may be secret"


def test_a_venues_own_entries_go_over_the_defaults(tmp_path: Path) -> None:
    document = {
        "defaults": {"disable_ws": True, "rest": {"rewrite_domains": {"a.com": "1", "b.com": "1"}}},
        "exchanges": {"okx": {"rest": {"rewrite_domains": {"b.com": "2"}}}, "bybit": {"disable_ws": False}},
    }
    endpoints = load_endpoints(write(tmp_path, document))
    okx = endpoints.of("okx")
    assert dict(okx.rest.domains) == {"a.com": "1", "b.com": "2"}
    assert okx.disable_ws, "what a venue omits keeps its default (the reference resets it)"
    assert not endpoints.of("bybit").disable_ws
    assert endpoints.of("gate") == endpoints.of("nobody")
    assert Endpoints(venues={"binance": {"disable_ws": True}}).of("binanceusdm").disable_ws, (
        "short names are understood"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"defaults": 1}', "defaults"),
        ('{"exchanges": []}', "exchanges"),
        ('{"exchanges": {"okx": {"rest": []}}}', "exchanges.okx.rest"),
        ('{"exchanges": {"okx": {"rest": {"rewrite_domains": {"a": 1}}}}}', "exchanges.okx.rest.rewrite_domains"),
        ('{"defaults": {"disable_ws": "no"}}', "defaults.disable_ws"),
        ('{"defaults": {', "line 1"),
    ],
)
def test_a_malformed_file_is_named_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "e\x1b[2J.json"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_endpoints(path)
    line = caught.value.line()
    assert said in line
    assert "\x1b" not in line


@pytest.mark.parametrize(
    "rules", [{"rewrite_domains": {"fapi.binance.co": "https://t.net"}}, {"url_overrides": {"x": "t"}}]
)
async def test_rules_for_a_venue_that_change_nothing_are_an_error(tmp_path: Path, rules: dict[str, Any]) -> None:
    await library.load(venue_of("binance", library.known_ids()))
    path = write(tmp_path, {"exchanges": {"binanceusdm": {"rest": rules}}})
    client = client_of("binance")
    with pytest.raises(ConfigError, match="change none"):
        load_endpoints(path).of("binanceusdm").apply(client)
    await client.close()
    shared = write(tmp_path, {"defaults": {"rest": rules}})  # may be meant for other venues
    other = client_of("binance")
    load_endpoints(shared).of("binanceusdm").apply(other)
    await other.close()
