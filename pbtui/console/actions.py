"""The registry of everything an operator can do: bindings, footer, help, palette and tests read this one table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Literal, get_args

from pbtui.core.record import record
from pbtui.core.types import Mode

Place = Literal["live", "coin", "log", "candles", "backtest", "optimize", "pareto", "config", "fills", "replay"]
EVERYWHERE: frozenset[Place] = frozenset(get_args(Place))
TRADING: frozenset[Place] = frozenset({"live", "coin"})
LIVE: frozenset[Place] = frozenset({"live"})
LOG: frozenset[Place] = frozenset({"log"})
CANDLES: frozenset[Place] = frozenset({"candles"})
BACKTEST: frozenset[Place] = frozenset({"backtest"})
OPTIMIZE: frozenset[Place] = frozenset({"optimize"})
PARETO: frozenset[Place] = frozenset({"pareto"})
CONFIG: frozenset[Place] = frozenset({"config"})
FILLS: frozenset[Place] = frozenset({"fills"})
REPLAY: frozenset[Place] = frozenset({"replay"})


_MOVED: dict[str, tuple[str, ...]] = {}  # the operator's own keys by action id, see `keymap`


def move_keys(moved: Mapping[str, tuple[str, ...]]) -> None:
    """Put the operator's own keys into force, for this process; they must have been checked."""
    _MOVED.clear()
    _MOVED.update(moved)


def label_of(action_id: str) -> str:
    """Return how the first key of an action is written on screen."""
    return key_label(BY_ID[action_id].keys[0])


class Danger(IntEnum):
    """How much an action can cost, and so which ritual guards it."""

    VIEW = 0  # only looks
    REVERSIBLE = 1  # applies at once, can be undone
    ORDERS = 2  # dialog, confirmed by the letter y
    COSTS = 3  # preview, confirmed by typing the coin
    ACCOUNT = 4  # preview, typed word, countdown


@record
class ConsoleAction:
    """One thing to do. `acts`: it changes the bot, so viewers and the read-only lock refuse it."""

    id: str
    default_keys: tuple[str, ...]
    verb: str
    help: str
    danger: Danger = Danger.VIEW
    group: str = "Look"
    places: frozenset[Place] = EVERYWHERE
    acts: bool = False
    needs: tuple[str, ...] = ()  # names of further conditions, see `availability`
    hint: int = 0  # place in the footer, 0 = only in help and palette
    hint_panels: tuple[str, ...] = ()  # footer only while one of these panels has the focus
    asks: bool = False  # its dialog wants the letter y, though the bot is not changed

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys in force: the operator's own, else the default ones."""
        return _MOVED.get(self.id, self.default_keys)


MODE_OF: dict[str, Mode | None] = {
    "mode.normal": Mode.NORMAL,
    "mode.graceful": Mode.GRACEFUL_STOP,
    "mode.tp_only": Mode.TP_ONLY,
    "mode.manual": Mode.MANUAL,
    "mode.config": None,
    "mode.panic": Mode.PANIC,
}
_STOCK_PANELS = ("candles",)
_TRIAL_PANELS = ("backtest",)
_SEARCH_PANELS = ("optimize",)
_FRONT_PANELS = ("pareto",)
_LOG_PANELS = ("log",)
_CONFIG_PANELS = ("config",)
_FILL_PANELS = ("fills", "fill-sums")
_REPLAY_PANELS = ("replay",)
_ROWS = ("positions", "orders", "modes")
_MODE_NEEDS = ("target",)
# All but the live screen.
_OTHERS = ("log", "coin", "candles", "backtest", "optimize", "pareto", "config", "fills", "fill-sums", "replay")


def _mode(name: str, key: str, verb: str, text: str, danger: Danger = Danger.ORDERS, hint: int = 0) -> ConsoleAction:
    return ConsoleAction(f"mode.{name}", (key,), verb, text, danger, "Modes", TRADING, True, _MODE_NEEDS, hint, _ROWS)


