"""Change the access scopes of a virtual machine: stop, edit, start, in its maintenance window."""

from __future__ import annotations

from shared.actions import ActionKind
from shared.actions.advise import advice
from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.names import is_plain
from shared.model.plan import Action, Tier


def preview(denial: Denial, diagnosis: Diagnosis) -> tuple[Action, ...]:
    """The one machine to stop, edit and start, or advice where the entry does not name it."""
    machine = denial.origin.instance
    if machine is None or not machine.zone or not is_plain(f"{machine.project}{machine.zone}{machine.id}"):
        return (advice(f"The entry does not name the virtual machine. {diagnosis.cause.remedy}", diagnosis.cause.tier),)
    target = f"//compute.googleapis.com/projects/{machine.project}/zones/{machine.zone}/instances/{machine.id}"
    return (
        Action(
            action="vm_scopes",
            changes=True,
            tier=Tier.T2,
            target=target,
            member=None,
            role=None,
            why="scopes can only change while the VM is stopped; a role would not help, because IAM was never asked",
            undo="stop, set the saved account and scopes again, start: another interruption, so another approval",
        ),
    )


ACTION = ActionKind(id="vm_scopes", preview=preview)
