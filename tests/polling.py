"""A polling station of fakes: a plan is asked about, people vote, and it is settled, with workers that may die."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ballot_papers import GROUPS, OWNERS, SECURITY, WHY, person
from fakes.ballots import MemoryBallots
from fakes.directory import MemoryDirectory
from fakes.errands import OnlyDenies
from fakes.workshop import Bench
from msgspec.structs import replace

from shared.deciding import Cast, Said, Station, ask, vote
from shared.model.approval import Approval, Choice, Person, SlackUser, Vote
from shared.model.codec import to_json
from shared.model.decision import ASK, Decision, Terms
from shared.model.facts import Condition
from shared.model.names import Role
from shared.model.report import Report
from shared.model.work import Grant, OriginalCall, Work
from shared.pipeline.works import Proposal
from shared.preparing import Prepared
from shared.settling import Settled, Settlement, settle

HOUR = timedelta(hours=1)
TERMS = Terms(tier="T2", quorums=(OWNERS, SECURITY))
BUCKET = "//storage.googleapis.com/projects/_/buckets/b"


class Polls:
    """One run, `r-1`, whose plan, policy, people and time a test changes."""

    def __init__(self, **terms: Any) -> None:
        self.bench = Bench()
        self.ballots = MemoryBallots(self.bench.points.reach)
        self.bench.errands = OnlyDenies(self.ballots)
        members: dict[str, set[str]] = {}
        for who, groups in GROUPS.items():
            for group in groups:
                members.setdefault(group, set()).add(person(who).email)
        self.directory = MemoryDirectory(**members)
        self.decision = Decision(ASK, ("a rule asks",), replace(TERMS, **terms))
        self.role, self.version = Role("roles/storage.objectViewer"), "h"
        self.never: tuple[str, ...] = ("user:eve@example.com",)
        self.domains: tuple[str, ...] = ("example.com",)
        self.fails: Exception | None = None
        self.looks = 0

    @property
    def clock(self) -> Any:
        return self.bench.clock

    def station(self) -> Station:
        return Station(ballots=self.ballots, directory=self.directory, clock=self.clock, domains=self.domains)

    def works(self) -> tuple[Work, ...]:
        until = self.clock.now() + HOUR
        ends = Condition(title="unforbid r-1", expression=f'request.time < timestamp("{until:%Y-%m-%dT%H:%M:%SZ}")')
        return (Grant(resource=BUCKET, role=self.role, member="user:eve@example.com", until=until, condition=ends),)

    def prepared(self, _: Approval | None = None) -> Prepared:
        self.looks += 1
        if self.fails is not None:
            raise self.fails
        told = Report(id="e-1", verdict="denied", reason="", decision=self.decision)
        made = Proposal(works=self.works(), call=OriginalCall(project="projects/p"), hash=self.version, tier="T1")
        return Prepared(run="r-1", report=told, proposal=made, never=self.never)

    def ask(self, **more: Any) -> Approval:
        return ask(self.prepared(), self.station(), **more)

    def say(self, who: str | Person | SlackUser, choice: Choice = Choice.APPROVE, **more: Any) -> Cast:
        """Somebody votes on the newest question, with a proof that holds."""
        newest = self.ballots.of_run("r-1")[0]
        told = {"approval": newest.id, "plan_hash": newest.plan_hash, "choice": choice, "reason": WHY, "strong": False}
        named = person(who) if isinstance(who, str) else who
        told = {**told, "who": named, "channel": "paper", **more}
        return vote(Said(**{"proof": self.signed(told), **told}), self.station())

    @staticmethod
    def signed(told: dict[str, Any]) -> bytes:
        return to_json([told[name] for name in ("approval", "plan_hash", "choice", "reason", "strong")])

    def holds(self, given: Vote) -> bool:
        told = {name: getattr(given, name) for name in given.__struct_fields__}
        return given.proof == self.signed(told)

    def settle(self, approval: str = "", anew: Callable[[Approval], Prepared] | None = None, **more: Any) -> Settled:
        told = {"station": self.station(), "shop": self.bench.shop(), "anew": anew or self.prepared, **more}
        named = approval or self.ballots.of_run("r-1")[0].id
        return settle(named, Settlement(**{"proofs": {"paper": self.holds}, **told}))

    def fixes(self) -> list[str]:
        return self.bench.journal.fixes()
