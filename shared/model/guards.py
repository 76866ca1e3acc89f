"""What stands in the way of a change at this moment, whatever a rule permits: switches, budgets, breakers, marks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

EVERYTHING = "organization"


class Pause(Struct, frozen=True, kw_only=True):
    """A stop that a person has set. `scope` is `organization`, `folders/N`, `projects/P` or `rule:ID`."""

    scope: str
    by: str
    why: str
    at: datetime


class Budget(StrEnum):
    """What is counted, and of whom; the limits stand in `shared/guards/budgets.py`."""

    PRINCIPAL_GRANTS = "grants of a principal"
    PRINCIPAL_ROLES = "distinct roles of a principal"
    PROJECT = "changes in a project"
    ORGANIZATION = "changes in the organisation"
    API = "APIs enabled"
    MACHINE = "interruptions of a machine"
    SAME = "the same grant again"
    CARDS = "cards that ask nobody"


class Charge(Struct, frozen=True, kw_only=True):
    """One use of a budget: of which, whose, and what it was for (a role, where distinct ones are counted)."""

    budget: Budget
    whose: str
    what: str = ""


class Spent(Struct, frozen=True, kw_only=True):
    """A charge that was counted when the intent of a fix was written; `key` makes counting it twice count once."""

    charge: Charge
    key: str
    at: datetime


class Went(StrEnum):
    """How an effect went, as far as the breaker cares.

    WORKED and FAILED are what they say; BROKE is worse than failed: a check afterwards failed, we were refused our own
    call, or putting something back failed. PROBED is a dry run after the breaker was open, RESET a person's word.
    """

    WORKED = "worked"
    FAILED = "failed"
    BROKE = "broke"
    PROBED = "probed"
    RESET = "reset"


class Trip(Struct, frozen=True, kw_only=True):
    """One thing the breaker is decided from."""

    went: Went
    why: str
    at: datetime


class Runtime(Struct, frozen=True, kw_only=True):
    """Everything that holds now and makes a decision stricter, never freer.

    `enforcing` is False in observe mode. `pauses` is None where the switch could not be read, which counts as set;
    `over` are the budgets that are used up, in sentences, None where they could not be read. `breaker` says why only
    dry runs or only people are left, "" for neither. `probing` says since when the caller is taken to be probing.
    `received_at` is when Cloud Logging received the entry. `ours` are our own identities, `protected` the beginnings
    of full resource names that never change. `domains` are those of the organisation's people, `organization` is its
    number: only whom they show to be ours is given something without a person.
    """

    enforcing: bool = False
    pauses: tuple[Pause, ...] | None = ()
    over: tuple[str, ...] | None = ()
    breaker: str = ""
    people_only: bool = False
    probing: str = ""
    received_at: datetime | None = None
    ours: frozenset[str] = frozenset()
    protected: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    organization: str = ""


OBSERVING = Runtime()
