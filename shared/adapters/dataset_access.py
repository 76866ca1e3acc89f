"""The access list of a BigQuery dataset as bindings: who has which role, in IAM's own words.

Source: bigquery.v2, `Dataset.access`: an entry names one member in one of five ways; OWNER, WRITER and READER stand for
three roles. Entries for views, routines and other datasets authorize those and grant nobody a role.
"""

from __future__ import annotations

from typing import Any

from shared.adapters.policy_json import condition_of
from shared.model.facts import Binding, Condition
from shared.model.names import Role

ROLES = {
    "OWNER": Role("roles/bigquery.dataOwner"),
    "WRITER": Role("roles/bigquery.dataEditor"),
    "READER": Role("roles/bigquery.dataViewer"),
}
AUTHORIZATIONS = ("view", "routine", "dataset")
SPECIAL = {"projectOwners": "projectOwner", "projectWriters": "projectEditor", "projectReaders": "projectViewer"}
EVERYONE = ("allUsers", "allAuthenticatedUsers")
MEMBERS = ("userByEmail", "groupByEmail", "domain", "iamMember", "specialGroup")


def bindings_of(project: str, access: list[dict[str, Any]]) -> tuple[Binding, ...]:
    """The entries of an access list as bindings, those of one role and condition together.

    Raises:
        ValueError: an entry names nobody, several members, or a kind of member that is not known here.
    """
    found: dict[tuple[Role, Condition | None], list[str]] = {}
    for entry in access:
        if any(one in entry for one in AUTHORIZATIONS):
            continue
        role = entry["role"]
        key = (ROLES.get(role) or Role(role), condition_of(entry.get("condition")))
        found.setdefault(key, []).append(_member(project, entry))
    return tuple(
        Binding(role=role, members=tuple(members), condition=condition) for (role, condition), members in found.items()
    )


def _member(project: str, entry: dict[str, Any]) -> str:
    named = [one for one in MEMBERS if isinstance(entry.get(one), str) and entry[one]]
    if len(named) != 1:
        raise ValueError("an access entry names no member that is known here, or several")
    kind, name = named[0], str(entry[named[0]])
    if kind == "userByEmail":
        return f"{'serviceAccount' if name.endswith('.gserviceaccount.com') else 'user'}:{name}"
    if kind == "specialGroup":
        return name if name in EVERYONE else f"{SPECIAL[name]}:{project}"
    return {"groupByEmail": "group:", "domain": "domain:", "iamMember": ""}[kind] + name
