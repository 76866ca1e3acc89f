"""Give a machine another account or other scopes: stop, setServiceAccount, start, see it boot.

The call replaces account and scopes, so both are always whole ("Change the attached service account").
"""

from __future__ import annotations

from datetime import timedelta

from shared.execution.fold import FIRST, Progress
from shared.execution.next import End, Eyes, Go, Moves, Next
from shared.model.effect import Effect, SetAccess
from shared.model.journal import Outcome
from shared.model.machine import Intervention, Machine
from shared.model.work import Access, Attached, Work
from shared.moves.accounts import made_anew
from shared.moves.machine import (
    ONE_AT_A_TIME,
    SNAPSHOT,
    WAITS_FOR,
    gone,
    kept,
    machine_now,
    may_redo,
    objection,
    serial_next,
    snapshot,
    snapshot_of,
)
from shared.moves.means import lacking
from shared.moves.restart import EDGES, TIMES, restarted
from shared.moves.scene import OURS, SET, Change


def advance(work: Access, step: Progress, eyes: Eyes) -> Next:
    """Whether the machine may be touched, then the next part of stopping, changing and starting it."""
    return _checked(work, step, eyes) if step.state == FIRST else restarted(_change(work, step), step, eyes)


def _checked(work: Access, step: Progress, eyes: Eyes) -> Next:
    machine = machine_now(work.machine, eyes)
    if machine is None:
        return gone(work.machine, touched=False)
    if _has(machine, work.account, work.scopes):
        return End(outcome=Outcome.NOTHING, why=f"{machine.name} has this account with these scopes already")
    if unsound := _unsound(work, machine):
        return End(outcome=Outcome.REFUSED, why=unsound)
    if against := objection(machine, Intervention.ACCESS, work.machine, step, eyes):
        return against
    other = made_anew(work.account, work.account_id, eyes.sight) if work.account else ""
    if lack := other or lacking(work, eyes.sight):
        return End(outcome=Outcome.REFUSED, why=lack)
    return Go(state=SNAPSHOT, seen=kept(snapshot_of(machine, serial_next(work.machine, eyes))))


def _unsound(work: Access, machine: Machine) -> str:
    """Why what was planned does not fit the machine any more, or never did; "" where it does."""
    if work.was is not None and not _has(machine, work.was.account, work.was.scopes):
        return f"the account or the scopes of {machine.name} have changed since that was planned: plan anew"
    return "scopes need a service account that has them" if work.scopes and work.account is None else ""


def _change(work: Access, step: Progress) -> Change:
    was = snapshot(step)

    def sets(account: str | None, scopes: tuple[str, ...], request: str) -> Effect:
        return SetAccess(machine=work.machine, account=account, scopes=scopes, request=request)

    return Change(
        name=work.machine,
        what="account and scopes",
        intervention=Intervention.ACCESS,
        is_planned=lambda machine: _has(machine, work.account, work.scopes),
        is_old=lambda machine: _has(machine, was.account, was.scopes),
        plan=lambda request: sets(work.account, work.scopes, request),
        put_back=lambda request: sets(was.account, was.scopes, request),
        waits_for_room=True,
    )


def _has(machine: Machine, account: str | None, scopes: tuple[str, ...]) -> bool:
    return machine.account == account and set(machine.scopes) == set(scopes)


def inverse(work: Access, step: Progress) -> Work | None:
    """The change back to the old account and scopes; None where nothing of ours is set. It is another interruption."""
    if step.seen.get(SET) != OURS:
        return None
    was, now = snapshot(step), Attached(account=work.account, scopes=work.scopes)
    return Access(machine=work.machine, account=was.account, scopes=was.scopes, was=now)


MOVES = Moves(
    work=Access,
    states={FIRST: WAITS_FOR + timedelta(minutes=5), **TIMES},
    edges=(
        (FIRST, FIRST, "it is between two states, or its schedule is about to act"),
        (FIRST, SNAPSHOT, "nothing speaks against it"),
        (FIRST, "end", "it is so already, or a precondition says no"),
        *EDGES,
    ),
    advance=advance,
    inverse=inverse,
    targets=lambda work: (work.machine.full_name, ONE_AT_A_TIME),
    may_redo=lambda work, step, eyes: may_redo(work.machine, step, eyes),
)
