"""A refused call in the sandbox, and its run asked about, decided, carried out and proven through Slack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from desks import Desk, desk_at
from fakes.errands import OnlyDenies
from msgspec.structs import replace
from shown_runs import OWNERS, SECURITY
from slack_stage import Stage, stage

from shared import wiring
from shared.approvals.slack import CHANNEL
from shared.deciding import ask, standing
from shared.execution.fold import Fix, fold
from shared.fixing import work_off
from shared.model.approval import Approval
from shared.model.decision import ASK, Decision, Terms
from shared.pipeline.workshop import Workshop
from shared.preparing import Planner, Prepared, prepare
from shared.settling import Settled, Settlement, settle
from shared.showing import Known, show, tell
from shared.slack import verifier

QUORUMS = {"T1": (OWNERS,), "T2": (OWNERS, SECURITY)}


class Life:
    """One run, from its refusal on. What a policy would decide is set here: `terms` may be changed by a test."""

    def __init__(self, desk: Desk, play: Stage) -> None:
        self.desk, self.play = desk, play
        play.store = wiring.store()  # type: ignore[assignment]
        self.window, self.hours, self.again = "", 1, False

    def anew(self) -> Prepared:
        """The run looked at and planned anew, with the terms that a rule would give it."""
        run = wiring.store().run(self.desk.run_id)
        planner = Planner(live=wiring.live(), journal=wiring.journal(), clock=self.desk.world.clock)
        made = prepare(run.id, wiring.store().entry(run.id), planner, timedelta(hours=self.hours))
        tier = made.proposal.tier
        terms = Terms(tier=tier, hours=self.hours, quorums=QUORUMS[tier], window=self.window, rules=("by-owners",))
        decision = Decision(ASK, ("rule by-owners asks those who own the target",), terms)
        return replace(made, report=replace(made.report, decision=decision))

    def ask(self) -> Approval:
        """Ask those whom the rule names, and show it with what looking proved."""
        prepared = self.anew()
        run = wiring.store().run(self.desk.run_id)
        wiring.store().learn(replace(run, report=prepared.report, looked_at=self.desk.world.now()))
        question = ask(prepared, self.play.station, again=self.again)
        self.show(question)
        return question

    def settle(self, question: Approval) -> Settled:
        """What the executor does when it is woken for a question; its card shows it."""
        done = self.settle_only(question)
        self.show(question)
        return done

    def settle_only(self, question: Approval) -> Settled:
        """The same, shown nowhere."""
        by = Settlement(
            station=self.play.station,
            shop=self.shop(),
            anew=lambda _: self.anew(),
            proofs={CHANNEL: verifier(self.play.known, self.play.ballots)},
        )
        return settle(question.id, by)

    def shop(self) -> Workshop:
        """What a worker works with: people's late no is heard as well."""
        return replace(wiring.workshop(), errands=OnlyDenies(self.play.ballots))

    def work_off(self, question: Approval) -> Fix:
        """Carry the fix of a question out, step by step, each told in Slack."""
        (fix,) = wiring.journal().fixes(question.run)[:1]
        return work_off(fix, self.shop, self.desk.pause, lambda now: self.show(question, now))

    def show(self, question: Approval, fix: Fix | None = None) -> None:
        """Show the run as everything that is kept of it says now."""
        fixes = wiring.journal().fixes(question.run)
        now = fix or (fold(wiring.journal().lines(fixes[0])) if fixes else None)
        known = Known(
            run=wiring.store().run(question.run),
            approval=question,
            standing=standing(question, self.play.station),
            ended=self.play.ballots.ended(question.id),
            fix=now,
            snoozed=self.play.ballots.snoozed(question.run),
        )
        room = self.play.room()
        show(known, room)
        if now is not None:
            tell(now, wiring.journal().lines(now.id), room)

    def story(self) -> str:
        """What stands in the thread of the card."""
        from slack_stage import texts

        below = self.play.slack.thread(self.play.card()["ts"])
        return "\n".join(text for one in below for text in texts(one["blocks"]))


@contextmanager
def life_of(name: str, root: Path, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Life]:
    """A scenario of the sandbox, refused and recorded, on a stage of Slack."""
    with desk_at(name, folder, patch) as desk, stage(root, folder, patch, clock=desk.world.clock) as play:
        yield Life(desk, play)
