"""The `Sight` port on Google Cloud itself: the questions of `Facts`, and those that carrying out a fix has besides."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shared.adapters.google_facts import GoogleFacts

if TYPE_CHECKING:
    from shared.model.machine import Machine
    from shared.model.outcomes import MachineType, Operation, Outcomes
    from shared.model.work import MachineName, OriginalCall


class GoogleSight(GoogleFacts):
    """Questions to Google Cloud, those of a fix that is being carried out included."""

    def enabled_services(self, project: str) -> frozenset[str]:
        """Every API that is on."""
        from shared.adapters import sight

        return sight.enabled_services(self._clients, project)

    def operation(self, machine: MachineName, name: str) -> Operation:
        """An operation on a machine."""
        from shared.adapters import sight

        return sight.operation(self._clients, machine, name)

    def outcomes(self, call: OriginalCall, since: datetime, until: datetime) -> Outcomes:
        """How calls like the refused one went."""
        from shared.adapters import sight

        return sight.outcomes(self._clients, call, since, until)

    def machine_type(self, project: str, zone: str, name: str) -> MachineType:
        """A machine type of a zone."""
        from shared.adapters import machine_signs

        return machine_signs.machine_type(self._clients, project, zone, name)

    def flow_seen(self, machine: Machine, since: datetime) -> datetime | None:
        """When a flow of a machine was last recorded."""
        from shared.adapters import machine_signs

        return machine_signs.flow_seen(self._clients, machine, since)
