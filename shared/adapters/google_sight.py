"""The `Sight` port on Google Cloud itself: the questions of `Facts`, and those that carrying out a fix has besides."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shared.adapters.google_facts import GoogleFacts

if TYPE_CHECKING:
    from shared.model.facts import Change, Holding
    from shared.model.machine import Machine
    from shared.model.outcomes import Operation, Outcomes
    from shared.model.work import MachineName, OriginalCall


class GoogleSight(GoogleFacts):
    """Questions to Google Cloud, those of a fix that is being carried out included."""

    def enabled_services(self, project: str) -> frozenset[str]:
        """Every API that is on."""
        from shared.adapters import sight

        return sight.enabled_services(self._clients, project)

    def held(self, resource: str, wanted: tuple[str, ...]) -> frozenset[str]:
        """What we may do ourselves."""
        from shared.adapters import own_permissions

        return own_permissions.held(self._clients, resource, wanted)

    def holdings(self, scope: str, member: str) -> tuple[Holding, ...]:
        """What a member has been given by its own name."""
        from shared.adapters import asset

        return asset.holdings(self._clients, scope, member)

    def policy_changes(self, resource: str, since: datetime) -> tuple[Change, ...]:
        """Who changed a policy."""
        from shared.adapters import binding_history

        return binding_history.policy_changes(self._clients, resource, since)

    def project_of(self, resource: str) -> str:
        """The project that a resource is in."""
        from shared.adapters import binding_history

        return binding_history.project_of(self._clients, resource)

    def own_calls(self, project: str, accounts: frozenset[str], since: datetime, until: datetime) -> tuple[Change, ...]:
        """What accounts of ours changed."""
        from shared.adapters import own_calls

        return own_calls.own_calls(self._clients, project, accounts, since, until)

    def operation(self, machine: MachineName, name: str) -> Operation:
        """An operation on a machine."""
        from shared.adapters import sight

        return sight.operation(self._clients, machine, name)

    def outcomes(self, call: OriginalCall, since: datetime, until: datetime) -> Outcomes:
        """How calls like the refused one went."""
        from shared.adapters import sight

        return sight.outcomes(self._clients, call, since, until)

    def flow_seen(self, machine: Machine, since: datetime) -> datetime | None:
        """When a flow of a machine was last recorded."""
        from shared.adapters import machine_signs

        return machine_signs.flow_seen(self._clients, machine, since)
