"""Which of several running bots: a numbered list in the terminal, before a console opens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pbtui.cli.narrate import say
from pbtui.core.sanitize import sanitize_line
from pbtui.live.lock import LockInfo

_NAME = 32
_PLACE = 40


def choose(bots: Sequence[LockInfo], ask: Callable[[str], str | None]) -> LockInfo | None:
    """Return the bot that was chosen by number or name, None when none was; nothing is asked where none runs.

    `ask` shows a question and returns what was typed, None at the end of the input.
    """
    if not bots:
        say("no bot is running")
        return None
    for line in listing(bots):
        say(line)
    while True:
        typed = ask(f"which one? 1 to {len(bots)} or its account, enter for none: ")
        word = (typed or "").strip()
        if word in ("", "q"):
            return None
        hits = [bot for at, bot in enumerate(bots, 1) if word in (str(at), bot.user, bot.name)]
        if len(hits) == 1:
            return hits[0]
        say(f"{sanitize_line(word, limit=60)} is {'several of them' if hits else 'none of them'}")


def listing(bots: Sequence[LockInfo]) -> list[str]:
    """Return one line for each bot: number, account, venue, what kind of money, config, since when, folder."""
    rows = [
        (
            str(at),
            sanitize_line(bot.user, limit=_NAME),
            sanitize_line(bot.exchange, limit=_NAME),
            "LIVE" if bot.kind == "live" else bot.kind,
            sanitize_line(bot.config_name, limit=_NAME),
            datetime.fromtimestamp(bot.started_ms / 1000, UTC).strftime("since %Y-%m-%d %H:%MZ"),
            f"in {sanitize_line(Path(bot.run_dir).parent.parent, limit=200)[-_PLACE:]}",
        )
        for at, bot in enumerate(bots, 1)
    ]
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(word.ljust(width) for word, width in zip(row, wide, strict=True)).rstrip() for row in rows]


def ask_terminal(question: str) -> str | None:
    """Ask on the terminal; an interrupt is no answer."""
    try:
        return input(question)
    except (EOFError, KeyboardInterrupt):
        say("")
        return None
