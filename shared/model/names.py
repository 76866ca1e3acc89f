"""Who and what a log entry names, parsed once and compared by parts.

A name is never believed here, only read: `Principal.member` says which IAM member a name could stand for, and is
None for everything that must not receive a grant from a machine (everyone, whole pools, Kubernetes users, look-alikes).
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import NewType

from msgspec import Struct

Permission = NewType("Permission", str)
Role = NewType("Role", str)

MOST_NAMES = 4_096
"""How many parsed names are remembered: the same few permissions and principals come again and again."""
AGENT_DOMAINS = ("cloudservices.gserviceaccount.com", "compute-system.iam.gserviceaccount.com")
KUBERNETES_USERS = ("system:serviceaccount:", "system:node:", "system:masters", "system:kube")


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


USER, SERVICE_ACCOUNT, SERVICE_AGENT, FEDERATED, FEDERATED_SET, KUBERNETES, ANONYMOUS, OTHER = PrincipalKind
PREFIX_OF_MEMBER = {USER: "user:", SERVICE_ACCOUNT: "serviceAccount:", FEDERATED: ""}


class Principal(Struct, frozen=True):
    """The identity that was refused, exactly as the entry spells it.

    `member` is the IAM member a grant would name, None where no grant by a machine may follow from this name.
    """

    text: str
    kind: PrincipalKind
    member: str | None


@lru_cache(maxsize=MOST_NAMES)
def parse_principal(text: str) -> Principal:
    """The principal behind an e-mail address, a `kind:name` member or a principal:// subject.

    Source: IAM documentation "Principal identifiers"; service agents are `service-NUMBER@...gserviceaccount.com`
    and `NUMBER@cloudservices.gserviceaccount.com`.
    """
    if text.startswith(("serviceAccount:", "user:")) and "[" not in text:
        text = text.partition(":")[2]
    kind = _kind_of(text)
    prefix = PREFIX_OF_MEMBER.get(kind)
    if kind is FEDERATED and not text.startswith(("principal://", "serviceAccount:")):
        prefix = "serviceAccount:"  # a Kubernetes identity of a workload pool: PROJECT.svc.id.goog[NAMESPACE/NAME]
    return Principal(text, kind, None if prefix is None or not is_plain(text) else prefix + text)


def _kind_of(text: str) -> PrincipalKind:
    name, at, domain = text.partition("@")
    if ".." in text:
        return OTHER  # Google abbreviates some addresses
    if not at or "/" in text or "[" in text:
        return _kind_of_identifier(text)
    if domain.endswith("gserviceaccount.com"):
        return SERVICE_AGENT if _is_agent(name, domain) else SERVICE_ACCOUNT
    return USER if name and "." in domain else OTHER


def _kind_of_identifier(text: str) -> PrincipalKind:
    if text.startswith("principal://iam.googleapis.com/") or ".svc.id.goog[" in text:
        return FEDERATED
    if text.startswith("principalSet://iam.googleapis.com/"):
        return FEDERATED_SET
    if text.lower() in ("anonymous", "anonymous caller", "system:anonymous"):
        return ANONYMOUS
    return KUBERNETES if text.startswith(KUBERNETES_USERS) else OTHER


def _is_agent(name: str, domain: str) -> bool:
    if name.startswith("service-"):
        return name[8:].isdigit()
    return domain.startswith(("gcp-sa-", "bigquery-encryption.")) or (domain in AGENT_DOMAINS and name.isdigit())


def is_plain(text: str) -> bool:
    """Whether a name is printable ASCII without blanks, quotes or markup: the only kind an action may carry."""
    quoted = "'" in text or '"' in text or "`" in text or "<" in text or ">" in text
    return not quoted and " " not in text and "\\" not in text and text.isascii() and text.isprintable()


@lru_cache(maxsize=MOST_NAMES)
def parse_permission(text: str) -> Permission | None:
    """The permission in its canonical spelling (`iam.serviceAccounts.actAs`), or None for other dotted words.

    Both `service.resource.verb` and the `service.googleapis.com/resource.verb` form of deny policies are read;
    messages print `iam.serviceaccounts.*`, which IAM spells `iam.serviceAccounts.*`.
    """
    if "/" in text:
        host, _, rest = text.partition("/")
        text = f"{host.removesuffix('.googleapis.com')}.{rest}"
    words = text.replace(".", "_")
    if text.count(".") != 2 or not text.isascii() or ".." in text or text[-1] == ".":
        return None
    if not words.isidentifier() and not words.replace("-", "_").isidentifier():
        return None
    if text[:4] == "iam.":
        return _account_permission(text)
    return Permission(text) if text[0] >= "a" and text[text.rindex(".") + 1] >= "a" else None


def _account_permission(text: str) -> Permission | None:
    _, resource, verb = text.split(".")
    if resource.lower() == "serviceaccounts":
        return Permission(f"iam.serviceAccounts.{_SERVICE_ACCOUNT_VERBS.get(verb.lower(), verb)}")
    return Permission(text) if verb[0] >= "a" else None


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
        return self.text[2:].partition("/")[2] if self.text[:2] == "//" else self.text

    def part(self, collection: str) -> str | None:
        """The id that follows a collection: `part("buckets")` of `projects/_/buckets/b` is `b`."""
        _, found, rest = f"/{self.name}".partition(f"/{collection}/")
        return rest.partition("/")[0] or None if found else None

    @property
    def project(self) -> str | None:
        """The project id or number in the name; None for `projects/_`, `projects/-` and names without one."""
        project = self.part("projects")
        return None if project in ("_", "-") else project


def parse_resource(text: str) -> ResourceName | None:
    """The resource behind a string, or None for an empty one."""
    text = text.strip()
    return ResourceName(text) if text else None
