"""Plan, Known -> the works of a fix: each step that changes something, with every name and number it takes."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from msgspec import Struct

from shared.actions import Known
from shared.evidence.paths import path_in
from shared.grants.conditional import takes_condition
from shared.model.codec import to_json
from shared.model.denial import Denial
from shared.model.facts import Condition
from shared.model.machine import ChangeKind
from shared.model.names import ResourceName
from shared.model.plan import T1, Action, Plan
from shared.model.work import Access, Enable, Grant, MachineName, OriginalCall, Recover, Work

LONGEST = {T1: timedelta(hours=24)}
LONGEST_OF_ALL = timedelta(hours=72)
"""No grant is without an end: at most so long by tier."""
CHANGES_ACCESS = (
    ChangeKind.ADD_SCOPE,
    ChangeKind.SET_PLATFORM,
    ChangeKind.SWAP_ACCOUNT,
    ChangeKind.ATTACH_ACCOUNT,
)


class Proposal(Struct, frozen=True, kw_only=True):
    """What is put before an approver, whole: the works, the call that has to succeed, and the hash of both."""

    works: tuple[Work, ...]
    call: OriginalCall
    hash: str
    tier: str


def proposal(run: str, denial: Denial, plan: Plan, known: Known | None, until: datetime) -> Proposal:
    """The works of a plan, fixed and hashed. `until` is when grants end, capped by tier."""
    changing = [action for action in plan.actions if action.changes]
    made = [_work(run, action, known, until) for action in changing]
    works = tuple(work for work in made if work is not None)
    call = _call(denial, plan)
    digest = sha256(to_json((run, works, call))).hexdigest()
    tier = max((action.tier.value for action in changing), default="T1")
    return Proposal(works=works, call=call, hash=digest, tier=tier)


def _work(run: str, action: Action, known: Known | None, until: datetime) -> Work | None:
    target = action.target or ""
    if action.action == "grant_role" and action.role and action.member:
        return Grant(
            resource=target,
            role=action.role,
            member=action.member,
            until=until,
            condition=_ends(run, until) if takes_condition(target) else None,
            role_digest=action.proof.digest if action.proof else None,
        )
    if action.action == "enable_api":
        name = ResourceName(target)
        return Enable(project=f"projects/{name.project}", service=name.part("services") or "")
    if action.action == "vm_scopes" and known is not None and known.scope_change is not None:
        return _access(target, known)
    if action.action == "vm_recover" and known is not None and known.machine_id and known.machine_name:
        return Recover(machine=_machine(target, known.machine_id, known.machine_name))
    return None


def _ends(run: str, until: datetime) -> Condition:
    """A condition that ends the grant by itself; the time is an integer of ours, never text from a log."""
    when = until.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Condition(
        title=f"unforbid {run}",
        expression=f'request.time < timestamp("{when}")',
        description="a grant for a limited time, made by unforbid and removed by it",
    )


def _access(target: str, known: Known) -> Access | None:
    change = known.scope_change
    if change is None or change.kind not in CHANGES_ACCESS or not known.machine_id or not known.machine_name:
        return None
    machine = _machine(target, known.machine_id, known.machine_name)
    return Access(machine=machine, account=change.account, scopes=change.scopes)


def _machine(target: str, number: str, name: str) -> MachineName:
    """The machine of a target, by the name and the number that were read."""
    named = ResourceName(target)
    return MachineName(project=named.project or "", zone=named.part("zones") or "", name=name, id=number)


def _call(denial: Denial, plan: Plan) -> OriginalCall:
    """The refused call, in the terms in which it is looked for afterwards."""
    names, path = denial.names, path_in(denial.message)
    permission = names.permissions[0] if names.permissions else (path.permission if path else None)
    targets = [action.target for action in plan.actions if action.target and action.role] or [
        action.target for action in plan.actions if action.target
    ]
    named = names.resource or (path.resource if path else None)
    project = ResourceName(targets[0]).project if targets else None
    return OriginalCall(
        principal=names.principal.text if names.principal else None,
        permission=permission,
        service=names.service,
        resource=named.text if named else (targets[0] if targets else None),
        project=f"projects/{project}" if project else denial.origin.owner,
    )


def longest(tier: str) -> timedelta:
    """How long a grant of a tier may last."""
    return LONGEST[T1] if tier == T1.value else LONGEST_OF_ALL
