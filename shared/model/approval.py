"""A question put to people, their votes, and its one end; what it has come to follows from these alone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from shared.model.decision import Quorum
from shared.model.work import Work


class Person(Struct, frozen=True, kw_only=True):
    """One person of the directory: `id` counts, the address is for reading."""

    id: str
    email: str


class SlackUser(Struct, frozen=True, kw_only=True):
    """An account of Slack; only all three together name one. `enterprise` is "" outside an Enterprise Grid."""

    enterprise: str = ""
    team: str
    user: str


class Approval(Struct, frozen=True, kw_only=True):
    """What people are asked: a run's plan by its hash, its tier, who has to agree until when, and who never counts.

    `works` are what was shown, to tell later what has changed; what is carried out is bound by the hash alone.
    `never` are IAM members: who was refused, on whose behalf, and who gains.
    `domains` are those of the organisation: nobody outside them counts, and nobody at all where there are none.
    `hours` is how long a grant would last, `window` when a machine may be interrupted.
    """

    id: str
    run: str
    plan_hash: str
    works: tuple[Work, ...] = ()
    tier: str
    quorums: tuple[Quorum, ...]
    asked_at: datetime
    expires_at: datetime
    never: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    hours: int = 1
    window: str = ""
    rules: tuple[str, ...] = ()


class Choice(StrEnum):
    """What a person may say. A deny is final."""

    APPROVE = "approve"
    DENY = "deny"


class Vote(Struct, frozen=True, kw_only=True):
    """What one person said, on what, why and through what; kept once and never changed.

    `groups` are the directory groups that the person was a member of when voting. `proof` is what the channel signed,
    in full, so that whoever carries the fix out can verify it again; `strong` whether that is an OIDC or IAP assertion.
    """

    approval: str
    plan_hash: str
    person: Person
    choice: Choice
    reason: str
    at: datetime
    channel: str
    groups: tuple[str, ...] = ()
    proof: bytes = b""
    strong: bool = False


class Ending(StrEnum):
    """How a question ends: consumed by exactly one fix, denied, nobody in time, or the plan is no longer the same."""

    CONSUMED = "consumed"
    DENIED = "denied"
    EXPIRED = "expired"
    DRIFTED = "drifted"
    REFUSED = "refused"


class Ended(Struct, frozen=True, kw_only=True):
    """The one end of a question: exactly one can be written. `by` is a person's id or, where consumed, the fix's."""

    approval: str
    ending: Ending
    at: datetime
    by: str = ""
    why: str = ""


def is_too_late(vote: Vote, over: Ended | None) -> bool:
    """Whether a vote comes after the end of its question; a deny still counts against a fix that has not begun."""
    return over is not None and not (vote.choice is Choice.DENY and over.ending is Ending.CONSUMED)


def denied_by(deny: Vote, at: datetime) -> Ended:
    """How a question ends on which somebody said no, whatever end was wanted."""
    return Ended(approval=deny.approval, ending=Ending.DENIED, at=at, by=deny.person.id, why=deny.reason)


class State(StrEnum):
    """What a question has come to: it waits, enough people agree, or one of its ends."""

    ASKED = "asked"
    APPROVED = "approved"
    CONSUMED = "consumed"
    DENIED = "denied"
    EXPIRED = "expired"
    DRIFTED = "drifted"
    REFUSED = "refused"


class Uncounted(Struct, frozen=True, kw_only=True):
    """A vote that does not count, and why in words that follow the person's address."""

    vote: Vote
    why: str


class Standing(Struct, frozen=True, kw_only=True):
    """How a question stands by its votes: who is still needed, in words, "" where nobody is, and whose vote counts."""

    state: State
    missing: str = ""
    counted: tuple[Vote, ...] = ()
    not_counted: tuple[Uncounted, ...] = ()


class Card(Struct, frozen=True, kw_only=True):
    """Where people are shown a run: one message of one channel, edited in place."""

    run: str
    channel: str
    message: str
