"""Cloud Logging: writing entries, finding them by a filter, and the sinks that carry them away.

The Python client speaks gRPC only. An entry belongs to what its log name begins with; organisations and folders have
logs of their own, and listing theirs does not list those of what is inside. Audit logs of data access are private: they
are left out of the answer for whoever lacks `logging.privateLogEntries.list`, without a word (Cloud Logging
documentation, "Access control with IAM").
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

# Every type that an entry of this sandbox can carry inside protoPayload: gRPC packs and unpacks them by name.
import google.cloud.audit.audit_log_pb2
import google.iam.v1.logging.audit_data_pb2  # noqa: F401
from google.cloud.logging_v2.types import LogEntry
from google.protobuf import json_format

from sandbox.api_state import log_ends
from sandbox.clock import stamp
from sandbox.door import Call, Door, Kind
from sandbox.errors import invalid, not_found
from sandbox.front import may, require
from sandbox.log_query import matcher
from sandbox.log_values import QueryError, instant
from sandbox.pages import page_of
from sandbox.policies import found
from sandbox.signs_of_life import catch_up
from sandbox.world import CRM, Json, World

API = "logging.v2"
TITLE = "Cloud Logging API"
SERVICE = "logging.googleapis.com"
HOST = f"//{SERVICE}"
ENTRIES, CONFIG = "google.logging.v2.LoggingServiceV2", "google.logging.v2.ConfigServiceV2"
LIST, PRIVATE = "logging.logEntries.list", "logging.privateLogEntries.list"
PRIVATE_LOGS = ("cloudaudit.googleapis.com/data_access", "cloudaudit.googleapis.com/access_transparency")
OWN_LOGS = "cloudaudit.googleapis.com/"
"""Where only Google writes."""
ORDERS = {"": False, "timestamp asc": False, "timestamp desc": True}
PAGE, MOST, MOST_RESOURCES = 50, 1_000, 100
OWNERS = ("projects", "folders", "organizations")


def _owner(name: str) -> str:
    """The full name of the project, folder or organisation that a name begins with."""
    kind, _, rest = name.partition("/")
    if kind not in OWNERS or not rest:
        raise invalid(f"Invalid resource name: '{name[:200]}'.")
    return f"{CRM}/{kind}/{rest.partition('/')[0]}"


def _listed(_: World, call: Call) -> list[str]:
    names = call.body.get("resourceNames") or [f"projects/{one}" for one in call.body.get("projectIds", ())]
    if not names or len(names) > MOST_RESOURCES:
        raise invalid(f"resourceNames must name 1 to {MOST_RESOURCES} resources.")
    return [_owner(one) for one in names]


def _first_listed(world: World, call: Call) -> str:
    return _listed(world, call)[0]


def _list(world: World, call: Call) -> Json:
    order, size = call.body.get("orderBy", ""), call.body.get("pageSize") or PAGE
    if order not in ORDERS:
        raise invalid(f"Invalid order_by: '{order[:100]}'.")
    if not 0 < size <= MOST:
        raise invalid(f"page_size must be between 0 and {MOST}.")
    try:
        fits = matcher(call.body.get("filter", ""))
    except QueryError as error:
        raise invalid(str(error)) from error
    log_ends(world)
    catch_up(world)
    entries = [one for owner in _listed(world, call) for one in _readable(world, call, owner) if fits(one)]
    entries.sort(key=lambda one: one["insertId"])
    entries.sort(key=lambda one: instant(one["timestamp"]), reverse=ORDERS[order])
    page = page_of("entries", _once(entries), call, most=size)
    _check(world, page.get("entries", []))
    return page


def _readable(world: World, call: Call, owner: str) -> list[Json]:
    """The entries of one owner that the caller may read; refused to whoever may read none."""
    require(world, SERVICE, LIST, owner, call.caller)
    resource = world.get(owner)
    if resource is None:
        raise not_found(owner)
    prefix = f"{resource.name.removeprefix(f'{CRM}/')}/logs/"
    hidden = () if may(world, PRIVATE, owner, call.caller) else PRIVATE_LOGS
    readable = [one for one in world.entries if one["logName"].startswith(prefix) and _log_id(one) not in hidden]
    if not world.ingestion:
        return readable
    until = instant(stamp(world.now() - world.ingestion))
    return [one for one in readable if instant(one["receiveTimestamp"]) <= until]


def _log_id(entry: Json) -> str:
    return unquote(entry["logName"].partition("/logs/")[2])


def _once(entries: list[Json]) -> list[Json]:
    """Entries of the same log, time and id are one: the first that was written."""
    return list({(one["logName"], one["timestamp"], one["insertId"]): one for one in reversed(entries)}.values())[::-1]


def _written(_: World, call: Call) -> str:
    """The owner of the first log that a request writes to; the others are checked as the entries are taken."""
    return _owner(_log_names(call)[0])


def _log_names(call: Call) -> list[str]:
    names = [one.get("logName") or call.body.get("logName", "") for one in call.body.get("entries", ())]
    if not names or not all("/logs/" in one and one.count("/") == 3 for one in names):
        raise invalid("Every entry needs a log name: projects/[PROJECT_ID]/logs/[LOG_ID].")
    return names


def _write(world: World, call: Call) -> Json:
    entries = [_completed(call, one, name) for one, name in zip(call.body["entries"], _log_names(call), strict=True)]
    for owner in dict.fromkeys(_owner(one["logName"]) for one in entries):
        require(world, SERVICE, "logging.logEntries.create", owner, call.caller)
        found(world, owner)
    for one in entries:
        if _log_id(one).startswith(OWN_LOGS):
            raise invalid(f"Log name {one['logName']} is reserved for audit logs.")
    if not call.body.get("dryRun"):
        for one in entries:
            _keep(world, one)
    return {}


def _completed(call: Call, entry: Json, name: str) -> Json:
    """An entry with what the request says once for all of them."""
    defaults: Json = {"resource": call.body["resource"]} if "resource" in call.body else {}
    labels = {**call.body.get("labels", {}), **entry.get("labels", {})}
    return {**defaults, **entry, "logName": name, **({"labels": labels} if labels else {})}


def _keep(world: World, entry: Json) -> None:
    """Store an entry as it comes back from Cloud Logging: with its times, its id, and the resource's project."""
    owner = found(world, _owner(entry["logName"]))
    resource: Any = entry.get("resource", {"type": "global"})
    labels = {**({"project_id": owner.project} if owner.project else {}), **resource.get("labels", {})}
    log = f"{owner.name.removeprefix(f'{CRM}/')}/logs/{entry['logName'].partition('/logs/')[2]}"
    given = {key: value for key, value in entry.items() if value != ""}
    world.log({**given, "logName": log, "resource": {**resource, "labels": labels},
               "receiveTimestamp": stamp(world.now())})  # fmt: skip


