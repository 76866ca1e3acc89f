"""Change the access scopes of a virtual machine: stop, edit, start, in its maintenance window."""

from __future__ import annotations

from shared.actions import ActionKind, Known
from shared.actions.advise import advice
from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.names import is_plain
from shared.model.plan import Action, Tier

WHY = "scopes can only change while the VM is stopped; a role would not help, because IAM was never asked"
MOST_SAID = 3


def preview(denial: Denial, diagnosis: Diagnosis, known: Known | None = None) -> tuple[Action, ...]:
    """The one machine to stop, edit and start, or advice where it is not named, or must not be stopped."""
    machine = denial.origin.instance
    if machine is None or not machine.zone or not is_plain(f"{machine.project}{machine.zone}{machine.id}"):
        return (advice(f"The entry does not name the virtual machine. {diagnosis.cause.remedy}", diagnosis.cause.tier),)
    target = f"//compute.googleapis.com/projects/{machine.project}/zones/{machine.zone}/instances/{machine.id}"
    if known is None or known.scope_change is None:
        return (_step(target, WHY),)
    return (_looked_into(target, known, diagnosis.cause.tier),)


def _looked_into(target: str, known: Known, tier: Tier) -> Action:
    """The step after looking: the right change, unless something speaks against stopping the machine."""
    from shared.model.machine import AUTH, ChangeKind, Outcome

    change, found = known.scope_change, known.preconditions or ()
    if change is None or change.kind in (ChangeKind.REFUSE, ChangeKind.NONE_NEEDED):
        return advice(" ".join((change.why, *change.alternatives)) if change else WHY, tier, target)
    against = [one.said for one in found if one.outcome in (Outcome.REFUSE, Outcome.POSTPONE, Outcome.WAIT)]
    if against:
        return advice(
            f"This machine is not to be stopped by a machine. {' '.join(against[:MOST_SAID])}", Tier.T3, target
        )
    warnings = [one.said for one in found if one.outcome is Outcome.T2]
    scopes = ", ".join(scope.removeprefix(AUTH) for scope in change.scopes)
    said = f"{change.why} Afterwards: {change.account} with {scopes}."
    return _step(target, " ".join((said, *warnings[:MOST_SAID], *change.alternatives[:MOST_SAID])))


def _step(target: str, why: str) -> Action:
    return Action(
        action="vm_scopes",
        changes=True,
        tier=Tier.T2,
        target=target,
        member=None,
        role=None,
        why=why,
        undo="stop, set the saved account and scopes again, start: another interruption, so another approval",
    )


ACTION = ActionKind(id="vm_scopes", preview=preview)
