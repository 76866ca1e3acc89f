"""What the sandbox itself tells of a run, whatever the journal says: every policy, every state, every operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proof.cases import UNTIL
from sandbox.api_state import is_on
from sandbox.compute_operations import KIND
from sandbox.world import Json, Resource, World
from shared.adapters.sqlite_journal import SqliteJournal
from shared.model.items import ENDS
from shared.model.work import Access, Disable, Enable, Grant, Revoke, Work

Tuple = tuple[str, str, str]
"""A role, a member and a condition in words: what one grant is."""


class Remembered(dict[str, Any]):
    """The body of a machine that remembers every value it was given."""

    def __init__(self, body: Json) -> None:
        super().__init__(body)
        self.history: list[tuple[str, Any]] = []

    def __setitem__(self, name: str, value: Any) -> None:
        """Set one field."""
        self.history.append((name, value))
        super().__setitem__(name, value)

    def update(self, *given: Any, **named: Any) -> None:
        """Set several fields."""
        for name, value in dict(*given, **named).items():
            self[name] = value

    def __deepcopy__(self, memo: object) -> Json:
        """A copy that remembers nothing."""
        return dict(self)


class Records:
    """How the world was, and what happened to it since."""

    def __init__(self, world: World, journal: SqliteJournal) -> None:
        self.world, self._journal = world, journal
        self.wrong: list[str] = []
        self.remade_id = ""
        self.statuses_at_rest: dict[str, str] = {}
        self.policies_before = {name: len(one.policies) for name, one in world.resources.items()}
        self.before = {name: tuples(one.policy()) for name, one in world.resources.items()}
        self.statuses_before = {one.name: one.body["status"] for one in world.of_kind("instances")}
        self.attached_before = [self.attached(one) for one in world.of_kind("instances")]
        self.apis_before = self.apis()
        self.grants: list[Grant] = []
        self._operations_before: set[str] = set()
        self._write = world.set_policy
        world.set_policy = self._written  # type: ignore[method-assign]
        for machine in world.of_kind("instances"):
            machine.body = Remembered(machine.body)

    def begin(self) -> None:
        """What is counted once, is counted from here."""
        self._operations_before = {one.name for one in self.world.of_kind(KIND)}
        for machine in self.world.of_kind("instances"):
            machine.body.history.clear()  # type: ignore[attr-defined]

    def at_rest(self) -> None:
        """Remember in which state the machines are, long after everything."""
        self.statuses_at_rest = {one.name: one.body["status"] for one in self.world.of_kind("instances")}

    def remade(self, machine: Resource) -> None:
        """The machine is about to be replaced by another one of its name."""
        self.remade_id = self.remade_id or machine.body["id"]  # ours was the first of all

    def ours(self, works: tuple[Work, ...]) -> dict[str, Tuple]:
        """For each resource the tuple that a grant adds, unless others had given it before."""
        found = {one.resource: tuple_of(one) for one in works if isinstance(one, Grant)}
        return {name: one for name, one in found.items() if one not in self.before[name]}

    def histories(self) -> Iterator[tuple[str, list[list[Tuple]], list[Any]]]:
        """For each resource all its policies in order, as tuples, with their audit configs."""
        for name, one in self.world.resources.items():
            if one.policies:
                first = max(self.policies_before.get(name, 0) - 1, 0)
                kept = [policy for _, policy in one.policies[first:]]
                yield name, [tuples(policy) for policy in kept], [policy.get("auditConfigs") for policy in kept]

    def machine_history(self) -> list[tuple[str, Any]]:
        """What the machine was given since the counting began, in order."""
        return [one for machine in self.world.of_kind("instances") for one in getattr(machine.body, "history", ())]

    def operations(self) -> list[Resource]:
        """The operations on machines that were begun since the counting began."""
        return [one for one in self.world.of_kind(KIND) if one.name not in self._operations_before]

    def apis(self) -> dict[str, bool]:
        """Which APIs are on, of those that were ever off."""
        project = self.world.of_kind("projects")[0]
        known = {*project.hidden.get("off", ()), *project.hidden.get("switched", {})}
        return {one: is_on(project, one, self.world.now()) for one in sorted(known)}

    def switches(self) -> dict[str, list[bool]]:
        """How each API was switched, in order."""
        switched = self.world.of_kind("projects")[0].hidden.get("switched", {})
        return {name: [on for _, on in times] for name, times in switched.items()}

    @staticmethod
    def attached(machine: Resource) -> tuple[Any, ...]:
        """What of a machine we change: its account with the scopes, and its size."""
        accounts = [(one["email"], tuple(sorted(one["scopes"]))) for one in machine.body.get("serviceAccounts", ())]
        return (*accounts, machine.body["machineType"].rpartition("/")[2])

    def goes_through(self, work: Work) -> bool:
        """Whether the call would go through by now, because of what a work changes."""
        runs = all(one.body["status"] == "RUNNING" for one in self.world.of_kind("instances"))
        return self.is_so(work) and (runs or not isinstance(work, Access))

    def is_so(self, work: Work) -> bool:
        """Whether what a work is to change is so by now."""
        if isinstance(work, Grant | Revoke):
            there = tuple_of(work) in tuples(self.world.resources[work.resource].policy())
            return there is isinstance(work, Grant)
        if isinstance(work, Enable):
            return self.apis().get(work.service, True)
        if isinstance(work, Disable):
            return not any(self.apis().get(one, True) for one in work.services)
        if isinstance(work, Access):
            attached = self.attached(self.world.of_kind("instances")[0])
            return (work.account, tuple(sorted(work.scopes))) in attached
        return True

    def _written(self, resource: Resource, policy: Json, *, at_once: bool = False) -> Json:
        """A policy is written; a grant without a condition has its end queued by then."""
        old = tuples(resource.policy())
        stored = self._write(resource, policy, at_once=at_once)
        for grant in self.grants:
            is_new = (
                grant.resource == resource.name and tuple_of(grant) in tuples(stored) and tuple_of(grant) not in old
            )
            if is_new and not any(one.startswith(ENDS) for one in self._journal.due(UNTIL, 100)):
                self.wrong.append(f"{grant.role} was written on {resource.kind} without its end being queued")
        return stored


def tuple_of(grant: Grant | Revoke) -> Tuple:
    """What a grant adds to a policy, and its revocation takes out of it."""
    said = grant.condition
    return grant.role, grant.member, f"{said.title}|{said.description}|{said.expression}" if said else ""


def tuples(policy: Json) -> list[Tuple]:
    """Every member of every binding of a policy, in order."""
    found = []
    for one in policy.get("bindings", ()):
        said = one.get("condition")
        condition = f"{said.get('title', '')}|{said.get('description', '')}|{said['expression']}" if said else ""
        found += [(one["role"], member, condition) for member in one["members"]]
    return found
