"""A refused call, as far as one log entry states it; and the reason when an entry is no refusal."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from shared.model.names import Permission, Principal, ResourceName


class Trust(StrEnum):
    """How far the words of an entry may be believed (safety: a denial is attacker-producible, and so is text)."""

    AUDIT = "audit"  # one of the four Google audit logs, written for the project that owns the resource
    GOOGLE = "google"  # another log written by Google services
    TEXT = "text"  # anything a workload, an agent or a person may have written


AUDIT, GOOGLE, TEXT = Trust
"""The same as plain names: reading an enum's attribute costs more than the rest of a decision can afford."""


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


class Check(Struct, frozen=True):
    """One permission that was checked and not granted, and on what."""

    permission: Permission
    resource: ResourceName | None


class Names(Struct, frozen=True, kw_only=True):
    """Whom and what the entry names; None or empty where it does not say.

    `permissions` were checked and not granted; `resource` is what the first of them was checked on; `consumer` is the
    project the call is accounted to ("projects/N"); `account` the service account the call was about; `checks` say of
    each permission what it was checked on, where an audit entry lists several.
    """

    principal: Principal | None = None
    permissions: tuple[Permission, ...] = ()
    resource: ResourceName | None = None
    service: str | None = None
    consumer: str | None = None
    account: str | None = None
    scopes: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()


class Signs(Struct, frozen=True, kw_only=True):
    """Every sign of a cause: ErrorInfo, violations, reasons of old error bodies, marks of typed metadata, sentences."""

    errors: tuple[ErrorInfo, ...] = ()
    violations: tuple[Violation, ...] = ()
    reasons: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    heard: tuple[Heard, ...] = ()


class Origin(Struct, frozen=True, kw_only=True):
    """Where the entry comes from: `owner` is what owns the log ("projects/p"), which is not the consumer.

    `by_key` is True for a call made with a service account key; `on_behalf` is the chain of delegation in order.
    """

    owner: str | None = None
    instance: Instance | None = None
    runs_on: str = ""
    by_key: bool = False
    on_behalf: tuple[str, ...] = ()


class Denial(Struct, frozen=True, kw_only=True):
    """Who was refused what, where, and every sign of why. `status` is the canonical gRPC status, "" if not stated."""

    id: str | None
    trust: Trust
    status: str
    message: str = ""
    names: Names = Names()
    signs: Signs = Signs()
    origin: Origin = Origin()
    evidence: tuple[str, ...] = ()

    def marked(self, mark: str) -> Denial:
        """The same denial with one more mark of typed metadata, before all others."""
        return replace(self, signs=replace(self.signs, marks=(mark, *self.signs.marks)))

    def naming(self, **names: Any) -> Denial:
        """The same denial with other names."""
        return replace(self, names=replace(self.names, **names))


class NotADenial(Struct, frozen=True, kw_only=True):
    """Nothing here was refused by Google Cloud; `see` names the cause whose page explains the neighbour, if any."""

    id: str | None
    reason: str
    see: str | None = None
    trust: Trust = Trust.TEXT
