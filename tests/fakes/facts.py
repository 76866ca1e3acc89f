"""Google's answers from a small state with memory: every question is recorded, and each kind can be told to fail."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from msgspec.structs import replace

from shared.errors import LookFailed, NotAllowedToLook, NotFound
from shared.evidence.case import Ours
from shared.grants.catalogue import Catalogue
from shared.live import Live
from shared.model.evidence import NO, UNKNOWN, YES
from shared.model.facts import (
    Access,
    AccessState,
    Account,
    Asset,
    Beat,
    Binding,
    BindingSeen,
    Change,
    Condition,
    DenyRule,
    DenySeen,
    FlowLogs,
    Policy,
    Project,
)
from shared.model.machine import Machine, Surroundings
from shared.model.memory import MemoryUse, SerialOutput
from shared.model.names import Permission, Role
from shared.model.outcomes import MachineType
from shared.model.report import Report
from shared.model.role import RoleDefinition
from shared.pipeline.look import Job, look
from shared.pipeline.read import read

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CALLED = datetime(2026, 11, 21, 9, tzinfo=UTC)
ORGANIZATION = "123456789012"
CRM = "//cloudresourcemanager.googleapis.com"
QUIET = Surroundings(
    reserved_addresses=(),
    referrers=(),
    backends=(),
    schedule=(),
    operations=(),
    routes=(),
    shared_disks=(),
    free_capacity=0,
    key_usable=True,
)
MISSING = Access(state=AccessState.CANNOT, allowed=NO, denied=NO)
GIVEN = Access(state=AccessState.CAN, allowed=YES, denied=NO)
HIDDEN = Access(state=AccessState.UNKNOWN_INFO, allowed=UNKNOWN, denied=UNKNOWN)
"""What Policy Troubleshooter can say: not granted, granted, not ours to see."""


class NeverAnswers(BaseException):
    """A question that hangs: nothing comes of it, whatever the deadline."""


class FakeFacts:
    """By default everything exists and is on, nothing is granted, and nothing was changed."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, ...]] = Counter()
        self.logged: dict[str, bytes | None] = {}
        self.seen: dict[str, Access] = {}
        self.policies: dict[str, Policy] = {}
        self.denies: dict[str, tuple[DenyRule, ...]] = {}
        self.lines: dict[str, tuple[str, ...]] = {}
        self.inactive: set[str] = set()
        self.off: set[tuple[str, str]] = set()
        self.with_lists: set[str] = set()
        self.disabled: set[str] = set()
        self.gone: set[str] = set()
        self.changed: list[tuple[str, Change]] = []
        self.machines: dict[str, Machine] = {}
        self.around = QUIET
        self.console = SerialOutput(text="")
        self.heard = Beat(last=None)
        self.measured = MemoryUse()
        self.sizes: dict[str, MachineType] = {}
        self.subnets: dict[str, FlowLogs] = {}
        self.holding: dict[str, tuple[str, ...]] = {}
        self.fails: dict[str, BaseException] = {}
        self.meets: Callable[[str], object] | None = None

    def count(self, method: str) -> int:
        """How many questions of a kind were put."""
        return sum(count for asked, count in self.asked.items() if asked[0] == method)

    # what a test arranges

    def remove(self, name: str) -> None:
        """A resource, account, project or machine does not exist."""
        self.gone.add(name)

    def bind(self, resource: str, role: str, *members: str, **condition: str) -> None:
        """One more binding in the policy of a resource."""
        binding = Binding(role=Role(role), members=members, condition=Condition(**condition) if condition else None)
        policy = self.policies.get(resource, Policy(resource=resource))
        self.policies[resource] = replace(policy, bindings=(*policy.bindings, binding))

    def change(self, project: str, method: str, resource: str, *, ago: timedelta, **deltas: tuple[str, ...]) -> None:
        """A change that ann@ made so long before the call (or after it, for a negative time)."""
        made = Change(at=CALLED - ago, method=method, by="ann@example.com", resource=resource, **deltas)
        self.changed.append((project, made))
        self.changed.sort(key=lambda one: one[1].at, reverse=True)

    # the port

    def entry(self, log_name: str, insert_id: str, at: datetime) -> bytes | None:
        self._put("entry", log_name, insert_id, str(at))
        return self.logged.get(insert_id)

    def access(self, principal: str, permission: Permission, resource: str, at: datetime | None) -> Access:
        self._put("access", principal, permission, resource, str(at))
        return self.seen.get(permission, MISSING)

    def policy(self, resource: str) -> Policy:
        self._put("policy", resource)
        return self.policies.get(resource, Policy(resource=resource))

    def uniform_access(self, bucket: str) -> bool:
        self._put("uniform_access", bucket)
        return bucket not in self.with_lists

    def deny_rules(self, on: str) -> tuple[DenyRule, ...]:
        self._put("deny_rules", on)
        return self.denies.get(on, ())

    def project(self, project: str) -> Project:
        self._put("project", project)
        return Project(id=project.removeprefix("projects/"), number="1", active=project not in self.inactive)

    def ancestry(self, project: str) -> tuple[str, ...]:
        self._put("ancestry", project)
        return self.lines.get(project, (project, "folders/7", f"organizations/{ORGANIZATION}"))

    def service_is_on(self, project: str, service: str) -> bool:
        self._put("service_is_on", project, service)
        return (project, service) not in self.off

    def account(self, email: str) -> Account:
        self._put("account", email)
        return Account(email=email, unique_id="7", project="acme-test", disabled=email in self.disabled)

    def changes(self, project: str, since: datetime, until: datetime) -> tuple[Change, ...]:
        self._put("changes", project, str(since), str(until))
        return tuple(one for where, one in self.changed if where == project and since <= one.at <= until)

    def removals(self, project: str, who: str, since: datetime, until: datetime) -> tuple[Change, ...]:
        self._put("removals", project, who, str(since), str(until))
        found = (one for where, one in self.changed if where == project and since <= one.at <= until)
        return tuple(one for one in found if any(who in text for text in one.removed))

    def touched(self, project: str, instance_id: str, since: datetime, until: datetime) -> tuple[Change, ...]:
        self._put("touched", project, instance_id, str(since), str(until))
        return tuple(one for where, one in self.changed if where == instance_id and since <= one.at <= until)

    def machine(self, project: str, zone: str, instance: str) -> Machine:
        self._put("machine", project, zone, instance)
        if instance not in self.machines:
            raise NotFound(f"no machine {instance}")
        return self.machines[instance]

    def surroundings(self, machine: Machine) -> Surroundings:
        self._put("surroundings", machine.id)
        return self.around

    def serial(self, project: str, zone: str, instance: str) -> SerialOutput:
        self._put("serial", project, zone, instance)
        return self.console

    def beat(self, project: str, instance_id: str, since: datetime) -> Beat:
        self._put("beat", project, instance_id, str(since))
        return self.heard

    def memory_use(self, machine: Machine, since: datetime, until: datetime) -> MemoryUse:
        self._put("memory_use", machine.id)
        return replace(self.measured, filled=tuple(one for one in self.measured.filled if since <= one.at <= until))

    def machine_type(self, project: str, zone: str, name: str) -> MachineType:
        self._put("machine_type", project, zone, name)
        if name not in self.sizes:
            raise NotFound(f"{zone} has no {name}")
        return self.sizes[name]

    def flow_logs(self, subnet: str) -> FlowLogs:
        self._put("flow_logs", subnet)
        return self.subnets.get(subnet, FlowLogs(subnet=subnet, enabled=True))

    def role(self, name: Role) -> RoleDefinition:
        self._put("role", name)
        if name not in self.holding:
            raise NotFound(f"no role {name}")
        return RoleDefinition(name=name, permissions=tuple(map(Permission, self.holding[name])))

    def grantable(self, resource: str) -> frozenset[Role]:
        self._put("grantable", resource)
        return frozenset(map(Role, self.holding))

    def assets(self, scope: str, query: str) -> tuple[Asset, ...]:
        self._put("assets", scope, query)
        return ()

    def _put(self, method: str, *about: str) -> None:
        self.asked[(method, *about)] += 1
        if self.meets is not None:
            self.meets(method)
        if method in self.fails:
            raise self.fails[method]
        for name in about:
            if name in self.gone:
                raise NotFound(f"{name} does not exist")


