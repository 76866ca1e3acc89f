"""Who may do what in the cloud in memory: accounts, what they hold, labels of projects, and what we may do ourselves."""

# ruff: noqa: ARG002 - the questions are those of the port, whatever the answer depends on
from __future__ import annotations

from shared.errors import NotFound
from shared.model.facts import Account, Holding, Project
from shared.model.names import Permission, Role
from shared.model.role import RoleDefinition

HARMLESS = (Permission("pubsub.topics.publish"),)


class Rights:
    """By default every account exists and holds nothing, every role is harmless, and we may do everything."""

    def __init__(self) -> None:
        self.roles: dict[str, RoleDefinition] = {}
        self.labels: dict[str, dict[str, str]] = {}
        self.inactive: set[str] = set()
        self.accounts: dict[str, Account] = {}
        self.gone: set[str] = set()
        self.indexed: list[tuple[str, Holding]] = []
        self.lacks: set[tuple[str, str]] = set()
        self.never_on: set[str] = set()

    def role(self, name: Role) -> RoleDefinition:
        self._look("role")
        return self.roles.get(name, RoleDefinition(name=name, permissions=HARMLESS))

    def project(self, project: str) -> Project:
        self._look("project")
        labels, active = self.labels.get(project, {}), project not in self.inactive
        return Project(id=project.rpartition("/")[2], number="7", labels=labels, active=active)

    def ancestry(self, project: str) -> tuple[str, ...]:
        self._look("ancestry")
        return project, "organizations/1"

    def account(self, email: str) -> Account:
        self._look("account")
        if email in self.gone:
            raise NotFound(f"{email} does not exist")
        return self.accounts.get(email, Account(email=email, unique_id="7", project="p"))

    def holdings(self, scope: str, member: str) -> tuple[Holding, ...]:
        self._look("holdings")
        return tuple(held for named, held in self.indexed if named == member)

    def held(self, resource: str, wanted: tuple[str, ...]) -> frozenset[str]:
        self._look("held")
        return frozenset(one for one in wanted if (resource, one) not in self.lacks)

    def _look(self, what: str) -> None:
        raise NotImplementedError
