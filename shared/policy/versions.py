"""Which versions of the policy have a say now: a new one permits more only once it has been there for an hour.

What every version of the last hour permits is permitted. The last good version stays while the file is bad, for a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.model.policy import NOTHING_PERMITTED, GatePolicy
from shared.model.subject import Subject
from shared.policy.compiled import seal_of
from shared.policy.rulebook import Rulebook, Ruling, stricter

SHADOWED_FOR, GOOD_FOR = timedelta(hours=1), timedelta(hours=24)
MOST_VERSIONS = 8
"""More than these within an hour, and nothing is permitted until that hour is over."""
NOTHING = seal_of(NOTHING_PERMITTED)
"""The version that stands for there being no policy."""


class Outgoing(Struct, frozen=True, kw_only=True):
    """A version that was replaced, and until when it still has a say."""

    seal: str
    until: datetime


class Versions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is remembered: the newest good version by its seal, when a good file was last seen, and who has a say."""

    current: str = NOTHING
    good_at: datetime | None = None
    outgoing: tuple[Outgoing, ...] = ()

    @property
    def seals(self) -> frozenset[str]:
        """Every version that is still needed, but for the empty one."""
        return frozenset({self.current, *(one.seal for one in self.outgoing)} - {NOTHING})


def with_good(versions: Versions, seal: str, now: datetime) -> Versions:
    """After a good file was seen: a version that is new takes the place of the one before, which keeps its say."""
    lasting = tuple(one for one in versions.outgoing if one.until > now)
    if seal == versions.current:
        return replace(versions, good_at=now, outgoing=lasting)
    until = now + SHADOWED_FOR
    lasting = (
        *(one for one in lasting if one.seal != versions.current),
        Outgoing(seal=versions.current, until=until),
    )
    if len(lasting) >= MOST_VERSIONS:
        lasting = (Outgoing(seal=NOTHING, until=until),)
    return Versions(current=seal, good_at=now, outgoing=lasting)


def having_a_say(versions: Versions, now: datetime) -> tuple[str, ...]:
    """The seals of the versions that all have to permit a thing; the empty one alone where all falls to observing."""
    if versions.good_at is None or now - versions.good_at > GOOD_FOR:
        return (NOTHING,)
    return (versions.current, *(one.seal for one in versions.outgoing if one.until > now))


class InForce(Struct, frozen=True, kw_only=True):
    """What the policy says now: the versions that have a say, newest first, and what a person has to be told of it."""

    rulebooks: tuple[Rulebook, ...]
    told: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The newest version that has a say, "" where nothing is permitted."""
        return self.rulebooks[0].policy.digest

    def ruling(self, subject: Subject, now: datetime) -> Ruling:
        """What all versions that have a say make of a step; the strictest wins."""
        rulings = [one.ruling(subject, now) for one in self.rulebooks]
        ruled = rulings[0]
        for one in rulings[1:]:
            ruled = stricter(ruled, one)
        return ruled

    def groups_wanted(self, subject: Subject, now: datetime) -> frozenset[str]:
        """The groups whose membership any of them needs to know."""
        return frozenset[str]().union(*(one.groups_wanted(subject, now) for one in self.rulebooks))


def in_force(policies: tuple[GatePolicy, ...], told: tuple[str, ...] = ()) -> InForce:
    """The policies that have a say, compiled; without any nothing is permitted."""
    return InForce(rulebooks=tuple(map(Rulebook, policies or (NOTHING_PERMITTED,))), told=told)
