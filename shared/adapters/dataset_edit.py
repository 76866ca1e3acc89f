"""One member into, or out of, the access list of a BigQuery dataset; every other entry stays as it was read.

A dataset is the JSON of `datasets.get`. An entry of its list gives one member one role, named in one of several ways,
under a condition or without one; OWNER, WRITER and READER stand for three roles, and come back where those were
written. Entries of views, routines and datasets authorize those and are no business of ours (bigquery.v2,
`Dataset.access`).
"""

from __future__ import annotations

from typing import Any

from shared.adapters.dataset_access import AUTHORIZATIONS, MEMBERS, ROLES, SPECIAL
from shared.adapters.policies import HIDDEN
from shared.adapters.policy_edit import Wanted, condition_json
from shared.adapters.policy_json import condition_of
from shared.grants.members import as_stored

FIELD_OF = {"user": "userByEmail", "serviceAccount": "userByEmail", "group": "groupByEmail", "domain": "domain"}
GROUP_OF = {member: group for group, member in SPECIAL.items()}
KUBERNETES = ".svc.id.goog["
"""Part of the members that stand for a Kubernetes account, which has no address."""


def has(dataset: dict[str, Any], wanted: Wanted) -> bool:
    """Whether an entry gives the role to the member under exactly this condition."""
    return any(_is(one, wanted) for one in dataset["access"])


def add(dataset: dict[str, Any], wanted: Wanted) -> dict[str, Any]:
    """The dataset with one entry more, at the end of its list.

    Raises:
        ValueError: its conditions are hidden, so that writing it back would destroy them.
    """
    _check(dataset)
    if has(dataset, wanted):
        return dataset
    field, name = _named(wanted.member)
    entry: dict[str, Any] = {"role": wanted.role, field: name}
    if wanted.condition is not None:
        entry["condition"] = condition_json(wanted.condition)
    return {**dataset, "access": [*dataset["access"], entry]}


def remove(dataset: dict[str, Any], wanted: Wanted) -> dict[str, Any]:
    """The dataset without the entry of the member.

    Raises:
        ValueError: its conditions are hidden, so that writing it back would destroy them.
    """
    _check(dataset)
    return {**dataset, "access": [one for one in dataset["access"] if not _is(one, wanted)]}


def _check(dataset: dict[str, Any]) -> None:
    for entry in dataset["access"]:
        role = str(entry.get("role", ""))
        if any(mark in role for mark in HIDDEN):
            raise ValueError(f"conditions are hidden in {role}: writing the list back would destroy them")


def _is(entry: dict[str, Any], wanted: Wanted) -> bool:
    """Whether an entry gives exactly what is wanted; one that is spelt in ways not known here is somebody else's."""
    role = str(entry.get("role", ""))
    if any(one in entry for one in AUTHORIZATIONS) or ROLES.get(role, role) != ROLES.get(wanted.role, wanted.role):
        return False
    named = [(field, str(entry[field])) for field in MEMBERS if entry.get(field)]
    if len(named) != 1 or condition_of(entry.get("condition")) != wanted.condition:
        return False
    field, name = named[0]
    if field == "iamMember":
        return as_stored(name) == as_stored(wanted.member)
    wanted_field, wanted_name = _named(wanted.member)
    return (field, name.lower()) == (wanted_field, wanted_name.lower())


def _named(member: str) -> tuple[str, str]:
    """The field of an entry that names a member, and the name in it."""
    kind, _, name = member.partition(":")
    if kind in FIELD_OF and KUBERNETES not in name:
        return FIELD_OF[kind], name
    if kind in GROUP_OF:
        return "specialGroup", GROUP_OF[kind]
    return ("specialGroup", member) if member == "allAuthenticatedUsers" else ("iamMember", member)
