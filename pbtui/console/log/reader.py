"""Reads a log step by step: the newest page first, then what is appended, then ever older blocks.

Each step is short and runs outside the console's loop; what it found is handed over, nothing is shared.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from pbtui.console.log.blocks import Block, end_of_lines, lines_after, lines_before, make_block
from pbtui.console.log.pieces import Piece, Pieces
from pbtui.console.log.wanted import Wanted
from pbtui.core.errors import StateError

STEP_S = 0.05


@dataclass(slots=True)
class Batch:
    """What a step found. `anew`: everything known before is void."""

    anew: bool = False
    older: list[Block] = field(default_factory=list)
    newer: list[Block] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    done: bool = False  # everything up to now has been read
    share: float = 0.0  # how much of all bytes has been read
    problem: str = ""
    failed: bool = False  # nothing can be read, for the reason in `problem`

    @property
    def changes(self) -> bool:
        """Tell whether rows come or go."""
        return bool(self.anew or self.older or self.newer or self.dropped)


class Reader:
    """One pass over a log with one filter; goes on following its end. Not for two threads at a time."""

    def __init__(self, log: Pieces, wanted: Wanted) -> None:
        self.wanted = wanted
        self._log = log
        self._known: list[Piece] = []
        self._tail: Piece | None = None
        self._tail_at = 0
        self._head = -1  # index in `_known` of the piece that is read backwards
        self._head_at = 0
        self._fresh = True

    def step(self, budget_s: float = STEP_S) -> Batch:
        """Do about `budget_s` seconds of work; what cannot be read makes a batch that says so."""
        try:
            return self._step(time.perf_counter() + budget_s)
        except StateError as error:
            problem = error.line()
        except OSError as error:
            problem = f"the log cannot be read ({error.strerror or error})"
        return Batch(anew=True, done=True, share=1.0, problem=problem, failed=True)

    def _step(self, until: float) -> Batch:
        batch = Batch()
        change = self._log.poll()
        if change == "anew" or self._fresh or self._tail is None:
            self._start(batch)
        elif change == "rotated":
            self._drop_gone(batch)
        self._follow(batch, until)
        while self._head >= 0:
            self._back(batch)
            if time.perf_counter() >= until:
                break
        batch.older.reverse()
        batch.done = self._head < 0 and self._at_end()
        batch.share = self._share()
        batch.problem = self._log.problem
        return batch

    def _start(self, batch: Batch) -> None:
        batch.anew = True
        self._fresh = False
        self._known = list(self._log.pieces)
        self._tail = self._known[-1] if self._known else None
        self._head = len(self._known) - 1
        if self._tail is not None:
            self._tail_at = self._head_at = end_of_lines(self._tail)

    def _drop_gone(self, batch: Batch) -> None:
        """Forget pieces that left; keep reading backwards where it was."""
        now = self._log.pieces
        head = self._known[self._head] if self._head >= 0 else None
        batch.dropped = [piece.number for piece in self._known if piece not in now]
        self._known = now
        self._head = now.index(head) if head in now else -1

    def _follow(self, batch: Batch, until: float) -> None:
        while self._tail is not None:
            data = lines_after(self._tail, self._tail_at)
            if data:
                batch.newer.append(make_block(self._tail, self._tail_at, data, self.wanted))
                self._tail_at += len(data)
            elif (following := self._next_piece()) is not None:
                self._tail, self._tail_at = following, 0
            else:
                return
            if time.perf_counter() >= until:
                return

    def _next_piece(self) -> Piece | None:
        if self._tail is None or not self._tail.sealed:
            return None
        return next((piece for piece in self._known if piece.number > self._tail.number), None)

    def _at_end(self) -> bool:
        return self._tail is None or self._next_piece() is None

    def _back(self, batch: Batch) -> None:
        piece = self._known[self._head]
        if self._head_at > 0:
            offset, data = lines_before(piece, self._head_at)
            if data:
                batch.older.append(make_block(piece, offset, data, self.wanted))
            self._head_at = offset
        if self._head_at <= 0:
            self._head -= 1
            if self._head >= 0:
                self._head_at = self._known[self._head].size

    def _share(self) -> float:
        total = sum(piece.size for piece in self._known)
        if self._head < 0 or total <= 0:
            return 1.0
        left = self._head_at + sum(piece.size for piece in self._known[: self._head])
        return 1.0 - left / total
