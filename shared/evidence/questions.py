"""The questions that can be put to Google about one denial, as values: the same question is asked once a run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from shared.model.names import Permission, Role

if TYPE_CHECKING:
    from shared.model.facts import Access, Account, Beat, Change, DenyRule, FlowLogs, Policy, Project
    from shared.model.machine import Machine, Surroundings
    from shared.model.memory import MemoryUse, SerialOutput
    from shared.model.outcomes import MachineType
    from shared.model.role import RoleDefinition
    from shared.ports import Facts


class Question(Struct, frozen=True):
    """One question; `put` asks it of a `Facts` port."""

    def put(self, facts: Facts) -> Any:
        """The answer; raises what the port raises."""
        raise NotImplementedError

    @property
    def asked(self) -> str:
        """The question in words."""
        raise NotImplementedError


class AskEntry(Question, frozen=True):
    """Cloud Logging's own copy of the entry."""

    log_name: str
    insert_id: str
    at: datetime

    def put(self, facts: Facts) -> bytes | None:
        return facts.entry(self.log_name, self.insert_id, self.at)

    @property
    def asked(self) -> str:
        return "does Cloud Logging have this very entry?"


class AskAccess(Question, frozen=True):
    """Policy Troubleshooter for one principal, permission and resource, at the time of the call."""

    principal: str
    permission: Permission
    resource: str
    at: datetime

    def put(self, facts: Facts) -> Access:
        return facts.access(self.principal, self.permission, self.resource, self.at)

    @property
    def asked(self) -> str:
        return f"does IAM give {self.principal} {self.permission} on {self.resource}?"


class AskPolicy(Question, frozen=True):
    """The allow policy of a resource; that it can be read says that the resource exists."""

    resource: str

    def put(self, facts: Facts) -> Policy:
        return facts.policy(self.resource)

    @property
    def asked(self) -> str:
        return f"does {self.resource} exist, and what does its policy say?"


class AskUniformAccess(Question, frozen=True):
    """Whether the policy of a bucket takes conditions."""

    bucket: str

    def put(self, facts: Facts) -> bool:
        return facts.uniform_access(self.bucket)

    @property
    def asked(self) -> str:
        return f"do policies alone decide in {self.bucket}?"


class AskDenyRules(Question, frozen=True):
    """The deny policies attached to a project, folder or organisation."""

    on: str

    def put(self, facts: Facts) -> tuple[DenyRule, ...]:
        return facts.deny_rules(self.on)

    @property
    def asked(self) -> str:
        return f"do deny policies of {self.on} forbid it?"


class AskProject(Question, frozen=True):
    """A project by id or number."""

    project: str

    def put(self, facts: Facts) -> Project:
        return facts.project(self.project)

    @property
    def asked(self) -> str:
        return f"which project is {self.project}?"


class AskAncestry(Question, frozen=True):
    """The folders and the organisation above a project."""

    project: str

    def put(self, facts: Facts) -> tuple[str, ...]:
        return facts.ancestry(self.project)

    @property
    def asked(self) -> str:
        return f"to which organisation does {self.project} belong?"


class AskService(Question, frozen=True):
    """Whether an API is on in a project."""

    project: str
    service: str

    def put(self, facts: Facts) -> bool:
        return facts.service_is_on(self.project, self.service)

    @property
    def asked(self) -> str:
        return f"is {self.service} on in {self.project}?"


class AskAccount(Question, frozen=True):
    """A service account as it is now."""

    email: str

    def put(self, facts: Facts) -> Account:
        return facts.account(self.email)

    @property
    def asked(self) -> str:
        return f"does {self.email} exist, and is it enabled?"


class AskChanges(Question, frozen=True):
    """What was changed in a project around the time of the denial."""

    project: str
    since: datetime
    until: datetime

    def put(self, facts: Facts) -> tuple[Change, ...]:
        return facts.changes(self.project, self.since, self.until)

    @property
    def asked(self) -> str:
        return f"what was changed in {self.project} around then?"


