"""The world of the proof: a project with a bucket, a topic and a machine; its policies are full of others' bindings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.audit import AUDIT_LOG
from sandbox.clock import SandboxClock, stamp
from sandbox.machines import add_machine
from sandbox.services.pubsub import add_topic
from sandbox.services.storage import add_bucket
from sandbox.world import CRM, Resource, World
from shared.model.work import OriginalCall

PROJECT, NUMBER, ORGANIZATION = "acme-web", "111111111111", "123456789012"
ZONE = f"projects/{PROJECT}/zones/europe-west1-b"
BUCKET = "//storage.googleapis.com/projects/_/buckets/photos"
TOPIC = f"//pubsub.googleapis.com/projects/{PROJECT}/topics/orders"
ACCOUNT, OTHER = f"web@{PROJECT}.iam.gserviceaccount.com", f"batch@{PROJECT}.iam.gserviceaccount.com"
AUTH = "https://www.googleapis.com/auth/"
PLATFORM, READ_ONLY = f"{AUTH}cloud-platform", f"{AUTH}devstorage.read_only"
DELETED = f"deleted:serviceAccount:gone@{PROJECT}.iam.gserviceaccount.com?uid=123456789012345678901"
AUDIT = [{"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ", "exemptedMembers": ["user:a@b.c"]}]}]
OFF = ("iamcredentials.googleapis.com", "iam.googleapis.com")


def member() -> str:
    """Who is given something."""
    return f"serviceAccount:{ACCOUNT}"


def plain_world(now: datetime) -> World:
    """A project with everything that the cases change."""
    world = World(clock=SandboxClock(now))
    organization = {"name": f"organizations/{ORGANIZATION}", "displayName": "example.com", "state": "ACTIVE"}
    world.add(Resource(name=f"{CRM}/organizations/{ORGANIZATION}", kind="organizations", body=organization))
    body = {"name": f"projects/{NUMBER}", "projectId": PROJECT, "state": "ACTIVE",
            "parent": f"organizations/{ORGANIZATION}"}  # fmt: skip
    parent = f"{CRM}/organizations/{ORGANIZATION}"
    project = world.add(
        Resource(name=f"{CRM}/projects/{PROJECT}", kind="projects", project=PROJECT, parent=parent, body=body)
    )
    project.hidden["off"] = list(OFF)
    for number, email in enumerate((ACCOUNT, OTHER)):
        _add_account(world, email, str(10**20 + number))
    bucket, topic = add_bucket(world, PROJECT, "photos"), add_topic(world, PROJECT, "orders")
    _plant(world, bucket, "roles/storage.objectCreator", conditional=True)
    _plant(world, topic, "roles/pubsub.publisher", conditional=False)
    _plant(world, project, "roles/logging.viewer", conditional=True)
    policy = project.policy()
    writes_logs = {"role": "roles/logging.logWriter", "members": [member()]}
    world.set_policy(project, {**policy, "bindings": [*policy["bindings"], writes_logs]}, at_once=True)
    add_machine(world, "web-1", project=PROJECT, account=ACCOUNT, scopes=(READ_ONLY,))
    return world


def _add_account(world: World, email: str, unique_id: str) -> None:
    name = f"projects/{PROJECT}/serviceAccounts/{email}"
    body = {"name": name, "email": email, "uniqueId": unique_id, "projectId": PROJECT}
    world.add(Resource(name=f"//iam.googleapis.com/{name}", kind="serviceAccounts", project=PROJECT, body=body))


def _plant(world: World, resource: Resource, role: str, *, conditional: bool) -> None:
    """What others own: the same role for others, a condition beside it, a deleted member, audit configs."""
    bindings: list[dict[str, Any]] = [
        {"role": role, "members": ["user:zoe@example.com", DELETED, "group:team@example.com"]},
        {"role": "roles/monitoring.viewer", "members": ["user:ann@example.com", member()]},
    ]
    if conditional:
        over = 'request.time < timestamp("2020-01-01T00:00:00Z")'
        theirs = {"title": "theirs", "description": "not ours", "expression": over}
        bindings.append({"role": role, "members": [member(), "user:bob@example.com"], "condition": theirs})
    audit = {} if resource.kind == "buckets" else {"auditConfigs": AUDIT}  # a bucket's policy has none
    world.set_policy(resource, {"version": 3 if conditional else 1, "bindings": bindings, **audit}, at_once=True)


def machine_of(world: World) -> Resource:
    """The machine."""
    return world.of_kind("instances")[0]


def project_of(world: World) -> Resource:
    """The project."""
    return world.of_kind("projects")[0]


def somebody_writes(world: World, name: str) -> None:
    """Somebody else adds a binding of theirs to the policy of a resource."""
    resource = world.resources[name]
    policy = resource.policy()
    added = {"role": "roles/browser", "members": [f"user:new{resource.writes}@example.com"]}
    world.set_policy(resource, {**policy, "bindings": [*policy.get("bindings", ()), added]}, at_once=True)


def somebody_gave(world: World, name: str, role: str, at: datetime) -> None:
    """The activity log tells that somebody else has given a role to our member on a resource."""
    delta = {"action": "ADD", "role": role, "member": member()}
    payload = {
        "@type": AUDIT_LOG,
        "serviceName": name.removeprefix("//").partition("/")[0],
        "methodName": "google.iam.v1.IAMPolicy.SetIamPolicy",
        "resourceName": name.removeprefix("//").partition("/")[2],
        "authenticationInfo": {"principalEmail": "ann@example.com"},
        "status": {},
        "metadata": {"policyDelta": {"bindingDeltas": [delta]}},
    }
    log = f"projects/{PROJECT}/logs/cloudaudit.googleapis.com%2Factivity"
    labels = {"project_id": PROJECT}
    world.log({"logName": log, "resource": {"type": "pubsub_topic", "labels": labels}, "severity": "NOTICE",
               "protoPayload": payload, "timestamp": stamp(at)})  # fmt: skip


def call_succeeds(world: World, call: OriginalCall) -> None:
    """The workload makes the call that was refused once more, and the audit log tells that it went through."""
    asked = {"permission": str(call.permission), "resource": call.resource, "granted": True}
    name = (call.resource or "").removeprefix("//").partition("/")[2]
    payload = {
        "@type": AUDIT_LOG,
        "serviceName": call.service,
        "methodName": "the call",
        "resourceName": name,
        "authenticationInfo": {"principalEmail": call.principal},
        "authorizationInfo": [asked],
        "status": {},
    }
    log = f"projects/{PROJECT}/logs/cloudaudit.googleapis.com%2Fdata_access"
    labels = {"project_id": PROJECT}
    world.log({"logName": log, "resource": {"type": "global", "labels": labels}, "severity": "INFO",
               "protoPayload": payload, "timestamp": stamp(world.now())})  # fmt: skip
