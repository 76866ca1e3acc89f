"""What each identity of a deployment is there for: what it has to hold, and where; all else that writes is too much."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from shared.deploy.permissions import (
    ABOVE_PROJECTS,
    API_UNDOER,
    API_WRITER,
    GRANT_READER,
    GRANT_WRITER,
    MACHINE_STARTER,
    MACHINE_WRITER,
    READER,
    permissions_of,
)
from shared.model.deployment import Deployment, Function

EXECUTES = {"iam": (GRANT_READER, GRANT_WRITER), "api": (API_WRITER, API_UNDOER), "compute": (MACHINE_WRITER,)}
SWEEPS: dict[str, tuple[str, ...]] = {"iam": (GRANT_READER, GRANT_WRITER), "api": (), "compute": (MACHINE_STARTER,)}
"""For each family of fixes, the roles of the function that carries it out, and those of the sweep that ends it."""
EXECUTE, SWEEP, DETECT, APPROVE = "execute-", "sweep", "detect", "approve"
USE = "serviceusage.services.use"
READS = frozenset({"datastore.entities.get", "datastore.entities.list"})
WRITES = READS | {"datastore.entities.create", "datastore.entities.update", "datastore.entities.delete"}
ALWAYS = "always"


class Needed(Struct, frozen=True, kw_only=True):
    """What one identity has to hold on one container; `address` is Terraform's resource that gives it.

    `part` is what it needs that for, in a word. `under` is what the condition of the binding has to speak of, "" where
    there may be none.
    """

    function: str
    on: str
    permissions: frozenset[str]
    address: str
    part: str
    under: str = ""


def families(deployment: Deployment) -> tuple[str, ...]:
    """The families of fixes that are on, by the functions that are there."""
    named = (one.removeprefix(EXECUTE) for one in deployment.named if one.startswith(EXECUTE))
    return tuple(sorted(one for one in named if one in EXECUTES))


def needed(deployment: Deployment) -> Iterator[Needed]:
    """Everything that the functions that are there have to hold, on which container."""
    place = deployment.place
    detect = deployment.named.get(DETECT)
    looks = detect is not None and detect.settings.get("UNFORBID_LOOK") == ALWAYS
    for function in deployment.named.values():
        if looks and function.name != APPROVE:
            yield _reader(deployment, function.name)
        yield from _fixer(deployment, function.name)
        if function.name != APPROVE:
            address = f'google_project_iam_member.accounted["{function.name}"]'
            yield Needed(
                function=function.name, on=place.home, permissions=frozenset({USE}), address=address, part="accounting"
            )
        yield from _store(deployment, function)


def _reader(deployment: Deployment, function: str) -> Needed:
    """What looking takes, on what is watched; a role of a project holds nothing that stands above projects.

    `detect` looks into each new denial, the others once more before anything that was agreed to is begun.
    """
    kind = deployment.place.watch.partition("/")[0].removesuffix("s")
    held = frozenset(permissions_of(READER))
    if kind == "project":
        held = frozenset(one for one in held if not one.startswith(ABOVE_PROJECTS))
    address = f'google_{kind}_iam_member.reader["{function}"]'
    return Needed(function=function, on=deployment.place.watched, permissions=held, address=address, part="looking")


def _fixer(deployment: Deployment, function: str) -> Iterator[Needed]:
    """What carrying out and ending fixes takes, in each project that fixes may change."""
    on = families(deployment)
    if function.startswith(EXECUTE):
        roles = EXECUTES.get(function.removeprefix(EXECUTE), ())
    elif function == SWEEP:
        roles = tuple(role for family in on for role in SWEEPS[family])
    else:
        return
    for project in deployment.place.fix_projects:
        for role in roles:
            yield Needed(
                function=function,
                on=deployment.place.fixed(project),
                permissions=frozenset(permissions_of(role)),
                address=f'google_project_iam_member.fixer["{function}/{role}/{project}"]',
                part=role,
                under="modifiedGrantsByRole" if role == GRANT_WRITER else "",
            )


def stored(function: str, *, mends: bool) -> dict[str, frozenset[str]]:
    """What a function does in each database, those left out in which it does nothing (`terraform/store.tf`).

    The journal is written by those alone who carry fixes out; `approve`, whose address is public, has no part in it.
    Which versions of the policy were good is remembered by whoever decides last, which without fixes is `detect`.
    """
    fixing = function not in (APPROVE, DETECT)
    parts = {
        "ballots": WRITES,
        "guards": WRITES if function != APPROVE else None,
        "journal": WRITES if fixing else READS if function == DETECT else None,
        "policy": WRITES if fixing or (function == DETECT and not mends) else READS if function == DETECT else None,
        "queue": WRITES,
        "runs": WRITES if function != APPROVE else READS,
    }
    return {database: held for database, held in parts.items() if held is not None}


def _store(deployment: Deployment, function: Function) -> Iterator[Needed]:
    """Its part in each database, under a condition that names that database alone."""
    place = deployment.place
    for database, held in stored(function.name, mends=bool(families(deployment))).items():
        yield Needed(
            function=function.name,
            on=place.home,
            permissions=held,
            address=f'google_project_iam_member.store["{database}/{function.name}"]',
            part=database,
            under=f'"projects/{place.project}/databases/{place.name}-{database}"',
        )
