"""Short names of a scenario file to what Google calls things: times, members, accounts, resources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sandbox.access import nearest_of, spelt_in_deny_policies
from sandbox.closed_yaml import meant
from sandbox.world import CRM, World

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
MOST_DIGITS = 5
KINDS = {
    "accounts": "serviceAccounts",
    "machines": "instances",
    "run_services": "services",
    "keys": "cryptoKeys",
    "organization": "organizations",
}
"""What a scenario file calls a collection where Google's own name says less."""
COLLECTIONS = (
    "accounts",
    "buckets",
    "datasets",
    "folders",
    "keys",
    "machines",
    "organization",
    "projects",
    "repositories",
    "run_services",
    "secrets",
    "subscriptions",
    "topics",
)
"""What a short name may begin with."""
ACCOUNTS = ".iam.gserviceaccount.com"


def span(text: str) -> timedelta | None:
    """A span of time as `7m`, `90s`, `2h` or `1d`; None if it is written otherwise."""
    number, unit = text[:-1], text[-1:]
    if unit not in UNITS or not number.isdecimal() or len(number) > MOST_DIGITS:
        return None
    return timedelta(**{UNITS[unit]: int(number)})


def time(text: str, now: datetime | None = None) -> datetime | None:
    """A time, as `2026-11-21T10:00:00Z` or relative to now as `-5m`; None if it is written otherwise."""
    if now is not None and text[:1] in ("-", "+"):
        by = span(text[1:])
        return None if by is None else now - by if text[0] == "-" else now + by
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def email(name: str) -> str:
    """The whole address of a service account: `up@acme-web` is one of project acme-web."""
    local, at, domain = name.partition("@")
    return f"{local}@{domain}{ACCOUNTS}" if at and "." not in domain else name


def member(named: str) -> str:
    """An IAM member with its account's whole address."""
    kind, _, name = named.partition(":")
    return f"{kind}:{email(name)}" if kind == "serviceAccount" else named


def principal(named: str) -> str:
    """A member as deny policies name it (IAM documentation, "Principal identifiers", v2)."""
    kind, _, name = member(named).partition(":")
    if kind == "serviceAccount":
        return f"principal://iam.googleapis.com/projects/-/serviceAccounts/{name}"
    forms = {"user": "principal://goog/subject/", "group": "principalSet://goog/group/"}
    if kind in forms:
        return f"{forms[kind]}{name}"
    return "principalSet://goog/public:all" if named in ("everyone", "allUsers") else named


def permission(named: str) -> str:
    """A permission as deny policies name it: `storage.googleapis.com/objects.create`."""
    return named if "/" in named else spelt_in_deny_policies(named)


def resource(world: World, named: str) -> tuple[str, str]:
    """The full resource name behind a short one, and what is wrong with it (then the name is empty).

    A full name (`//storage.googleapis.com/…`) stands for itself, whether or not it exists.
    """
    if named.startswith("//"):
        return named, ""
    if named == "organization":
        return f"{CRM}/organizations/{world.organization}", ""
    collection, _, rest = named.partition("/")
    kind = KINDS.get(collection, collection)
    name, _, inner = rest.partition("/")
    if kind == "serviceAccounts":
        name = email(name)
    found = [
        one.name for one in world.of_kind(kind) if one.name.rpartition("/")[2] == name or _alias(world, one.name, name)
    ]
    if len(found) == 1:
        return f"{found[0]}/{inner}" if inner else found[0], ""
    if len(found) > 1:
        return "", f"{named} may be {' or '.join(found)}; write the full name"
    return "", f"there is no {named}{_hint(world, collection, kind, named)}"


def _alias(world: World, full: str, name: str) -> bool:
    """Whether a folder of the file is meant by the file's own name for it."""
    found = world.resources[full]
    return found.kind == "folders" and found.hidden.get("alias") == name


def _hint(world: World, collection: str, kind: str, named: str) -> str:
    if collection not in COLLECTIONS:
        return f"; a name begins with one of {', '.join(COLLECTIONS)}, or with // where it is whole"
    known = [f"{collection}/{one.name.rpartition('/')[2]}" for one in world.of_kind(kind)]
    if not known:
        return f"; the file has no {collection}"
    return meant("/".join(named.split("/")[:2]), known) or "; for one that does not exist write its full name"


def owner(world: World, full: str) -> str:
    """The id of the project that owns a resource, or would."""
    nearest = nearest_of(world, full)
    return nearest.project if nearest else ""
