"""Ballots in memory, with the rules of the real ones: one vote a person, one end a question, and a deny wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import msgspec

from shared.errors import NotFound, StoreUnavailable
from shared.model.approval import Approval, Card, Choice, Ended, Person, SlackUser, Vote, denied_by, is_too_late
from shared.model.codec import from_json, to_json

Reach = Callable[[str], None]
"""Told before and after everything that could be the last thing a worker does."""


class MemoryBallots:
    def __init__(self, reach: Reach = lambda _: None) -> None:
        self.asked: dict[str, Approval] = {}
        self.given: dict[str, list[Vote]] = {}
        self.ends: dict[str, Ended] = {}
        self.requests: dict[bytes, datetime] = {}
        self.cards: dict[str, Card] = {}
        self.snoozes: dict[str, tuple[datetime, str]] = {}
        self.known: dict[SlackUser, Person] = {}
        self.reach = reach
        self.fails = False
        self._lock = threading.RLock()

    def ask(self, approval: Approval) -> Approval:
        self._up()
        return self.asked.setdefault(approval.id, from_json(to_json(approval), Approval))

    def approval(self, approval_id: str) -> Approval:
        self._up()
        if approval_id in self.asked:
            return self.asked[approval_id]
        found = [one for one in self.asked.values() if approval_id and one.id.startswith(approval_id)]
        if len(found) != 1:
            raise NotFound(f"no question, or several, begin with {approval_id!r}")
        return found[0]

    def open(self) -> list[Approval]:
        self._up()
        return sorted((one for one in self.asked.values() if one.id not in self.ends), key=lambda one: one.asked_at)

    def of_run(self, run: str) -> list[Approval]:
        self._up()
        found = [one for one in reversed(self.asked.values()) if one.run == run]
        return sorted(found, key=lambda one: one.asked_at, reverse=True)

    def vote(self, vote: Vote) -> bool:
        self.reach("before a vote")
        self._up()
        with self._lock:
            given = self._votes_on(vote.approval)
            too_late = is_too_late(vote, self.ends.get(vote.approval))
            if too_late or any(one.person.id == vote.person.id for one in given):
                return False
            given.append(from_json(to_json(vote), Vote))
        self.reach("after a vote")
        return True

    def votes(self, approval_id: str) -> list[Vote]:
        self._up()
        return list(self.given.get(approval_id, ()))

    def end(self, ended: Ended) -> Ended:
        self.reach("before an end")
        self._up()
        with self._lock:
            deny = next((one for one in self._votes_on(ended.approval) if one.choice is Choice.DENY), None)
            kept = self.ends.setdefault(ended.approval, denied_by(deny, ended.at) if deny else ended)
        self.reach("after an end")
        return kept

    def ended(self, approval_id: str) -> Ended | None:
        self._up()
        return self.ends.get(approval_id)

    def first_time(self, digest: bytes, until: datetime) -> bool:
        self._up()
        with self._lock:
            is_new = digest not in self.requests
            self.requests.setdefault(digest, until)
        return is_new

    def card(self, run: str) -> Card | None:
        self._up()
        return self.cards.get(run)

    def keep_card(self, card: Card) -> None:
        self._up()
        self.cards[card.run] = card

    def snooze(self, run: str, until: datetime, by: str) -> None:
        self._up()
        self.snoozes[run] = (until, by)

    def snoozed(self, run: str) -> datetime | None:
        self._up()
        return self.snoozes[run][0] if run in self.snoozes else None

    def person_of(self, account: SlackUser) -> Person | None:
        self._up()
        return self.known.get(account)

    def keep_person(self, account: SlackUser, person: Person) -> None:
        self._up()
        self.known[account] = person

    def people(self) -> list[tuple[SlackUser, Person]]:
        self._up()
        return sorted(self.known.items(), key=lambda pair: (pair[1].email, msgspec.structs.astuple(pair[0])))

    def _votes_on(self, approval_id: str) -> list[Vote]:
        if approval_id not in self.asked:
            raise NotFound(f"there is no question {approval_id!r}")
        return self.given.setdefault(approval_id, [])

    def _up(self) -> None:
        if self.fails:
            raise StoreUnavailable("the test took the ballots away")
