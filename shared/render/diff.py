"""Works -> what would change as a diff: a minus for what goes, a plus for what comes, a ! for what is interrupted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shared.model.work import Access, Disable, Enable, Grant, Recover, Revoke, Work

Signed = tuple[str, str]
STOPPED = "the machine is stopped and started: what runs on it is interrupted"
RESET = "the machine is reset: what it has in memory is lost, and it cannot be undone"


def diff(works: Iterable[Work]) -> Iterator[Signed]:
    """What would change, as signs and lines."""
    for work in works:
        yield from diff_of(work)


def diff_of(work: Work) -> Iterator[Signed]:
    """What one work would change."""
    if isinstance(work, Grant):
        yield " ", work.resource
        yield "+", f"{work.role}  {work.member}"
    elif isinstance(work, Revoke):
        yield " ", work.resource
        yield "-", f"{work.role}  {work.member}"
    elif isinstance(work, Enable):
        yield " ", work.project
        yield "+", f"{work.service}  ENABLED, with what it depends on"
    elif isinstance(work, Disable):
        yield " ", work.project
        yield "-", f"{', '.join(work.services)}  if nothing used it since"
    else:
        yield from _machine(work)


def ends(grant: Grant) -> str:
    """What ends a grant."""
    return "by its own condition" if grant.condition else "by our own revocation, queued before the write"


def interruptions(works: Iterable[Work]) -> Iterator[str]:
    """What the works would interrupt, machine by machine."""
    for work in works:
        if isinstance(work, Access | Recover):
            yield f"{work.machine.name}: {RESET if isinstance(work, Recover) and not work.machine_type else STOPPED}"


def _machine(work: Access | Recover) -> Iterator[Signed]:
    yield " ", work.machine.full_name
    if isinstance(work, Access):
        if work.was is not None:
            yield "-", f"{work.was.account or 'no account'}  {short(work.was.scopes)}"
        yield "+", f"{work.account or 'no account'}  {short(work.scopes)}"
        yield "!", STOPPED
    elif work.machine_type:
        if work.was:
            yield "-", f"machine type {work.was}"
        yield "+", f"machine type {work.machine_type}"
        yield "!", STOPPED
    else:
        yield "!", RESET


def short(scopes: Iterable[str]) -> str:
    """Scopes by their last words."""
    return ", ".join(scope.rpartition("/")[2] for scope in scopes) or "no scopes"
