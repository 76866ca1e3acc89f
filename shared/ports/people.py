"""Who is asked, what they said, and where they are shown it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.model.approval import Approval, Card, Ended, Person, SlackUser, Vote
    from shared.model.shown import Message


class Ballots(Protocol):
    """Where questions to people and their votes are kept. Every method raises `StoreUnavailable` when it cannot."""

    def ask(self, approval: Approval) -> Approval:
        """Keep a question, or return the one that is kept under its id already."""

    def approval(self, approval_id: str) -> Approval:
        """A question by its id or an unambiguous beginning of it; raises `NotFound`."""

    def open(self) -> list[Approval]:
        """The questions that have not ended, oldest first."""

    def of_run(self, run: str) -> list[Approval]:
        """Every question about a run, newest first."""

    def vote(self, vote: Vote) -> bool:
        """Keep a vote; False where that person has voted on that question before, or it has ended.

        A deny is kept after the end as well where that is a fix, which may not have begun yet.

        Raises:
            NotFound: there is no such question.
        """

    def votes(self, approval_id: str) -> list[Vote]:
        """The votes on a question, in the order in which they were kept."""

    def end(self, ended: Ended) -> Ended:
        """End a question; the end that counts, which is another one where it had ended already.

        A question on which a deny is kept can only end as denied: whoever wants it consumed finds it denied. Votes and
        ends of a question are written one after the other, so no deny comes in between.

        Raises:
            NotFound: there is no such question.
        """

    def ended(self, approval_id: str) -> Ended | None:
        """How a question ended, None while it is open."""

    def first_time(self, digest: bytes, until: datetime) -> bool:
        """Whether a request is seen for the first time; remembered at least until a time."""

    def card(self, run: str) -> Card | None:
        """Where a run is shown, None where it is not."""

    def keep_card(self, card: Card) -> None:
        """Remember where a run is shown."""

    def snooze(self, run: str, until: datetime, by: str) -> None:
        """Do not show or remind of a run until a time."""

    def snoozed(self, run: str) -> datetime | None:
        """Until when a run is snoozed, None where it is not."""

    def person_of(self, account: SlackUser) -> Person | None:
        """The person behind an account of Slack, None for an unknown one."""

    def keep_person(self, account: SlackUser, person: Person) -> None:
        """Say which person is behind an account of Slack; said again, the last word holds."""

    def people(self) -> list[tuple[SlackUser, Person]]:
        """Every account of Slack with its person, by address."""


class Directory(Protocol):
    """Questions to the organisation's directory. Raises `NotAllowedToLook` and `LookFailed` as `Facts` does."""

    def is_member(self, group_id: str, member: str) -> bool:
        """Whether an e-mail address belongs to a group, by its id or its address: directly, or through groups in it."""


class Chat(Protocol):
    """Where people are shown what happens. Raises `ChatUnavailable` and `ChatRefused`; a message is never an answer."""

    def post(self, channel: str, message: Message, below: str = "") -> str:
        """Show a message in a channel, in the thread below another one where that is named; its name there."""

    def edit(self, card: Card, message: Message) -> None:
        """Show something else in a message's place; showing the same again changes nothing."""
