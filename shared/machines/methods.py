"""From the names that logs and errors give a call to the methods of Google's discovery documents, and their scopes.

A method is its last resource and its verb: `storage.objects.insert` is ("objects", "insert"). Audit logs and ErrorInfo
say `google.logging.v2.LoggingServiceV2.WriteLogEntries`, or a permission, for what discovery calls `entries.write`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from shared.grants.sensitivity import is_read
from shared.machines.scope_table import TABLE

Method = tuple[str, str]
Taken = Mapping[Method, frozenset[str]]
EVERY: Method = ("*", "*")
_BIGTABLE = "bigtable.data cloud-bigtable.data cloud-platform"
UNDOCUMENTED = {
    "bigtable": f"""
{_BIGTABLE} bigtable.data.readonly cloud-bigtable.data.readonly cloud-platform.read-only = tables: readRows
sampleRowKeys readChangeStream generateInitialChangeStreamPartitions executeQuery prepareQuery pingAndWarm

{_BIGTABLE} = tables: mutateRow mutateRows checkAndMutateRow readModifyWriteRow
""",
    "bigquerystorage": """
bigquery cloud-platform = readsessions: create read split

bigquery bigquery.insertdata cloud-platform = writeStreams: create append get finalize commit flush
""",
}
"""APIs without a discovery document: their protos name the scopes (google.api.oauth_scopes)."""
ALIKE = {
    "create": ("insert",),
    "get": ("read",),
    "insert": ("create", "write"),
    "patch": ("update",),
    "update": ("patch",),
}
"""How the verbs of discovery documents are said in the names of RPCs and permissions."""
COMMON = frozenset({"get", "list", "create", "insert", "delete", "update", "patch"})
"""Verbs that say nothing about what they are done to."""
BY_PERMISSION = {
    "artifactregistry.repositories.downloadArtifacts": (("repositories", "get"),),
    "bigquery.jobs.create": (("jobs", "insert"), ("jobs", "query")),
    "bigquery.tables.getData": (("tabledata", "list"),),
    "bigquery.tables.updateData": (("tabledata", "insertAll"),),
    "cloudsql.instances.connect": (("connect", "get"),),
    "cloudtrace.traces.patch": (("projects", "patchTraces"),),
    "logging.logEntries.create": (("entries", "write"),),
    "logging.logEntries.list": (("entries", "list"),),
    "logging.privateLogEntries.list": (("entries", "list"),),
    "spanner.databases.beginOrRollbackReadWriteTransaction": (("sessions", "beginTransaction"),),
    "spanner.databases.beginReadOnlyTransaction": (("sessions", "beginTransaction"),),
    "spanner.databases.partitionQuery": (("sessions", "partitionQuery"),),
    "spanner.databases.read": (("sessions", "read"),),
    "spanner.databases.select": (("sessions", "executeSql"),),
    "spanner.databases.write": (("sessions", "commit"),),
    "storage.multipartUploads.create": (("objects", "insert"),),
}
"""Permissions whose resource or verb is called otherwise in the methods that need them."""
ADMIN_WORDS = ("iampolicy", "iampermissions", "accesscontrol", "acl")


@lru_cache(maxsize=256)
def taken(service: str) -> Taken | None:
    """Which scopes each method of a service takes, without their common prefix; None for a service nobody listed."""
    text = TABLE.get(service) or UNDOCUMENTED.get(service)
    return dict(_entries(text)) if text else None


def _entries(text: str) -> Iterator[tuple[Method, frozenset[str]]]:
    for entry in text.split("\n\n"):
        scopes, _, methods = entry.partition("=")
        accepted = frozenset(scopes.split())
        if methods.strip() == "*":
            yield EVERY, accepted
            continue
        for group in methods.split(";"):
            resources, _, verbs = group.partition(":")
            yield from (((name, verb), accepted) for name in resources.split() for verb in verbs.split())


def by_id(method: str, methods: Taken) -> list[Method]:
    """The method whose discovery id this is, with or without a version before it."""
    *_, resource, verb = ("", *method.split("."))
    return [(resource, verb)] if (resource, verb) in methods else []


def by_rpc(method: str, methods: Taken) -> list[Method]:
    """The methods that an RPC's name spells, by the first way of reading it that finds any."""
    owner, rpc = _rpc(method)
    of_its_service = stem(owner.removesuffix("service"))
    return _first(
        methods,
        lambda resource, verb: _noun(rpc, verb) == stem(resource),
        lambda resource, verb: rpc in _spellings(verb) and of_its_service == stem(resource),
        lambda resource, verb: rpc in _spellings(verb) and of_its_service.endswith(stem(resource)),
        lambda _, verb: rpc == verb.lower(),
        lambda resource, verb: _noun(rpc, verb).endswith(stem(resource)),
    )


def near_rpc(method: str, methods: Taken) -> list[Method]:
    """The methods that an RPC's name comes near to: those that do alike to the resource it names, or the same verb."""
    rpc = _rpc(method)[1]
    access = access_of(rpc)
    return _first(
        methods,
        lambda resource, verb: stem(resource) in rpc and access_of(verb) == access,
        lambda _, verb: verb not in COMMON and rpc.startswith(verb.lower()),
    )


def _rpc(method: str) -> tuple[str, str]:
    """What is before the last dot or slash of an RPC's name, up to the one before it, and what is behind."""
    *before, rpc = method.lower().replace("/", ".").split(".")
    return before[-1] if before else "", rpc.removeprefix("bidi")


def by_permission(permission: str, methods: Taken) -> list[Method]:
    """The methods that a permission is checked for: by name, else all that do alike to its resource, or to any."""
    if known := [one for one in BY_PERMISSION.get(permission, ()) if one in methods]:
        return known
    _, resource, verb = permission.split(".")
    noun, access = stem(resource), access_of(verb)
    return _first(
        methods,
        lambda name, done: stem(name) == noun and verb.lower() in _spellings(done),
        lambda name, done: stem(name) == noun and access_of(done) == access,
        lambda _, done: access_of(done) == access,
    )


def shared_scopes(methods: Taken, chosen: Iterable[Method]) -> frozenset[str]:
    """The scopes that all of the chosen methods take: any of them is enough for whichever it was."""
    return frozenset.intersection(*(methods[one] for one in chosen))


def access_of(verb: str) -> str:
    """Whether a verb reads, writes, or administers access."""
    if any(word in verb.lower() for word in ADMIN_WORDS):
        return "read" if verb.lower().startswith("test") else "admin"
    return "read" if is_read(verb[:1].lower() + verb[1:]) and not verb.lower().startswith("export") else "write"


def stem(noun: str) -> str:
    """A noun without the sign of its plural, so that both forms are the same."""
    noun = noun.lower()
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    if noun.endswith(("sses", "xes", "ches", "shes")):
        return noun[:-2]
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun


def _spellings(verb: str) -> tuple[str, ...]:
    return (verb.lower(), *ALIKE.get(verb, ()))


def _noun(rpc: str, verb: str) -> str:
    """What is left of an RPC's name behind a verb, as a stem; "" if it does not begin with that verb."""
    return next((stem(rpc[len(one) :]) for one in _spellings(verb) if rpc.startswith(one)), "")


def _first(methods: Taken, *ways: Callable[[str, str], bool]) -> list[Method]:
    return next((found for way in ways if (found := [one for one in methods if way(*one)])), [])
