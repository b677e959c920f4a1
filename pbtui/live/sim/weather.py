"""When what goes wrong: a seeded choice of faults in episodes, with calm at the end of every hour."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

HOUR_S = 3_600
TROUBLE_FROM_S, TROUBLE_UNTIL_S = 4 * 60, 38 * 60  # of each hour; what follows is calm, and must heal
_LIKELY = 0.55  # that a seed has a fault at all, and that an hour has an episode of it

# Fault by number of the catalogue (perf_reliability.md 7).
FAULTS: dict[str, tuple[int, ...]] = {
    "lost_reply": (1,),
    "lost_request": (1,),
    "late_create": (1,),
    "reject": (2,),
    "lost_cancel": (3,),
    "partial": (4,),
    "stale": (5,),
    "events": (5,),
    "deaf": (6,),
    "storm": (7,),
    "limits": (8,),
    "garbage": (9,),
    "empty": (9, 10),
    "flicker": (10,),
    "clock": (11,),
    "suspend": (11,),
    "candles": (12,),
    "prices": (12,),
    "market": (13,),
    "foreign": (14,),
    "kill": (15, 16),
    "engine": (20,),
    "signal": (22,),
    "pages": (26,),
    "operator": (),
}


@dataclass(frozen=True, slots=True)
class Episode:
    """A fault at work between two moments, seconds of the simulation; strength 0 to 1."""

    fault: str
    start_s: float
    end_s: float
    strength: float


class Weather:
    """The episodes of one seed and the dice that decide each stroke; the same calls get the same strokes."""

    def __init__(self, seed: int, hours: int, *, only: Iterable[str] = ()) -> None:
        plan = random.Random(seed * 1_000_003 + 1)
        self.dice = random.Random(seed * 1_000_003 + 2)
        self.struck: Counter[str] = Counter()
        wanted = set(only)
        chosen = [fault for fault in FAULTS if plan.random() < _LIKELY]
        if wanted:
            chosen = [fault for fault in FAULTS if fault in wanted]
        self.faults = tuple(chosen)
        self.episodes: list[Episode] = []
        for hour in range(hours):
            for fault in self.faults:
                if wanted or plan.random() < _LIKELY:
                    self.episodes.append(_episode(plan, fault, hour))
        self._by_fault = {fault: [e for e in self.episodes if e.fault == fault] for fault in self.faults}

    def strength(self, fault: str, at_s: float) -> float:
        """Return how strong a fault is now, 0 when it is not at work."""
        return next((e.strength for e in self._by_fault.get(fault, ()) if e.start_s <= at_s < e.end_s), 0.0)

    def strikes(self, fault: str, at_s: float, *, share: float = 1.0) -> bool:
        """Throw the dice for one stroke of a fault, `share` of its strength; only a fault at work uses them."""
        strength = self.strength(fault, at_s)
        if strength <= 0.0 or self.dice.random() >= strength * share:
            return False
        self.struck[fault] += 1
        return True

    def since(self, fault: str, at_s: float) -> float:
        """Return for how many seconds a fault has been at work, 0 when it is not."""
        return next((at_s - e.start_s for e in self._by_fault.get(fault, ()) if e.start_s <= at_s < e.end_s), 0.0)


def calm(at_s: float) -> bool:
    """Tell whether no fault may be at work at this time of the hour."""
    return not TROUBLE_FROM_S <= at_s % HOUR_S < TROUBLE_UNTIL_S


def _episode(plan: random.Random, fault: str, hour: int) -> Episode:
    start = plan.uniform(TROUBLE_FROM_S, TROUBLE_UNTIL_S - 120)
    length = plan.uniform(60, 600)
    end = min(start + length, TROUBLE_UNTIL_S)
    return Episode(fault, hour * HOUR_S + start, hour * HOUR_S + end, plan.uniform(0.1, 0.7))
