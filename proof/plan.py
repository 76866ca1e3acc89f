"""Which events a case is put through: one at every moment and every call of its undisturbed run, or pairs of them.

What cannot make a difference is folded, and counted: the table says so. A process keeps nothing when it dies, and a
look changes nothing, so dying before a look and after it is dying after what was written last. For a worker that is
paused, or that the store fails, the moment after one thing is the one before the next.
"""

from __future__ import annotations

from collections import Counter
from random import Random

from msgspec import Struct

from proof.cases import Case
from proof.events import (
    ANSWERS_NOTHING,
    ASKED_AGAIN,
    DEATHS,
    FAILS,
    FAULTS,
    FOREIGN,
    HANG,
    HANGS,
    LOSES,
    OVERTAKEN,
    REMADE,
    RIVAL,
    STALE_LOOK,
    STARTED,
    STOCKOUTS,
    STORE,
    SWITCH_FAILS,
    Event,
)
from proof.hooks import CLOUD, GUARDS, JOURNAL
from proof.life import Ended
from proof.order import CHANGES

VERBS = ("stop", "setServiceAccount", "start")
CODES = ("ZONE_RESOURCE_POOL_EXHAUSTED", "QUOTA_EXCEEDED", "INTERNAL_ERROR")
STALE = "stale"
STORED = (*JOURNAL, *GUARDS)
ALIKE = (ASKED_AGAIN, ANSWERS_NOTHING)
"""Faults that come to the same where a call only looks: it is asked again; or it has failed."""
WRITES = (*STORED, *CLOUD)
MOST_PAIRS = 400
"""Of each case: every pair would be a million of runs; the seed chooses which."""
FOLDED = {
    KIND: WHY
    for kinds, WHY in (
        (DEATHS, "a process that dies next to a look has died after what was written last"),
        ((OVERTAKEN,), "a pause after one thing is the pause before the next thing of the same worker"),
        ((RIVAL,), "likewise; and during a look another worker finds only the claim, as it does at the next write"),
        ((STORE,), "only what is written to the store can fail there"),
        ((HANG,), "a look that hangs ends as one that is past its deadline"),
        (ASKED_AGAIN, "a look is asked again after each of these; each look meets one of them, in turn"),
        (ANSWERS_NOTHING, "a look has failed after each of these; each look meets one of them, in turn"),
        ((STALE, STALE_LOOK), "only what has changed can be out of date"),
    )
    for KIND in kinds
}
"""Which kinds do not happen everywhere, and why that changes nothing."""

ELSEWHERE = "what happens while a case is like another one happens in that one"


class Chosen(Struct, frozen=True, kw_only=True):
    """The runs of a case, and how many events of a kind were folded into others."""

    every: list[tuple[Event, ...]]
    folded: dict[str, int]


def singles(case: Case, calm: Ended, only: str = "", like: Ended | None = None) -> Chosen:
    """Every single event, crashes first; `only` keeps the kinds that begin with it.

    What happens while everything still is as in the run that it is `like` is that one's.
    """
    places = {kind: _dies_at(calm) for kind in DEATHS}
    places |= {STORE: _stored_at(calm), RIVAL: _met_at(calm), OVERTAKEN: _paused_at(calm), STALE_LOOK: [*calm.differed]}
    faults = {kind: _called_at(kind, calm) for kind in FAULTS}
    others = {kind: list(range(len(calm.calls))) for kind in _others(case)}
    if case.only:
        each = places, faults, others
        places, faults, others = ({kind: one[kind] for kind in case.only if kind in one} for one in each)
    if like is not None:
        same_moments, same_calls = _alike(calm.moments, like.moments), _alike(calm.calls, like.calls)
        places = {kind: [at for at in where if at >= same_moments] for kind, where in places.items()}
        faults = {kind: [at for at in where if at >= same_calls] for kind, where in faults.items()}
        others = {kind: [at for at in where if at >= same_calls] for kind, where in others.items()}
    moments, calls = len(calm.moments), len(calm.calls)
    everywhere = Counter(dict.fromkeys(places, moments)) + Counter(dict.fromkeys(faults, calls))
    found = [Event(kind, at) for kind, where in {**places, **faults, **others}.items() for at in where]
    operations = () if case.only else _operations(case)
    every = [one for one in (*found, *operations) if one.kind.startswith(only)]
    folded = {kind: many - len({**places, **faults}[kind]) for kind, many in everywhere.items()}
    return Chosen(every=[(one,) for one in every],
                  folded={kind: many for kind, many in folded.items() if many and kind.startswith(only)})  # fmt: skip


