"""A small sandbox world for tests, served on loopback, with clients for whoever calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.clock import SandboxClock
from sandbox.server import serving
from sandbox.world import CRM, Resource, World
from shared.adapters.google_clients import GoogleClients

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ORGANIZATION, FOLDER = f"{CRM}/organizations/123456789012", f"{CRM}/folders/1001"
CHECKED: Counter[str] = Counter()
"""How many requests and replies of this test run were held to Google's schemas."""


@dataclass
class Cloud:
    """A served world and the address it is served at."""

    world: World
    endpoint: str

    def clients(self, token: str = "reader") -> GoogleClients:
        """Google's clients for a caller: `reader`, `as:user:ann@example.com`, `vm:projects/P/zones/Z/instances/I`."""
        return GoogleClients(self.endpoint, token=token)


def small_world() -> World:
    """An organisation with a folder and two projects, and the clock at NOW."""
    world = World(clock=SandboxClock(NOW))
    organization = {"name": "organizations/123456789012", "displayName": "example.com", "state": "ACTIVE"}
    world.add(Resource(name=ORGANIZATION, kind="organizations", body=organization))
    folder = {"name": "folders/1001", "parent": "organizations/123456789012", "displayName": "web", "state": "ACTIVE"}
    world.add(Resource(name=FOLDER, kind="folders", parent=ORGANIZATION, body=folder))
    add_project(world, "acme-web", "111111111111")
    add_project(world, "acme-data", "222222222222")
    return world


def add_project(world: World, project: str, number: str) -> Resource:
    body = {"name": f"projects/{number}", "projectId": project, "state": "ACTIVE", "parent": "folders/1001"}
    return world.add(
        Resource(name=f"{CRM}/projects/{project}", kind="projects", project=project, parent=FOLDER, body=body)
    )


def add_account(world: World, email: str, unique_id: str = "112233445566778899001", **more: Any) -> Resource:
    project = email.partition("@")[2].partition(".")[0]
    name = f"projects/{project}/serviceAccounts/{email}"
    body = {"name": name, "email": email, "uniqueId": unique_id, "projectId": project, **more}
    return world.add(Resource(name=f"//iam.googleapis.com/{name}", kind="serviceAccounts", project=project, body=body))


def add_bucket(world: World, bucket: str, project: str = "acme-web") -> Resource:
    name = f"//storage.googleapis.com/projects/_/buckets/{bucket}"
    body = {"kind": "storage#bucket", "id": bucket, "name": bucket}
    return world.add(Resource(name=name, kind="buckets", project=project, body=body))


def grant(world: World, resource: str, role: str, *members: str, **condition: str) -> None:
    """Add one binding to a resource's policy, in force at once; `expression=` and `title=` make it conditional."""
    held = world.resources[resource]
    binding: dict[str, Any] = {"role": role, "members": list(members)}
    if condition:
        binding["condition"] = condition
    policy = held.policy()
    bindings = [*policy.get("bindings", []), binding]
    version = 3 if any("condition" in one for one in bindings) else 1
    world.set_policy(held, {**policy, "bindings": bindings, "version": version}, at_once=True)


@contextmanager
def cloud_of(world: World) -> Iterator[Cloud]:
    """A world, served; every request and reply must pass Google's schemas."""
    with serving(world) as endpoint:
        yield Cloud(world, endpoint)
    CHECKED.update(world.checked)
    assert world.violations == []


def add_compute(world: World, path: str, hidden: dict[str, Any] | None = None, **body: Any) -> Resource:
    """Put a Compute Engine resource into the world by its path, `projects/P/regions/R/addresses/A`."""
    _, project, *_, kind, name = path.split("/")
    whole = {"name": name, "selfLink": f"https://www.googleapis.com/compute/v1/{path}", **body}
    made = Resource(
        name=f"//compute.googleapis.com/{path}", kind=kind, project=project, body=whole, hidden=hidden or {}
    )
    return world.add(made)


def add_deny(
    world: World, on: str, permissions: list[str], principals: list[str], name: str = "guard", **rule: Any
) -> None:
    """Attach a deny policy of one rule to `projects/P`, `folders/N` or `organizations/N`, in the terms of IAM v2."""
    full = f"policies/cloudresourcemanager.googleapis.com%2F{on.replace('/', '%2F')}/denypolicies/{name}"
    denied = {"deniedPermissions": permissions, "deniedPrincipals": principals, **rule}
    world.deny_policies[full] = {
        "name": full,
        "kind": "DenyPolicy",
        "displayName": name,
        "rules": [{"description": f"{name} keeps this", "denyRule": denied}],
    }


def add_entry(world: World, log: str, at: datetime = NOW, **more: Any) -> dict[str, Any]:
    """Put an entry into a log by its name, as REST would write it."""
    resource = {"type": "global", "labels": {"project_id": "acme-web"}}
    times = dict.fromkeys(
        ("timestamp", "receiveTimestamp"), at.strftime("%Y-%m-%dT%H:%M:%S.%fZ").replace(".000000", "")
    )
    return world.log({"logName": log, "resource": resource, **times, **more})


def add_audit(world: World, method: str, at: datetime = NOW, **payload: Any) -> dict[str, Any]:
    """Put an entry into the activity log of acme-web; `operation=` is that of the entry, all else of its payload."""
    operation = {"operation": payload.pop("operation")} if "operation" in payload else {}
    whole = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": "x.googleapis.com",
        "methodName": method,
        "resourceName": "projects/acme-web/things/t",
        "authenticationInfo": {"principalEmail": "ann@example.com"},
        "status": {},
        **payload,
    }
    activity = "projects/acme-web/logs/cloudaudit.googleapis.com%2Factivity"
    return add_entry(world, activity, at, protoPayload=whole, **operation)
