"""What Google Cloud answered when it was asked: values only, in IAM's own terms."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from shared.model.evidence import UNKNOWN, Verdict
from shared.model.names import Role


class Condition(Struct, frozen=True, kw_only=True):
    """An IAM condition (google.type.Expr): a CEL expression with its title."""

    title: str = ""
    expression: str = ""
    description: str = ""

    @property
    def ends(self) -> datetime | None:
        """The time after which it no longer holds, None where it names none."""
        _, found, rest = "".join(self.expression.split()).replace("'", '"').partition('request.time<timestamp("')
        try:
            end = datetime.fromisoformat(rest.partition('"')[0]) if found else None
        except ValueError:
            return None
        return end if end is not None and end.tzinfo is not None else None

    def is_over(self, at: datetime) -> bool:
        """Whether it had certainly ended by a time; one with alternatives may hold without its end."""
        return self.ends is not None and self.ends <= at and "||" not in self.expression


class Binding(Struct, frozen=True, kw_only=True):
    """One role with the members that have it, under a condition or without one."""

    role: Role
    members: tuple[str, ...]
    condition: Condition | None = None


class Policy(Struct, frozen=True, kw_only=True):
    """The allow policy of one resource, read with version 3 so that conditions are seen."""

    resource: str
    bindings: tuple[Binding, ...] = ()
    etag: str = ""
    version: int = 1


class AccessState(StrEnum):
    """Whether a principal has a permission on a resource (policytroubleshooter v3, OverallAccessState)."""

    CAN = "CAN_ACCESS"
    CANNOT = "CANNOT_ACCESS"
    UNKNOWN_INFO = "UNKNOWN_INFO"
    UNKNOWN_CONDITIONAL = "UNKNOWN_CONDITIONAL"


class BindingSeen(Struct, frozen=True, kw_only=True):
    """One binding that Policy Troubleshooter looked at: on which resource, and each part of its verdict."""

    resource: str
    role: Role
    grants: Verdict
    has_permission: Verdict
    has_member: Verdict
    condition: Condition | None = None
    condition_holds: Verdict = UNKNOWN


class DenySeen(Struct, frozen=True, kw_only=True):
    """One deny rule that matched: its policy, whom and what it names, whom it excepts."""

    policy: str
    permissions: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    condition: Condition | None = None


class Access(Struct, frozen=True, kw_only=True):
    """What Policy Troubleshooter says of one principal, permission and resource, with the bindings that matter.

    `allowed` and `denied` are the two halves: whether an allow policy grants it, and whether a deny policy takes it.
    """

    state: AccessState
    allowed: Verdict
    denied: Verdict
    bindings: tuple[BindingSeen, ...] = ()
    denials: tuple[DenySeen, ...] = ()
    unseen: tuple[str, ...] = ()
    """Resources whose policies Google did not let us see."""


class DenyRule(Struct, frozen=True, kw_only=True):
    """One rule of a deny policy (iam v2), with the policy it stands in and where that is attached."""

    policy: str
    attached_to: str
    title: str = ""
    denied_principals: tuple[str, ...] = ()
    exception_principals: tuple[str, ...] = ()
    denied_permissions: tuple[str, ...] = ()
    exception_permissions: tuple[str, ...] = ()
    condition: Condition | None = None


class Project(Struct, frozen=True, kw_only=True):
    """One project, found by id or by number. `parent` is `folders/N` or `organizations/N`, "" for none."""

    id: str
    number: str
    title: str = ""
    active: bool = True
    parent: str = ""
    labels: dict[str, str] = {}


class Account(Struct, frozen=True, kw_only=True):
    """One service account as it is now; `unique_id` tells a re-created one from its predecessor."""

    email: str
    unique_id: str
    project: str
    disabled: bool = False


class Change(Struct, frozen=True, kw_only=True):
    """One successful administrative call near the time of the denial (Admin Activity log).

    `removed` and `added` are the bindings a SetIamPolicy changed, as `role member`; `ended` those of `removed` whose
    condition was over by then. `reason` is what the caller gave with the request as its reason, "" for nothing.
    """

    at: datetime
    method: str
    by: str
    resource: str
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    reason: str = ""

    @property
    def taken(self) -> tuple[str, ...]:
        """The removed bindings that still gave something: to clear away what has ended takes nothing from anybody."""
        left = list(self.removed)
        for one in self.ended:
            left.remove(one)
        return tuple(left)


class Beat(Struct, frozen=True, kw_only=True):
    """The last entries an agent of a machine wrote: when, and the self-check codes it reported since a time."""

    last: datetime | None
    codes: tuple[str, ...] = ()


class FlowLogs(Struct, frozen=True, kw_only=True):
    """Whether VPC flow logs are produced for a subnetwork, and how sparsely (subnetworks.get, logConfig)."""

    subnet: str
    enabled: bool
    sampling: float | None = None
    filter: str = ""


class Asset(Struct, frozen=True, kw_only=True):
    """One resource that Cloud Asset Inventory knows: its full name, type, project and ancestors."""

    name: str
    type: str
    project: str
    parents: tuple[str, ...] = ()


class Holding(Struct, frozen=True, kw_only=True):
    """One role that a member has been given by its own name, on which resource (Cloud Asset, searchAllIamPolicies)."""

    resource: str
    role: Role
    condition: Condition | None = None