def _check(world: World, entries: list[Json]) -> None:
    """Note every entry that is no LogEntry by Google's own message: a defect of whoever logged it."""
    for one in entries:
        try:
            json_format.ParseDict(one, LogEntry.pb()())
        except json_format.ParseError as error:
            world.violations.append(f"entry {one['insertId']} of {one['logName']}: {error}")


def _sink(_: World, call: Call) -> str:
    return f"{HOST}/{call['sinkName']}"


def _sinks_of(_: World, call: Call) -> str:
    return _owner(call["parent"])


def _list_sinks(world: World, call: Call) -> Json:
    parent = found(world, _sinks_of(world, call)).name.removeprefix(CRM)
    sinks = [one.body for one in world.of_kind("sinks") if one.name.startswith(f"{HOST}{parent}/sinks/")]
    return page_of("sinks", sinks, call, most=MOST)


DOORS = [
    Door(
        id="logging.entries.list",
        rpc=f"{ENTRIES}.ListLogEntries",
        permission=LIST,
        on=_first_listed,
        answer=_list,
        kind=Kind.DATA_READ,
        title=TITLE,
    ),
    Door(
        id="logging.entries.write",
        rpc=f"{ENTRIES}.WriteLogEntries",
        permission="logging.logEntries.create",
        on=_written,
        answer=_write,
        kind=Kind.DATA_WRITE,
        title=TITLE,
    ),
    Door(
        id="logging.sinks.get",
        rpc=f"{CONFIG}.GetSink",
        permission="logging.sinks.get",
        on=_sink,
        answer=lambda world, call: found(world, _sink(world, call)).body,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    ),
    Door(
        id="logging.sinks.list",
        rpc=f"{CONFIG}.ListSinks",
        permission="logging.sinks.list",
        on=_sinks_of,
        answer=_list_sinks,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    ),
]
