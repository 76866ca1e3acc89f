"""Recover a machine whose agent was killed and stays silent: a reset, or a larger machine; a role never needs one."""

from __future__ import annotations

from shared.actions import ActionKind, Known
from shared.actions.advise import advice
from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.names import is_plain
from shared.model.plan import Action, Tier


def preview(denial: Denial, diagnosis: Diagnosis, known: Known | None = None) -> tuple[Action, ...]:
    """The reset that the evidence supports, or advice: without a look there is never one."""
    machine, cause = denial.origin.instance, diagnosis.cause
    if known is None or known.reset is None or machine is None:
        return (advice(cause.remedy, cause.tier),)
    if known.reset.against:
        return (advice(f"No reset: {known.reset.against}. {cause.remedy}", cause.tier),)
    if not is_plain(f"{machine.project}{machine.zone}{machine.id}"):
        return (advice(cause.remedy, cause.tier),)
    target = f"//compute.googleapis.com/projects/{machine.project}/zones/{machine.zone}/instances/{machine.id}"
    return (
        Action(
            action="vm_recover",
            changes=True,
            tier=Tier.T2,
            target=target,
            member=None,
            role=None,
            why=f"{known.reset.why}; a reset loses what is in the guest's memory, and mends no refusal",
            undo=None,
        ),
    )


ACTION = ActionKind(id="vm_recover", preview=preview)
