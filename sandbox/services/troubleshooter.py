"""Policy Troubleshooter v3: the reading that decides calls, told in full, less what the asking identity may not see.

It reads the policies as last written, so it says CAN_ACCESS while a change is still spreading. Conditions are evaluated
with what the request says in `conditionContext`, and are UNKNOWN_CONDITIONAL without; tags it fetches itself.

What the reader may not see is a matter of `World.reader_cannot`: the `TYPE.getIamPolicy` of each resource on the way up
(`storage.buckets.getIamPolicy`), `iam.denypolicies.list` and `.get`, `iam.roles.get` for custom roles, and
`groups.expand`, which stands for seeing who is a member of a group (Google has no IAM permission for that).
"""

from __future__ import annotations

from datetime import datetime

from sandbox.access import Asked, Reading, nearest_of, read_access, spelt_in_deny_policies
from sandbox.conditions import Circumstances, tags_of
from sandbox.door import Call, Door, Kind
from sandbox.errors import invalid
from sandbox.explain_allow import explain_allow
from sandbox.explain_deny import explain_deny
from sandbox.front import CONTAINERS
from sandbox.sight import Sight
from sandbox.world import Json, World
from shared.model.names import PrincipalKind, parse_permission, parse_principal

API = "policytroubleshooter.v3"
TITLE = "Policy Troubleshooter API"
RPC = "google.cloud.policytroubleshooter.iam.v3.PolicyTroubleshooter"
MEMBER_OF = {
    PrincipalKind.USER: "user:",
    PrincipalKind.SERVICE_ACCOUNT: "serviceAccount:",
    PrincipalKind.SERVICE_AGENT: "serviceAccount:",
}
"""The principals that can be asked about: Google accounts and service accounts, by e-mail."""


def _troubleshoot(world: World, call: Call) -> Json:
    asking = call.body.get("accessTuple", {})
    asked = _asked(world, asking)
    reading = read_access(world, asked, effective=False)
    sight = Sight(world, call.caller)
    allow, deny = _explained(world, asked, reading, sight)
    state = _overall(allow["allowAccessState"], deny["denyAccessState"])
    told = {**asking, "permissionFqdn": spelt_in_deny_policies(asked.permission)}
    return {
        "overallAccessState": state,
        "accessTuple": told,
        "allowPolicyExplanation": allow,
        "denyPolicyExplanation": deny,
    }


def _explained(world: World, asked: Asked, reading: Reading, sight: Sight) -> tuple[Json, Json]:
    """Both explanations along the line of ancestors; what does not exist is one more policy that nobody can see."""
    nearest = nearest_of(world, asked.resource)
    line = world.lineage(nearest) if nearest is not None else []
    exists = nearest is not None and (nearest is world.get(asked.resource) or nearest.kind not in CONTAINERS)
    return explain_allow(line, reading, sight, exists=exists), explain_deny(line, reading, asked, sight)


def _asked(world: World, asking: Json) -> Asked:
    """The question of a request, or INVALID_ARGUMENT."""
    principal, resource = asking.get("principal", ""), asking.get("fullResourceName", "")
    permission = parse_permission(asking.get("permission", ""))
    kind = parse_principal(principal).kind
    if kind not in MEMBER_OF or ":" in principal:
        raise invalid(f"Principal {principal!r} must be the email address of a Google Account or a service account.")
    if permission is None:
        raise invalid(f"Permission {asking.get('permission')!r} is not valid.")
    if not resource.startswith("//") or resource.count("/") < 3:
        raise invalid(f"{resource!r} is not a full resource name.")
    told = _told(world, resource, asking.get("conditionContext", {}))
    return Asked(MEMBER_OF[kind] + principal, permission, resource, told.time or world.now(), told)


def _told(world: World, resource: str, context: Json) -> Circumstances:
    """What the request says of the call, with the tags of the resource."""
    received = context.get("request", {}).get("receiveTime")
    about = context.get("resource", {})
    return Circumstances(
        time=datetime.fromisoformat(received) if received else None,
        name=about.get("name"),
        service=about.get("service"),
        type=about.get("type"),
        tags=tags_of(world.get(resource)),
    )


def _overall(allow: str, deny: str) -> str:
    if deny == "DENY_ACCESS_STATE_DENIED" or allow == "ALLOW_ACCESS_STATE_NOT_GRANTED":
        return "CANNOT_ACCESS"
    if allow == "ALLOW_ACCESS_STATE_GRANTED" and deny == "DENY_ACCESS_STATE_NOT_DENIED":
        return "CAN_ACCESS"
    return "UNKNOWN_INFO" if "UNKNOWN_INFO" in f"{allow} {deny}" else "UNKNOWN_CONDITIONAL"


def _about(_: World, call: Call) -> str:
    return str(call.body.get("accessTuple", {}).get("fullResourceName", ""))


DOORS = [
    Door(
        id="policytroubleshooter.iam.troubleshoot",
        rpc=f"{RPC}.TroubleshootIamPolicy",
        on=_about,
        answer=_troubleshoot,
        kind=Kind.ADMIN_READ,
        title=TITLE,
        by_resource=False,
    ),
]
