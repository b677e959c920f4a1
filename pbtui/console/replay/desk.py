"""Opening a replay and moving through it, in threads: the newest wish counts, older ones are dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.console.replay.view import ReplayView, Shown
from pbtui.console.text import safe
from pbtui.console.work.threads import Threads
from pbtui.core.clock import Clock

if TYPE_CHECKING:
    from pbtui.backtest.replay import Replay
    from pbtui.backtest.replay_open import OpenReplay
    from pbtui.jobs.events import Event

Say = Callable[[str, str], None]
Find = Callable[["Replay", Callable[[], bool]], tuple[int | None, str]]  # to a bar and its coin
_DAY_MS = 86_400_000


class ReplayDesk:
    """One replay; `say` shows a line, `draw` the screen, both on the loop."""

    def __init__(self, base_dir: Path, view: ReplayView, clock: Clock, *, say: Say, draw: Callable[[], None]) -> None:
        self.view = view
        self.settled = asyncio.Event()  # there is a replay to step through, or a reason why not
        self._base_dir = base_dir
        self._clock = clock
        self._say = say
        self._draw = draw
        self._threads = Threads(draw)
        self._wish = 0  # grows with every wish; a thread whose wish is older has nothing to say any more

    async def idle(self) -> None:
        """Wait until no thread works."""
        await self._threads.idle()

    # -- opening -------------------------------------------------------------------------------------------------

    def open(self, place: Path, *, coin: str = "", at_ms: int | None = None, whole: bool = False) -> None:
        """Open a result folder or a config, at a moment of a coin where one is given."""
        view, wish = self.view, self._next_wish()
        view.place, view.replay, view.shown, view.problem, view.verdict = place, None, None, "", ""
        view.title, view.stage, view.whole, view.page = safe(place.name, 60), "opening", whole, 0
        view.fills, view.looking = (), ""
        self.settled.clear()

        def work() -> Callable[[], None]:
            import pbtui.console.backtest.around  # noqa: F401 - loading it on the loop would hold that up
            from pbtui.backtest.replay_open import check_moment, named_coin, open_replay
            from pbtui.backtest.sourcing import Sourcing

            sourcing = Sourcing(base_dir=self._base_dir, clock=self._clock, say=lambda text: None, offline=True)
            found = open_replay(place, sourcing, lambda event: self._heard(wish, event))
            named = named_coin(found.replay, coin)
            if at_ms is not None:
                check_moment(found.replay, at_ms)
            return lambda: self._opened(wish, found, named, at_ms)

        self._threads.start("replay", work, lambda why: self._failed(wish, why))
        self._threads.touch()

    def _heard(self, wish: int, event: Event) -> None:
        text = getattr(event, "text", "")
        if text:
            self._threads.post(lambda: self._at_stage(wish, text))

    def _at_stage(self, wish: int, text: str) -> None:
        if wish == self._wish:
            self.view.stage = safe(text, 80)

    def _failed(self, wish: int, why: str) -> None:
        if wish == self._wish:
            self.view.problem, self.view.stage = why, ""
            self.settled.set()
            self._draw()

    def _opened(self, wish: int, found: OpenReplay, coin: str, at_ms: int | None) -> None:
        if wish != self._wish:
            return
        view, replay = self.view, found.replay
        view.replay, view.title, view.verdict, view.same = replay, found.title, found.verdict, found.same
        view.stage = ""
        self.settled.set()
        first = replay.next_fill(replay.first_bar - 1, coin)
        row = replay.ledger.rows(first)[0] if first is not None else None
        chosen = coin or (replay.coins[int(replay.ledger.fills.coin[row])] if row is not None else replay.coins[0])
        if at_ms is None:
            bar = max(replay.first_bar, first - 1) if first is not None else replay.first_bar
        else:
            bar = replay.bar_at(at_ms)
        self.go(bar, chosen)

    # -- moving --------------------------------------------------------------------------------------------------

    def go(self, bar: int, coin: str = "") -> None:
        """Look at a bar, and at another coin where one is named."""
        view, replay = self.view, self.view.replay
        if replay is None:
            return
        view.bar = max(replay.first_bar, min(replay.last_bar, bar))
        if coin and coin != view.coin:
            view.coin = coin
        self._show(self._next_wish())

    def minutes(self, by: int) -> None:
        """Go on or back by bars."""
        self.go(self.view.bar + by)

    def hours(self, hours: int) -> None:
        """Go on or back by hours."""
        if self.view.replay is not None:
            self.minutes(hours * max(1, 3_600_000 // self.view.replay.rules.interval_ms))

    def end(self, *, first: bool) -> None:
        """Go to the first or the last bar."""
        if self.view.replay is not None:
            self.go(self.view.replay.first_bar if first else self.view.replay.last_bar)

    def turn_ladders(self) -> None:
        """Show ladders whole, or as the run needed them."""
        self.view.whole = not self.view.whole
        self.go(self.view.bar)

    def next_change(self, *, forward: bool) -> None:
        """Go to where the coin's orders change or fill."""
        bar, coin = self.view.bar, self.view.coin
        self._find(
            f"a change of {coin}'s orders",
            lambda replay, stop: (replay.next_change(bar, coin, forward=forward, stop=stop), coin),
        )

    def next_fill(self, *, forward: bool, any_coin: bool = False) -> None:
        """Go to the next fill of the coin, or of any."""
        bar, coin = self.view.bar, self.view.coin

        def find(replay: Replay, _stop: Callable[[], bool]) -> tuple[int | None, str]:
            found = replay.next_fill(bar, "" if any_coin else coin, forward=forward)
            if found is None or not any_coin:
                return found, coin
            coins = [replay.coins[int(replay.ledger.fills.coin[row])] for row in replay.ledger.rows(found)]
            return found, coin if coin in coins else coins[0]

        self._find("a fill" if any_coin else f"a fill of {coin}", find)

    def _find(self, what: str, find: Find) -> None:
        replay = self.view.replay
        if replay is None:
            return
        wish = self._next_wish()
        self.view.looking = what

        def work() -> Callable[[], None]:
            bar, coin = find(replay, lambda: wish != self._wish)
            made = self._made(replay, bar, coin, whole=self.view.whole) if bar is not None else None
            return lambda: self._found(wish, what, bar, made)

        self._threads.start("replay", work, lambda why: self._failed(wish, why))

    def _found(self, wish: int, what: str, bar: int | None, made: tuple[Shown, tuple] | None) -> None:
        if wish != self._wish:
            return
        self.view.looking = ""
        if bar is None or made is None:
            self._say(f"no {what.removeprefix('a ')} that way", "warn")
        else:
            self.view.bar, self.view.coin = bar, made[0].coin
            self._take(*made)
        self._draw()

    # -- what is shown -------------------------------------------------------------------------------------------

    def _show(self, wish: int) -> None:
        view, replay = self.view, self.view.replay
        assert replay is not None
        view.looking = ""
        bar, coin, whole = view.bar, view.coin, view.whole

        def work() -> Callable[[], None]:
            if wish != self._wish:
                return lambda: None
            made = self._made(replay, bar, coin, whole=whole)
            return lambda: self._made_now(wish, made)

        self._threads.start("replay", work, lambda why: self._failed(wish, why))

    def _made(self, replay: Replay, bar: int, coin: str, *, whole: bool) -> tuple[Shown, tuple]:
        from pbtui.console.replay.picture import picture_of

        step, reasons = replay.step(bar, whole=whole), replay.why(bar, coin, whole=whole)
        return Shown(step, coin, reasons, picture_of(replay, step, coin), whole), replay.fills_of(coin)

    def _made_now(self, wish: int, made: tuple[Shown, tuple]) -> None:
        if wish == self._wish:
            self._take(*made)
            self._draw()

    def _take(self, shown: Shown, fills: tuple) -> None:
        self.view.shown, self.view.fills = shown, fills

    def _next_wish(self) -> int:
        self._wish += 1
        return self._wish
