"""Cloud Storage (JSON API): buckets, objects, and the policies of buckets."""

from __future__ import annotations

import base64
from dataclasses import replace
from hashlib import md5

from sandbox.caller import number_of
from sandbox.clock import stamp
from sandbox.door import Answer, Call, Door, Kind
from sandbox.front import require
from sandbox.policies import found, policy_doors, test_door
from sandbox.world import Json, Resource, World

API = "storage.v1"
TITLE = "Cloud Storage JSON API"
SERVICE = "storage.googleapis.com"
HOST = f"//{SERVICE}/projects/_/buckets"


def add_bucket(world: World, project: str, bucket: str, *, uniform: bool = True) -> Resource:
    """A bucket; without uniform access its policy takes no conditions."""
    body: Json = {
        "kind": "storage#bucket",
        "id": bucket,
        "name": bucket,
        "projectNumber": number_of(world, project),
        "location": "EU",
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": uniform}},
    }
    return world.add(Resource(name=f"{HOST}/{bucket}", kind="buckets", project=project, body=body))


def add_object(world: World, bucket: Resource, name: str, media: bytes) -> Resource:
    """An object with what is in it, in the place of any by its name."""
    digest = base64.b64encode(md5(media, usedforsecurity=False).digest()).decode()
    body = {
        "kind": "storage#object",
        "id": f"{bucket.body['name']}/{name}/1",
        "name": name,
        "bucket": bucket.body["name"],
        "size": str(len(media)),
        "md5Hash": digest,
        "generation": "1",
        "metageneration": "1",
        "timeCreated": stamp(world.now()),
    }
    full = f"{bucket.name}/objects/{name}"
    return world.add(Resource(name=full, kind="objects", parent=bucket.name, project=bucket.project, body=body,
                              hidden={"media": media}))  # fmt: skip


def bucket_of(_: World, call: Call) -> str:
    """The full name of the bucket a call is about."""
    return f"{HOST}/{call['bucket']}"


def object_of(world: World, call: Call) -> str:
    """The full name of the object a call is about; of an upload, the one it would make."""
    name = call.params.get("object") or call.params.get("name") or ""
    if not name and isinstance(call.body, dict):
        name = call.body.get("metadata", call.body).get("name", "")
    return f"{bucket_of(world, call)}/objects/{name}"


def _get_bucket(world: World, call: Call) -> Json:
    return found(world, bucket_of(world, call)).body


def _insert(world: World, call: Call) -> Json:
    bucket = found(world, bucket_of(world, call))
    media = call.body.get("media", b"")
    name = object_of(world, call).partition("/objects/")[2]
    full = f"{bucket.name}/objects/{name}"
    if world.get(full) is not None:  # to overwrite is to delete what was there (Cloud Storage, "IAM permissions")
        require(world, SERVICE, "storage.objects.delete", full, call.caller)
    return add_object(world, bucket, name, media).body


def _get_object(world: World, call: Call) -> Json | bytes:
    one = found(world, object_of(world, call))
    if call.params.get("alt") == "media":
        return bytes(one.hidden["media"])
    return one.body


def _delete(world: World, call: Call) -> bytes:
    del world.resources[found(world, object_of(world, call)).name]
    return b""


def _list(world: World, call: Call) -> Json:
    bucket = found(world, bucket_of(world, call))
    wanted = call.params.get("prefix", "")
    held = [one.body for one in world.of_kind("objects") if one.parent == bucket.name]
    items = [one for one in held if one["name"].startswith(wanted)]
    return {"kind": "storage#objects", **({"items": items} if items else {})}


def _policies() -> list[Door]:
    """The policy doors, whose answers say which bucket they are of."""
    made = policy_doors(
        "storage.buckets",
        "storage",
        "storage.buckets",
        bucket_of,
        title=TITLE,
        requested="optionsRequestedPolicyVersion",
    )
    return [replace(one, answer=_dressed(one)) for one in made]


def _dressed(door: Door) -> Answer:
    def answer(world: World, call: Call) -> Json:
        policy = door.answer(world, call)
        named = {"kind": "storage#policy", "resourceId": f"projects/_/buckets/{call['bucket']}"}
        return named | policy if isinstance(policy, dict) else named

    return answer


DOORS = [
    Door(
        id="storage.buckets.get",
        rpc="storage.buckets.get",
        permission="storage.buckets.get",
        on=bucket_of,
        answer=_get_bucket,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    ),
    Door(
        id="storage.objects.insert",
        rpc="storage.objects.create",
        permission="storage.objects.create",
        on=object_of,
        answer=_insert,
        kind=Kind.DATA_WRITE,
        title=TITLE,
    ),
    Door(
        id="storage.objects.get",
        rpc="storage.objects.get",
        permission="storage.objects.get",
        on=object_of,
        answer=_get_object,
        kind=Kind.DATA_READ,
        title=TITLE,
    ),
    Door(
        id="storage.objects.list",
        rpc="storage.objects.list",
        permission="storage.objects.list",
        on=bucket_of,
        answer=_list,
        kind=Kind.DATA_READ,
        title=TITLE,
    ),
    Door(
        id="storage.objects.delete",
        rpc="storage.objects.delete",
        permission="storage.objects.delete",
        on=object_of,
        answer=_delete,
        kind=Kind.DATA_WRITE,
        title=TITLE,
    ),
    *_policies(),
    test_door("storage.buckets", "storage", bucket_of, title=TITLE),
]
