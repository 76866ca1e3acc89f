"""A refused call, as far as one log entry states it; and the reason when an entry is no refusal."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from shared.model.names import Permission, Principal, ResourceName


class Trust(StrEnum):
    """How far the words of an entry may be believed (safety: a denial is attacker-producible, and so is text)."""

    AUDIT = "audit"  # one of the four Google audit logs, written for the project that owns the resource
    GOOGLE = "google"  # another log written by Google services
    TEXT = "text"  # anything a workload, an agent or a person may have written


class ErrorInfo(Struct, frozen=True, gc=False):
    """google.rpc.ErrorInfo: the machine-readable reason of a refusal."""

    reason: str
    domain: str = ""
    metadata: dict[str, str] = {}


class Violation(Struct, frozen=True, gc=False):
    """One violation of google.rpc.PreconditionFailure."""

    type: str
    subject: str = ""
    description: str = ""


class Heard(Struct, frozen=True):
    """One sentence of the domain found in a text: which cause it speaks for, how strongly, and what it names.

    `refusal` is False for a sentence that explains a refusal known from elsewhere but does not state one; `anyones` is
    True for words that other vendors write as well.
    """

    cause: str
    weight: int
    refusal: bool
    anyones: bool
    groups: dict[str, str]
    words: str


class Instance(Struct, frozen=True):
    """The virtual machine that produced the entry; `id` is its numeric id or, failing that, its name."""

    project: str
    zone: str
    id: str


class Denial(Struct, frozen=True, kw_only=True):
    """Who was refused what, where, and every sign of why; empty where the entry does not say.

    `status` is the canonical gRPC status name; `owner` the resource that owns the log ("projects/p"), which is not
    the consumer; `missing` pairs each permission that was checked and not granted with the resource it was checked on.
    """

    id: str | None
    shape: str
    trust: Trust
    status: str
    message: str = ""
    principal: Principal | None = None
    permissions: tuple[Permission, ...] = ()
    resource: ResourceName | None = None
    service: str | None = None
    method: str = ""
    consumer: str | None = None
    scopes: tuple[str, ...] = ()
    owner: str | None = None
    target_account: str | None = None
    errors: tuple[ErrorInfo, ...] = ()
    violations: tuple[Violation, ...] = ()
    reasons: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    heard: tuple[Heard, ...] = ()
    instance: Instance | None = None
    runs_on: str = ""
    user_agent: str = ""
    by_key: bool = False
    on_behalf: tuple[str, ...] = ()
    happened_at: str = ""
    evidence: tuple[str, ...] = ()


class NotADenial(Struct, frozen=True, kw_only=True):
    """Nothing here was refused by Google Cloud; `see` names the cause whose page explains the neighbour, if any."""

    id: str | None
    reason: str
    see: str | None = None
    trust: Trust = Trust.TEXT
