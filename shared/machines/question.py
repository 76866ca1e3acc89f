"""The question that every precondition answers: may this be done to this machine now?"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from shared.model.facts import Change
from shared.model.machine import Intervention, Machine, Outcome, Precondition, Surroundings

STOPPED = frozenset({"TERMINATED", "STOPPED"})


class Question(Struct, frozen=True, kw_only=True):
    """What is to be done to which machine, and when; `planned_id` is the number of the one that was planned for.

    `touched` are the recent changes of its metadata, account and scopes, None where they could not be told;
    `requesters` are those that it is done for.
    """

    machine: Machine
    around: Surroundings
    intervention: Intervention
    planned_id: str
    now: datetime
    touched: tuple[Change, ...] | None
    requesters: frozenset[str]

    @property
    def interrupts(self) -> bool:
        """Whether anything runs that would be interrupted; a machine that is stopped already stays so."""
        return self.machine.status not in STOPPED

    @property
    def stops(self) -> bool:
        """Whether it would be stopped and started, which a reset does not do."""
        return self.interrupts and self.intervention is not Intervention.RESET


def refused(name: str, said: str) -> Precondition:
    """A refusal, with what a person can do instead."""
    return Precondition(name, Outcome.REFUSE, said)


def untold(name: str, what: str, look: str) -> Precondition:
    """A refusal because something is not known, and which look would tell it."""
    return refused(name, f"Could not tell {what}, so nothing is done: {look}.")


def warned(name: str, said: str) -> Precondition:
    """Something that two people have to agree to knowingly."""
    return Precondition(name, Outcome.T2, said)


def noted(name: str, said: str) -> Precondition:
    """Something worth knowing that stands in no one's way."""
    return Precondition(name, Outcome.NOTE, said)
