"""Cloud Run: services, their policies, and calls to a service's own address, which only the request log tells of."""

from __future__ import annotations

from sandbox.access import Asked, read_access
from sandbox.caller import Caller
from sandbox.door import Call, Door, Kind, by_parameter
from sandbox.pages import page_of
from sandbox.policies import found, policy_doors, test_door
from sandbox.world import CRM, Json, Resource, World

API = "run.v2"
TITLE = "Cloud Run Admin API"
HOST = "run.googleapis.com"
RPC = "google.cloud.run.v2.Services"
SERVICES = "run.projects.locations.services"
REFUSED = (
    "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization "
    "header. Read more at https://cloud.google.com/run/docs/securing/authenticating Additional troubleshooting "
    "documentation can be found at: https://cloud.google.com/run/docs/troubleshooting#unauthorized-client"
)
"""The same sentence for nobody and for somebody without the role."""

_named = by_parameter(HOST, "name", "resource")


def add_service(world: World, project: str, location: str, service: str) -> Resource:
    """A service with one revision, which only those with the permission may call."""
    path = f"projects/{project}/locations/{location}/services/{service}"
    body: Json = {
        "name": path,
        "uri": f"https://{service}-5xq3kd7wba.{location}.run.app",
        "ingress": "INGRESS_TRAFFIC_ALL",
        "latestReadyRevision": f"{path}/revisions/{service}-00001-abc",
    }
    return world.add(Resource(name=f"//{HOST}/{path}", kind="services", project=project, body=body))


def invoke(world: World, caller: Caller, service: str) -> int:
    """Call a service by its full name with the caller's ID token; the HTTP status, and the entry of the request log.

    The address is the service's own, so neither the API's state nor scopes matter. Who called is not in the log.
    """
    with world.lock:
        one = world.get(service)
        if one is None:
            return 404  # nothing listens at that address, and nothing is logged
        seen = read_access(world, Asked(caller.member, "run.routes.invoke", one.name, world.now()))
        may = one.body.get("invokerIamDisabled", False) or seen.allowed
        status = 200 if may else 403
        world.log(_request_entry(one, status))
        return status


def _request_entry(service: Resource, status: int) -> Json:
    project, location, name = service.body["name"].split("/")[1::2]
    revision = service.body.get("latestReadyRevision", f"/{name}-00001-abc").rpartition("/")[2]
    labels = {"project_id": project, "location": location, "service_name": name, "configuration_name": name}
    request = {
        "requestMethod": "POST",
        "requestUrl": f"{service.body.get('uri', '')}/",
        "status": status,
        "userAgent": "python-requests/2.34.2",
        "remoteIp": "203.0.113.7",
        "latency": "0.012s" if status == 200 else "0s",
    }
    entry: Json = {
        "logName": f"projects/{project}/logs/run.googleapis.com%2Frequests",
        "resource": {"type": "cloud_run_revision", "labels": labels | {"revision_name": revision}},
        "severity": "INFO" if status == 200 else "WARNING",
        "httpRequest": request,
    }
    if status == 403:
        entry["textPayload"] = REFUSED
    return entry


def _get(world: World, call: Call) -> Json:
    return found(world, _named(world, call)).body


def _parent(_: World, call: Call) -> str:
    """The project of a location: permissions are checked there."""
    return f"{CRM}/{'/'.join(call['parent'].split('/')[:2])}"


def _list(world: World, call: Call) -> Json:
    inside = f"//{HOST}/{call['parent']}/services/"
    return page_of(
        "services", [one.body for one in world.of_kind("services") if one.name.startswith(inside)], call, most=100
    )


DOORS = [
    Door(
        id=f"{SERVICES}.list",
        rpc=f"{RPC}.ListServices",
        permission="run.services.list",
        on=_parent,
        answer=_list,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    ),
    Door(
        id=f"{SERVICES}.get",
        rpc=f"{RPC}.GetService",
        permission="run.services.get",
        on=_named,
        answer=_get,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    ),
    *policy_doors(SERVICES, RPC, "run.services", _named, title=TITLE),
    test_door(SERVICES, RPC, _named, title=TITLE),
]
