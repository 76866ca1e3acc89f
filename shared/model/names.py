"""Who and what a log entry names, parsed once and compared by parts.

A name is never believed here, only read: `Principal.member` says which IAM member a name could stand for, and is
None for everything that must not receive a grant from a machine (everyone, whole pools, Kubernetes users, look-alikes).
"""

from __future__ import annotations

from enum import StrEnum
from typing import NewType

from msgspec import Struct

Permission = NewType("Permission", str)
Role = NewType("Role", str)

FEDERATED = ("principal://iam.googleapis.com/", "principalSet://iam.googleapis.com/")
AGENT_DOMAINS = ("cloudservices.gserviceaccount.com", "compute-system.iam.gserviceaccount.com")
KUBERNETES = ("system:serviceaccount:", "system:node:", "system:masters", "system:anonymous", "system:kube")


class PrincipalKind(StrEnum):
    """What a name can be, by the grammar of IAM principal identifiers."""

    USER = "user"
    SERVICE_ACCOUNT = "serviceAccount"
    SERVICE_AGENT = "service agent"
    FEDERATED = "federated identity"
    FEDERATED_SET = "set of federated identities"
    KUBERNETES = "Kubernetes user"
    ANONYMOUS = "anonymous"
    OTHER = "unrecognised name"


GRANTABLE = (PrincipalKind.USER, PrincipalKind.SERVICE_ACCOUNT, PrincipalKind.FEDERATED)


class Principal(Struct, frozen=True):
    """The identity that was refused, exactly as the entry spells it."""

    text: str
    kind: PrincipalKind

    @property
    def member(self) -> str | None:
        """The IAM member a grant would name, or None where no grant may follow from this name."""
        if self.kind not in GRANTABLE or not is_plain(self.text):
            return None
        if self.kind is PrincipalKind.FEDERATED:
            return self.text
        return f"{self.kind.value}:{self.text}"


def parse_principal(text: str) -> Principal:
    """The principal behind an e-mail address, a `kind:name` member or a principal:// subject.

    Source: IAM documentation "Principal identifiers"; service agents are `service-NUMBER@...gserviceaccount.com`
    and `NUMBER@cloudservices.gserviceaccount.com`.
    """
    for prefix in ("serviceAccount:", "user:"):
        if text.startswith(prefix):
            text = text[len(prefix) :]
            break
    return Principal(text, _kind_of(text))


def _kind_of(text: str) -> PrincipalKind:
    name, at, domain = text.partition("@")
    if at and "[" not in text and "/" not in text:
        if domain.endswith("gserviceaccount.com"):
            return PrincipalKind.SERVICE_AGENT if _is_agent(name, domain) else PrincipalKind.SERVICE_ACCOUNT
        return PrincipalKind.USER if name and "." in domain else PrincipalKind.OTHER
    if text.startswith(FEDERATED[0]):
        return PrincipalKind.FEDERATED
    if text.startswith(FEDERATED[1]):
        return PrincipalKind.FEDERATED_SET
    if text.startswith(KUBERNETES):
        return PrincipalKind.ANONYMOUS if text == "system:anonymous" else PrincipalKind.KUBERNETES
    return PrincipalKind.ANONYMOUS if text.lower() in ("anonymous", "anonymous caller") else PrincipalKind.OTHER


def _is_agent(name: str, domain: str) -> bool:
    numbered_agent = name.startswith("service-") and name[8:].isdigit()
    return numbered_agent or domain.startswith("gcp-sa-") or (domain in AGENT_DOMAINS and name.isdigit())


def is_plain(text: str) -> bool:
    """Whether a name is printable ASCII without blanks or quotes: the only kind an action may carry."""
    return text.isascii() and text.isprintable() and not any(mark in text for mark in " '\"`<>\\")


def parse_permission(text: str) -> Permission | None:
    """The permission in its canonical spelling (`iam.serviceAccounts.actAs`), or None for other dotted words.

    Both `service.resource.verb` and the `service.googleapis.com/resource.verb` form of deny policies are read;
    messages print `iam.serviceaccounts.*`, which IAM spells `iam.serviceAccounts.*`.
    """
    if "/" in text:
        host, _, rest = text.partition("/")
        text = f"{host.removesuffix('.googleapis.com')}.{rest}"
    parts = text.split(".")
    if len(parts) != 3 or not all(part.replace("-", "").replace("_", "").isalnum() for part in parts):
        return None
    if not parts[0][0].islower() or not parts[2][0].islower():
        return None
    if parts[0] == "iam" and parts[1].lower() == "serviceaccounts":
        parts[1] = "serviceAccounts"
        parts[2] = _SERVICE_ACCOUNT_VERBS.get(parts[2].lower(), parts[2])
    return Permission(".".join(parts))


_SERVICE_ACCOUNT_VERBS = {
    verb.lower(): verb
    for verb in ("actAs", "getAccessToken", "getOpenIdToken", "signBlob", "signJwt", "implicitDelegation")
}


class ResourceName(Struct, frozen=True):
    """A resource as the entry spells it: service-relative (`projects/p/zones/z/instances/i`) or full (`//host/...`)."""

    text: str

    @property
    def name(self) -> str:
        """The service-relative name, without `//host/`."""
        return self.text[2:].partition("/")[2] if self.text.startswith("//") else self.text

    def part(self, collection: str) -> str | None:
        """The id that follows a collection: `part("buckets")` of `projects/_/buckets/b` is `b`."""
        parts = self.name.split("/")
        for at in range(len(parts) - 1):
            if parts[at] == collection:
                return parts[at + 1] or None
        return None

    @property
    def project(self) -> str | None:
        """The project id or number in the name; None for `projects/_`, `projects/-` and names without one."""
        project = self.part("projects")
        return None if project in ("_", "-") else project

    def upto(self, collection: str) -> str | None:
        """The service-relative name cut after the id of a collection, or None if it is not in the name."""
        parts = self.name.split("/")
        for at in range(len(parts) - 1):
            if parts[at] == collection and parts[at + 1]:
                return "/".join(parts[: at + 2])
        return None


def parse_resource(text: str) -> ResourceName | None:
    """The resource behind a string, or None for an empty one."""
    text = text.strip()
    return ResourceName(text) if text else None
