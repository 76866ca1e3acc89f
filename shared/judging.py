"""A plan, and everything that rules may ask of the outside -> Decision. Reads the guards, the directory and Google.

Whatever cannot be read makes the decision stricter, and is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.errors import LookFailed, NotAllowedToLook, NotFound, StoreUnavailable
from shared.guards import breaker as breaking
from shared.guards.breaker import Breaker, State, breaker
from shared.guards.budgets import LONGEST, charges_of, too_much
from shared.guards.probing import REMEMBERED, probing_until
from shared.model.decision import ASK, AUTO, IGNORE, Decision
from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.guards import Charge, Pause, Runtime, Trip, Went
from shared.model.names import ResourceName
from shared.model.plan import Action, Plan, Remedy
from shared.model.subject import Subject
from shared.model.work import Enable, Grant, Work
from shared.pipeline.gate import NOTHING_TO_CHANGE, Weighs
from shared.pipeline.subject import NOTHING_SIGHTED, Place, Sighted, home_of, subjects
from shared.pipeline.weigh import Weighed, weigh
from shared.policy.versions import InForce
from shared.ports import Directory, Facts, Guards

UNREADABLE = Breaker(State.OPEN, "how effects went lately cannot be read")
COULD_NOT_TELL = (LookFailed, NotAllowedToLook, NotFound)


class Judge(Struct, frozen=True, kw_only=True):
    """Everything that deciding by rules takes.

    `rules` tells the policy of now; `facts` and `directory` are None where nobody may be asked. `ours` are our own
    identities, `protected` the beginnings of full resource names that never change. `domains` and `organization` tell
    who is one of ours, and is given something by a rule alone.
    """

    rules: Callable[[datetime], InForce]
    guards: Guards
    enforcing: bool = False
    facts: Facts | None = None
    directory: Directory | None = None
    ours: frozenset[str] = frozenset()
    protected: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    organization: str = ""

    def offline(self) -> Judge:
        """The same, asking neither Google nor the directory."""
        return replace(self, facts=None, directory=None)

    def met(self, denial: Denial, fingerprint: str, at: datetime) -> dict[str, object]:
        """Remember what a caller was refused, for many different things at once are a sign of probing; what to log."""
        caller = denial.names.principal
        if caller is None or caller.member is None:
            return {}
        try:
            self.guards.denied(caller.member, fingerprint, at)
        except StoreUnavailable as error:
            return {"severity": "WARNING", "not_counted": str(error)}
        return {}

    def weighs(self, received_at: datetime | None, now: datetime) -> Weighs:
        """What the gate asks about one denial whose entry Cloud Logging received at a time, None for unknown."""
        return lambda denial, diagnosis, plan: self._decision(denial, diagnosis, plan, (received_at, now))

    def _decision(
        self, denial: Denial, diagnosis: Diagnosis, plan: Plan, when: tuple[datetime | None, datetime]
    ) -> Decision:
        rules, (received_at, now) = self.rules(when[1]), when
        if not plan.changes:
            return _of_advice(denial, diagnosis, plan, rules, now)
        asked = self._asked(denial, diagnosis, plan, rules, now)
        changing = [action for action in plan.actions if action.changes]
        weighed = Weighed(
            subjects=asked,
            rulings=tuple(rules.ruling(one, now) for one in asked),
            runtime=self._runtime(asked, changing, received_at, now),
            breaker=self._breaker(now),
            now=now,
        )
        self._probed(weighed)
        return weigh(denial, diagnosis, plan, weighed)

    def _probed(self, weighed: Weighed) -> None:
        """After the breaker was open, the first plan that rules permit is a dry run; if that is not kept, the next."""
        permitted = all(one.mode in (ASK, AUTO) for one in weighed.rulings)
        if weighed.breaker.state is State.PROBE and permitted and self.enforcing:
            with suppress(StoreUnavailable):
                self.guards.tripped(Trip(went=Went.PROBED, why="a dry run", at=weighed.now))

    # what rules ask of the outside

    def _asked(
        self, denial: Denial, diagnosis: Diagnosis, plan: Plan, rules: InForce, now: datetime
    ) -> tuple[Subject, ...]:
        """Each changing step with everything that could be told of it; without rules nothing needs to be."""
        first = subjects(denial, diagnosis, plan)
        if not any(one.policy.rules for one in rules.rulebooks):
            return first
        sighted = Sighted(places=self._places(first))
        seen = subjects(denial, diagnosis, plan, sighted) if sighted.places else first
        wanted = {(group, one.principal) for one in seen for group in rules.groups_wanted(one, now) if one.principal}
        groups = {group: self._is_member(group, principal) for group, principal in sorted(wanted)}
        return tuple(replace(one, groups=groups) for one in seen) if groups else seen

    def _places(self, asked: Iterable[Subject]) -> dict[str, Place]:
        """Every project that a step concerns, under the name it was asked for."""
        if self.facts is None:
            return {}
        named = {name for one in asked for name in (_project_of(one), home_of(one.principal)) if name}
        return {name: self._place(self.facts, name) for name in sorted(named)}

    @staticmethod
    def _place(facts: Facts, name: str) -> Place:
        try:
            project = facts.project(name)
        except COULD_NOT_TELL:
            return Place()
        try:
            ancestry = facts.ancestry(name)
        except COULD_NOT_TELL:
            return Place(project=f"projects/{project.id}", labels=project.labels)
        return Place(project=f"projects/{project.id}", ancestry=ancestry, labels=project.labels)

    def _is_member(self, group: str, principal: str) -> bool | None:
        """Whether somebody is in a group; None where that could not be told."""
        if self.directory is None:
            return None
        try:
            return self.directory.is_member(group, principal.partition(":")[2])
        except COULD_NOT_TELL:
            return None

    # what holds now

    def _runtime(
        self, asked: tuple[Subject, ...], changing: list[Action], received_at: datetime | None, now: datetime
    ) -> Runtime:
        return Runtime(
            enforcing=self.enforcing,
            pauses=self._pauses(),
            over=self._over(changing, now),
            probing=self._probing(asked, now),
            received_at=received_at,
            ours=self.ours,
            protected=self.protected,
            domains=self.domains,
            organization=self.organization,
        )

    def _pauses(self) -> tuple[Pause, ...] | None:
        try:
            return self.guards.pauses()
        except StoreUnavailable:
            return None

    def _breaker(self, now: datetime) -> Breaker:
        try:
            return breaker(self.guards.trips(now - breaking.REMEMBERED), now)
        except StoreUnavailable:
            return UNREADABLE

    def _over(self, changing: list[Action], now: datetime) -> tuple[str, ...] | None:
        """Which budgets are used up already; a machine's is looked at when it is known by its number."""
        charges = [charge for action in changing for charge in _charges(action, now)]
        try:
            return too_much(charges, self.guards.spent(charges, now - LONGEST), now)
        except StoreUnavailable:
            return None

    def _probing(self, asked: tuple[Subject, ...], now: datetime) -> str:
        for principal in sorted({one.principal for one in asked if one.principal}):
            try:
                until = probing_until(self.guards.denials(principal, now - REMEMBERED), now)
            except StoreUnavailable:
                return "whether the caller is probing could not be told"
            if until is not None:
                return (
                    f"{principal} was refused many different things at once: notify only, until {until:%d %b %H:%M} UTC"
                )
        return ""


