"""Recover a machine whose agent was killed and stays silent: a reset, or a larger machine; a role never needs one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.actions import ActionKind, Known
from shared.actions.advise import advice
from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.names import is_plain
from shared.model.plan import Action, Tier

if TYPE_CHECKING:
    from shared.model.machine import Resize

MOST_SAID = 3


def preview(denial: Denial, diagnosis: Diagnosis, known: Known | None = None) -> tuple[Action, ...]:
    """The larger machine or the reset that the evidence supports, or advice: without a look there is never one.

    A larger machine is stopped and started, which does the work of a reset with the same one interruption.
    """
    machine, cause = denial.origin.instance, diagnosis.cause
    if known is None or machine is None or (known.reset is None and known.resize is None):
        return (advice(cause.remedy, cause.tier),)
    if not is_plain(f"{machine.project}{machine.zone}{machine.id}"):
        return (advice(cause.remedy, cause.tier),)
    target = f"//compute.googleapis.com/projects/{machine.project}/zones/{machine.zone}/instances/{machine.id}"
    if (larger := known.enlargement) is not None:
        return (_resize(target, larger),)
    kept = f" No larger machine: {known.resize.against}." if known.resize is not None else ""
    if known.reset is None or known.reset.against:
        no_reset = f"No reset: {known.reset.against}." if known.reset is not None else ""
        return (advice(f"{no_reset}{kept} {cause.remedy}".lstrip(), cause.tier),)
    why = f"{known.reset.why}; a reset loses what is in the guest's memory, and mends no refusal.{kept}"
    return (_step(target, why if kept else why.removesuffix("."), None),)


def _resize(target: str, larger: Resize) -> Action:
    """The step to a larger machine, with what two people have to agree to knowingly."""
    size = f"{larger.machine_type} instead of {larger.was}: at most twice as large, and as dear"
    cost = "stopping it loses what is in the guest's memory, takes the place of a reset, and mends no refusal"
    why = " ".join((f"{larger.why}; {size}; {cost}.", *larger.warnings[:MOST_SAID]))
    undo = f"stop, set {larger.was} again, start: another interruption, so another approval"
    return _step(target, why, undo)


def _step(target: str, why: str, undo: str | None) -> Action:
    return Action(
        action="vm_recover",
        changes=True,
        tier=Tier.T2,
        target=target,
        member=None,
        role=None,
        why=why,
        undo=undo,
    )


ACTION = ActionKind(id="vm_recover", preview=preview)
