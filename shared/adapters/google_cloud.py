"""The `Cloud` port on Google Cloud itself: each effect goes to the adapter that can carry it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.model.effect import (
    MACHINE_EFFECTS,
    AddBinding,
    Before,
    DisableApi,
    Effect,
    EnableApi,
    Receipt,
    RemoveBinding,
)

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients


class GoogleCloud:
    """The one thing that changes Google Cloud.

    Args:
        clients: made with the identity of the executor.
        reason: what Google's own audit log is told where an effect comes without one; "" says nothing.
    """

    def __init__(self, clients: GoogleClients, reason: str = "") -> None:
        self._clients, self._reason = clients, reason

    def perform(self, effect: Effect, before: Before, reason: str = "") -> Receipt:
        """Do one effect; what came of it. The reason goes to Google as `x-goog-request-reason`.

        Raises:
            LookFailed: whether it happened is not known, or a passing fault prevented it; doing it again is safe.
        """
        from shared.adapters import api_writes, machine_writes, policy_writes

        why = reason or self._reason
        if isinstance(effect, AddBinding):
            return policy_writes.add_binding(self._clients, effect, before, why)
        if isinstance(effect, RemoveBinding):
            return policy_writes.remove_binding(self._clients, effect, before, why)
        if isinstance(effect, EnableApi):
            return api_writes.enable(self._clients, effect, before, why)
        if isinstance(effect, DisableApi):
            return api_writes.disable(self._clients, effect, before, why)
        if isinstance(effect, MACHINE_EFFECTS):
            return machine_writes.change(self._clients, effect, before, why)
        raise TypeError(f"{type(effect).__name__} is no effect that can be carried out")
