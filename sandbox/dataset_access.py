"""The access list of a BigQuery dataset: the same bindings as in a policy, one member an entry, in older words.

Source: bigquery.v2, `Dataset.access`: OWNER, WRITER and READER stand for three roles; `view`, `routine` and `dataset`
entries are authorizations of other resources and no bindings.
"""

from __future__ import annotations

from sandbox.errors import invalid
from sandbox.policies import unconditional_role, write_policy
from sandbox.world import Json, Resource, World

SHORT = {
    "roles/bigquery.dataOwner": "OWNER",
    "roles/bigquery.dataEditor": "WRITER",
    "roles/bigquery.dataViewer": "READER",
}
ROLES = {short: role for role, short in SHORT.items()}
BY_KIND = {"user": "userByEmail", "serviceAccount": "userByEmail", "group": "groupByEmail", "domain": "domain"}
SPECIAL = {"projectOwner": "projectOwners", "projectEditor": "projectWriters", "projectViewer": "projectReaders"}
AUTHORIZATIONS = ("view", "routine", "dataset")


def access_of(dataset: Resource, version: int) -> list[Json]:
    """The access list as datasets.get tells it to who asked for a policy version, authorizations last."""
    entries: list[Json] = []
    for binding in dataset.policy().get("bindings", ()):
        shown = binding if version >= 3 else {"role": unconditional_role(dataset, binding)}
        entry: Json = {"role": SHORT.get(shown["role"], shown["role"])}
        if "condition" in shown:
            entry["condition"] = shown["condition"]
        entries += [entry | _entity(member) for member in binding["members"]]
    return [*entries, *dataset.hidden.get("authorized", [])]


def _entity(member: str) -> Json:
    kind, _, name = member.partition(":")
    if kind in BY_KIND:
        return {BY_KIND[kind]: name}
    if kind in SPECIAL:
        return {"specialGroup": SPECIAL[kind]}
    return {"specialGroup": member} if member == "allAuthenticatedUsers" else {"iamMember": member}


def write_access(world: World, dataset: Resource, access: list[Json], version: int) -> None:
    """Replace the whole list; where it has or had conditions, only version 3 may."""
    bindings = [_binding(dataset.project, one) for one in access if not _is_authorization(one)]
    conditional = any("condition" in one for one in [*bindings, *dataset.policy().get("bindings", ())])
    if conditional and version < 3:
        raise invalid("The dataset has conditional access entries; accessPolicyVersion must be 3.")
    write_policy(world, dataset, {"bindings": bindings, "version": 3 if conditional else 1})
    dataset.hidden["authorized"] = [one for one in access if _is_authorization(one)]


def _is_authorization(entry: Json) -> bool:
    return any(one in entry for one in AUTHORIZATIONS)


def _binding(project: str, entry: Json) -> Json:
    role = entry.get("role", "")
    if not role:
        raise invalid("An access entry needs a role.")
    binding: Json = {"role": ROLES.get(role, role), "members": [_member(project, entry)]}
    return binding | {"condition": entry["condition"]} if "condition" in entry else binding


def _member(project: str, entry: Json) -> str:
    named = [one for one in ("userByEmail", "groupByEmail", "domain", "specialGroup", "iamMember") if one in entry]
    if len(named) != 1:
        raise invalid("An access entry needs exactly one kind of member.")
    kind, name = named[0], str(entry[named[0]])
    if kind == "userByEmail":
        return f"{'serviceAccount' if name.endswith('.gserviceaccount.com') else 'user'}:{name}"
    if kind == "groupByEmail":
        return f"group:{name}"
    if kind == "domain":
        return f"domain:{name}"
    special = {spelt: f"{member}:{project}" for member, spelt in SPECIAL.items()}
    return special.get(name, name) if kind == "specialGroup" else name
