"""Whether a name in a policy file is one exact thing of Google's, told in a sentence where it is not."""

from __future__ import annotations

from shared.grants.choose import AGENT, BASIC
from shared.grants.curated import FEDERATED_ROLES, ROLES
from shared.grants.danger import floor_of, is_above_project
from shared.grants.members import as_stored
from shared.model.names import (
    FEDERATED,
    SERVICE_ACCOUNT,
    SERVICE_AGENT,
    USER,
    is_plain,
    is_target,
    parse_permission,
    parse_principal,
)
from shared.model.plan import T2, T3, Tier

SERVICES = ".googleapis.com"
ON_ONE = "//any.googleapis.com/one"
"""A target of no kind in particular: the floor of a permission on one resource."""
MAKES_ACCOUNTS = {
    "appengine.googleapis.com": "it creates the App Engine default account",
    "appengineflex.googleapis.com": "it creates the App Engine default account",
    "cloudbuild.googleapis.com": "builds then run as an account that may deploy",
    "composer.googleapis.com": "it switches Compute Engine on, which creates its default account",
    "compute.googleapis.com": "it creates the Compute Engine default account",
    "container.googleapis.com": "it switches Compute Engine on, which creates its default account",
    "dataflow.googleapis.com": "it switches Compute Engine on, which creates its default account",
    "dataproc.googleapis.com": "it switches Compute Engine on, which creates its default account",
    "deploymentmanager.googleapis.com": "it then acts with an account that may edit the project",
    "iamcredentials.googleapis.com": "it lets accounts be impersonated",
    "notebooks.googleapis.com": "it switches Compute Engine on, which creates its default account",
}
"""APIs that are never enabled without a person: default accounts may be given Editor when they are created.

Source: IAM documentation, "Default service accounts"; the others act as such an account, or need one of these.
"""
BUCKETS = "//storage.googleapis.com/"
_KINDS = {"user": (USER,), "serviceAccount": (SERVICE_ACCOUNT, SERVICE_AGENT)}


def member_fault(text: str, *, alone: bool) -> str:
    """What is wrong with an IAM member that a rule names; `alone` is True where no person would be asked."""
    kind, colon, name = text.partition(":")
    if text.startswith(("principalSet:", "allUsers", "allAuthenticated", "domain:", "group:", "deleted:")):
        return f"{text!r} is more than one identity, or none: name each one, or use in_group with the group's id"
    if text.startswith("principal://"):
        exact = parse_principal(text).kind is FEDERATED and is_plain(text)
        if exact and alone:
            return f"{text!r} comes from outside: without a person only a user: or a serviceAccount: is given anything"
        return "" if exact else f"{text!r} is not one subject of a pool"
    if kind not in _KINDS or not colon:
        return (
            f"{text!r} is no IAM member: write user:NAME@DOMAIN or serviceAccount:NAME@PROJECT.iam.gserviceaccount.com"
        )
    return "" if parse_principal(name).kind in _KINDS[kind] else f"{text!r} is no address of a {kind}"


def member_named(text: str) -> str:
    """A member as it is compared: letters count as IAM counts them."""
    return as_stored(text)


def target_fault(text: str) -> str:
    """What is wrong with a full resource name that a rule names."""
    if not is_target(target_named(text)):
        return (
            f"{text!r} is no full resource name: it begins with //SERVICE.googleapis.com/, as `unforbid explain` prints"
        )
    if is_above_project(text):
        return f"{text!r} is above a project: nothing is ever changed there; use `under` for what stands below it"
    return ""


def target_named(text: str) -> str:
    """A full resource name as plans spell it: of a bucket IAM has `projects/_/buckets/NAME`, the inventory `NAME`."""
    bucket = text.removeprefix(BUCKETS)
    return f"{BUCKETS}projects/_/buckets/{bucket}" if bucket != text and "/" not in bucket else text


def place_fault(text: str) -> str:
    """What is wrong with something that targets stand under."""
    kind, _, name = text.partition("/")
    numbered = kind in ("folders", "organizations") and name.isdigit()
    plain = name.replace("-", "").replace(":", "").replace(".", "").isalnum() and name == name.lower()
    if numbered or (kind == "projects" and plain):
        return ""
    return f"{text!r} is no place: write projects/ID, folders/NUMBER or organizations/NUMBER"


def permission_fault(text: str, *, permits: bool, alone: bool) -> str:
    """What is wrong with a permission that a rule names, for the mode it has."""
    known = parse_permission(text)
    if known is None:
        return f"{text!r} is no permission: write SERVICE.RESOURCE.VERB, such as storage.objects.get"
    if known != text:
        return f"{text!r} is not how IAM spells it; did you mean {known}?"
    floor = floor_of(text, ON_ONE)
    if permits and floor is T3:
        return f"{text} is never handed out by a machine: only security and the owner may; make the rule notify"
    if alone and floor >= T2:
        return f"{text} takes two people (T2): it cannot be auto; make the rule approve"
    return ""


def role_fault(text: str, *, alone: bool) -> str:
    """What is wrong with a role that a rule would grant, by its name alone."""
    if not _is_role(text):
        return f"{text!r} is no role: write roles/NAME, projects/ID/roles/NAME or organizations/NUMBER/roles/NAME"
    if text in BASIC:
        return f"{text} is a basic role: it is never granted; name the role that holds just what is missing"
    if AGENT in text.lower():
        return f"{text} is a role of Google's own agents: it is never granted to anyone else"
    if alone and _floor_by_name(text) >= T2:
        return f"{text} takes two people (T2): it cannot be auto; make the rule approve"
    return ""


def service_fault(text: str, *, alone: bool) -> str:
    """What is wrong with an API that a rule would enable."""
    label = text.removesuffix(SERVICES)
    plain = label.replace("-", "").replace(".", "").isalnum() and label[0] not in "-." and ".." not in label
    if label == text or not plain or text != text.lower():
        return f"{text!r} is no API: write its host, such as pubsub.googleapis.com"
    if alone and text in MAKES_ACCOUNTS:
        return f"{text} is never enabled without a person: {MAKES_ACCOUNTS[text]}; make the rule approve"
    return ""


def _floor_by_name(role: str) -> Tier:
    """The floor of what is known to be in a role: the permissions it is hand-checked for."""
    curated = [*ROLES.items(), *FEDERATED_ROLES.items()]
    held = [permission for permission, name in curated if f"roles/{name}" == role]
    return max((floor_of(one, ON_ONE) for one in held), default=Tier.T1)


def _is_role(text: str) -> bool:
    where, found, name = text.rpartition("roles/")
    plain = name.replace("_", "").replace(".", "").isalnum() and not name.startswith(".") and not name.endswith(".")
    if not found or not plain:
        return False
    return not where or (not place_fault(where.removesuffix("/")) and where.endswith("/") and where[0] != "f")