ACTIONS: tuple[ConsoleAction, ...] = (
    _mode("normal", "n", "normal", "trade as configured", hint=10),
    _mode("graceful", "g", "graceful", "close out, open nothing new; at once, undo 10 s",
          Danger.REVERSIBLE, 11),
    _mode("tp_only", "t", "tp-only", "cancel entries, keep closes", hint=12),
    _mode("manual", "m", "manual", "the bot touches nothing there", hint=13),
    _mode("config", "c", "config", "give the mode back to the config"),
    _mode("panic", "p", "PANIC", "close one coin and side now", Danger.COSTS, 14),
    ConsoleAction("panic.all", ("P",), "PANIC all", "close everything, 3 s to abort",
                  Danger.ACCOUNT, "Modes", TRADING, True),
    ConsoleAction("undo", ("u",), "undo", "take back the last change, within 10 s", Danger.REVERSIBLE, "Modes",
                  EVERYWHERE, True, ("undo",), 1),
    ConsoleAction("select.toggle", ("space",), "select", "select the row, or not",
                  group="Modes", places=LIVE, needs=("target",), hint=31, hint_panels=("modes",)),
    ConsoleAction("select.all", ("A",), "select all", "select every row, or none", group="Modes", places=LIVE,
                  needs=("rows",)),
    ConsoleAction("bot.pause", ("e",), "pause orders", "pause the creation of orders, or resume it",
                  Danger.REVERSIBLE, "Bot", TRADING, True),
    ConsoleAction("bot.reload", ("r",), "reload config", "read the config file again, after a look",
                  Danger.ORDERS, "Bot", TRADING | CONFIG, True, hint=11, hint_panels=_CONFIG_PANELS),
    ConsoleAction("bot.slower", ("left_square_bracket",), "slower", "halve the speed of a replay",
                  Danger.REVERSIBLE, "Bot", TRADING, True, ("stepped",)),
    ConsoleAction("bot.faster", ("right_square_bracket",), "faster", "double the speed of a replay",
                  Danger.REVERSIBLE, "Bot", TRADING, True, ("stepped",)),
    ConsoleAction("lock", ("R",), "read-only", "refuse all actions until the account is typed", group="Bot",
                  needs=("snapshot",)),
    ConsoleAction("account", ("U",), "account", "another bot of this machine in this terminal", group="Screens"),
    ConsoleAction("quit", ("q", "ctrl+c"), "quit", "detach or stop the bot; asks which", group="Screens", hint=60),
    ConsoleAction("coin.open", ("enter",), "coin", "the coin: chart, orders, mode, flags in words",
                  group="Screens", places=LIVE, needs=("open",), hint=20),
    ConsoleAction("screen.live", ("1",), "live", "positions, orders, modes, chart, events, equity", group="Screens",
                  hint=21, hint_panels=_OTHERS),
    ConsoleAction("screen.backtest", ("2",), "backtest", "run a config over the past, compare runs",
                  group="Screens"),
    ConsoleAction("screen.optimize", ("3",), "optimize", "search for better parameters, see it go",
                  group="Screens"),
    ConsoleAction("screen.pareto", ("4",), "pareto", "fronts of searches: compare, choose a member",
                  group="Screens"),
    ConsoleAction("screen.candles", ("5",), "candles", "stored candles: coverage, gaps, download",
                  group="Screens"),
    ConsoleAction("screen.config", ("6",), "config screen", "every key in effect, its origin, what is wrong",
                  group="Screens"),
    ConsoleAction("screen.log", ("7",), "log", "the whole log: follow, filter, search, copy", group="Screens"),
    ConsoleAction("screen.fills", ("8",), "fills", "filled orders, sums by day, coin, type", group="Screens"),
    ConsoleAction("back", ("escape",), "back", "leave; on Live: drop filter, then selection",
                  group="Screens", hint=22, hint_panels=_OTHERS),
    ConsoleAction("help", ("question_mark",), "help", "the keys of this screen", group="Screens", hint=50),
    ConsoleAction("palette", ("ctrl+p",), "palette", "every action, found by typing", group="Screens", hint=51),
    ConsoleAction("command", ("colon",), "command", "type a command: mode BTC long gs", group="Screens"),
    ConsoleAction("redraw", ("ctrl+l",), "redraw", "paint the whole screen again", group="Screens"),
    ConsoleAction("theme.next", ("T",), "next theme", "the next colour theme", group="Screens"),
    ConsoleAction("theme.pick", ("ctrl+t",), "themes", "choose a colour theme by looking at it", group="Screens"),
    ConsoleAction("warnings", ("w",), "warnings", "standing warnings, start-up checklist", group="Screens",
                  places=EVERYWHERE - CANDLES - PARETO, needs=("snapshot",)),
    ConsoleAction("health", ("H",), "health", "loop lag, stalls, calls; equity since the start", group="Bot",
                  needs=("snapshot",)),
    ConsoleAction("controls", ("C",), "controls", "ask for the controls or give them; twice: take", group="Bot",
                  needs=("snapshot",)),
    ConsoleAction("panel.next", ("tab",), "next panel", "move to the next panel"),
    ConsoleAction("panel.previous", ("shift+tab",), "previous panel", "move to the panel before"),
    ConsoleAction("view.cycle", ("v",), "view", "what the free place shows: chart, modes, …",
                  places=TRADING | CANDLES | BACKTEST | OPTIMIZE | PARETO | FILLS | REPLAY, hint=40),
    ConsoleAction("cursor.down", ("down", "j"), "down", "one row down"),
    ConsoleAction("cursor.up", ("up", "k"), "up", "one row up"),
    ConsoleAction("cursor.left", ("left", "h"), "left", "the panel to the left; on the map: a week",
                  places=EVERYWHERE - REPLAY),
    ConsoleAction("cursor.right", ("right", "l"), "right", "the panel to the right; on the map: a week",
                  places=EVERYWHERE - REPLAY),
    ConsoleAction("cursor.page_down", ("pagedown",), "page down", "one page down", places=EVERYWHERE - REPLAY),
    ConsoleAction("cursor.page_up", ("pageup",), "page up", "one page up", places=EVERYWHERE - REPLAY),
    ConsoleAction("cursor.first", ("home",), "first", "the first row", places=EVERYWHERE - REPLAY),
    ConsoleAction("cursor.last", ("end", "G"), "last", "the last row; follows events again",
                  places=EVERYWHERE - REPLAY),
    ConsoleAction("filter", ("slash",), "filter", "rows with text, !text without, column:text",
                  places=LIVE | CANDLES | BACKTEST | PARETO | CONFIG | FILLS, needs=("filterable",), hint=30,
                  hint_panels=("positions", "modes", "events", "candles", "backtest", "pareto", "config", "fills")),
    ConsoleAction("sort", ("s",), "sort", "sort by the next column", places=LIVE | CANDLES | BACKTEST | PARETO,
                  needs=("sortable",), hint=31, hint_panels=("positions", "orders", "candles", "backtest", "pareto")),
    ConsoleAction("sort.reverse", ("S",), "reverse", "turn the order round",
                  places=LIVE | CANDLES | BACKTEST | PARETO, needs=("sortable",)),
    ConsoleAction("columns", ("vertical_line",), "columns", "which columns this table shows",
                  places=LIVE | CANDLES | BACKTEST | PARETO | CONFIG | FILLS | REPLAY),
    ConsoleAction("orders.scope", ("a",), "all orders", "orders of all coins, or of this one", places=LIVE, hint=30,
                  hint_panels=("orders",)),
    ConsoleAction("events.level", ("f",), "level", "events down to error, info, debug, trace",
                  places=LIVE | LOG, hint=32, hint_panels=("events", "log")),
    ConsoleAction("chart.shorter", ("comma",), "shorter", "shorter candles; of equity, a shorter time", places=TRADING,
                  hint=32, hint_panels=("chart", "equity", "coin-chart", "coin")),
    ConsoleAction("chart.longer", ("full_stop",), "longer", "longer candles; of equity, a longer time", places=TRADING,
                  hint=33, hint_panels=("chart", "equity", "coin-chart", "coin")),
    ConsoleAction("candles.download", ("w",), "download", "fetch what the backtest of a config needs",
                  group="Candles", places=CANDLES, needs=("stock", "no_download"), hint=10, hint_panels=_STOCK_PANELS),
    ConsoleAction("candles.stop", ("x",), "stop", "stop the download, else the check", group="Candles",
                  places=CANDLES, needs=("stock", "busy"), hint=11, hint_panels=_STOCK_PANELS),
    ConsoleAction("candles.verify", ("V",), "verify", "look for what is wrong: marked coins, or this",
                  group="Candles", places=CANDLES, needs=("stock", "held", "no_check"), hint=12,
                  hint_panels=_STOCK_PANELS),
    ConsoleAction("candles.delete", ("X",), "delete", "delete our files: marked coins, or this", group="Candles",
                  places=CANDLES, asks=True, needs=("stock", "held", "no_delete"), hint=13, hint_panels=_STOCK_PANELS),
    ConsoleAction("candles.mark", ("space",), "mark", "mark the coin, or not", group="Candles", places=CANDLES,
                  needs=("stock", "held"), hint=14, hint_panels=_STOCK_PANELS),
    ConsoleAction("candles.mark_all", ("A",), "mark all", "mark every coin in view, or none", group="Candles",
                  places=CANDLES, needs=("stock", "held")),
    ConsoleAction("candles.open", ("enter",), "in full", "the week, the finding, the download in full",
                  group="Candles", places=CANDLES, needs=("stock",)),
    ConsoleAction("candles.earlier", ("left_square_bracket",), "earlier", "a screenful of weeks back",
                  group="Candles", places=CANDLES, needs=("stock", "held")),
    ConsoleAction("candles.later", ("right_square_bracket",), "later", "a screenful of weeks on",
                  group="Candles", places=CANDLES, needs=("stock", "held")),
    ConsoleAction("candles.again", ("r",), "read again", "read what is on disk again", group="Candles",
                  places=CANDLES, needs=("stock",)),
    ConsoleAction("backtest.run", ("ctrl+r",), "run", "run what the form says, beside the bot", group="Backtest",
                  places=BACKTEST, needs=("trials", "runnable"), hint=10, hint_panels=_TRIAL_PANELS),
    ConsoleAction("backtest.stop", ("x",), "stop", "stop the run looked at; again: kill it", group="Backtest",
                  places=BACKTEST, needs=("trials", "under_way"), hint=11, hint_panels=_TRIAL_PANELS),
    ConsoleAction("backtest.open", ("enter",), "open", "change the field; see the run, coin or fill",
                  group="Backtest", places=BACKTEST, needs=("trials",), hint=12, hint_panels=_TRIAL_PANELS),
    ConsoleAction("backtest.compare", ("c",), "compare", "hold the next runs against this one", group="Backtest",
                  places=BACKTEST, needs=("trials", "single"), hint=13, hint_panels=_TRIAL_PANELS),
    ConsoleAction("backtest.adopt", ("d",), "live config", "write its config as one to trade with", group="Backtest",
                  places=BACKTEST, asks=True, needs=("trials", "single"), hint=14, hint_panels=_TRIAL_PANELS),
    ConsoleAction("backtest.copy", ("o",), "copy path", "copy the path of the result's folder", group="Backtest",
                  places=BACKTEST, needs=("trials", "finished"), hint=15, hint_panels=_TRIAL_PANELS),
    ConsoleAction("backtest.replay", ("m",), "step through", "minute by minute: orders, why, fills",
                  group="Backtest", places=BACKTEST, needs=("trials", "single"), hint=61, hint_panels=_TRIAL_PANELS),
    ConsoleAction("backtest.tab_before", ("left_square_bracket",), "tab before", "the tab before", group="Backtest",
                  places=BACKTEST, needs=("trials", "finished")),
    ConsoleAction("backtest.tab_after", ("right_square_bracket",), "next tab", "the next tab", group="Backtest",
                  places=BACKTEST, needs=("trials", "finished")),
    ConsoleAction("backtest.scale", ("g",), "log scale", "equity on a logarithmic scale, or linear",
                  group="Backtest", places=BACKTEST, needs=("trials", "finished")),
    ConsoleAction("backtest.unit", ("b",), "USD/BTC", "metrics and equity in dollars, or bitcoins",
                  group="Backtest", places=BACKTEST, needs=("trials", "finished")),
    ConsoleAction("backtest.again", ("r",), "look again", "look for results on disk again", group="Backtest",
                  places=BACKTEST, needs=("trials",)),
    ConsoleAction("optimize.run", ("ctrl+r",), "search", "search as the form says, beside the bot", group="Optimize",
                  places=OPTIMIZE, needs=("hunts", "searchable"), hint=10, hint_panels=_SEARCH_PANELS),
    ConsoleAction("optimize.pause", ("space",), "pause", "let the search rest, or go on", group="Optimize",
                  places=OPTIMIZE, needs=("hunts", "searching"), hint=11, hint_panels=_SEARCH_PANELS),
    ConsoleAction("optimize.stop", ("x",), "stop", "end it, all is written; again: kill it", group="Optimize",
                  places=OPTIMIZE, needs=("hunts", "searching"), hint=12, hint_panels=_SEARCH_PANELS),
    ConsoleAction("optimize.open", ("enter",), "open", "change the field; the front of the search",
                  group="Optimize", places=OPTIMIZE, needs=("hunts",), hint=13, hint_panels=_SEARCH_PANELS),
    ConsoleAction("front.across", ("left_square_bracket",), "x axis", "the next objective across",
                  group="Optimize", places=OPTIMIZE | PARETO, needs=("front",), hint=35,
                  hint_panels=_SEARCH_PANELS + _FRONT_PANELS),
    ConsoleAction("front.upwards", ("right_square_bracket",), "y axis", "the next objective upwards",
                  group="Optimize", places=OPTIMIZE | PARETO, needs=("front",), hint=36,
                  hint_panels=_SEARCH_PANELS + _FRONT_PANELS),
    ConsoleAction("pareto.open", ("enter",), "backtest", "backtest the member; of a run: its members",
                  group="Optimize", places=PARETO, needs=("fronts", "member"), hint=10, hint_panels=_FRONT_PANELS),
    ConsoleAction("pareto.write", ("w",), "write", "write the member as a config", group="Optimize",
                  places=PARETO, needs=("fronts", "member"), hint=11, hint_panels=_FRONT_PANELS),
    ConsoleAction("pareto.adopt", ("d",), "live config", "write it as a config to trade with",
                  group="Optimize", places=PARETO, asks=True, needs=("fronts", "member"), hint=12,
                  hint_panels=_FRONT_PANELS),
    ConsoleAction("pareto.metric", ("m",), "metric", "show and sort by any metric", group="Optimize",
                  places=PARETO, needs=("fronts", "member"), hint=13, hint_panels=_FRONT_PANELS),
    ConsoleAction("pareto.again", ("r",), "look again", "look for fronts on disk again", group="Optimize",
                  places=PARETO, needs=("fronts",)),
    ConsoleAction("config.edit", ("E",), "edit", "the file in your editor; the bot goes on", group="Config",
                  places=CONFIG, needs=("config", "config_file"), hint=10, hint_panels=_CONFIG_PANELS),
    ConsoleAction("config.changed", ("o",), "only changed", "what differs from the default, or every key",
                  group="Config", places=CONFIG, needs=("config",), hint=12, hint_panels=_CONFIG_PANELS),
    ConsoleAction("config.next", ("e",), "next note", "the next fault, warning, change on disk",
                  group="Config", places=CONFIG, needs=("config",), hint=13, hint_panels=_CONFIG_PANELS),
    ConsoleAction("config.open", ("enter",), "open", "fold a section, or not; a key in full", group="Config",
                  places=CONFIG, needs=("config",), hint=14, hint_panels=_CONFIG_PANELS),
    ConsoleAction("config.file", ("f",), "other file", "look at a config file instead of the bot's", group="Config",
                  places=CONFIG, needs=("config",), hint=33, hint_panels=_CONFIG_PANELS),
    ConsoleAction("config.bot", ("b",), "the bot's", "look at what the bot runs on", group="Config", places=CONFIG,
                  needs=("config",)),
    ConsoleAction("config.copy", ("y",), "copy", "copy the key with its value", group="Config", places=CONFIG,
                  needs=("config",), hint=34, hint_panels=_CONFIG_PANELS),
    ConsoleAction("config.copy_key", ("Y",), "copy key", "copy the dotted key alone", group="Config", places=CONFIG,
                  needs=("config",)),
    ConsoleAction("config.again", ("ctrl+r",), "look again", "read what is on disk and in use again", group="Config",
                  places=CONFIG, needs=("config",)),
    ConsoleAction("fills.more", ("m",), "older", "list older orders, too", group="Fills", places=FILLS,
                  needs=("fills",), hint=10, hint_panels=_FILL_PANELS),
    ConsoleAction("fills.again", ("ctrl+r",), "look again", "ask the bot for its fills again", group="Fills",
                  places=FILLS, needs=("fills",)),
    ConsoleAction("replay.on", ("right", "l"), "on", "on to where the coin's orders change or fill",
                  group="Replay", places=REPLAY, needs=("replay",), hint=11, hint_panels=_REPLAY_PANELS),
    ConsoleAction("replay.back", ("left", "h"), "back", "back to where they changed or filled", group="Replay",
                  places=REPLAY, needs=("replay",), hint=10, hint_panels=_REPLAY_PANELS),
    ConsoleAction("replay.fill_on", ("n",), "fill", "the next fill of the coin", group="Replay", places=REPLAY,
                  needs=("replay",), hint=12, hint_panels=_REPLAY_PANELS),
    ConsoleAction("replay.fill_back", ("N",), "fill before", "the coin's fill before", group="Replay", places=REPLAY,
                  needs=("replay",)),
    ConsoleAction("replay.any_on", ("m",), "any fill", "the next fill of any coin", group="Replay", places=REPLAY,
                  needs=("replay",), hint=42, hint_panels=_REPLAY_PANELS),
    ConsoleAction("replay.any_back", ("M",), "any before", "the fill before, of any coin", group="Replay",
                  places=REPLAY, needs=("replay",)),
    ConsoleAction("replay.open", ("enter",), "why", "why the order stands there; on a fill: go to it", group="Replay",
                  places=REPLAY, needs=("replay",), hint=13, hint_panels=_REPLAY_PANELS),
    ConsoleAction("replay.go", ("g",), "go to", "go to a date or time", group="Replay", places=REPLAY,
                  needs=("replay",), hint=14, hint_panels=_REPLAY_PANELS),
    ConsoleAction("replay.coin", ("c",), "coin", "look at another coin", group="Replay", places=REPLAY,
                  needs=("replay",), hint=15, hint_panels=_REPLAY_PANELS),
    ConsoleAction("replay.whole", ("f",), "whole ladders", "ladders in full, or as the run needed them",
                  group="Replay", places=REPLAY, needs=("replay",), hint=41, hint_panels=_REPLAY_PANELS),
    ConsoleAction("replay.minute_on", ("full_stop",), "minute", "one candle on", group="Replay", places=REPLAY,
                  needs=("replay",)),
    ConsoleAction("replay.minute_back", ("comma",), "minute back", "one candle back", group="Replay", places=REPLAY,
                  needs=("replay",)),
    ConsoleAction("replay.hour_on", ("pagedown",), "+1 h", "an hour on", group="Replay", places=REPLAY,
                  needs=("replay",)),
    ConsoleAction("replay.hour_back", ("pageup",), "-1 h", "an hour back", group="Replay", places=REPLAY,
                  needs=("replay",)),
    ConsoleAction("replay.day_on", ("right_square_bracket",), "+1 d", "a day on", group="Replay", places=REPLAY,
                  needs=("replay",)),
    ConsoleAction("replay.day_back", ("left_square_bracket",), "-1 d", "a day back", group="Replay", places=REPLAY,
                  needs=("replay",)),
    ConsoleAction("replay.first", ("home",), "first", "where orders were wanted first", group="Replay", places=REPLAY,
                  needs=("replay",)),
    ConsoleAction("replay.last", ("end", "G"), "last", "the end of the run", group="Replay", places=REPLAY,
                  needs=("replay",)),
    ConsoleAction("log.search", ("slash",), "search", "find words, or a regular expression", group="Log", places=LOG,
                  needs=("log",), hint=10, hint_panels=_LOG_PANELS),
    ConsoleAction("log.next", ("n",), "next", "the next match", group="Log", places=LOG, needs=("log", "searched"),
                  hint=11, hint_panels=_LOG_PANELS),
    ConsoleAction("log.previous", ("N",), "before", "the match before", group="Log", places=LOG,
                  needs=("log", "searched")),
    ConsoleAction("log.only", ("o",), "only", "only lines with text, coin:SOL, !tag:x", group="Log", places=LOG,
                  needs=("log",), hint=12, hint_panels=_LOG_PANELS),
    ConsoleAction("log.coin", ("c",), "this coin", "only the coin of this line, or all again", group="Log", places=LOG,
                  needs=("log", "lines")),
    ConsoleAction("log.tag", ("t",), "this tag", "only the tag of this line, or all again", group="Log", places=LOG,
                  needs=("log", "lines")),
    ConsoleAction("log.next_error", ("e",), "next error", "jump to the next error", group="Log", places=LOG,
                  needs=("log", "lines"), hint=13, hint_panels=_LOG_PANELS),
    ConsoleAction("log.error_before", ("E",), "error before", "jump to the error before", group="Log", places=LOG,
                  needs=("log", "lines")),
    ConsoleAction("log.earlier", ("left_square_bracket",), "-1 h", "an hour back", group="Log", places=LOG,
                  needs=("log", "lines")),
    ConsoleAction("log.later", ("right_square_bracket",), "+1 h", "an hour on", group="Log", places=LOG,
                  needs=("log", "lines")),
    ConsoleAction("log.open", ("enter",), "unfold", "unfold the text; again: the line in full", group="Log",
                  places=LOG, needs=("log", "lines"), hint=33, hint_panels=_LOG_PANELS),
    ConsoleAction("log.mark", ("space",), "mark", "mark the line, or not", group="Log", places=LOG,
                  needs=("log", "lines")),
    ConsoleAction("log.mark_to", ("V",), "mark to here", "mark all from the last mark to here", group="Log",
                  places=LOG, needs=("log", "lines")),
    ConsoleAction("log.copy", ("y",), "copy", "copy the marked lines, or this one", group="Log", places=LOG,
                  needs=("log", "lines"), hint=34, hint_panels=_LOG_PANELS),
    ConsoleAction("log.write", ("Y",), "to a file", "write the marked lines, or this one, to a file", group="Log",
                  places=LOG, needs=("log", "lines")),
)  # fmt: skip
BY_ID: dict[str, ConsoleAction] = {action.id: action for action in ACTIONS}

