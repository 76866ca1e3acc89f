"""A run looked at anew -> what would be done about it, whole and hashed: what an approver is shown. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from msgspec import Struct

from shared.errors import Refused
from shared.execution.fold import fold
from shared.live import Live, Reviewed
from shared.model.decision import REFUSE, Decision
from shared.model.evidence import YES
from shared.model.journal import Opened
from shared.model.report import Report
from shared.model.work import Access, Grant, Work
from shared.pipeline.read import read
from shared.pipeline.works import Proposal, Terms, longest, proposal
from shared.ports import Clock, Journal


class Prepared(Struct, frozen=True, kw_only=True):
    """A run looked at once more, and what would be done about it: what an approver is shown.

    `never` are those whose yes does not count: who was refused, on whose behalf, and who gains something.
    """

    run: str
    report: Report
    proposal: Proposal
    never: tuple[str, ...] = ()

    @property
    def decision(self) -> Decision:
        """What may be done with it, by the rules of the moment it was prepared."""
        return self.report.decision

    @property
    def under(self) -> tuple[str, ...] | None:
        """What the targets stand under, None where that could not be told."""
        return self.decision.terms.under if self.decision.terms else None


class Planner(Struct, frozen=True, kw_only=True):
    """What planning anew takes: what asks Google, and what was done before. Nothing here can change anything."""

    live: Live
    journal: Journal
    clock: Clock


def prepare(run: str, entry: bytes, planner: Planner, lasts: timedelta | None = None) -> Prepared:
    """Look again, plan again, and fix what would be done; nothing is changed by it.

    A grant lasts as long as the rules say, or as long as is asked for.

    Raises:
        Refused: the plan may not be carried out, with every reason.
    """
    _nothing_runs(run, planner.journal)
    looked = planner.live.look_again(read(entry), planner.clock.now())
    if looked is None:
        raise Refused("there is nothing that looking could prove, so nothing may be changed")
    return prepared(run, looked, planner, lasts)


def prepared(run: str, looked: Reviewed, planner: Planner, lasts: timedelta | None = None) -> Prepared:
    """The same from what was just looked at; raises `Refused` likewise."""
    done, now = _nothing_runs(run, planner.journal), planner.clock.now()
    _may_be_carried_out(looked)
    lasts = lasts or _hours(looked.report.decision)
    made = proposal(looked.denial, looked.plan, looked.known, Terms(run=run, earlier=done, now=now, lasts=lasts))
    if not made.works:
        raise Refused("the plan is advice for a person: there is nothing in it that a machine may change")
    if lasts > longest(made.tier):
        hours = longest(made.tier) // timedelta(hours=1)
        raise Refused(f"a grant of tier {made.tier} lasts at most {hours} hours")
    return Prepared(run=run, report=looked.report, proposal=made, never=tuple(_gainers(looked, made.works)))


def _hours(decision: Decision) -> timedelta:
    return timedelta(hours=decision.terms.hours if decision.terms else 1)


def by_rule(made: Prepared) -> Opened:
    """The fix that a written rule permits without a person: its rules stand where its approvers would."""
    terms = made.decision.terms
    if terms is None or not terms.rules:
        raise Refused(f"no rule permits this: {'; '.join(made.decision.reasons)}")
    return Opened(
        run=made.run,
        plan_hash=made.proposal.hash,
        works=made.proposal.works,
        approved_by=tuple(f"rule:{one}" for one in terms.rules),
        call=made.proposal.call,
        rules=terms.rules,
        under=terms.under,
    )


def _nothing_runs(run: str, journal: Journal) -> int:
    """How many fixes of a run there were; raises `Refused` while one has not ended."""
    fixes = [fold(journal.lines(one)) for one in journal.fixes(run)]
    if running := next((one.id for one in fixes if one.outcome is None), None):
        raise Refused(f"{running} of this run has not ended: `unforbid work` goes on with it")
    return sum(1 for one in fixes if one.opened.undo_of is None)


def _may_be_carried_out(looked: Reviewed) -> None:
    report = looked.report
    if report.decision.mode is REFUSE:
        raise Refused("; ".join(report.decision.reasons))
    if report.proven != YES.value:
        raise Refused(f"the cause is not proven ({report.proven}): what is not proven is never carried out")
    if looked.copy is not YES:
        raise Refused(
            "Cloud Logging's own copy of the entry was not found: it may be too young, so try again, or forged"
        )


def _gainers(looked: Reviewed, works: tuple[Work, ...]) -> Iterator[str]:
    """Whoever asked for it, and whoever is given something by it."""
    if looked.report.principal:
        yield looked.report.principal
    yield from looked.denial.origin.on_behalf
    for work in works:
        if isinstance(work, Grant):
            yield work.member
        elif isinstance(work, Access) and work.account:
            yield work.account
