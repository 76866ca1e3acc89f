"""The roles of a deployment hold what the code calls: no call without a permission, and no permission without a call."""

from __future__ import annotations

import ast
import gzip
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from shared.deploy.permissions import (
    EXCEPTIONS,
    FAMILIES,
    GRANT_WRITER,
    READER,
    ROLES,
    USES,
    permissions_of,
    roles_document,
)
from shared.grants.danger import floor_of
from shared.model.plan import T3

PERMISSION = re.compile(
    r'"([a-z]+\.[a-z][a-zA-Z]+\.(?:get|list|set|search|use|test|enable|disable|create|update|delete)[a-zA-Z]*)"'
)
WRITTEN_ELSEWHERE = {
    "machine_signs": {"logging.logEntries.list"},
    "compute_around": {"compute.networkEndpointGroups.list", "compute.networkEndpointGroups.get", "compute.disks.get"},
}
"""Permissions that an adapter names for a call that is made through another adapter's client."""
NEEDS_NO_LOOK = {"google_clients"}
BY_HAND = {"iam_roles": {"iam.roles.list"}}
"""Permissions of calls that only the command line makes, with the credentials of a person."""


def calls(source: str) -> set[str]:
    """Each client that a file takes from `clients`, with the method it calls on it; the client alone where handed on."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_clients(node.value):
            above = parents[node]
            found.add(f"{node.attr}.{above.attr}" if isinstance(above, ast.Attribute) else node.attr)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            found |= {"getattr"} if _is_clients(node.args[0]) else set()
    return found


def _is_clients(node: ast.expr) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name in ("clients", "_clients")


def adapters(root: Path) -> dict[str, str]:
    return {file.stem: file.read_text() for file in (root / "shared/adapters").glob("*.py")}


def test_every_call_of_an_adapter_stands_in_the_table_and_nothing_else_does(root: Path) -> None:
    made = {name: found for name, source in adapters(root).items() if (found := calls(source))}
    told = defaultdict(set)
    for use in USES:
        told[use.adapter].add(use.call)
    assert made == dict(told)


@pytest.mark.parametrize(
    ("source", "call"),
    [
        ("def f(clients):\n    return clients.keys.destroy(request=1)", "keys.destroy"),
        ("def f(clients):\n    return g(lambda: clients.keys)", "keys"),
        ("def f(clients, kind):\n    return getattr(clients, kind).list()", "getattr"),
        ("class F:\n    def f(self):\n        return self._clients.disks", "disks"),
    ],
)
def test_a_call_is_seen_however_it_is_made(source: str, call: str) -> None:
    assert calls(source) == {call}


def test_every_permission_that_an_adapter_names_is_in_the_table(root: Path) -> None:
    told = defaultdict(set)
    for use in USES:
        told[use.adapter] |= set(use.permissions)
    wrong = {
        name: missing
        for name, source in adapters(root).items()
        if (
            missing := set(PERMISSION.findall(source))
            - told[name]
            - BY_HAND.get(name, set())
            - WRITTEN_ELSEWHERE.get(name, set())
        )
    }
    assert not wrong


@pytest.mark.hazard("H38")
@pytest.mark.invariant("I29")
def test_only_the_named_exceptions_are_dangerous() -> None:
    held = {one for role in ROLES for one in permissions_of(role) if floor_of(one, "") is T3}
    held -= {one for one in held if one.endswith(".getIamPolicy")}  # reading who may do what hands out nothing
    dangerous = {"setIamPolicy" if one.endswith(".setIamPolicy") else one for one in held}
    assert dangerous == set(EXCEPTIONS)


@pytest.mark.hazard("H38")
@pytest.mark.invariant("I29")
def test_who_writes_policies_writes_nothing_else() -> None:
    others = {one for one in permissions_of(GRANT_WRITER) if not one.endswith(".setIamPolicy")}
    assert others == {"bigquery.datasets.update"}, "a dataset's policy is a part of the dataset"


@pytest.mark.hazard("H38")
@pytest.mark.invariant("I03", "I29")
def test_the_reader_only_reads() -> None:
    reads = ("get", "list", "use", "getIamPolicy", "search", "getSerialPortOutput")
    assert [one for one in permissions_of(READER) if not one.rpartition(".")[2].startswith(reads)] == []


@pytest.mark.hazard("H38")
@pytest.mark.invariant("I29")
def test_no_family_writes_what_belongs_to_another() -> None:
    read = set(permissions_of(READER)) | {"serviceusage.services.list"}
    writes = {
        family: {one for role in roles for one in permissions_of(role)} - read for family, roles in FAMILIES.items()
    }
    families = sorted(writes)
    assert families == ["api", "compute", "iam"]
    for at, family in enumerate(families):
        assert writes[family]
        for other in families[at + 1 :]:
            assert not writes[family] & writes[other]


def test_a_role_of_a_project_holds_nothing_that_only_stands_above_projects() -> None:
    for name, role in roles_document().items():
        above = [one for one in role["permissions"] if "folders" in one or "organizations" in one]
        assert not above, name


def test_every_permission_exists_in_a_role_of_google(reference: Path) -> None:
    with gzip.open(reference / "iam-roles/roles.jsonl.gz", "rt") as lines:
        roles = [json.loads(line) for line in lines]
    known = {one for role in roles for one in role.get("includedPermissions", ())}
    assert {one for role in ROLES for one in permissions_of(role)} - known == set()


def test_the_roles_that_the_page_of_doctor_names_are_enough_for_it(root: Path, reference: Path) -> None:
    with gzip.open(reference / "iam-roles/roles.jsonl.gz", "rt") as lines:
        roles = {one["name"]: set(one.get("includedPermissions", ())) for one in map(json.loads, lines)}
    named = set(re.findall(r"`(roles/[\w.]+)`", (root / "docs/doctor.md").read_text()))
    beside = {f"{one}.getIamPolicy" for one in ("run.services", "pubsub.topics", "pubsub.subscriptions")}
    beside |= {"secretmanager.secrets.getIamPolicy", "iam.roles.get", "iam.denypolicies.list", "iam.denypolicies.get"}
    needed = {*permissions_of("person"), *beside, "resourcemanager.projects.get"}
    assert len(named) == 6
    assert needed - set().union(*(roles[one] for one in named)) == set()
