"""The account picker: what runs and what does not, turning to another bot, and never by accident."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pbtui.console.accounts import Account, Accounts, about, matching, names, rows
from pbtui.console.actions import BY_ID
from pbtui.console.app import ConsoleExit
from pbtui.console.dialogs.accounts import AccountsDialog
from pbtui.console.state import ViewState

from .sample import NOW_MS, snapshot
from .sizes_support import check, compare, pictures, resize
from .support import Desk, desk, until

HERE_PID = snapshot().account.pid
PAPER = Account("paper-1a", "paper", "binanceusdm", "paper", True, HERE_PID, "paper.hjson", "/srv/a", NOW_MS)
MINE = Account("mine-2b", "mine", "bybit", "live", True, HERE_PID + 1, "grid.json", "/srv/trading/bots", NOW_MS)
TWIN = replace(PAPER, name="paper-3c", pid=HERE_PID + 2, folder="/srv/b")
SLEEPING = Account("spare", "spare", "okx", "live", start="`pbtui CONFIG -u spare` starts it, in another terminal.")
ALL = Accounts((PAPER, MINE, SLEEPING))


@pytest.fixture
def update(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--snapshot-update"))


def state(*, attached: bool = False) -> ViewState:
    found = ViewState(attached=attached)
    found.take(snapshot())
    return found


def text_of(lines: list) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_a_name_means_the_bot_that_runs_and_every_one_where_several_do() -> None:
    other = replace(SLEEPING, name="mine", user="mine")
    assert matching([other, MINE], " Mine ") == [MINE]
    assert matching([PAPER, TWIN], "paper") == [PAPER, TWIN]
    assert matching([PAPER, TWIN], "paper-3c") == [TWIN]
    assert matching([PAPER, SLEEPING], "spare") == [SLEEPING]
    assert matching([PAPER], "") == []
    assert names([PAPER, TWIN, MINE]) == ["paper-1a", "paper-3c", "mine"]


def test_each_row_says_what_runs_and_what_enter_would_do() -> None:
    cells = {row.key: " ".join(text_of([cell]) for cell in row.cells) for row in rows(ALL.all, state())}
    assert "● here" in cells["paper-1a"]
    assert "LIVE ● running grid.json" in cells["mine-2b"]
    assert "○ stopped" in cells["spare"]
    told = text_of(about(MINE, state()))
    assert "enter opens mine of /srv/trading/bots" in told
    assert "goes on in the background without a screen, as after Detach" in told
    assert "goes on as it is: nothing of it is stopped" in text_of(about(MINE, state(attached=True)))
    assert text_of(about(PAPER, state())) == "paper is the one on this screen."
    assert "`pbtui CONFIG -u spare`" in text_of(about(SLEEPING, state()))
    assert "no account" in text_of(about(None, state()))
    hostile = replace(MINE, user="a\x1b[2J", exchange="\x9b1m", config="x\ny")
    assert "\x1b" not in text_of([cell for row in rows([hostile], state()) for cell in row.cells])
    assert "\x1b" not in text_of(about(hostile, state()))


async def opened(d: Desk) -> AccountsDialog:
    """Open the picker and wait until it has looked."""
    await d.press("U")
    dialog = d.app.screen
    assert isinstance(dialog, AccountsDialog)
    await until(lambda: dialog._found.all != ())
    await d.settle()
    return dialog


async def left(d: Desk) -> ConsoleExit | None:
    """Wait until the console was left, and return how."""
    await until(lambda: d.exit is not None)
    return d.exit


async def test_the_picker_at_every_size(update: bool) -> None:
    found = Accounts((*ALL.all, TWIN), "api-keys.json: others may read it (mode 0644)")
    async with desk(accounts=lambda: found) as d:
        await opened(d)
        await d.press("down")
        compare("dialog_accounts", await pictures(d, "accounts"), update=update)
        await resize(d, 40, 15)
        check(d, "accounts at 40×15")


async def test_enter_turns_to_a_bot_that_runs_and_to_nothing_else() -> None:
    async with desk(accounts=lambda: ALL) as d:
        await opened(d)
        assert "paper is the one on this screen" in d.text
        await d.press("enter")
        assert isinstance(d.app.screen, AccountsDialog), "the one in front is not opened again"
        await d.press("down", "down")
        assert "`pbtui CONFIG -u spare`" in d.text
        await d.press("enter")
        assert isinstance(d.app.screen, AccountsDialog), "what does not run cannot be opened"
        await d.press("up")
        await d.press("enter")
        assert await left(d) == ConsoleExit("switch", "mine-2b")
        assert d.link.actions == [], "nothing was asked of the bot that was left"


async def test_a_bot_that_ended_meanwhile_leaves_the_list_and_a_stray_enter_does_nothing() -> None:
    found = [ALL, Accounts((PAPER, SLEEPING))]
    async with desk(accounts=lambda: found[0] if len(found) == 2 else found[-1]) as d:
        dialog = await opened(d)
        await d.press("down", rest=False)
        dialog._born = d.clock.monotonic()
        await d.press("enter", rest=False)
        assert isinstance(d.app.screen, AccountsDialog), "a key that came with the dialog is none"
        found.pop(0)
        dialog._again()
        await until(lambda: dialog._found is found[0])
        await d.settle()
        assert "mine" not in d.text
        await d.press("enter", "escape")
        assert d.exit is None


async def test_the_command_names_the_account_completes_it_and_says_what_is_wrong() -> None:
    async with desk(accounts=lambda: Accounts((PAPER, TWIN, MINE, SLEEPING)), read_only=True) as d:
        for typed, answer in (
            ("account nobody", "account: no nobody; known: paper-1a, paper-3c, mine, spare"),
            ("account paper", "account: 2 of that name: paper-1a, paper-3c"),
            ("account paper-1a", "paper is the one on this screen."),
            ("account spare", "spare does not run."),
        ):
            d.app.carry_out(typed)
            await until(lambda answer=answer: answer in d.message)
        assert d.app.errands.complete("account mi") == []
        await until(lambda: d.app.errands.complete("account mi") == ["account mine"])
        d.app.carry_out("account")
        await until(lambda: isinstance(d.app.screen, AccountsDialog))
        await d.press("escape")
        d.app.carry_out("account mine")
        d.app.errands.tell("account mine")  # a late key of the prompt asks for names: the command goes on
        assert await left(d) == ConsoleExit("switch", "mine-2b", locked=True), "the lock goes along"


async def test_a_console_just_turned_to_says_so_and_dangerous_keys_rest() -> None:
    async with desk(accounts=lambda: ALL, notice="this is mine now") as d:
        assert "this is mine now" in d.message
        assert not BY_ID["account"].acts
        await d.press("U")
        assert isinstance(d.app.screen, AccountsDialog)
    async with desk() as d:
        await d.press("U")
        assert "knows of no other bots" in d.message