class AskRemovals(Question, frozen=True):
    """Which bindings were taken from somebody, by a part of their name, in the policies of a project."""

    project: str
    who: str
    since: datetime
    until: datetime

    def put(self, facts: Facts) -> tuple[Change, ...]:
        return facts.removals(self.project, self.who, self.since, self.until)

    @property
    def asked(self) -> str:
        return f"who took roles from {self.who} in {self.project} lately?"


class AskTouched(Question, frozen=True):
    """What was changed of a machine's metadata, account and scopes."""

    project: str
    instance_id: str
    since: datetime
    until: datetime

    def put(self, facts: Facts) -> tuple[Change, ...]:
        return facts.touched(self.project, self.instance_id, self.since, self.until)

    @property
    def asked(self) -> str:
        return f"who changed metadata or access of machine {self.instance_id} lately?"


class AskMachine(Question, frozen=True):
    """A virtual machine: its account, scopes, state."""

    project: str
    zone: str
    instance: str

    def put(self, facts: Facts) -> Machine:
        return facts.machine(self.project, self.zone, self.instance)

    @property
    def asked(self) -> str:
        return f"which account and scopes does the machine {self.instance} have?"


class AskRole(Question, frozen=True):
    """What a role holds now."""

    role: Role

    def put(self, facts: Facts) -> RoleDefinition:
        return facts.role(self.role)

    @property
    def asked(self) -> str:
        return f"what does {self.role} hold?"


class AskGrantable(Question, frozen=True):
    """Which roles Google accepts in the policy of a resource."""

    resource: str

    def put(self, facts: Facts) -> frozenset[Role]:
        return facts.grantable(self.resource)

    @property
    def asked(self) -> str:
        return f"which roles does Google accept on {self.resource}?"


class AskSurroundings(Question, frozen=True):
    """What stands around a machine that would be stopped."""

    machine: Machine

    def put(self, facts: Facts) -> Surroundings:
        return facts.surroundings(self.machine)

    @property
    def asked(self) -> str:
        return f"what stands around the machine {self.machine.name}?"

    def __hash__(self) -> int:
        """A machine is told apart by its number."""
        return hash((self.machine.project, self.machine.id))


class AskSerial(Question, frozen=True):
    """The serial console of a machine."""

    project: str
    zone: str
    instance: str

    def put(self, facts: Facts) -> SerialOutput:
        return facts.serial(self.project, self.zone, self.instance)

    @property
    def asked(self) -> str:
        return f"does the serial console of {self.instance} tell of exhausted memory?"


class AskBeat(Question, frozen=True):
    """The last sign of life of a machine's agents."""

    project: str
    instance_id: str
    since: datetime

    def put(self, facts: Facts) -> Beat:
        return facts.beat(self.project, self.instance_id, self.since)

    @property
    def asked(self) -> str:
        return f"when were the agents of machine {self.instance_id} last heard?"


class AskFlowLogs(Question, frozen=True):
    """Whether flow logs are on for a subnetwork."""

    subnet: str

    def put(self, facts: Facts) -> FlowLogs:
        return facts.flow_logs(self.subnet)

    @property
    def asked(self) -> str:
        return f"are flow logs on for {self.subnet}?"


class AskMemoryUse(Question, frozen=True):
    """How full the memory of a machine was between two times."""

    machine: Machine
    since: datetime
    until: datetime

    def put(self, facts: Facts) -> MemoryUse:
        return facts.memory_use(self.machine, self.since, self.until)

    @property
    def asked(self) -> str:
        return f"how full was the memory of {self.machine.name}?"

    def __hash__(self) -> int:
        """A machine is told apart by its number."""
        return hash((self.machine.project, self.machine.id, self.since, self.until))


class AskMachineType(Question, frozen=True):
    """A machine type of a zone, and the quota left for it."""

    project: str
    zone: str
    name: str

    def put(self, facts: Facts) -> MachineType:
        return facts.machine_type(self.project, self.zone, self.name)

    @property
    def asked(self) -> str:
        return f"how large is {self.name} in {self.zone}, and does the quota have room for it?"
