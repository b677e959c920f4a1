"""One bot per account on this machine: an advisory lock that also says where the bot can be reached."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from pbtui.core.errors import ConfigError, PbtuiError, SafetyRefusal, StateError
from pbtui.core.record import record
from pbtui.core.sanitize import sanitize_line
from pbtui.core.secret import Secret
from pbtui.core.snapshot import VenueKind
from pbtui.core.system import BINARY, CLOEXEC, NOFOLLOW, POSIX, is_mine, lock_file, open_to_others, write_at

_ATTEMPTS = 10  # a probing `status` holds a shared lock for some microseconds: outlast it
_PAUSE_S = 0.02
_SOCKET_PATH_MAX = 104  # sun_path of the narrowest platform, including the closing NUL


class NotRunning(PbtuiError):
    """No bot runs under the asked name."""


@record
class LockInfo:
    """Who holds an account: written into the lock file for attach, status, mode and stop."""

    name: str  # unique on this machine: the stem of the lock file
    user: str
    exchange: str
    kind: VenueKind
    config_name: str
    run_dir: str
    socket: str
    pid: int = 0
    started_ms: int = 0


def state_folder() -> Path:
    """Return the machine's per-user folder for locks and sockets, made private; raises StateError.

    Not the runtime folder: that one is deleted at the last logout, and with it a detached bot's lock and socket.
    """
    import platformdirs

    folder = Path(platformdirs.user_state_dir("pbtui"))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or not is_mine(found):
            raise StateError(f"{folder} is not a folder of this user", hint="remove it or set XDG_STATE_HOME")
        if open_to_others(stat.S_IMODE(found.st_mode)):
            folder.chmod(0o700)
    except OSError as error:
        raise StateError(
            f"cannot use {folder} for locks: {error.strerror or error}", hint="set XDG_STATE_HOME to a folder of yours"
        ) from error
    return folder


def paper_key(ledger: Path) -> str:
    """Return the lock key of a simulated account: its ledger file, wherever it is reached from."""
    return f"ledger:{ledger.resolve()}"


def account_key(venue: str, key: Secret) -> str:
    """Return the lock key of a real account: the venue and a fingerprint of its API key."""
    fingerprint = hashlib.blake2b(key.reveal().encode(), digest_size=16).hexdigest()
    return f"account:{venue}:{fingerprint}"


def told_account_key(venue: str, account_id: str) -> str:
    """Return the lock key of a real account by the venue's own name of it: all its keys share that."""
    return f"account-id:{venue}:{account_id}"


def lock_name(user: str, exchange: str, key: str) -> str:
    """Return the name of a lock: readable, and unique through a hash of its key."""
    digest = hashlib.blake2b(key.encode(), digest_size=4).hexdigest()
    return f"{_word(user)}-{_word(exchange)}-{digest}"


def _word(text: str) -> str:
    kept = "".join(char if char.isascii() and char.isalnum() else "_" for char in text)
    return kept[:20] or "_"


def socket_path(folder: Path, name: str) -> Path:
    """Return where the bot of a lock listens; raises StateError when the path is longer than sockets allow."""
    digest = hashlib.blake2b(name.encode(), digest_size=6).hexdigest()
    path = folder / f"{digest}.sock"
    if POSIX and len(os.fsencode(path)) >= _SOCKET_PATH_MAX:
        raise StateError(f"the path {path} is too long for a socket", hint="set XDG_STATE_HOME to a shorter folder")
    return path


class AccountLock:
    """A held lock; released by `release` or by the end of the process, however that comes."""

    def __init__(self, path: Path, fd: int) -> None:
        self._path = path
        self._fd: int | None = fd

    @classmethod
    def acquire(cls, folder: Path, info: LockInfo, *, name: str = "") -> AccountLock:
        """Take the lock named in `info` or raise SafetyRefusal saying who has it and how to reach that bot.

        `name` is that of a further lock of the same bot; the file says the same of its holder.
        """
        path = folder / f"{name or info.name}.lock"
        pause = threading.Event()
        for _ in range(_ATTEMPTS):
            fd = _try_lock(path)
            if fd is not None:
                lock = cls(path, fd)
                lock.write(info)
                return lock
            pause.wait(_PAUSE_S)
        raise SafetyRefusal(_held_by(path))

    def write(self, info: LockInfo) -> None:
        """Replace what the lock file says about its holder."""
        if self._fd is None:
            raise StateError("the account lock was released")
        text = msgspec.json.encode(info)
        # One write, padded over a longer predecessor, so that a reader never sees half a text.
        write_at(self._fd, text.ljust(os.fstat(self._fd).st_size), 0)

    def release(self) -> None:
        """Give the account back; harmless when done twice."""
        if self._fd is None:
            return
        with suppress(OSError):
            self._path.unlink()
        os.close(self._fd)
        self._fd = None


def _try_lock(path: Path) -> int | None:
    """Return a locked descriptor of the file now at `path`, None while somebody else holds it."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | BINARY | NOFOLLOW | CLOEXEC, 0o600)
    except OSError as error:
        raise StateError(f"cannot open the lock {path}: {error.strerror or error}") from error
    try:
        lock_file(fd)
        # A holder unlinks its file when it leaves: a lock on the unlinked one would exclude nobody.
        if path.stat().st_ino == os.fstat(fd).st_ino:
            return fd
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(fd)
    return None


def _held_by(path: Path) -> str:
    info = _read(path)
    if info is None:
        return f"another bot runs this account (lock {path.name})"
    user = sanitize_line(info.user, limit=40)
    return (
        f"another bot (pid {info.pid}) runs this account: "
        f"`pbtui attach {user}` opens it, `pbtui stop {user}` stops it (unique name: {info.name})"
    )


def _read(path: Path) -> LockInfo | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=LockInfo)
    except (OSError, msgspec.MsgspecError):
        return None


def _is_held(path: Path) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | BINARY | NOFOLLOW | CLOEXEC)
    except OSError:
        return False
    try:
        lock_file(fd, shared=True)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def running(folder: Path) -> Iterator[LockInfo]:
    """Yield every bot that holds locks in `folder`, once, by name."""
    seen: set[str] = set()
    for path in sorted(folder.glob("*.lock")):
        if _is_held(path) and (info := _read(path)) is not None and info.name not in seen:
            seen.add(info.name)
            yield info


def find(folder: Path, user: str) -> LockInfo:
    """Return the running bot called `user` (account name, or the unique name or a start of it).

    Raises NotRunning when there is none, ConfigError naming the candidates when there are several.
    """
    bots = list(running(folder))
    hits = [bot for bot in bots if bot.name == user]
    hits = hits or [bot for bot in bots if bot.user == user]
    hits = hits or [bot for bot in bots if bot.name.startswith(user)]
    if user == "paper":  # replays and invented markets are paper accounts too, where no other is meant
        hits = hits or [bot for bot in bots if bot.kind != "live"]
    if len(hits) == 1:
        return hits[0]
    shown = f" called {sanitize_line(user, limit=60)}" if user else ""
    if hits:
        names = ", ".join(f"{bot.name} ({bot.run_dir})" for bot in hits)
        raise ConfigError(f"{len(hits)} bots{shown} are running", hint=f"name one of: {names}")
    names = ", ".join(sorted(bot.user for bot in bots))
    raise NotRunning(f"no bot{shown} is running", hint=f"running: {names}" if names else "")