def _of_advice(denial: Denial, diagnosis: Diagnosis, plan: Plan, rules: InForce, now: datetime) -> Decision:
    """Of advice nothing can be carried out; a rule may still say that nobody wants to hear of it."""
    steps = tuple(replace(one, changes=True) for one in plan.actions[:1])
    told = [rules.ruling(one, now) for one in subjects(denial, diagnosis, Plan(steps), NOTHING_SIGHTED)]
    ignored = [one for one in told if one.mode is IGNORE]
    return Decision(IGNORE, ignored[0].reasons) if ignored else NOTHING_TO_CHANGE


def _project_of(one: Subject) -> str | None:
    named = ResourceName(one.target).project if one.target else None
    return one.project or (f"projects/{named}" if named else None)


def _charges(action: Action, now: datetime) -> Iterator[Charge]:
    work = _as_work(action, now)
    if work is not None:
        yield from charges_of(work)


def _as_work(action: Action, now: datetime) -> Work | None:
    if action.action == Remedy.GRANT_ROLE and action.target and action.role and action.member:
        return Grant(resource=action.target, role=action.role, member=action.member, until=now + timedelta(hours=1))
    if action.action == Remedy.ENABLE_API and action.target:
        name = ResourceName(action.target)
        return Enable(project=f"projects/{name.project}", service=name.part("services") or "")
    return None
