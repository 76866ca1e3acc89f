"""What a step does next, as a value: an effect, another state, an end, or a call for a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from msgspec import Struct

from shared.execution.fold import Fix, Progress
from shared.model.effect import Before, Effect
from shared.model.journal import Opened, Outcome
from shared.model.work import Work
from shared.ports import Sight

NAMESPACE = UUID("b7ab21c2-1c0f-4c1b-9a50-6a7f6a5ef0a4")
"""Ours, for the request ids that make a call safe to repeat."""


class Told(Struct, frozen=True, kw_only=True):
    """What is kept on the way: observations, and why a person is called, which is done once for the same words."""

    seen: dict[str, str] = {}
    page: str = ""


class Act(Told, frozen=True, kw_only=True):
    """Do one effect, then be in a state. The intent is written first, with what was there before and the inverse.

    `within` is how long that state may take, where its table does not say it.
    """

    effect: Effect
    before: Before
    inverse: Effect | None
    then: str
    wait: timedelta = timedelta()
    within: timedelta | None = None


class Go(Told, frozen=True, kw_only=True):
    """Be in a state, and look again after a while."""

    state: str
    wait: timedelta = timedelta()
    note: str = ""


class Page(Struct, frozen=True, kw_only=True):
    """Call a person, stay in the state, and look again after a while; once as long as the state lasts."""

    why: str
    wait: timedelta


class Again(Struct, frozen=True, kw_only=True):
    """Nothing could be told; try the same again a little later."""

    why: str


class End(Told, frozen=True, kw_only=True):
    """The step is over; one that needs a person calls one."""

    outcome: Outcome
    why: str


Next = Act | Go | Page | Again | End


class Eyes(Struct, frozen=True, kw_only=True):
    """What a step may know when it decides: the cloud as it is now, the time, and the fix it belongs to.

    `ours` are the service accounts that we act as.
    """

    sight: Sight
    now: datetime
    fix: Fix
    opened: Opened
    ours: frozenset[str] = frozenset()

    def request(self, progress: Progress, what: str) -> str:
        """The id of a call, the same for every repeat of it; a new one only after an operation has failed for good."""
        failed = sum(1 for one in progress.effects if one.receipt is not None)
        return str(uuid5(NAMESPACE, f"{self.fix.id}/{progress.step}/{what}/{failed}"))


class Moves(Struct, frozen=True, kw_only=True):
    """How one kind of work is carried out.

    `states` gives each state the time it may take; `edges` the legal transitions with why they are taken; `advance`
    decides what is next; `inverse` is the work that takes back what this run changed, None where nothing is ours.
    `may_redo` says whether an effect whose outcome is not known may still be done again: safe to repeat is not yet
    right to repeat, a day later. Where it may not, its receipt says UNKNOWN and `advance` looks what is there.
    `patient` is whether it waits while another fix is at its target.
    """

    work: type
    states: dict[str, timedelta]
    edges: tuple[tuple[str, str, str], ...]
    advance: Callable[[Any, Progress, Eyes], Next]
    inverse: Callable[[Any, Progress], Work | None]
    targets: Callable[[Any], tuple[str, ...]]
    may_redo: Callable[[Any, Progress, Eyes], bool] = lambda _work, _progress, _eyes: True
    patient: bool = True
