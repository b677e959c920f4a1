"""Reading, checking, fetching and deleting stored candles for the screen; nothing of it runs on the console's loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.console.candles.download import Download
from pbtui.console.candles.view import MOST_FINDINGS, CandlesView, Check, Pair
from pbtui.console.text import safe
from pbtui.console.work.threads import Stopped, Threads
from pbtui.core.clock import Clock, RealClock
from pbtui.core.errors import PbtuiError

if TYPE_CHECKING:
    from pbtui.market.audit import Finding
    from pbtui.market.holdings import Library
    from pbtui.market.store import Trouble

_BATCH = 200
_LOOK_AGAIN_S = 2.0  # what a download has brought is drawn so often
Say = Callable[[str, str], None]  # text, ink


class CandleDesk:
    """The candles below a base folder. `say` shows one line, `draw` draws the screen; both are called on the loop."""

    def __init__(
        self,
        base_dir: Path,
        view: CandlesView,
        clock: Clock,
        *,
        say: Say,
        draw: Callable[[], None],
        endpoints: Path | None = None,
        fetch_clock: Clock | None = None,
    ) -> None:
        """Take a base folder; `endpoints` names other addresses of venues, `fetch_clock` is the time of downloads."""
        self.base_dir = base_dir
        self.view = view
        self._clock = clock
        self._say = say
        self._threads = Threads(draw)
        self._library: Library | None = None
        self._again = False  # look once more after the look that runs
        self._stop_check = threading.Event()
        self.downloads = Download(self, endpoints, fetch_clock or RealClock())
        view.root = safe(base_dir / "caches" / "ohlcv", 200)

    # -- what the parts share ------------------------------------------------------------------------------------

    @property
    def holdings(self) -> Library:
        """The stores; for threads, because opening them loads much."""
        if self._library is None:
            from pbtui.market.holdings import Library

            self._library = Library(self.base_dir, self._clock, self._trouble)
        return self._library

    def start(self, name: str, work: Callable[[], Callable[[], None]], failed: Callable[[str], None]) -> None:
        """Do work in a thread, see `Threads.start`."""
        self._threads.start(name, work, failed)
        self._threads.touch()

    def post(self, news: Callable[[], None]) -> None:
        """Bring news to the loop, from any thread."""
        self._threads.post(news)

    def say(self, text: str, ink: str = "text") -> None:
        """Show a line; from any thread."""
        self.post(lambda: self._say(text, ink))

    def later(self, work: Callable[[], None]) -> None:
        """Do something on the loop after a while, as long as a download runs."""
        asyncio.get_running_loop().call_later(_LOOK_AGAIN_S, work)

    async def idle(self) -> None:
        """Wait until nothing runs."""
        await self._threads.idle()

    def close(self) -> None:
        """Stop all work; what was stored stays."""
        self.stop()

    def stop(self) -> str:
        """Stop the download, else the check; return which, empty when neither runs."""
        doing = self.view.busy_with()
        if doing == "download":
            self.downloads.stop()
        elif doing == "check":
            self._stop_check.set()
        return doing

    def _trouble(self, trouble: Trouble) -> None:
        self.say(trouble.line(), "warn")

    # -- reading -------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Read what is held, symbol by symbol; again afterwards if a look runs already."""
        view = self.view
        if view.reading:
            self._again = True
            return
        view.reading, self._again = True, False
        self.start("look", self._look, self._unread)

    def _look(self) -> Callable[[], None]:
        from pbtui.market.survey import survey

        library = self.holdings
        pairs = tuple((name, symbol) for name in library.exchanges() for symbol in library.store(name).symbols("1m"))
        self.post(lambda: self.view.take_pairs(pairs))
        for pair in pairs:
            try:
                found = survey(library, *pair)
            except PbtuiError as error:
                found = safe(error.line())
            self.post(lambda pair=pair, found=found: self.view.take_survey(pair, found))
        return self._seen

    def _seen(self) -> None:
        self.view.reading, self.view.problem = False, ""
        if self._again:
            self.look()

    def _unread(self, why: str) -> None:
        self.view.reading, self.view.asked, self.view.problem = False, True, why
        self._say(why, "bad")

    # -- checking ------------------------------------------------------------------------------------------------

    def verify(self, pairs: Sequence[Pair]) -> None:
        """Look for what is wrong with some symbols."""
        self._stop_check.clear()
        self.view.check = Check(len(pairs), running=True, doing="starting")
        self.start("check", lambda: self._verify(list(pairs)), self._unchecked)

    def _verify(self, pairs: list[Pair]) -> Callable[[], None]:
        from pbtui.market.checking import findings

        check, batch = self.view.check, list["Finding"]()

        def step(text: str) -> None:
            if self._stop_check.is_set():
                raise Stopped
            flush()
            self.post(lambda: setattr(check, "doing", text))

        def flush() -> None:
            found = tuple(batch)
            batch.clear()
            self.post(lambda: _add(check, found))

        text = f"{len(pairs)} checked"
        try:
            for finding in findings(self.holdings, pairs, on_step=step):
                batch.append(finding)
                if len(batch) >= _BATCH:
                    flush()
        except Stopped:
            text = f"stopped at {check.doing}"
        flush()
        return lambda: self._checked(check, text)

    def _checked(self, check: Check, text: str) -> None:
        check.running, check.doing = False, text
        found = f"{check.count:,} finding{'s' * (check.count != 1)}" if check.count else "nothing found"
        self._say(f"candles: {text}, {found}", "warn" if check.count else "up")
        self.look()  # broken files were put aside

    def _unchecked(self, why: str) -> None:
        self.view.check.running, self.view.check.doing = False, why
        self._say(why, "bad")

    # -- deleting ------------------------------------------------------------------------------------------------

    def delete(self, pairs: Sequence[Pair]) -> None:
        """Delete our files of some symbols."""
        self.view.deleting = True
        self.start("delete", lambda: self._delete(list(pairs)), self._undeleted)

    def _delete(self, pairs: list[Pair]) -> Callable[[], None]:
        freed = 0
        for exchange, symbol in pairs:
            freed += self.holdings.store(exchange).delete(symbol)
        return lambda: self._deleted(len(pairs), freed)

    def _deleted(self, count: int, freed: int) -> None:
        from pbtui.console.candles.words import size_word

        self.view.deleting = False
        self._say(f"candles of {count} symbol{'s' * (count > 1)} deleted, {size_word(freed)} freed", "text")
        self.look()

    def _undeleted(self, why: str) -> None:
        self.view.deleting = False
        self._say(why, "bad")
        self.look()


def _add(check: Check, found: Sequence[Finding]) -> None:
    check.findings += found[: max(0, MOST_FINDINGS - len(check.findings))]
    check.kinds.update(finding.kind for finding in found)
