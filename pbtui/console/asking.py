"""Forms around a config: fields as typed, what the config says where nothing was, and how a field is changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pbtui.console.text import safe
from pbtui.console.work.threads import Threads
from pbtui.core.clock import Clock
from pbtui.core.record import record

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp
    from pbtui.console.prompt import Completer

Say = Callable[[str, str], None]  # text, ink

_NAME_ROOM = 46  # what a form shows of a path on a wide screen


@record
class Field:
    """One line of a form; `flag` is the configuration key a typed text goes to, `choices` are gone through."""

    id: str
    title: str
    hint: str = ""
    flag: str = ""
    choices: tuple[str, ...] = ()


@dataclass(slots=True)
class ConfigForm:
    """Texts by field, empty where the config decides; `told` is what it says there."""

    fields: ClassVar[tuple[Field, ...]] = ()
    config: Path | None = None
    name: str = ""  # of the config, as short as it can be told
    typed: dict[str, str] = field(default_factory=dict[str, str])
    told: dict[str, str] = field(default_factory=dict[str, str])
    problem: str = ""  # why the config cannot be used
    reading: bool = False

    def named(self, name: str) -> Field | None:
        """Return the field of an id."""
        return next((each for each in self.fields if each.id == name), None)

    def flags(self) -> dict[str, Any]:
        """Return configuration keys and texts for what was typed."""
        return {each.flag: text for each in self.fields if each.flag and (text := self.typed.get(each.id, "").strip())}

    @property
    def offline(self) -> bool:
        """Tell whether nothing may be downloaded."""
        return self.typed.get("offline") == "yes"

    @property
    def suite(self) -> bool | None:
        """Return whether scenarios are wanted, None where the config decides."""
        return {"on": True, "off": False}.get(self.typed.get("suite", ""))

    def put(self, name: str, text: str) -> None:
        """Take a typed text; an empty one leaves it to the config."""
        if text.strip():
            self.typed[name] = text.strip()
        else:
            self.typed.pop(name, None)

    def turn(self, each: Field) -> None:
        """Take the next choice of a field that has choices."""
        here, choices = self.typed.get(each.id, ""), each.choices
        self.put(each.id, choices[(choices.index(here) + 1) % len(choices)] if here in choices else choices[0])


class FormDesk:
    """What desks share that fill a form and work in threads; `say` shows a line, `draw` the screen, on the loop."""

    def __init__(self, base_dir: Path, clock: Clock, *, say: Say, draw: Callable[[], None]) -> None:
        self.base_dir = base_dir
        self.clock = clock
        self.say = say
        self._threads = Threads(draw)
        self._again = False  # look once more after the look that runs

    def start(self, name: str, work: Callable[[], Callable[[], None]], failed: Callable[[str], None]) -> None:
        """Do work in a thread, see `Threads.start`."""
        self._threads.start(name, work, failed)
        self._threads.touch()

    def touch(self) -> None:
        """Draw soon."""
        self._threads.touch()

    async def idle(self) -> None:
        """Wait until no thread works; processes may go on."""
        await self._threads.idle()

    def read_config(self, form: ConfigForm, path: Path | None, read: Callable[[], Callable[[], None]]) -> None:
        """Take a config for a form. `read` runs in a thread and returns what takes over what it found."""
        from pbtui.console.configs import short_name, shown_path

        form.config, form.problem, form.reading, form.told = path, "", True, {}
        form.name = safe(short_name(shown_path(path, self.base_dir), _NAME_ROOM), 120) if path is not None else ""

        def work() -> Callable[[], None]:
            found = read()

            def take() -> None:
                if form.config == path:
                    form.reading = False
                    found()

            return take

        def failed(why: str) -> None:
            if form.config == path:
                form.problem, form.reading = why, False
                self.say(why, "bad")

        self.start("config", work, failed)


def change_field(
    app: ConsoleApp,
    form: ConfigForm,
    base_dir: Path,
    *,
    title: str,
    purpose: str,
    choose: Callable[[Path], None],
    known: Callable[[Field], Completer | None] = lambda each: None,
) -> None:
    """Change the field the cursor is on: pick a file (`choose`), go on to its next choice, or ask for a text."""
    from pbtui.console.dialogs.pick import PickDialog

    screen = app.console_screen
    each = form.named(str(screen.table.cursor_key)) if screen is not None and screen.table is not None else None
    if each is None:
        return
    if each.id == "config":
        app.push_screen(PickDialog(title, base_dir), lambda path: choose(path) if path is not None else None)
    elif each.choices:
        form.turn(each)
        app.refresh_views()
    else:
        app.open_prompt(f"{purpose}{each.id}", form.typed.get(each.id, ""), each.hint, known(each))


def scenarios_of(found: Sequence[object], *, enabled: bool) -> str:
    """Return how many scenarios a config has, or that they are off."""
    return f"{len(found)} scenario{'s' * (len(found) != 1)}" if enabled and found else "off"
