"""The front of every API: authentication, consumer project, API state, scopes, IAM; then the door, then the log.

The order is Google's: what the API front end refuses never reaches the service, so it leaves no audit entry.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from sandbox import audit
from sandbox.access import Asked, nearest_of, read_access
from sandbox.api_state import is_refused
from sandbox.caller import PLATFORM, Caller, number_of
from sandbox.discovery import Method
from sandbox.door import Call, Door, Kind
from sandbox.errors import (
    BIGQUERY,
    ERROR_INFO,
    Refusal,
    error_info,
    not_found,
    scope_insufficient,
    service_disabled,
    user_project_denied,
)
from sandbox.world import Json, World

CONTAINERS = ("projects", "folders", "organizations")
SERVICE_USAGE = "serviceusage.googleapis.com"
NOT_AUTHORIZED = {"@type": ERROR_INFO, "reason": "AUTH_PERMISSION_DENIED", "domain": SERVICE_USAGE}
"""What Service Usage gives as its reason, in place of IAM's."""


def serve(world: World, method: Method, door: Door, call: Call) -> Json | bytes:
    """The answer to a call, or `Refusal`; whatever a service would log of it is in the world's entries."""
    if not call.caller.is_reader:
        _check_front_end(world, method, door, call)
    try:
        _check_iam(world, method.service, door, call)
        answer = door.answer(world, call)
    except Refusal as refusal:
        audit.record(world, method.service, door, call, refusal)
        raise
    audit.record(world, method.service, door, call, None)
    return answer


def _check_front_end(world: World, method: Method, door: Door, call: Call) -> None:
    caller = call.caller
    if not caller.email and caller.member == "allUsers" and method.service != "storage.googleapis.com":
        raise Refusal(
            "UNAUTHENTICATED",
            "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or "
            "other valid authentication credential.",
        )
    _check_consumer(world, method.service, door, call)
    if caller.email and PLATFORM not in caller.scopes and not caller.scopes & method.scopes:
        raise scope_insufficient(method.service, door.rpc)


def _check_consumer(world: World, service: str, door: Door, call: Call) -> None:
    """Whether the call may be accounted to a project, and the API is on there."""
    consumer = consumer_of(world, door, call)
    if call.user_project:
        paying = world.project(call.user_project)
        seen = paying and read_access(
            world, Asked(call.caller.member, "serviceusage.services.use", paying.name, world.now())
        )
        if not paying or not seen or not seen.allowed:
            raise user_project_denied(service, call.user_project)
    project = world.project(consumer) if consumer else None
    if project is not None and is_refused(world, project, service):
        raise service_disabled(service, door.title, number_of(world, consumer))


def consumer_of(world: World, door: Door, call: Call) -> str:
    """The project a call is accounted to: the one named in the request, the resource's, or the account's own."""
    if call.user_project:
        return call.user_project
    nearest = nearest_of(world, door.on(world, call))
    owner = nearest.project if nearest else ""
    return owner if door.by_resource or not call.caller.project else call.caller.project


def _check_iam(world: World, service: str, door: Door, call: Call) -> None:
    permission, resource = door.needs(world, call), door.on(world, call)
    if not permission:
        return
    asked_of = door.asked_of(world, call) if door.asked_of else call.caller
    require(world, service, permission, resource, asked_of)
    exists = door.kind in (Kind.DATA_WRITE, Kind.ADMIN_WRITE) or world.get(resource) is not None
    if not call.caller.is_reader and not exists and not door.hides:
        raise not_found(resource)


def require(world: World, service: str, permission: str, resource: str, caller: Caller) -> None:
    """Refuse a caller who lacks a permission; doors that need more than one ask for the others here."""
    if not may(world, permission, resource, caller):
        raise denied(service, permission, resource, caller)


