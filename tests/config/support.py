"""Small builders of configuration files for the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pbtui.config import Config, load
from pbtui.config.schema import built_in_config

NOW_MS = 1_750_000_000_000  # 2025-06-15 15:06:40 UTC


def current(**sections: Any) -> dict[str, Any]:
    """A minimal file of the current layout; keyword sections are merged over it, one level deep."""
    data: dict[str, Any] = {
        "backtest": {},
        "bot": {"long": {"n_positions": 2, "total_wallet_exposure_limit": 1.0}, "short": {"n_positions": 0}},
        "live": {"approved_coins": ["BTC", "ETH"]},
        "optimize": {"bounds": {}},
    }
    for name, values in sections.items():
        if isinstance(values, dict) and isinstance(data.get(name), dict):
            data[name] = {**data[name], **values}
        else:
            data[name] = values
    return data


def write(folder: Path, data: Any, name: str = "config.json") -> Path:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    return path


def loaded(folder: Path, data: Any, **options: Any) -> Config:
    options.setdefault("now_ms", NOW_MS)
    options.setdefault("base_dir", folder)
    return load(write(folder, data), **options)


def built_in(dotted: str) -> Any:
    node: Any = built_in_config()
    for part in dotted.split("."):
        node = node[part]
    return node
