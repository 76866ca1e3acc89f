"""Switch an API on in the consumer project, remember what came on with it, and see that it is on."""

from __future__ import annotations

from datetime import timedelta

from shared.execution.fold import FIRST, Progress
from shared.execution.next import Act, End, Eyes, Go, Moves, Next
from shared.model.effect import Before, DisableApi, EnableApi, Receipt, Result
from shared.model.journal import Outcome
from shared.model.work import Disable, Enable, Work

ENABLING = "ENABLING"
POLL_SECONDS = (2, 4, 8, 16, 30)
"""How long to wait before each look: Service Usage operations take seconds to minutes."""
GIVES_UP_AFTER = timedelta(minutes=10)
OWNED = "owned"
NOT_OURS = (Result.REFUSED, Result.ALREADY)


def advance(work: Enable, step: Progress, eyes: Eyes) -> Next:
    """Whether it has to be switched on, then whether it is on."""
    on = eyes.sight.enabled_services(work.project)
    if step.state == FIRST:
        return _checked(work, on, eyes)
    done = step.last(EnableApi)
    if done and done.receipt and (over := _over(work, done.receipt)):
        return over
    if work.service not in on:
        if eyes.now - step.entered >= GIVES_UP_AFTER:
            why = f"{work.service} was not on in {work.project} ten minutes after it was switched on"
            return End(outcome=Outcome.FAILED, why=why)
        visit = step.moves.get(ENABLING, 1) - 1
        return Go(state=ENABLING, wait=timedelta(seconds=POLL_SECONDS[min(visit, len(POLL_SECONDS) - 1)]))
    owned = sorted(on - set(done.before.services)) if done else []
    if OWNED not in step.seen:
        return Go(state=ENABLING, note=f"on with it came {len(owned) - 1} others", seen={OWNED: ",".join(owned)})
    return End(outcome=Outcome.OK, why=f"{work.service} is on in {work.project}")


def _checked(work: Enable, on: frozenset[str], eyes: Eyes) -> Next:
    if work.service in on:
        return End(outcome=Outcome.NOTHING, why=f"{work.service} is on in {work.project} already")
    project = eyes.sight.project(work.project)
    if not project.active:
        return End(outcome=Outcome.REFUSED, why=f"{work.project} is not active")
    return Act(
        effect=EnableApi(project=work.project, service=work.service),
        before=Before(present=False, services=tuple(sorted(on))),
        inverse=DisableApi(project=work.project, service=work.service),
        then=ENABLING,
    )


def _over(work: Enable, receipt: Receipt) -> End | None:
    """The end that the receipt tells by itself."""
    if receipt.result is Result.REFUSED:
        return End(outcome=Outcome.REFUSED, why=_refused(receipt.code, receipt.said))
    if receipt.result is Result.ALREADY:
        return End(outcome=Outcome.NOTHING, why=f"somebody else has just switched {work.service} on in {work.project}")
    return None


def _refused(code: str, said: str) -> str:
    told = f"{code} {said}"
    if "UREQ_PROJECT_BILLING" in told or "illing" in said:
        return f"the API needs a billing account, and linking one is for its administrator: {said}"
    if "UREQ_TOS" in told or "erms of" in said:
        return f"somebody has to accept the API's terms in the console first: {said}"
    if "SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED" in told:
        return f"there is no such API, or it is only for those whom its owner lets in: {said}"
    if "constraints/" in told or "ORG_POLICY" in told or "RESTRICTION_VIOLATED" in told:
        return f"an organisation policy keeps this API off, and nothing here will propose to weaken it: {said}"
    return f"Google refused to switch it on: {said}"


def inverse(_: Enable, step: Progress) -> Work | None:
    """The switching off of what this run switched on; None where it was on before."""
    done = step.last(EnableApi)
    if done is None or done.receipt is None or done.receipt.result in NOT_OURS or not step.seen.get(OWNED):
        return None
    if not isinstance(done.effect, EnableApi):
        return None
    owned = step.seen[OWNED].split(",")
    first = [done.effect.service] if done.effect.service in owned else []
    rest = [one for one in owned if one != done.effect.service]
    return Disable(project=done.effect.project, services=(*first, *rest), enabled_at=done.at)


MOVES = Moves(
    work=Enable,
    states={FIRST: timedelta(minutes=5), ENABLING: timedelta(minutes=12)},
    edges=(
        (FIRST, ENABLING, "the API was switched on; an operation carries it out"),
        (FIRST, "end", "it is on already, or a precondition says no"),
        (ENABLING, ENABLING, "it is not on yet"),
        (ENABLING, "end", "it is on, was refused, or is not on after ten minutes"),
    ),
    advance=advance,
    inverse=inverse,
    targets=lambda work: (f"//serviceusage.googleapis.com/{work.project}/services/{work.service}",),
)
