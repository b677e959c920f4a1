"""The coins a run may trade, re-read from their files while a bot runs (config.md 7.3–7.5, live.md 8)."""

from __future__ import annotations

from collections.abc import Mapping

from pbtui.config.coin_lists import CoinSource, coins_of, read_coin_source
from pbtui.config.model import Config
from pbtui.config.normalise import LISTS
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import PSIDES, Pside


class CoinLists:
    """Approved and ignored coins per side; `refresh` re-reads coin files, an error keeps the previous sets."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._sources: dict[str, CoinSource] = dict(config.sources)
        self._sets = self._coins(self._sources)
        self.warning = ""

    def refresh(self) -> bool:
        """Read the lists again; True when a set changed. An unreadable file keeps the sets and fills `warning`."""
        if not any(source.files for source in self._config.sources.values()):
            return False
        try:
            fresh = {name: read_coin_source(self._config.source_values[name], self._config.places) for name in LISTS}
        except ConfigError as error:
            self.warning = f"coin lists are unchanged: {error.line()}"
            return False
        emptied = [path for name in LISTS for path in fresh[name].blank if path not in self._sources[name].blank]
        if emptied:  # most likely it is being written; an empty list may mean every market
            self.warning = f"coin lists are unchanged: {sanitize_line(emptied[0])} is empty (write [] to mean it)"
            return False
        self.warning = ""
        sets = self._coins(fresh)
        changed = sets != self._sets
        self._sources, self._sets = fresh, sets
        return changed

    def approved(self, pside: Pside) -> frozenset[str]:
        """Return the approved coins of a side, ignored ones included; empty when `all_approved`."""
        return self._sets["approved_coins"][pside]

    def ignored(self, pside: Pside) -> frozenset[str]:
        """Return the ignored coins of a side."""
        return self._sets["ignored_coins"][pside]

    def all_approved(self, pside: Pside) -> bool:
        """Whether every eligible market counts as approved on a side."""
        if pside in self._sources["approved_coins"].everything:
            return True
        return not self.approved(pside) and bool(self._config.live.empty_means_all_approved)

    def _coins(self, sources: Mapping[str, CoinSource]) -> dict[str, dict[Pside, frozenset[str]]]:
        return {
            name: {pside: frozenset(coins_of(source.sides[pside])) for pside in PSIDES}
            for name, source in sources.items()
        }


def backtest_coins(config: Config) -> dict[Pside, list[str]] | None:
    """Return the coins each side trades in a backtest or optimisation; None means every eligible market on both.

    The reference trades the union of both approved sides on both sides and forgets ignored coins;
    `backtest.honour_coin_lists` makes both lists act as in live.
    """
    source = config.sources["approved_coins"]
    approved = {pside: coins_of(source.sides[pside]) for pside in PSIDES}
    ignored = {pside: set(coins_of(config.sources["ignored_coins"].sides[pside])) for pside in PSIDES}
    if source.everything or (config.live.empty_means_all_approved and not any(approved.values())):
        return None
    if config.backtest.honour_coin_lists:
        return {pside: [coin for coin in approved[pside] if coin not in ignored[pside]] for pside in PSIDES}
    union = sorted({coin for coins in approved.values() for coin in coins})
    return dict.fromkeys(PSIDES, union)
