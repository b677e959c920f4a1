"""The page about the line mode, with its table of words made from their declarations."""

from __future__ import annotations

from pbtui.link.verbs import VERBS, Verb

_HEAD = """# Line mode

A running bot in plain lines: for screen readers, for scripts, and for a terminal too small or too slow for a screen.
The words are those of the console's `:` line.

- `pbtui do USER WORDS…` carries out one command: `pbtui do paper mode BTC long gs`. Quotes around the words make no
  difference.
- `pbtui attach USER --plain` opens a session: it prints the status when something of weight changes and once a minute
  (`--every 10s`), events as they come (`--log-level 0..3`), and reads one command a line. The session ends with `quit`,
  with the end of standard input (unless `--follow`), with Ctrl+C, or with the bot. Leaving never touches the bot.
- `--json` prints one object a line: `type` is `status`, `event`, `answer`, `controls` or `end`; an `answer` carries
  `verb`, `ok`, `exit_code`, `text` and the figures behind it.

```
$ printf 'positions\\nmode SOL long gs\\npanic SOL long\\n' | pbtui attach paper --plain
attached to paper, help lists the words; controls: this session has them, 0 others watch
status: paper PAPER binanceusdm pid 4711: running, market 2025-05-14T12:03:00Z, balance 1,012.44 equity 1,019.80 USDT, …
SOL long: mode normal, size 4.2 at 148.21, mark 149.655 +0.97%, uPnL +6.07, exposure 0.62/0.75, next …
ok
ok: SOL long: graceful_stop
it would sell 4.2 SOL (long) at 149.63, estimated pnl +5.95, fee -0.35
in all 1 closes worth 628.45, 2 orders cancelled, estimated pnl +5.95, fees -0.35
refused: not done: panic SOL long closes at any price; add --confirm SOL
```

Every command of a session ends with a line that begins with `ok`, `refused`, `error` or `failed`; lines beginning with
`#` are comments.

## Words

COIN is a coin (`BTC`) or a symbol; SIDE is `long`, `short` or `both`. MODE is `n` normal, `gs` graceful stop, `t` tp
only, `m` manual, `p` panic, `c` as the config says; whole words do too. Commands of the first table change the bot.

"""

_TAIL = """
## What must be confirmed

A line that is typed whole needs no second question, with three exceptions. A panic of one coin wants the coin again
(`--confirm BTC`), a panic of everything wants `--confirm PANIC`, and a reload that raises risk wants `--confirm RISK`.
Without the word nothing is done: the exact orders, or the changed keys, are printed, and the exit code is 4.

## Who may

One console or session has the controls, the others watch; a session that only watches (`--view`, or because another has
the controls) is refused with code 4. `controls` says who has them, `controls ask` asks, `controls give` hands over,
`controls take` takes them by force; every console is told. `pbtui do` needs no seat: a command typed on purpose by the
account's own user acts beside whoever has the controls, and is written to the log.

## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | failed: no such bot, it does not answer, or it could not do it |
| 2 | no such word, coin or flag; a config file that cannot be loaded |
| 4 | refused: a safety, a missing `--confirm`, or only watching |
| 130 | interrupted |

A session returns the code of its first command that failed.
"""


def line_mode_markdown() -> str:
    """Return the page."""
    acting = _table([verb for verb in VERBS if verb.acts])
    looking = _table([verb for verb in VERBS if not verb.acts])
    return f"{_HEAD}{acting}\n{looking}{_TAIL}"


def _table(verbs: list[Verb]) -> str:
    rows = "".join(f"| {_words(verb)} | {verb.help} |\n" for verb in verbs)
    return f"| write | does |\n|---|---|\n{rows}"


def _words(verb: Verb) -> str:
    usage = f"`{verb.usage.replace('|', chr(92) + '|')}`"
    return ", ".join([usage, *(f"`{alias}`" for alias in verb.aliases)])
