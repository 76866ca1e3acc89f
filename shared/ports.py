"""What the pipeline asks of the outside, as Protocols: Google, the store, the recorder in front of it, the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.model.facts import Access, Account, Asset, Beat, Change, DenyRule, FlowLogs, Policy, Project
    from shared.model.machine import Machine, Surroundings
    from shared.model.memory import SerialOutput
    from shared.model.names import Permission, Role
    from shared.model.role import RoleDefinition
    from shared.model.run import Dropped, Quarantined, Repeats, Run


class Clock(Protocol):
    """The time, passed in everywhere so that tests can turn it."""

    def now(self) -> datetime:
        """The current time, in UTC with its zone."""


class Store(Protocol):
    """Where runs, quarantine and drop counts live. Every method raises `StoreUnavailable` when it cannot."""

    def open_run(self, run: Run, opened_after: datetime) -> Run:
        """Keep a new run, or return the one of the same fingerprint that was opened after a time: exactly one wins."""

    def add_repeats(self, repeats: Sequence[Repeats], dropped: Sequence[Dropped]) -> None:
        """Add counts to runs and to drop reasons, all in one write."""

    def learn(self, run: Run) -> None:
        """Keep what looking told of a run: its report, its state and when it was looked at; counts stay as they are."""

    def quarantine(self, item: Quarantined) -> None:
        """Keep a message that could not be read, whole; keeping the same one twice keeps one."""

    def runs(self, limit: int) -> list[Run]:
        """The runs seen last, newest first."""

    def run(self, run_id: str) -> Run:
        """One run by its id or an unambiguous beginning of it; raises `NotFound`."""

    def recent_on(self, instance: str, cause: str, seen_after: datetime) -> Run | None:
        """The latest run of a cause on a virtual machine, seen after a time."""

    def quarantined(self, limit: int) -> list[Quarantined]:
        """The messages kept last, newest first."""

    def quarantined_item(self, item_id: str) -> Quarantined:
        """One quarantined message by its id or an unambiguous beginning of it; raises `NotFound`."""

    def dropped(self) -> list[Dropped]:
        """How many messages were no denials, by reason."""


class Recorder(Protocol):
    """What one process does with its findings: first of its kind to the store, repeats merged and counted."""

    def repeat(self, fingerprint: str, key: bytes, at: datetime) -> Run | None:
        """Count an entry towards the run this process knows to be open for it; None if it knows of none."""

    def open(self, run: Run, key: bytes) -> tuple[Run, bool]:
        """Store a new run, or count the entry towards the open one it repeats; the run, and whether it was merged."""

    def claim_look(self, run: Run, key: bytes) -> bool:
        """Whether this caller is the one to ask Google about a run: its own first entry, asked by nobody so far."""

    def learn(self, run: Run) -> None:
        """Keep what Google told of a run; where that fails, the next delivery of its entry may look again."""

    def drop(self, reason: str) -> None:
        """Count a message that is no denial."""

    def quarantine(self, item: Quarantined) -> None:
        """Keep a message that could not be read."""

    def flush(self) -> None:
        """Write what is counted but not yet stored."""


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

    def machine(self, project: str, zone: str, instance: str) -> Machine:
        """A virtual machine by name or numeric id."""

    def surroundings(self, machine: Machine) -> Surroundings:
        """What stands around a machine: reserved addresses, groups, schedules, routes, operations in flight."""

    def serial(self, project: str, zone: str, instance: str) -> SerialOutput:
        """Everything the serial console of a running machine still holds (port 1, at most 1 MB)."""

    def beat(self, project: str, instance_id: str, since: datetime) -> Beat:
        """When the agents of a machine were last heard since a time, and what they said of themselves."""

    def flow_logs(self, subnet: str) -> FlowLogs:
        """Whether flow logs are on for `projects/P/regions/R/subnetworks/S`."""

    def role(self, name: Role) -> RoleDefinition:
        """A role as it is now."""

    def grantable(self, resource: str) -> frozenset[Role]:
        """The roles that Google accepts in the policy of a resource."""

    def assets(self, scope: str, query: str) -> tuple[Asset, ...]:
        """Resources under `organizations/N`, `folders/N` or `projects/P` that match a search."""