_LABELS = {
    "question_mark": "?", "slash": "/", "colon": ":", "comma": ",", "full_stop": ".", "escape": "esc",
    "left_square_bracket": "[", "right_square_bracket": "]", "enter": "enter", "pagedown": "pgdn", "pageup": "pgup",
    "shift+tab": "S-tab",
}  # fmt: skip
_SIGNS = {
    "exclamation_mark": "!", "quotation_mark": '"', "number_sign": "#", "dollar_sign": "$", "percent_sign": "%",
    "ampersand": "&", "apostrophe": "'", "left_parenthesis": "(", "right_parenthesis": ")", "asterisk": "*",
    "plus": "+", "minus": "-", "semicolon": ";", "less_than_sign": "<", "equals_sign": "=", "greater_than_sign": ">",
    "at": "@", "backslash": "\\", "circumflex_accent": "^", "underscore": "_", "grave_accent": "`",
    "left_curly_bracket": "{", "vertical_line": "|", "right_curly_bracket": "}", "tilde": "~",
}  # fmt: skip


def key_label(key: str) -> str:
    """Return how a key is written on screen: `^p`, `?`, `esc`."""
    return _LABELS.get(key) or _SIGNS.get(key) or (f"^{key[5:]}" if key.startswith("ctrl+") else key)


def actions_of(place: Place) -> tuple[ConsoleAction, ...]:
    """Return the actions that a screen knows."""
    return tuple(action for action in ACTIONS if place in action.places)
