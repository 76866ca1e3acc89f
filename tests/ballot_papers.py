"""Questions and votes in one line: ann and bob own the target, sue and tom are security, eve gains by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fakes.clock import START

from shared.model.approval import Approval, Choice, Person, Vote
from shared.model.decision import Quorum

MINUTE = timedelta(minutes=1)
OWNERS, SECURITY = Quorum(name="owners", group_id="own"), Quorum(name="security", group_id="sec")
GROUPS = {"ann": ("own",), "bob": ("own",), "sue": ("sec",), "tom": ("sec",), "max": ("own", "sec"), "eve": ("own",)}
WHY = "the reports are due today"


def question(**more: Any) -> Approval:
    """A question of tier T2, asked at START for 30 minutes."""
    told = {
        "id": "a-1",
        "run": "r-1",
        "plan_hash": "h",
        "tier": "T2",
        "quorums": (OWNERS, SECURITY),
        "asked_at": START,
        "expires_at": START + 30 * MINUTE,
        "never": ("user:eve@example.com",),
        "domains": ("example.com",),
    }
    return Approval(**{**told, **more})


def t1(**more: Any) -> Approval:
    """A question of tier T1, to one owner."""
    return question(**{"tier": "T1", "quorums": (OWNERS,), **more})


def person(who: str) -> Person:
    return Person(id=f"id-{who}", email=who if "@" in who else f"{who}@example.com")


def paper(who: str, choice: Choice = Choice.APPROVE, **more: Any) -> Vote:
    """A vote that counts, unless something else is said of it."""
    told = {
        "approval": "a-1",
        "plan_hash": "h",
        "person": person(who),
        "choice": choice,
        "reason": WHY,
        "at": START + MINUTE,
        "channel": "slack",
        "groups": GROUPS.get(who, ()),
    }
    return Vote(**{**told, **more})


def no(who: str, **more: Any) -> Vote:
    return paper(who, Choice.DENY, **more)
