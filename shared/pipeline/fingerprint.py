"""Denial and Plan -> fingerprint: the same for every repeat of one denial, different where the fix would be another."""

from __future__ import annotations

from hashlib import blake2b

from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.plan import Plan


def fingerprint(denial: Denial, diagnosis: Diagnosis, plan: Plan) -> str:
    """32 hex digits over trust, cause, principal, permissions, service, consumer and where the fix would go."""
    where = [action.target for action in plan.actions if action.target] or [_parent(denial)]
    parts = (
        denial.trust.value,
        diagnosis.cause.id,
        denial.names.principal.text if denial.names.principal else "",
        ",".join(denial.names.permissions),
        denial.names.service or "",
        denial.names.consumer or denial.origin.owner or "",
        ",".join(where),
    )
    return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _parent(denial: Denial) -> str:
    """The resource without its last part: a storm over many objects of one parent is one denial."""
    if denial.names.resource is None:
        return denial.origin.instance.id if denial.origin.instance else ""
    return denial.names.resource.name.rpartition("/")[0] or denial.names.resource.name
