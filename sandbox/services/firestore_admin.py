"""Firestore, its administration: whether a field of a collection group ends its documents. What is in them is not here.

`hidden["expiring"]` of a database holds the collection groups with a time-to-live on `expires_at`; a field that nobody
has set anything for is there as well (Firestore documentation, `fields.get`).
"""

from __future__ import annotations

from sandbox.door import Call, Door, Kind
from sandbox.policies import found
from sandbox.world import Json, Resource, World

API = "firestore.v1"
TITLE = "Cloud Firestore API"
HOST = "firestore.googleapis.com"


def add_database(world: World, project: str, name: str, *expiring: str) -> Resource:
    """A database with the collection groups whose documents expire."""
    path = f"projects/{project}/databases/{name}"
    body: Json = {"name": path, "type": "FIRESTORE_NATIVE"}
    return world.add(Resource(name=f"//{HOST}/{path}", kind="databases", project=project, body=body,
                              hidden={"expiring": set(expiring)}))  # fmt: skip


def _database(_: World, call: Call) -> str:
    return f"//{HOST}/{call['name'].partition('/collectionGroups/')[0]}"


def _field(world: World, call: Call) -> Json:
    database = found(world, _database(world, call))
    group = call["name"].split("/collectionGroups/")[1].partition("/")[0]
    field: Json = {"name": call["name"], "indexConfig": {"usesAncestorConfig": True}}
    return field | ({"ttlConfig": {"state": "ACTIVE"}} if group in database.hidden["expiring"] else {})


DOORS = [
    Door(
        id="firestore.projects.databases.collectionGroups.fields.get",
        rpc="google.firestore.admin.v1.FirestoreAdmin.GetField",
        permission="datastore.schemas.get",
        on=_database,
        answer=_field,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    )
]
