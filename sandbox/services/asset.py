"""Cloud Asset Inventory v1: searching resources and policies, and what an identity can reach.

Names are the inventory's own: a bucket is `//storage.googleapis.com/BUCKET` (documentation, "Asset names").
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.access import is_member
from sandbox.asset_query import Fields, query_of
from sandbox.door import Answer, Call, Door, Kind
from sandbox.errors import invalid
from sandbox.pages import page_of
from sandbox.policies import found
from sandbox.roles import BASIC, PREDEFINED, holds, included, known_permissions
from sandbox.world import CRM, Json, Resource, World

API = "cloudasset.v1"
TITLE = "Cloud Asset API"
RPC = "google.cloud.asset.v1.AssetService"
PAGE = 500
BUCKET = "//storage.googleapis.com/projects/_/buckets/"
TYPES = {
    "projects": "Project",
    "folders": "Folder",
    "organizations": "Organization",
    "buckets": "Bucket",
    "serviceAccounts": "ServiceAccount",
    "topics": "Topic",
    "subscriptions": "Subscription",
    "datasets": "Dataset",
    "tables": "Table",
    "secrets": "Secret",
    "keyRings": "KeyRing",
    "cryptoKeys": "CryptoKey",
    "repositories": "Repository",
    "services": "Service",
    "instances": "Instance",
    "disks": "Disk",
    "subnetworks": "Subnetwork",
}
"""The collections that the inventory has, by the second half of their asset types."""
OF_RESOURCES = ("name", "displayName", "assetType", "project", "folders", "organization", "location", "labels",
                "labels.*", "state", "parentFullResourceName")  # fmt: skip
OF_POLICIES = ("resource", "project", "folders", "organization", "policy", "policy.role.permissions", "roles",
               "memberTypes")  # fmt: skip


def _scope(_: World, call: Call) -> str:
    return f"{CRM}/{call['scope']}"


def _inside(world: World, call: Call) -> Iterator[tuple[Resource, Json]]:
    """Everything under the scope of a call, with where it belongs."""
    scope = found(world, _scope(world, call))
    types = _listed(call.params, "assetTypes")
    for one in sorted(world.resources.values(), key=lambda resource: resource.name):
        line = world.lineage(one)
        wanted = one.kind in TYPES and (not types or _type(one) in types)
        if wanted and any(above is scope for above in line):
            yield one, _place(line)


def _listed(params: dict[str, str], name: str) -> list[str]:
    """A parameter that may come several times."""
    return [one for one in params.get(name, "").split(",") if one]


def _place(line: list[Resource]) -> Json:
    """The project, the folders from below and the organisation of a line of ancestors."""
    by_kind: dict[str, list[str]] = {}
    for above in line:
        if above.kind in ("projects", "folders", "organizations"):
            by_kind.setdefault(above.kind, []).append(above.body["name"])
    place: Json = {"folders": by_kind["folders"]} if "folders" in by_kind else {}
    singles = {"project": by_kind.get("projects"), "organization": by_kind.get("organizations")}
    return place | {field: names[0] for field, names in singles.items() if names}


def _name(resource: Resource) -> str:
    return resource.name.replace(BUCKET, "//storage.googleapis.com/")


def _type(resource: Resource) -> str:
    return f"{resource.name.removeprefix('//').partition('/')[0]}/{TYPES[resource.kind]}"


def _search_resources(world: World, call: Call) -> Json:
    matches = query_of(call.params.get("query", ""), OF_RESOURCES)
    results = []
    for one, place in _inside(world, call):
        result = {"name": _name(one), "assetType": _type(one), **place, **_about(world, one)}
        if matches(_fields(result)):
            results.append(result)
    return page_of("results", results, call, most=PAGE)


def _about(world: World, resource: Resource) -> Json:
    """What the inventory repeats of a resource's own representation."""
    body, parent = resource.body, world.resources.get(resource.parent)
    told: Json = {"displayName": body.get("displayName") or resource.name.rpartition("/")[2]}
    if labels := body.get("labels"):
        told["labels"] = labels
    if state := body.get("state") or body.get("status"):
        told["state"] = state
    if parent is not None and parent.kind in TYPES:
        told |= {"parentFullResourceName": _name(parent), "parentAssetType": _type(parent)}
    return told


