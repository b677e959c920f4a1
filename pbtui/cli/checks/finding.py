"""What a check found, and what it was asked to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class State(StrEnum):
    """How a finding stands: fine, worth knowing, or in the way of running."""

    OK = "ok"
    WARN = "warn"
    FIX = "fix"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `todo` says what to do about it, empty where nothing needs doing."""

    area: str
    name: str
    state: State
    text: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look at; `env` are the environment variables, `venues` empty means those of the config, else all."""

    base_dir: Path = Path()
    config: Path | None = None
    venues: tuple[str, ...] = ()
    endpoints: Path | None = None
    offline: bool = False
    env: Mapping[str, str] = field(default_factory=dict[str, str])


def ok(area: str, name: str, text: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding(area, name, State.OK, text)


def warn(area: str, name: str, text: str, todo: str = "") -> Finding:
    """Return a finding that is worth knowing."""
    return Finding(area, name, State.WARN, text, todo)


def fix(area: str, name: str, text: str, todo: str) -> Finding:
    """Return a finding that is in the way."""
    return Finding(area, name, State.FIX, text, todo)
