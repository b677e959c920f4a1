"""Opening segments of one folder: verified rows or none, damaged ones put aside, every trouble told once."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from pbtui.core.clock import Clock
from pbtui.core.system import sync_folder
from pbtui.market.store.facts import NOTHING, Facts, FactsCache, facts_of
from pbtui.market.store.layout import QUARANTINE, Segment
from pbtui.market.store.rows import Rows, no_rows
from pbtui.market.store.segment import BadSegment, decode
from pbtui.market.store.shards import INDEX, BadShard, ShardIndex, read_index, shard_rows
from pbtui.market.store.trouble import StoreBusy, StoreUnwritable, TroubleKind, reason_of, unwritable

Tell = Callable[[TroubleKind, Path, str], None]
_numbers = itertools.count()


class Vanished(Exception):
    """A segment was listed but is gone: it was folded, put aside or deleted; look again."""


class Loader:
    """Reads the segments of `folder`; `alone` gives the lock that every change of the folder needs."""

    def __init__(
        self, folder: Path, step_ms: int, clock: Clock, tell: Tell, alone: Callable[[], AbstractContextManager[object]]
    ) -> None:
        self._folder = folder
        self._step_ms = step_ms
        self._clock = clock
        self._tell = tell
        self._alone = alone
        self._told: set[tuple[str, int, int, int]] = set()
        self._index: tuple[tuple[int, int] | None, ShardIndex] = (None, ShardIndex({}))
        self.cache = FactsCache(folder)

    def rows(self, segment: Segment, *, is_alone: bool = False) -> Rows:
        """Return the verified rows of a segment, none if it is damaged; raises Vanished.

        `is_alone`: the caller holds the lock; then a segment of ours that the disk does not give out raises
        StoreUnwritable, for the caller is about to replace it.
        """
        path = self._folder / segment.name
        stat = self._stat(path)
        if stat is None:
            return no_rows()
        try:
            if segment.kind == "shard":
                return self._remember(segment, self._shard(path, segment, stat), stat)
            rows = decode(path.read_bytes(), segment)
        except FileNotFoundError as error:
            raise Vanished from error
        except BadShard as error:
            self.tell_once("shard", path, stat, f"{error.message}: not used and left as it is")
            return no_rows()
        except BadSegment as error:
            return self._damaged(path, segment, stat, error, is_alone=is_alone)
        except OSError as error:
            if is_alone and segment.kind != "shard":
                raise unwritable(path, error) from error
            self.tell_once("unreadable", path, stat, f"cannot be read: {reason_of(error)}")
            return no_rows()
        return self._remember(segment, rows, stat)

    def facts(self, segment: Segment) -> Facts:
        """Return the facts of a segment, from the cache if its file is the same; raises Vanished."""
        stat = self._stat(self._folder / segment.name)
        if stat is None:
            return NOTHING
        known = self.cache.get(segment.name, stat)
        if known is not None:
            return known
        rows = self.rows(segment)
        return self.cache.get(segment.name, stat) or facts_of(rows, stat, self._step_ms)

    def written(self, segment: Segment, rows: Rows) -> None:
        """Take note of a segment that was just written."""
        self._remember(segment, rows, (self._folder / segment.name).stat())

    def _stat(self, path: Path) -> os.stat_result | None:
        """Return the state of a file, None for one that cannot be reached, which is told; raises Vanished."""
        try:
            return path.stat()
        except FileNotFoundError as error:
            if not path.is_symlink():
                raise Vanished from error
            self.tell_once("unreadable", path, None, "is a link that leads nowhere")
        except OSError as error:
            self.tell_once("unreadable", path, None, f"cannot be read: {reason_of(error)}")
        return None

    def _remember(self, segment: Segment, rows: Rows, stat: os.stat_result) -> Rows:
        known = self.cache.get(segment.name, stat)
        if known is None:
            self.cache.put(segment.name, facts_of(rows, stat, self._step_ms))
        return rows

    def _shard(self, path: Path, segment: Segment, stat: os.stat_result) -> Rows:
        return shard_rows(path, segment, stat, self._shard_index(), self._step_ms)

    def _shard_index(self) -> ShardIndex:
        try:
            stat = (self._folder / INDEX).stat()
            key = (stat.st_mtime_ns, stat.st_ino)
        except OSError:
            key = None
        if key is None or self._index[0] != key:
            self._index = (key, read_index(self._folder) if key else ShardIndex({}))
        return self._index[1]

    def _damaged(
        self, path: Path, segment: Segment, stat: os.stat_result, error: BadSegment, *, is_alone: bool
    ) -> Rows:
        """Put a damaged segment aside, unless somebody has mended it since it was read."""
        if is_alone:
            self._quarantine(path, error)
            return no_rows()
        try:
            with self._alone():
                return self.rows(segment, is_alone=True)
        except (StoreBusy, StoreUnwritable) as refused:
            why = f"{error.message}; not used, but could not be put aside: {refused.message}"
            self.tell_once("corrupt", path, stat, why)
            return no_rows()

    def _quarantine(self, path: Path, error: BadSegment) -> None:
        stamp = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).strftime("%Y%m%dT%H%M%S")
        aside = path.parent / QUARANTINE / f"{path.name}.{stamp}.{os.getpid()}-{next(_numbers)}"
        try:
            aside.parent.mkdir(exist_ok=True)
            path.rename(aside)
            sync_folder(path.parent)
        except FileNotFoundError:
            return
        except OSError as refused:
            raise unwritable(path, refused) from refused
        self._tell(
            "corrupt", path, f"{error.message}; put aside in {QUARANTINE}/{aside.name}, its candles count as missing"
        )

    def tell_once(self, kind: TroubleKind, path: Path, stat: os.stat_result | None, text: str) -> None:
        """Tell a trouble with a file unless it was told of the same file before."""
        size, mtime_ns, inode = (0, 0, 0) if stat is None else (stat.st_size, stat.st_mtime_ns, stat.st_ino)
        if (path.name, size, mtime_ns, inode) not in self._told:
            self._told.add((path.name, size, mtime_ns, inode))
            self._tell(kind, path, text)
