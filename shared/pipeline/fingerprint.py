"""Denial and Plan -> fingerprint: the same for every repeat of one denial, different where the fix would be another."""

from __future__ import annotations

from hashlib import blake2b

from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.names import ResourceName
from shared.model.plan import Plan

VOLATILE = frozenset(
    {
        *("objects", "versions", "jobs", "operations", "executions", "sessions", "revisions", "builds", "pods"),
        *("documents", "entries", "messages", "tasks", "multipartUploads", "requests"),
    }
)
"""Collections whose members come and go: a storm over many of them is one denial of what holds them."""


def fingerprint(denial: Denial, diagnosis: Diagnosis, plan: Plan) -> str:
    """32 hex digits over trust, cause, principal, permissions, service, consumer, machine and place of the fix."""
    where = [action.target for action in plan.actions if action.target]
    machine = denial.origin.instance if not where else None
    where = where or [_steady(denial.names.resource)]
    parts = (
        denial.trust.value,
        diagnosis.cause.id,
        denial.names.principal.text if denial.names.principal else "",
        ",".join(denial.names.permissions),
        denial.names.service or "",
        denial.names.consumer or denial.origin.owner or "",
        machine.id if machine else "",
        ",".join(where),
    )
    return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _steady(resource: ResourceName | None) -> str:
    """The resource up to the first collection whose members come and go."""
    if resource is None:
        return ""
    parts = resource.name.split("/")
    end = next((at for at, part in enumerate(parts) if part in VOLATILE), len(parts))
    return "/".join(parts[:end])
