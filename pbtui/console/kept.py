"""Choices of view kept between starts, one small file per account: which screen, orders, filters, level, theme.

The file is a convenience: whatever is wrong with it, the console starts as if there were none.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec

from pbtui.console.state import MOST_LEVEL, SORTED, Sort, Timeframe, ViewState
from pbtui.console.text import safe
from pbtui.core.errors import StateError
from pbtui.core.files import write_private

VERSION = 1
_LARGEST = 64 * 1024
_MOST = 64
_Place = Literal["live", "log", "candles", "backtest", "optimize", "pareto", "config", "fills"]
_PLACES: tuple[_Place, ...] = get_args(_Place)
# Panels whose filter is kept; those of one result or one file mean nothing at the next start.
_FILTERED = ("positions", "modes", "events", "coverage", "findings", "runs", "fronts", "config")

_Name = Annotated[str, msgspec.Meta(max_length=80)]
_Small = Annotated[int, msgspec.Meta(ge=0, le=100)]


class KeptSort(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Order of one table."""

    column: _Name
    descending: bool


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file holds."""

    version: Literal[1]
    place: _Place
    theme: _Name
    event_level: Annotated[int, msgspec.Meta(ge=0, le=MOST_LEVEL)]
    timeframe: Timeframe
    view: _Small
    coin_view: _Small
    orders_all: bool
    sorts: Annotated[dict[_Name, KeptSort], msgspec.Meta(max_length=_MOST)]
    filters: Annotated[dict[_Name, Annotated[str, msgspec.Meta(max_length=200)]], msgspec.Meta(max_length=_MOST)]
    only_changed: bool
    folded: Annotated[list[_Name], msgspec.Meta(max_length=_MOST)]
    hidden: Annotated[
        dict[_Name, Annotated[list[_Name], msgspec.Meta(max_length=_MOST)]], msgspec.Meta(max_length=_MOST)
    ] = {}


_DECODER = msgspec.json.Decoder(Kept)


def kept_file(user: str) -> Path:
    """Return the file of an account; names that are no file names get one that is."""
    import platformdirs

    name = re.sub(r"[^\w-]", "_", user, flags=re.ASCII)[:60]
    if name != user:
        name += "-" + hashlib.sha256(user.encode(errors="replace")).hexdigest()[:8]
    return Path(platformdirs.user_state_dir("pbtui")) / "console" / f"{name}.json"


def kept_of(state: ViewState, theme: str) -> Kept:
    """Return the choices of a state; the coin screen counts as the live screen below it."""
    return Kept(
        version=VERSION,
        place=state.place if state.place in _PLACES else "live",
        theme=safe(theme, 80),
        event_level=max(0, min(state.event_level, MOST_LEVEL)),
        timeframe=state.timeframe,
        view=state.view % 100,
        coin_view=state.coin_view % 100,
        orders_all=state.orders_all,
        sorts={name: KeptSort(sort.column, sort.descending) for name, sort in state.sorts.items() if sort != Sort()},
        filters={name: safe(text, 200) for name in _FILTERED if (text := state.filters.get(name, "").strip())},
        only_changed=state.config.only_changed,
        folded=sorted(name for name in state.config.folded if len(name) <= 80)[:_MOST],
        hidden={name: sorted(columns) for name, columns in state.hidden.items()},
    )


def use_kept(kept: Kept, state: ViewState) -> None:
    """Put kept choices into a fresh state; which screen and theme is the app's business."""
    state.event_level, state.timeframe = kept.event_level, kept.timeframe
    state.view, state.coin_view, state.orders_all = kept.view, kept.coin_view, kept.orders_all
    state.sorts |= {name: Sort(sort.column, sort.descending) for name, sort in kept.sorts.items() if name in SORTED}
    state.filters |= {name: safe(text, 200) for name, text in kept.filters.items() if name in _FILTERED}
    state.hidden = {name: frozenset(columns) for name, columns in kept.hidden.items()}
    state.config.only_changed, state.config.folded = kept.only_changed, set(kept.folded)


def encode(kept: Kept) -> bytes:
    """Return what is written."""
    return msgspec.json.format(msgspec.json.encode(kept), indent=1)


def read_kept(path: Path) -> Kept | None:
    """Return what a file keeps, None where there is none; raises StateError for any other content.

    Never waits: anything but a small regular file is refused unread.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(f"{safe(path.name, 80)} cannot be read: {safe(error.strerror or error, 100)}") from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            raise StateError(f"{safe(path.name, 80)} is no file of view choices")
        return _DECODER.decode(os.read(handle, _LARGEST + 1))
    except OSError as error:
        raise StateError(f"{safe(path.name, 80)} cannot be read: {safe(error.strerror or error, 100)}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise StateError(f"{safe(path.name, 80)} is of another version or damaged: {safe(error, 120)}") from None
    finally:
        os.close(handle)


def write_kept(path: Path, kept: Kept) -> None:
    """Write the file whole or not at all; raises StateError when the disk refuses."""
    try:
        write_private(path, encode(kept))
    except OSError as error:
        raise StateError(f"view choices cannot be kept: {safe(error.strerror or error, 100)}") from None
