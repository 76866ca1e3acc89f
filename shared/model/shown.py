"""What people are shown of a run, as data: the state it is in, what is asked, who said what, and how it ended."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from shared.model.approval import Approval, SlackUser, Standing
from shared.model.report import Report
from shared.model.work import Work


class Stage(StrEnum):
    """Where a run stands, for those who look at its card.

    told: nothing is asked. asked, voted: somebody is still needed. scheduled: approved, and waiting for its window.
    fixed is said only where the original call succeeds, nothing where all was as planned before. expired: nobody in
    time, which is a no. drifted: the plan is no longer the one that was shown. refused: policy permits it no more.
    """

    TOLD = "told"
    ASKED = "asked"
    VOTED = "voted"
    SNOOZED = "snoozed"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    FIXED = "fixed"
    NOTHING = "nothing"
    NOT_FIXED = "not_fixed"
    COULD_NOT_TELL = "could_not_tell"
    UNDONE = "undone"
    DENIED = "denied"
    EXPIRED = "expired"
    DRIFTED = "drifted"
    REFUSED = "refused"


class Shown(Struct, frozen=True, kw_only=True):
    """One run as its card shows it.

    `gains` is whom the change gives something, `why` how it ended or what it waits for, `until` when it begins or for
    how long it is snoozed, `by` who ended it, `often` how many entries reported it.
    """

    run: str
    stage: Stage
    report: Report
    works: tuple[Work, ...] = ()
    approval: Approval | None = None
    standing: Standing | None = None
    gains: tuple[str, ...] = ()
    why: str = ""
    until: datetime | None = None
    by: str = ""
    fix: str = ""
    often: int = 1


class Message(Struct, frozen=True):
    """A message of Slack: what a notification says, and the blocks."""

    text: str
    blocks: tuple[dict[str, Any], ...] = ()


class Wish(StrEnum):
    """What a click on a card asks for."""

    APPROVE = "approve"
    DENY = "deny"
    SNOOZE = "snooze"
    ANOTHER = "another"


class Click(Struct, frozen=True, kw_only=True):
    """One click whose signature was verified: who, on which question, and what they typed.

    `typed` is whether the reason comes from the form that asks for nothing else. `digest` is of the signed bytes, and
    `proof` is all of them. `seat` is what the account is where it is no plain member, in words: "a bot". `answer_to`
    is where Slack takes an answer for this person alone, `trigger` what lets a form be opened.
    """

    wish: Wish
    account: SlackUser
    approval: str
    plan_hash: str
    reason: str = ""
    typed: bool = False
    seat: str = ""
    answer_to: str = ""
    trigger: str = ""
    digest: bytes = b""
    proof: bytes = b""


class Reply(Struct, frozen=True, kw_only=True):
    """What the person who clicked is told, and nobody else; `view` is a form to open instead.

    `outcome` is for the log line.
    """

    outcome: str
    text: str = ""
    blocks: tuple[dict[str, Any], ...] = ()
    view: dict[str, Any] | None = None
