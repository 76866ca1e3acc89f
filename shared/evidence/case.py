"""One denial about to be looked into: what the entry says, where it stands, when it happened."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from shared.evidence.questions import AskMachine, AskProject
from shared.grants.services import service_of
from shared.grants.target import target_of
from shared.model.denial import AUDIT, TEXT, Denial
from shared.model.diagnosis import Diagnosis
from shared.model.log_entry import LogEntry
from shared.model.names import SERVICE_ACCOUNT, USER, Permission, ResourceName, is_target

BEFORE, AFTER = timedelta(days=1), timedelta(minutes=15)
"""How far around a denial its reason is looked for in the Admin Activity log."""
IAM_REASON = "IAM_PERMISSION_DENIED"
ASKABLE = (USER, SERVICE_ACCOUNT)


class Key(Struct, frozen=True):
    """What identifies an entry in Cloud Logging."""

    log_name: str
    insert_id: str
    at: datetime


class Ours(Struct, frozen=True, kw_only=True):
    """What the operators named as theirs.

    `organization` is the organisation's number, "" where they named none; `attachable` the service accounts that a
    machine may be given.
    """

    organization: str = ""
    attachable: tuple[str, ...] = ()


class Case(Struct, frozen=True, kw_only=True):
    """A denial with what its entry alone led to. `key` is None for a text that is no entry."""

    denial: Denial
    diagnosis: Diagnosis
    at: datetime
    key: Key | None = None
    ours: Ours = Ours()

    @property
    def cause(self) -> str:
        """The id of the cause that the entry suggests."""
        return self.diagnosis.cause.id

    @property
    def permission(self) -> Permission | None:
        """The first permission that was refused."""
        return self.denial.names.permissions[0] if self.denial.names.permissions else None

    @property
    def caller(self) -> str | None:
        """The address of the caller, where it is a Google account or service account."""
        principal = self.denial.names.principal
        return principal.text if principal is not None and principal.kind in ASKABLE else None

    @property
    def reached_iam(self) -> bool:
        """Whether the call got as far as IAM: then its scopes were enough and its API was on."""
        audited = self.denial.trust is AUDIT and bool(self.denial.names.permissions)
        return audited or any(error.reason == IAM_REASON for error in self.denial.signs.errors)

    @property
    def said_by_front_end(self) -> bool:
        """Whether a machine-readable reason of the API front end decides, so that IAM was never asked."""
        told = self.denial.signs
        return any(error.reason in FRONT_END for error in told.errors) or bool(set(told.reasons) & FRONT_END)

    @property
    def resource(self) -> str | None:
        """The full name of the resource the permission was checked on, None where it cannot be told."""
        permission, named = self.permission, self.denial.names.resource
        if permission is None or named is None:
            return None
        if named.text.startswith("//"):
            return named.text if is_target(named.text) else None
        if "/" not in named.text:
            return self.target
        host = "cloudresourcemanager.googleapis.com" if named.text.count("/") == 1 else _carrier(permission)
        full = f"//{host}/{named.text}"
        return full if is_target(full) else self.target

    @property
    def target(self) -> str | None:
        """The full name of what carries the policy, None where it cannot be told or is no name of Google's."""
        if self.permission is None:
            return None
        found = target_of(self.permission, self.denial.names.resource, self.denial.names.account)
        return found if found and is_target(found) else None

    @property
    def machine(self) -> AskMachine | None:
        """The question about the virtual machine that wrote the entry, if one did."""
        instance = self.denial.origin.instance
        return AskMachine(instance.project, instance.zone, instance.id) if instance and instance.zone else None

    @property
    def from_machine(self) -> bool:
        """Whether the call may have been made with the machine's own credential."""
        return self.machine is not None and self.denial.trust is TEXT and not self.denial.origin.by_key

    @property
    def owner(self) -> str | None:
        """The project whose log this is, which for an audit entry owns the resource."""
        owner = self.denial.origin.owner
        return owner if owner and owner.startswith("projects/") else None

    @property
    def project(self) -> str | None:
        """The project of the target as `projects/P`: by its name, or the owner of the audit log."""
        named = ResourceName(self.target or self.resource or "").project
        return f"projects/{named}" if named else self.owner

    @property
    def consumer(self) -> AskProject | None:
        """The question about the project that the error says the call is accounted to."""
        return AskProject(self.denial.names.consumer) if self.denial.names.consumer else None


FRONT_END = frozenset(
    {
        "SERVICE_DISABLED",
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "USER_PROJECT_DENIED",
        "CONSUMER_INVALID",
        "BILLING_DISABLED",
        "accessNotConfigured",
        "insufficientPermissions",
    }
)


def _carrier(permission: Permission) -> str:
    """The host in the full names of the resources that a permission is about."""
    return "iam.googleapis.com" if permission.startswith("iam.") else service_of(permission)


def case_of(entry: LogEntry, denial: Denial, diagnosis: Diagnosis, now: datetime, ours: Ours) -> Case:
    """The case of a denial; an entry without a usable time, or with one to come, is taken to be of now."""
    at = _time_of(entry.timestamp)
    key = Key(entry.log_name, entry.insert_id, at) if at and entry.log_name and entry.insert_id else None
    when = min(at, now) if at else now
    return Case(denial=denial, diagnosis=diagnosis, at=when, key=key, ours=ours)


def _time_of(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
