"""Which events a case is put through: one at every moment and every call of its undisturbed run, or pairs of them."""

from __future__ import annotations

from random import Random

from proof.cases import Case
from proof.life import CRASHES, FAULTS, FOREIGN, REMADE, STARTED, Ended, Event

VERBS = {"stop": 1, "setServiceAccount": 2, "start": 3}
CODES = ("ZONE_RESOURCE_POOL_EXHAUSTED", "QUOTA_EXCEEDED", "INTERNAL_ERROR")
HABITS = ("habit:start_stockouts:3", "habit:start_stockouts:7")
MOST_PAIRS = 400
"""Of each case: every pair would be a million of runs; the seed chooses which."""


def singles(case: Case, calm: Ended, only: str = "") -> list[tuple[Event, ...]]:
    """Every single event, crashes first; `only` keeps the kinds that begin with it."""
    crashes = [Event(kind, at) for kind in CRASHES for at in range(len(calm.moments))]
    faults = [Event(kind, at) for kind in FAULTS for at in range(len(calm.calls))]
    others = [Event(kind, at) for kind in _others(case) for at in range(len(calm.calls))]
    every = [*crashes, *faults, *others, *(Event(kind) for kind in _operations(case))]
    return [(one,) for one in every if one.kind.startswith(only)]


def pairs(case: Case, calm: Ended, seed: int, most: int = MOST_PAIRS) -> list[tuple[Event, ...]]:
    """Some pairs of events in the order of time, chosen by the seed: a crash or a fault, then another one."""
    dice = Random(f"{seed} {case.name}")  # noqa: S311 - a choice that can be made again, no secret
    every = [one for (one,) in singles(case, calm)]
    found: dict[tuple[Event, ...], None] = {}
    while len(found) < most:
        first, second = dice.choice(every), dice.choice(every)
        if first != second and not (first.kind in FAULTS and second.kind in FAULTS and first.at == second.at):
            found[(first, second)] = None
    return list(found)


def _others(case: Case) -> tuple[str, ...]:
    """What other people do meanwhile."""
    if not case.habits:
        return (FOREIGN,) if "API" not in case.name else ()
    return (FOREIGN, REMADE, STARTED)


def _operations(case: Case) -> list[str]:
    """How operations on a machine end badly, or cannot be found any more."""
    if not case.habits:
        return []
    verbs = ("reset",) if "reset" in case.name else tuple(VERBS)
    fails = [f"fails:{verb}:{code}" for verb in verbs for code in CODES]
    return [*fails, *(f"loses:{many}" for many in range(1, len(verbs) + 1)), *HABITS]
