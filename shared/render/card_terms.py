"""What an approver has to know of a change beside the change itself, in sentences."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.model.approval import Approval
from shared.model.plan import Action
from shared.model.report import Report
from shared.model.shown import Shown
from shared.model.work import Access, Enable, Grant, Work
from shared.render.diff import ends

NAMED = 3


def beyond(report: Report) -> str:
    """What the roles of a plan give that nobody asked for."""
    said = [_beyond(one) for one in report.plan if one.changes and one.role]
    return "; ".join(said) or "no role is given"


def _beyond(action: Action) -> str:
    weighed = next((one for one in action.proof.candidates if one.role == action.role), None) if action.proof else None
    if weighed is None:
        return f"{action.role}: not weighed, no catalogue of roles was read"
    if not weighed.excess:
        return f"{action.role}: nothing"
    worst = f", {weighed.dangerous} of them dangerous: {', '.join(weighed.worst[:NAMED])}" if weighed.dangerous else ""
    permissions = "permission" if weighed.excess == 1 else "permissions"
    return f"{action.role}: {weighed.excess} {permissions}{worst}"


def gains(shown: Shown) -> str:
    """Who gets something by the works, beside the one who was refused: how far it reaches."""
    said = dict.fromkeys([*(one for work in shown.works for one in _reach(work)), *shown.gains])
    asker = shown.report.principal or ""
    return "; ".join(one for one in said if one.rpartition(":")[2] != asker) or "nobody else"


def _reach(work: Work) -> list[str]:
    if isinstance(work, Access):
        return [f"everything that runs on {work.machine.name}"]
    if isinstance(work, Enable):
        return [f"everybody who has a role for {work.service} in {work.project}"]
    if not isinstance(work, Grant):
        return []
    kind, _, account = work.member.partition(":")
    if kind == "group":
        return [f"every member of the group {account}"]
    return [f"whoever runs as {account}"] if kind == "serviceAccount" else [account]


def ending(shown: Shown) -> str:
    """When the change ends, and by what."""
    grants = [work for work in shown.works if isinstance(work, Grant)]
    if not grants:
        return "it stays until it is undone"
    until = max(one.until for one in grants)
    if shown.approval is None or shown.fix:
        return f"{until:%Y-%m-%d %H:%M} UTC, {ends(grants[0])}"
    return f"{shown.approval.hours} h after it begins, {ends(grants[0])}"


def deciders(approval: Approval) -> str:
    """Who has to agree."""
    return (
        " and ".join(
            f"{one.need} of {one.name}{' with a strong proof of who they are' if one.strong else ''}"
            for one in approval.quorums
        )
        or "nobody may: no rule names who decides"
    )


def excluded(approval: Approval) -> str:
    """Whose vote never counts: who was refused, and who gains by it."""
    return ", ".join(one.rpartition(":")[2] for one in approval.never)


def window(approval: Approval, starts: datetime | None) -> str:
    """Until when it can be decided, and when it would begin."""
    minutes = (approval.expires_at - approval.asked_at) // timedelta(minutes=1)
    asked = f"decide until {approval.expires_at:%Y-%m-%d %H:%M} UTC ({minutes} min), no answer is a no"
    begins = f"in the window {approval.window}" if approval.window else "as soon as it is approved"
    if starts is not None:
        begins = f"{starts:%Y-%m-%d %H:%M} UTC"
    return f"{asked}; begins {begins}"