def _alike(ours: tuple[str, ...], theirs: tuple[str, ...]) -> int:
    """How many at the beginning are the same."""
    return next((at for at, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other), len(theirs))


def _dies_at(calm: Ended) -> list[int]:
    """At the beginning, and after everything that was written."""
    return [at for at, name in enumerate(calm.moments) if at == 0 or _is("after", name)]


def _stored_at(calm: Ended) -> list[int]:
    return [at for at, name in enumerate(calm.moments) if name.partition(" ")[2] in STORED]


def _paused_at(calm: Ended) -> list[int]:
    """Before everything, and after what a worker has ended with."""
    return [at for at, name in enumerate(calm.moments) if name.startswith("before") or at in calm.last]


def _met_at(calm: Ended) -> list[int]:
    """Where a worker is paused, but for its looks: the claim that it holds by then is all that another one finds."""
    return [at for at in _paused_at(calm) if calm.moments[at].partition(" ")[2] in WRITES]


def _is(when: str, name: str) -> bool:
    said, _, method = name.partition(" ")
    return said == when and method in WRITES


def _called_at(kind: str, calm: Ended) -> list[int]:
    """Every call that changes something; of the looks each meets one fault of those that come to the same."""
    asked = {STALE: (".getIamPolicy",), HANG: CHANGES}.get(kind, ("",))
    places = [at for at, called in enumerate(calm.calls) if called.endswith(asked)]
    alike = next((kinds for kinds in ALIKE if kind in kinds), (kind,))
    turn = alike.index(kind)
    return [at for at in places if calm.calls[at].endswith(CHANGES) or at % len(alike) == turn]


def pairs(case: Case, calm: Ended, seed: int, most: int = MOST_PAIRS) -> Chosen:
    """Some pairs of events in the order of time, chosen by the seed: a crash or a fault, then another one."""
    dice = Random(f"{seed} {case.name}")  # noqa: S311 - a choice that can be made again, no secret
    single = singles(case, calm)
    every = [one for (one,) in single.every]
    found: dict[tuple[Event, ...], None] = {}
    while len(found) < min(most, len(every) * (len(every) - 1) // 4):
        first, second = dice.choice(every), dice.choice(every)
        if first != second and not (first.kind in FAULTS and second.kind in FAULTS and first.at == second.at):
            found[(first, second)] = None
    return Chosen(every=list(found), folded={})


def _others(case: Case) -> tuple[str, ...]:
    """What other people do meanwhile."""
    if not case.habits:
        return (FOREIGN,) if not case.switches else ()
    return (REMADE, STARTED)


def _operations(case: Case) -> list[Event]:
    """How operations end badly, or cannot be found any more."""
    if case.switches:
        return [Event(f"{SWITCH_FAILS}:{case.switches}")]
    if not case.habits:
        return []
    verbs = ("reset",) if "reset" in case.name else VERBS
    fails = [f"{FAILS}:{verb}:{code}" for verb in verbs for code in CODES]
    loses = [f"{LOSES}:{many}" for many in range(1, len(verbs) + 1)]
    return [Event(one) for one in (*fails, *loses, *(f"{STOCKOUTS}:{many}" for many in (3, 7)), f"{HANGS}:stop")]
