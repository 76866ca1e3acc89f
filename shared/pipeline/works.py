"""Plan, Known -> the works of a fix: each step that changes something, with every name and number it takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from msgspec import Struct

from shared.actions import Known
from shared.errors import Refused
from shared.evidence.paths import path_in
from shared.grants.conditional import takes_condition
from shared.model.codec import to_json
from shared.model.denial import Denial
from shared.model.facts import Condition
from shared.model.machine import ChangeKind
from shared.model.names import ResourceName
from shared.model.plan import Action, Plan
from shared.model.work import Access, Enable, Grant, MachineName, OriginalCall, Recover, Work

LONGEST = {"T0": timedelta(hours=24), "T1": timedelta(hours=24), "T2": timedelta(hours=72)}
"""No grant is without an end: at most so long by tier."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CHANGES_ACCESS = (
    ChangeKind.ADD_SCOPE,
    ChangeKind.SET_PLATFORM,
    ChangeKind.SWAP_ACCOUNT,
    ChangeKind.ATTACH_ACCOUNT,
)


class Terms(Struct, frozen=True, kw_only=True):
    """On what terms a plan is put forward: for which run, after how many fixes of it, from when, and for how long."""

    run: str
    earlier: int
    now: datetime
    lasts: timedelta


class Proposal(Struct, frozen=True, kw_only=True):
    """What is put before an approver, whole: the works, the call that has to succeed, and the hash of both.

    The hash is the same a minute later, for it holds how long a grant lasts and not when that begins. It is another one
    as soon as anything else differs, or a fix of the run was begun: an approval is good once.
    """

    works: tuple[Work, ...]
    call: OriginalCall
    hash: str
    tier: str


def proposal(denial: Denial, plan: Plan, known: Known | None, terms: Terms) -> Proposal:
    """The works of a plan, fixed and hashed.

    Raises:
        Refused: a step of the plan would change something, and what carrying it out takes is not known.
    """
    changing = [action for action in plan.actions if action.changes]
    call = _call(denial, plan)
    hashed = (
        terms.run,
        terms.earlier,
        [_work(action, known, terms, EPOCH + terms.lasts) for action in changing],
        call,
    )
    return Proposal(
        works=tuple(_work(action, known, terms, terms.now + terms.lasts) for action in changing),
        call=call,
        hash=sha256(to_json(hashed)).hexdigest(),
        tier=max((action.tier.value for action in changing), default="T1"),
    )


def _work(action: Action, known: Known | None, terms: Terms, until: datetime) -> Work:
    made = _MAKERS[action.action](action, known, terms, until) if action.action in _MAKERS else None
    if made is None:
        where = f" on {action.target}" if action.target else ""
        raise Refused(f"{action.action}{where} cannot be carried out: what that takes is not known, so nothing is done")
    return made


def _grant(action: Action, known: Known | None, terms: Terms, until: datetime) -> Work | None:
    if not (action.target and action.role and action.member):
        return None
    conditional = takes_condition(action.target) and not (known and action.target in known.with_lists)
    return Grant(
        resource=action.target,
        role=action.role,
        member=action.member,
        until=until,
        condition=_ends(terms.run, until) if conditional else None,
        role_digest=action.proof.digest if action.proof else None,
        member_id=_number(action.member.removeprefix("serviceAccount:"), known),
        account_id=_number(ResourceName(action.target).part("serviceAccounts"), known),
    )


def _enable(action: Action, *_: object) -> Work | None:
    name = ResourceName(action.target or "")
    service = name.part("services")
    return Enable(project=f"projects/{name.project}", service=service) if name.project and service else None


def _ends(run: str, until: datetime) -> Condition:
    """A condition that ends the grant by itself; the time is an integer of ours, never text from a log."""
    when = until.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Condition(
        title=f"unforbid {run}",
        expression=f'request.time < timestamp("{when}")',
        description="a grant for a limited time, made by unforbid and removed by it",
    )


def _access(action: Action, known: Known | None, *_: object) -> Work | None:
    change = known.scope_change if known else None
    machine = _machine(action, known)
    if change is None or machine is None or change.kind not in CHANGES_ACCESS:
        return None
    return Access(
        machine=machine,
        account=change.account,
        scopes=change.scopes,
        was=known.attached if known else None,
        account_id=_number(change.account, known),
    )


def _number(email: str | None, known: Known | None) -> str:
    """The number of a service account, which one that is made anew under its address does not have; "" if not told."""
    return known.account_ids.get(email, "") if email and known else ""


def _recover(action: Action, known: Known | None, *_: object) -> Work | None:
    machine = _machine(action, known)
    if machine is None or known is None:
        return None
    if (larger := known.enlargement) is not None:
        return Recover(machine=machine, machine_type=larger.machine_type, was=larger.was)
    return Recover(machine=machine) if known.reset and known.reset.why and not known.reset.against else None


def _machine(action: Action, known: Known | None) -> MachineName | None:
    """The machine of a step, by the name and the number that were read; None where they were not."""
    named = ResourceName(action.target or "")
    zone = named.part("zones")
    if not (named.project and zone and known and known.machine_id and known.machine_name):
        return None
    return MachineName(project=named.project, zone=zone, name=known.machine_name, id=known.machine_id)


_MAKERS: dict[str, Callable[[Action, Known | None, Terms, datetime], Work | None]] = {
    "grant_role": _grant,
    "enable_api": _enable,
    "vm_scopes": _access,
    "vm_recover": _recover,
}


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
    """How long a grant of a tier may last; none of one that no machine carries out."""
    return LONGEST.get(tier, timedelta())
