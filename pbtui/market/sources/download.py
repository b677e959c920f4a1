"""Files over HTTP, patiently: bounded in number, size and time; an outage is an error, only 404 means there is none."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import logging
import tempfile
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast
from urllib.parse import urlsplit

from pbtui.core.clock import Clock
from pbtui.core.errors import ExchangeError, PbtuiError, RateLimited, VenueUnreachable
from pbtui.core.sanitize import sanitize_line
from pbtui.market.sources.rows import BadBody

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")
_log = logging.getLogger("pbtui.market")
_CHUNK = 1 << 16
_IN_MEMORY = 16 << 20  # greater bodies wait on disk
_BAD_BODIES = 3  # a broken file is asked for so often: the next copy may be whole
_LONGEST_PAUSE_S = 120.0
_PAUSE_S = 5.0  # after a refusal that names no time (candles.md 5.3)
_BUSY = {408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524}
_TOO_MANY = {418, 429}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for a file, seconds (candles.md 5.3, 11)."""

    attempts: int = 5
    first_wait_s: float = 0.5
    longest_wait_s: float = 8.0
    connect_s: float = 20.0
    silent_s: float = 60.0
    total_s: float = 120.0


class Downloader:
    """Fetches files, at most `per_host` at once from one host and `at_once` in all; close it after use."""

    def __init__(self, clock: Clock, *, patience: Patience = Patience(), at_once: int = 20, per_host: int = 6) -> None:
        self._clock = clock
        self._patience = patience
        self._all = asyncio.Semaphore(at_once)
        self._hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(per_host))
        self._quiet_until: defaultdict[str, float] = defaultdict(float)
        self._session: aiohttp.ClientSession | None = None
        self.requests = 0

    async def close(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def get(
        self, url: str, read: Callable[[BinaryIO], T], *, most: int, headers: Mapping[str, str] | None = None
    ) -> T | None:
        """Return what `read` makes of the file at `url`, None when there is none (404).

        `read` runs in a thread and raises BadBody for a body that cannot be used; such a body, one above `most` bytes,
        and every failure of the network are tried again. Raises VenueUnreachable, RateLimited, BadBody or another
        ExchangeError once patience ends, each naming the file.
        """
        host = urlsplit(url).netloc
        wait_s, bad_bodies = self._patience.first_wait_s, 0
        for attempt in range(1, self._patience.attempts + 1):
            try:
                await self._keep_quiet(host, url)
                return await self._once(url, host, read, most, headers or {})
            except BadBody as error:
                bad_bodies += 1
                failure: PbtuiError = BadBody(f"{_name(url)} {error.message}")
                last = bad_bodies >= _BAD_BODIES
            except RateLimited as error:
                failure, last = error, error.retry_after_s > _LONGEST_PAUSE_S
            except VenueUnreachable as error:
                failure, last = error, False
            if last or attempt == self._patience.attempts:
                raise failure
            _log.debug("%s (attempt %d)", failure.line(), attempt)
            await self._clock.sleep(wait_s + self._clock.uniform(0.0, wait_s / 4))
            wait_s = min(wait_s * 2, self._patience.longest_wait_s)
        raise AssertionError("the last attempt returns or raises")

    async def _keep_quiet(self, host: str, url: str) -> None:
        """Wait for the end of a pause that the host asked for."""
        while (owed := self._quiet_until[host] - self._clock.monotonic()) > 0.0:
            if owed > _LONGEST_PAUSE_S:
                raise RateLimited(f"{_name(url)}: {host} asks for a pause of {owed:.0f} s", retry_after_s=owed)
            await self._clock.sleep(owed)

    async def _once(
        self, url: str, host: str, read: Callable[[BinaryIO], T], most: int, headers: Mapping[str, str]
    ) -> T | None:
        async with self._all, self._hosts[host], self._answer(url, headers) as answer:
            if answer.status == 404:
                return None
            self._judge(answer, url, host)
            with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as body:
                await self._receive(answer, url, body, most)
                body.seek(0)
                return await asyncio.to_thread(read, cast("BinaryIO", body))

    @contextlib.asynccontextmanager
    async def _answer(self, url: str, headers: Mapping[str, str]) -> AsyncGenerator[Any]:
        """Ask; failures of the network become VenueUnreachable, whenever they happen."""
        import aiohttp

        if self._session is None:
            patience = self._patience
            timeout = aiohttp.ClientTimeout(
                total=patience.total_s, connect=patience.connect_s, sock_read=patience.silent_s
            )
            self._session = aiohttp.ClientSession(timeout=timeout, auto_decompress=False)
        self.requests += 1
        try:
            async with self._session.get(url, headers=dict(headers), max_redirects=3) as answer:
                yield answer
        except TimeoutError as error:
            raise VenueUnreachable(f"{_name(url)}: no answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            words = sanitize_line(error, limit=160) or type(error).__name__
            raise VenueUnreachable(f"{_name(url)}: {words}") from error

    def _judge(self, answer: Any, url: str, host: str) -> None:
        """Raise what a status other than success means."""
        status: int = answer.status
        if 200 <= status < 300:
            return
        if status in _TOO_MANY:
            pause = self._pause_s(answer.headers.get("Retry-After", ""))
            self._quiet_until[host] = max(self._quiet_until[host], self._clock.monotonic() + pause)
            raise RateLimited(f"{_name(url)}: {host} asks to slow down ({pause:.0f} s)", retry_after_s=pause)
        reason = sanitize_line(answer.reason or "", limit=60)
        if status in _BUSY:
            raise VenueUnreachable(f"{_name(url)}: {host} answers {status} {reason}")
        raise ExchangeError(f"{_name(url)}: {host} answers {status} {reason}")

    def _pause_s(self, text: str) -> float:
        """Return the seconds that a Retry-After names, in seconds or as a date."""
        if text.strip().isdecimal():
            return max(1.0, float(text))
        try:
            moment = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return _PAUSE_S
        return max(1.0, moment.timestamp() - self._clock.now_ms() / 1000)

    async def _receive(self, answer: Any, url: str, body: tempfile.SpooledTemporaryFile[bytes], most: int) -> None:
        if (answer.content_length or 0) > most:
            raise BadBody(f"has {answer.content_length} bytes, more than the {most} that make sense")
        size = 0
        async for chunk in answer.content.iter_chunked(_CHUNK):
            size += len(chunk)
            if size > most:
                raise BadBody(f"has more than the {most} bytes that make sense")
            body.write(chunk)


def _name(url: str) -> str:
    return sanitize_line(urlsplit(url).path.rpartition("/")[2] or url, limit=120)
