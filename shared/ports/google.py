"""What Google is asked, and what is changed there."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.model.effect import Before, Effect, Receipt
    from shared.model.facts import Access, Account, Asset, Beat, Change, DenyRule, FlowLogs, Holding, Policy, Project
    from shared.model.machine import Machine, Surroundings
    from shared.model.memory import MemoryUse, SerialOutput
    from shared.model.names import Permission, Role
    from shared.model.outcomes import MachineType, Operation, Outcomes
    from shared.model.role import RoleDefinition
    from shared.model.work import MachineName, OriginalCall


class Facts(Protocol):
    """Questions to Google Cloud; nothing here can change anything.

    Resources are full resource names (`//storage.googleapis.com/projects/_/buckets/b`), a project is `projects/ID`
    or `projects/NUMBER`.
    Every method raises `NotAllowedToLook` where Google refuses us the question, `NotFound` where what was asked about
    does not exist, and `LookFailed` where no usable answer came in time. None and empty are answers, never failures.
    """

    def entry(self, log_name: str, insert_id: str, at: datetime) -> bytes | None:
        """Cloud Logging's own copy of an entry as LogEntry JSON, None if it has no such entry."""

    def access(self, principal: str, permission: Permission, resource: str, at: datetime | None) -> Access:
        """Policy Troubleshooter's answer for a Google account or service account by e-mail, at a time."""

    def policy(self, resource: str) -> Policy:
        """The allow policy of a resource, conditions included."""

    def uniform_access(self, bucket: str) -> bool:
        """Whether policies alone decide in a bucket; without that its policy takes no conditions."""

    def deny_rules(self, on: str) -> tuple[DenyRule, ...]:
        """The rules of all deny policies attached to `projects/P`, `folders/N` or `organizations/N` itself."""

    def project(self, project: str) -> Project:
        """A project by `projects/ID` or `projects/NUMBER`."""

    def ancestry(self, project: str) -> tuple[str, ...]:
        """`projects/NUMBER`, then its folders, then `organizations/N`, narrowest first."""

    def service_is_on(self, project: str, service: str) -> bool:
        """Whether an API is enabled in a project (Service Usage)."""

    def account(self, email: str) -> Account:
        """A service account by its address, read in the project that owns it."""

    def changes(self, project: str, since: datetime, until: datetime) -> tuple[Change, ...]:
        """Successful changes of policies, APIs and accounts in a project between two times, newest first."""

    def removals(self, project: str, who: str, since: datetime, until: datetime) -> tuple[Change, ...]:
        """Changes that removed bindings of members with `who` in their names, between two times, newest first."""

    def touched(self, project: str, instance_id: str, since: datetime, until: datetime) -> tuple[Change, ...]:
        """Changes of a machine's metadata, account or scopes between two times, newest first."""

    def machine(self, project: str, zone: str, instance: str) -> Machine:
        """A virtual machine by name or numeric id."""

    def surroundings(self, machine: Machine) -> Surroundings:
        """What stands around a machine: reserved addresses, groups, schedules, routes, operations in flight."""

    def serial(self, project: str, zone: str, instance: str) -> SerialOutput:
        """Everything the serial console of a running machine still holds (port 1, at most 1 MB)."""

    def beat(self, project: str, instance_id: str, since: datetime) -> Beat:
        """When the agents of a machine were last heard since a time, and what they said of themselves."""

    def memory_use(self, machine: Machine, since: datetime, until: datetime) -> MemoryUse:
        """How full the memory of a machine was between two times, as Cloud Monitoring keeps it."""

    def machine_type(self, project: str, zone: str, name: str) -> MachineType:
        """A machine type of a zone with the quota left for it; `NotFound` where the zone has none of that name."""

    def flow_logs(self, subnet: str) -> FlowLogs:
        """Whether flow logs are on for `projects/P/regions/R/subnetworks/S`."""

    def role(self, name: Role) -> RoleDefinition:
        """A role as it is now."""

    def grantable(self, resource: str) -> frozenset[Role]:
        """The roles that Google accepts in the policy of a resource."""

    def assets(self, scope: str, query: str) -> tuple[Asset, ...]:
        """Resources under `organizations/N`, `folders/N` or `projects/P` that match a search."""


class Sight(Facts, Protocol):
    """What carrying out a fix has to see, beside what explaining one does. Nothing here can change anything either."""

    def enabled_services(self, project: str) -> frozenset[str]:
        """Every API that is on in a project."""

    def held(self, resource: str, wanted: tuple[str, ...]) -> frozenset[str]:
        """Those of some permissions that we have on a resource ourselves; a bare verb is one of its own kind's."""

    def holdings(self, scope: str, member: str) -> tuple[Holding, ...]:
        """What a member has been given by its own name under `organizations/N`, `folders/N` or `projects/P`."""

    def policy_changes(self, resource: str, since: datetime) -> tuple[Change, ...]:
        """Successful changes of a resource's policy since a time, newest first, as far as the log tells them yet."""

    def project_of(self, resource: str) -> str:
        """The project whose log tells of a resource, as `projects/ID` or `projects/NUMBER`."""

    def own_calls(self, project: str, accounts: frozenset[str], since: datetime, until: datetime) -> tuple[Change, ...]:
        """What some accounts, or others for a reason of ours, changed in a project between two times, oldest first."""

    def operation(self, machine: MachineName, name: str) -> Operation:
        """An operation of Compute Engine on a machine; `NotFound` where it is no longer known."""

    def outcomes(self, call: OriginalCall, since: datetime, until: datetime) -> Outcomes:
        """What became of calls like the refused one between two times, as far as logs show."""

    def flow_seen(self, machine: Machine, since: datetime) -> datetime | None:
        """When a flow from or to a machine was last recorded since a time, whoever's network it is; None for never."""


class Cloud(Protocol):
    """The one port that changes anything. Handed to the executor and the sweeper only."""

    def perform(self, effect: Effect, before: Before, reason: str = "") -> Receipt:
        """Do one effect, safely to be repeated; what came of it, a refusal for good included.

        `reason` goes to Google's own audit log, so that its entries can be joined with the journal.

        Raises:
            LookFailed: whether it happened is not known, or a passing fault prevented it; doing it again is safe.
        """