def _fields(result: Json) -> Fields:
    fields: Fields = {}
    for name, value in result.items():
        if isinstance(value, dict):
            fields[name] = [part for pair in value.items() for part in pair]
            fields |= {f"{name}.{key}": [one] for key, one in value.items()}
        else:
            fields[name] = value if isinstance(value, list) else [value]
    return fields


def _search_policies(world: World, call: Call) -> Json:
    """Policies with those of their bindings that a query selects."""
    matches = query_of(call.params.get("query", ""), OF_POLICIES)
    results = []
    for one, place in _inside(world, call):
        around = {"resource": _name(one), "assetType": _type(one), **place}
        selected = [
            binding for binding in one.policy().get("bindings", ()) if matches(_of_binding(world, around, binding))
        ]
        if selected:
            results.append({**around, "policy": {"bindings": selected}})
    return page_of("results", results, call, most=PAGE)


def _of_binding(world: World, around: Json, binding: Json) -> Fields:
    """The searchable fields of one binding of a resource's policy."""
    members, role = binding.get("members", []), binding["role"]
    said = [binding.get("condition", {}).get(field, "") for field in ("title", "expression")]
    return _fields(around) | {
        "policy": [role, *members, *(one.partition(":")[2] for one in members), *said],
        "policy.role.permissions": _permissions(world, role),
        "roles": [role],
        "memberTypes": [one.partition(":")[0] for one in members],
    }


def _permissions(world: World, role: str) -> list[str]:
    if role in world.roles:
        return list(world.roles[role].get("includedPermissions", ()))
    return included(role, known_permissions()) if role in (*BASIC, *PREDEFINED) else []


def _analyze(world: World, call: Call) -> Json:
    """What one identity can do, or who can do one thing: bindings that fit all selectors, groups followed."""
    query = {key.removeprefix("analysisQuery."): value for key, value in call.params.items()}
    identity = query.get("identitySelector.identity", "")
    permissions, roles = _listed(query, "accessSelector.permissions"), _listed(query, "accessSelector.roles")
    about = query.get("resourceSelector.fullResourceName", "")
    if not (identity or permissions or roles or about):
        raise invalid("At least one of the resource, identity and access selectors is required.")
    results = []
    for one, _ in _inside(world, call):
        if about and not _covers(world, one, about):
            continue
        for binding in one.policy().get("bindings", ()):
            members = binding.get("members", [])
            named = [identity] if any(is_member(world, identity, member) for member in members) else []
            given = [wanted for wanted in permissions if holds(binding["role"], wanted, world.roles)]
            fits = (not permissions and not roles) or given or binding["role"] in roles
            if fits and (named or not identity):
                results.append(_result(one, binding, named or members, given, about))
    analysis = {"analysisQuery": {"scope": call["scope"]}, "fullyExplored": True}
    return {"mainAnalysis": {**analysis, "analysisResults": results}, "fullyExplored": True}


def _covers(world: World, resource: Resource, about: str) -> bool:
    """Whether a policy of this resource says anything of another one: its own, or one that it inherits from."""
    named = world.get(about) or world.get(about.replace("//storage.googleapis.com/", BUCKET))
    return named is not None and any(one is resource for one in world.lineage(named))


def _result(resource: Resource, binding: Json, identities: list[str], permissions: list[str], about: str) -> Json:
    accesses = [{"permission": one} for one in permissions] or [{"role": binding["role"]}]
    lists: Json = {"resources": [{"fullResourceName": about or _name(resource)}], "accesses": accesses}
    if "condition" in binding:
        lists["conditionEvaluation"] = {"evaluationValue": "CONDITIONAL"}
    return {
        "attachedResourceFullName": _name(resource),
        "iamBinding": binding,
        "identityList": {"identities": [{"name": one} for one in identities]},
        "accessControlLists": [lists],
        "fullyExplored": True,
    }


def _door(method: str, answer: Answer) -> Door:
    return Door(
        id=f"cloudasset.{method}",
        rpc=f"{RPC}.{method[0].upper()}{method[1:]}",
        permission=f"cloudasset.assets.{method}",
        on=_scope,
        answer=answer,
        kind=Kind.ADMIN_READ,
        title=TITLE,
        by_resource=False,
    )


DOORS = [
    _door("searchAllResources", _search_resources),
    _door("searchAllIamPolicies", _search_policies),
    _door("analyzeIamPolicy", _analyze),
]
