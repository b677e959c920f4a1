"""Run the venue by hand: `python -m tests.support.venue_server --candles DIR [--port N]`."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from pathlib import Path

from .market import load_candles
from .server import VenueServer


def main() -> None:
    parser = argparse.ArgumentParser(description="Binance USD-M's public dialect over recorded candles")
    parser.add_argument("--candles", type=Path, required=True, help="folder with one parquet file a coin")
    parser.add_argument("--coins", default="", help="comma-separated; all by default")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--endpoints", type=Path, help="write a file for --endpoints here")
    options = parser.parse_args()
    coins = [coin for coin in options.coins.split(",") if coin]
    server = VenueServer(load_candles(options.candles, coins), speed=options.speed)
    base = server.start(options.port)
    if options.endpoints:
        options.endpoints.write_text(json.dumps({"defaults": {"rest": {"rewrite_domains": {"*": base}}}}))
    print(f"venue of {', '.join(server.markets)} on {base}", flush=True)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    server.stop()


if __name__ == "__main__":
    main()
