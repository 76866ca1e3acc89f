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


_ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_LOCAL_PART = dict.fromkeys(map(ord, _ALPHANUMERIC + "._%+'-"))
_KUBERNETES_NAME = dict.fromkeys(map(ord, _ALPHANUMERIC + ".:-"))
_TARGET = dict.fromkeys(map(ord, _ALPHANUMERIC + "._~%@:+$/-"))
"""What may stand in a name, as a translation that deletes it: whatever is left over may not."""
POOLS = ("workloadIdentityPools", "workforcePools")
LONGEST_TARGET = 1_024


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
MEMBERS = tuple(PREFIX_OF_MEMBER)
"""The kinds of principals to which a machine may grant anything."""


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
    if not name or name.translate(_LOCAL_PART) or not _is_domain(domain):
        return OTHER
    if f".{domain}".endswith(".gserviceaccount.com"):
        return SERVICE_AGENT if _is_agent(name, domain) else SERVICE_ACCOUNT
    return USER


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) > 1 and all(
        label.isascii() and label.replace("-", "").isalnum() and label[0] != "-" != label[-1] for label in labels
    )


def _kind_of_identifier(text: str) -> PrincipalKind:
    if text.startswith("principalSet://iam.googleapis.com/"):
        return FEDERATED_SET
    if text.startswith("principal://iam.googleapis.com/"):
        return FEDERATED if _is_subject(text) else OTHER
    if ".svc.id.goog[" in text:
        return FEDERATED if _is_workload(text) else OTHER
    if text.lower() in ("anonymous", "anonymous caller", "system:anonymous"):
        return ANONYMOUS
    return KUBERNETES if text.startswith(KUBERNETES_USERS) else OTHER


def _is_subject(text: str) -> bool:
    """Whether a principal:// is one subject of a pool: `.../workloadIdentityPools/POOL/subject/NAME`, no wildcard."""
    path, found, subject = text.removeprefix("principal://iam.googleapis.com/").partition("/subject/")
    parts = path.split("/")
    pools = parts[:1] == ["locations"] or parts[:1] == ["projects"]
    kind = parts[-2] if len(parts) > 1 else ""
    return bool(found and subject and parts[-1]) and pools and "*" not in text and kind in POOLS


def _is_workload(text: str) -> bool:
    """Whether a name is one Kubernetes account of a pool: `PROJECT.svc.id.goog[NAMESPACE/NAME]`."""
    project, _, account = text.removeprefix("serviceAccount:").partition(".svc.id.goog[")
    namespace, slash, name = account.removesuffix("]").partition("/")
    parts = (project, namespace, name)
    plain = all(part and not part.translate(_KUBERNETES_NAME) for part in parts)
    return bool(slash) and account.endswith("]") and plain


def _is_agent(name: str, domain: str) -> bool:
    if name.startswith("service-"):
        return name[8:].isdigit()
    return domain.startswith(("gcp-sa-", "bigquery-encryption.")) or (domain in AGENT_DOMAINS and name.isdigit())


def is_plain(text: str) -> bool:
    """Whether a name is printable ASCII without blanks, quotes or markup: the only kind an action may carry."""
    quoted = "'" in text or '"' in text or "`" in text or "<" in text or ">" in text
    return not quoted and " " not in text and "\\" not in text and text.isascii() and text.isprintable()


def is_target(text: str) -> bool:
    """Whether a full resource name is one that an action may carry: a Google host and plain parts, no wildcard."""
    host, _, path = text[2:].partition("/")
    if text[:2] != "//" or not host.endswith(".googleapis.com") or not path or len(text) > LONGEST_TARGET:
        return False
    parts = path.split("/")
    return not text[2:].translate(_TARGET) and "" not in parts and "." not in parts and ".." not in text


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


def place_of(full_name: str) -> tuple[str, ...]:
    """A full resource name without its project, which some write with its id and some with its number."""
    host, *path = full_name.removeprefix("//").split("/")
    return host, *(path[2:] if path[:1] == ["projects"] else path)


def parse_resource(text: str) -> ResourceName | None:
    """The resource behind a string, or None for an empty one."""
    text = text.strip()
    return ResourceName(text) if text else None
