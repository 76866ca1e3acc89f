"""One denial about to be looked into: what the entry says, where it stands, when it happened."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from shared.evidence.owner import own_project
from shared.evidence.paths import path_in
from shared.evidence.questions import AskMachine
from shared.grants.services import service_of
from shared.grants.target import is_carried, target_of
from shared.model.denial import AUDIT, TEXT, Denial
from shared.model.diagnosis import Diagnosis
from shared.model.log_entry import LogEntry
from shared.model.names import SERVICE_ACCOUNT, USER, Permission, ResourceName, is_target

BEFORE, AFTER = timedelta(days=1), timedelta(days=1)
"""How far around a denial its reason, and what mended it since, is looked for in the Admin Activity log."""
CREDENTIALS = "iamcredentials.googleapis.com"
TOKEN = Permission("iam.serviceAccounts.getAccessToken")
CONTAINERS_HOST = "//cloudresourcemanager.googleapis.com"
CONTAINERS = ("projects/", "folders/", "organizations/")
ANY_PROJECT = "/projects/-/"
"""How calls to IAM Credentials write the project of an account that they name by its address or unique id."""
OF_ACCOUNTS = "iam.serviceAccounts."
IAM_REASON = "IAM_PERMISSION_DENIED"
LOST, WRITES_LOGS = "cred.lost_token", Permission("logging.logEntries.create")
"""Agents that may not write logs are as silent as killed ones: whether they may is asked before anything is reset."""
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
"""Reasons by which the API front end says that it refused a call before IAM was asked."""
ASKABLE = (USER, SERVICE_ACCOUNT)
"""The principals that Policy Troubleshooter can be asked about."""
MOST_CHECKED = 3


class Key(Struct, frozen=True):
    """What identifies an entry in Cloud Logging."""

    log_name: str
    insert_id: str
    at: datetime


class Checked(Struct, frozen=True, kw_only=True):
    """A permission to ask IAM about: the resource it was checked on, and what carries the policy for it, if known."""

    permission: Permission
    resource: str | None
    target: str | None
    project: str | None


class Ours(Struct, frozen=True, kw_only=True):
    """What the operators named as theirs.

    `organization` is the organisation's number, "" where they named none; `attachable` the service accounts that a
    machine may be given; `identities` the addresses by which we ourselves change something.
    """

    organization: str = ""
    attachable: tuple[str, ...] = ()
    identities: frozenset[str] = frozenset()


class Case(Struct, frozen=True, kw_only=True):
    """A denial with what its entry alone led to, looked into at `now`. `key` is None for a text that is no entry."""

    denial: Denial
    diagnosis: Diagnosis
    at: datetime
    now: datetime
    key: Key | None = None
    ours: Ours = Ours()

    @property
    def cause(self) -> str:
        """The id of the cause that the entry suggests."""
        return self.diagnosis.cause.id

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
    def checked(self) -> tuple[Checked, ...]:
        """The permissions to ask IAM about: the refused ones, or those that a call stopped earlier needs next."""
        names = self.denial.names
        pairs = [(one.permission, one.resource) for one in names.checks]
        pairs = pairs or [(permission, names.resource) for permission in names.permissions]
        if not pairs and names.service == CREDENTIALS and "@" in (names.account or ""):
            pairs = [(TOKEN, None)]
        if not pairs and (path := path_in(self.denial.message)) is not None:
            pairs = [(path.permission, path.resource)]
        if not pairs and self.cause == LOST and self.machine is not None:
            pairs = [(WRITES_LOGS, ResourceName(f"projects/{self.machine.project}"))]
        return tuple(dict.fromkeys(self._checked(permission, named) for permission, named in pairs))

    def _checked(self, permission: Permission, named: ResourceName | None) -> Checked:
        target = self._settled(target_of(permission, named, self.denial.names.account))
        exact = self._settled(_full_name(permission, named))
        own_policy = is_carried(permission) or permission.startswith(OF_ACCOUNTS)
        resource = (exact or target) if own_policy else (target or exact)
        project = ResourceName(target or resource or "").project
        return Checked(
            permission=permission,
            resource=resource,
            target=target,
            project=f"projects/{project}" if project else self.owner,
        )

    def _settled(self, name: str | None) -> str | None:
        """A full name with the project of an account in it; None for what is no name of Google's."""
        if name is not None and ANY_PROJECT in name:
            account = ResourceName(name).part("serviceAccounts") or ""
            project = own_project(account) or self.owner
            name = name.replace(ANY_PROJECT, f"/{project}/") if project else name
        return name if name and is_target(name) else None

    @property
    def machine(self) -> AskMachine | None:
        """The question about the virtual machine that wrote the entry, if one did."""
        found = self.denial.origin.instance
        if found is None or not found.zone or "/" in f"{found.project}{found.zone}{found.id}":
            return None
        name = f"//compute.googleapis.com/projects/{found.project}/zones/{found.zone}/instances/{found.id}"
        return AskMachine(found.project, found.zone, found.id) if is_target(name) else None

    @property
    def from_machine(self) -> bool:
        """Whether the call may have been made with the machine's own credential."""
        return self.machine is not None and self.denial.trust is TEXT and not self.denial.origin.by_key

    @property
    def logged_in(self) -> str | None:
        """The project whose log this is."""
        return as_project(self.denial.origin.owner)

    @property
    def owner(self) -> str | None:
        """The project that owns the resource although its name does not say so: an audit log is written there."""
        return self.logged_in if self.denial.trust is AUDIT else None

    @property
    def project(self) -> str | None:
        """The project of the first target."""
        return next((one.project for one in self.checked if one.project), self.owner)

    @property
    def consumer(self) -> str | None:
        """The project that the error says the call is accounted to."""
        return as_project(self.denial.names.consumer)


def as_project(text: str | None) -> str | None:
    """`projects/P` if a text is just that, and a name that Google could give."""
    plain = text is not None and text.startswith("projects/") and text.count("/") == 1
    return text if plain and is_target(f"{CONTAINERS_HOST}/{text}") else None


def _full_name(permission: Permission, named: ResourceName | None) -> str | None:
    """The full name of what a permission was checked on."""
    if named is None or "/" not in named.text:
        return None
    if named.text.startswith("//"):
        return named.text
    if named.text.startswith(CONTAINERS) and named.text.count("/") == 1:
        return f"{CONTAINERS_HOST}/{named.text}"
    return f"//{'iam.googleapis.com' if permission.startswith('iam.') else service_of(permission)}/{named.text}"


def case_of(entry: LogEntry, denial: Denial, diagnosis: Diagnosis, now: datetime, ours: Ours) -> Case:
    """The case of a denial; an entry without a usable time, or with one to come, is taken to be of now."""
    at = _time_of(entry.timestamp)
    key = Key(entry.log_name, entry.insert_id, at) if at and entry.log_name and entry.insert_id else None
    when = min(at, now) if at else now
    return Case(denial=denial, diagnosis=diagnosis, at=when, now=now, key=key, ours=ours)


def _time_of(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
