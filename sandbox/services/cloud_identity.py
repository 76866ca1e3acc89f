"""Cloud Identity: which group has an address, and who is in it, also through groups in it.

Google has no IAM permission for that: whoever may see who is in a group may. `groups.expand` stands for it here, as for
Policy Troubleshooter. What there is not looks like what one may not see (Cloud Identity API, `groups`).
"""

from __future__ import annotations

import re
from hashlib import sha256

from sandbox.access import is_member
from sandbox.door import Call, Door, Kind
from sandbox.errors import Refusal, invalid
from sandbox.world import Json, World

API = "cloudidentity.v1"
TITLE = "Cloud Identity API"
HOST = "//cloudidentity.googleapis.com"
GROUPS, MEMBERSHIPS = "google.apps.cloudidentity.groups.v1.GroupsService", "groups.memberships"
QUERY = re.compile(r"member_key_id == '([^'\\]+)'")
SEES_MEMBERS = "groups.expand"


def group_id(address: str) -> str:
    """The id that the group of an address has: the same in every sandbox, and never the address."""
    return f"0{sha256(address.encode()).hexdigest()[:14]}"


def _hidden(resource: str) -> Refusal:
    return Refusal("PERMISSION_DENIED", f"Error(2028): Permission denied for resource {resource} (or it may not exist)")


def _lookup(world: World, call: Call) -> Json:
    address = call.params.get("groupKey.id", "")
    if not address:
        raise invalid("Request contains an invalid argument.")
    if address not in world.groups:
        raise _hidden(f"groups/{address}")
    return {"name": f"groups/{group_id(address)}"}


def _check(world: World, call: Call) -> Json:
    """Whether somebody is in a group; false is left out, as in every JSON of Google."""
    asked = QUERY.fullmatch(call.params.get("query", ""))
    if asked is None:
        raise invalid("Error(3007): Invalid query: it must specify member_key_id.")
    found = next((one for one in world.groups if f"groups/{group_id(one)}" == call["parent"]), None)
    if found is None:
        raise _hidden(call["parent"])
    kinds = ("user", "serviceAccount", "group")
    inside = any(is_member(world, f"{kind}:{asked[1]}", f"group:{found}") for kind in kinds)
    return {"hasMembership": True} if inside else {}


def _unlogged(*_: object) -> None:
    """Reading groups leaves no entry in Cloud Logging: the admin console has a log of its own."""


def _parent(_: World, call: Call) -> str:
    return f"{HOST}/{call['parent']}"


DOORS = [
    Door(
        id="cloudidentity.groups.lookup",
        rpc=f"{GROUPS}.LookupGroupName",
        permission=SEES_MEMBERS,
        on=lambda _, call: f"{HOST}/groups/{call.params.get('groupKey.id', '')}",
        answer=_lookup,
        kind=Kind.DATA_READ,
        title=TITLE,
        by_resource=False,
        entry=_unlogged,
    ),
    Door(
        id=f"cloudidentity.{MEMBERSHIPS}.checkTransitiveMembership",
        rpc="google.apps.cloudidentity.groups.v1.MembershipsService.CheckTransitiveMembership",
        permission=SEES_MEMBERS,
        on=_parent,
        answer=_check,
        kind=Kind.DATA_READ,
        title=TITLE,
        by_resource=False,
        entry=_unlogged,
    ),
]