def may(world: World, permission: str, resource: str, caller: Caller) -> bool:
    """Whether a caller has a permission now: the reader has all that the world does not take from it."""
    if caller.is_reader:
        return not any(fnmatchcase(permission, pattern) for pattern in world.reader_cannot)
    return read_access(world, Asked(caller.member, permission, resource, world.now())).allowed


def denied(service: str, permission: str, resource: str, caller: Caller) -> Refusal:
    """IAM's refusal in the words of the service."""
    words = _WORDS.get(service, _iam_words)
    message = words(permission, resource, caller)
    name = resource.removeprefix("//").partition("/")[2]
    info = error_info("IAM_PERMISSION_DENIED", permission=permission, resource=name)
    details = {BIGQUERY: (), SERVICE_USAGE: (NOT_AUTHORIZED,)}.get(service, (info,))
    return Refusal("PERMISSION_DENIED", message, details=details, checked=(permission, resource))


def _iam_words(permission: str, resource: str, _: Caller) -> str:
    return f"Permission '{permission}' denied on resource '{resource}' (or it may not exist)."


def _storage_words(permission: str, resource: str, caller: Caller) -> str:
    what = "object" if "/objects/" in resource or ".objects." in permission else "bucket"
    who = caller.email or "Anonymous caller"
    return (
        f"{who} does not have {permission} access to the Google Cloud Storage {what}. "
        f"Permission '{permission}' denied on resource (or it may not exist)."
    )


def _account_words(permission: str, _: str, __: Caller) -> str:
    return f"Permission '{permission}' denied on resource (or it may not exist)."


def _pubsub_words(_: str, __: str, ___: Caller) -> str:
    return "User not authorized to perform this action."


def _compute_words(permission: str, resource: str, _: Caller) -> str:
    return f"Required '{permission}' permission for '{resource.removeprefix('//compute.googleapis.com/')}'"


def _logging_words(permission: str, _: str, __: Caller) -> str:
    if permission == "logging.logEntries.list":
        return "Permission denied for all log views"
    return f"Permission '{permission}' denied on resource (or it may not exist)."


def _usage_words(permission: str, resource: str, _: Caller) -> str:
    verb, service = permission.rpartition(".")[2], resource.partition("/services/")[2]
    named = f"service [{service}]" if service else f"services for consumer container [{resource.split('/', 3)[3]}]"
    return f"Permission denied to {verb} {named}"


def _named_words(permission: str, resource: str, _: Caller) -> str:
    name = resource.removeprefix("//").partition("/")[2]
    return f"Permission '{permission}' denied on resource '{name}' (or it may not exist)."


def _secret_words(permission: str, resource: str, caller: Caller) -> str:
    return _named_words(permission, resource, caller).replace(" on resource ", " for resource ")


def _bigquery_words(permission: str, resource: str, _: Caller) -> str:
    parts = resource.split("/")
    kind, name = parts[-2].removesuffix("s").title(), parts[-1]
    project = resource.partition("/projects/")[2].partition("/")[0]
    where = project if kind == "Project" else f"{project}:{'.'.join(parts[6::2])}"
    if permission == "bigquery.jobs.create":
        return f"Access Denied: Project {name}: User does not have bigquery.jobs.create permission in project {name}."
    said = f"Permission {permission} denied on {kind.lower()} {where} (or it may not exist)."
    return f"Access Denied: {kind} {where}: {said}"


_WORDS: dict[str, Callable[[str, str, Caller], str]] = {
    "storage.googleapis.com": _storage_words,
    "iamcredentials.googleapis.com": _account_words,
    "pubsub.googleapis.com": _pubsub_words,
    "compute.googleapis.com": _compute_words,
    BIGQUERY: _bigquery_words,
    "secretmanager.googleapis.com": _secret_words,
    "cloudkms.googleapis.com": _named_words,
    "logging.googleapis.com": _logging_words,
    SERVICE_USAGE: _usage_words,
    "artifactregistry.googleapis.com": _named_words,
    "run.googleapis.com": _named_words,
}