FAILURES: Mapping[str, BaseException] = {
    "not allowed to look": NotAllowedToLook("some.thing.get", "//somewhere", "refused"),
    "the server is ill": LookFailed("look", "//somewhere", "the server is ill"),
    "a defect of unforbid": ZeroDivisionError("in an adapter"),
    "no answer within the deadline": NeverAnswers(),
}
"""Every way in which a question can stay open, by the words in which that is told."""


def one_after_another(job: Job) -> None:
    """Do a job at once; one that hangs is left alone, as a thread would be."""
    with suppress(NeverAnswers):
        job()


def live(facts: FakeFacts, catalogue: Catalogue | None = None, **ours: Any) -> Live:
    """What asks a fake, each question at once and without waiting for any."""
    asks = partial(look, within=timedelta(0), beside=one_after_another)
    return Live(facts=facts, catalogue=lambda: catalogue, ours=Ours(**ours), ask=asks)


def looked(entry: Mapping[str, Any], facts: FakeFacts, catalogue: Catalogue | None = None, **ours: Any) -> Report:
    """The report on an entry that Cloud Logging has as well, with Google asked."""
    data = json.dumps(entry).encode()
    facts.logged.setdefault(str(entry.get("insertId")), data)
    return live(facts, catalogue, **ours).explain(read(data), NOON)


def bound(role: str, *, has: bool = True, member: bool = True, holds: bool | None = None, **more: Any) -> BindingSeen:
    """A binding as Policy Troubleshooter explains it; `holds` is of its condition."""
    condition = Condition(title="t", expression=more.pop("expression", "")) if holds is not None else None
    return BindingSeen(
        resource=more.pop("on", f"{CRM}/projects/acme-test"),
        role=Role(role),
        grants=YES if has and member and holds is not False else NO,
        has_permission=YES if has else NO,
        has_member=YES if member else NO,
        condition=condition,
        condition_holds=YES if holds is not False else NO,
    )


def denied_by(policy: str, permission: str) -> Access:
    """Policy Troubleshooter's answer where a deny policy forbids what a role would give."""
    seen = DenySeen(policy=policy, permissions=(permission,))
    return Access(state=AccessState.CANNOT, allowed=YES, denied=YES, denials=(seen,))
