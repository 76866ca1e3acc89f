"""An item of the queue that is no fix -> done: a question settled, a decision followed, a run shown, a day compared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct

from shared.comparing import compare_day, see_to_a_day
from shared.deciding import denied_after_all, expire
from shared.errors import NotFound, Refused
from shared.execution.fold import Fix
from shared.following import Desk, follow_again, listed, shown
from shared.log import log
from shared.model.approval import Approval, State
from shared.model.items import ASKED, COMPARED, FOLLOWED, SHOWN
from shared.pipeline.execute import open_fix
from shared.pipeline.workshop import Workshop
from shared.preparing import Prepared, by_rule, prepare
from shared.settling import Proof, Settlement, settle


class Errands(Struct, frozen=True, kw_only=True):
    """What is done beside carrying out fixes. `proofs` has for each channel of votes how its proof is checked.

    `accounts` are our own, whose changes are compared with the journal day by day; where none is named, nothing is.
    """

    desk: Desk
    proofs: Mapping[str, Proof]
    accounts: frozenset[str] = frozenset()

    def run(self, item: str, shop: Workshop) -> None:
        """Do what an item asks for, once: it is dropped afterwards, and stays due where it could not be done now."""
        if item.startswith(COMPARED):
            compare_day(item, self.accounts, shop)
            return
        if item.startswith(ASKED):
            self._settled(item, shop)
        elif item.startswith(FOLLOWED):
            self._followed(item, shop)
        else:
            shown(item.removeprefix(SHOWN), self.desk)
            return
        self.desk.queue.drop(item)

    def stepped(self, fix: Fix) -> None:
        """Show how a fix stands now."""
        _noted(shown(fix.opened.run, self.desk))

    def denied(self, approval: str) -> str:
        """Who said no to a question after it was approved, and why; "" where nobody did."""
        return denied_after_all(approval, self.desk.station.ballots)

    def waiting(self) -> int:
        """How many questions are open."""
        return len(self.desk.station.ballots.open())

    def look_round(self, shop: Workshop) -> None:
        """What is due without a wake-up: questions whose time is over, and approved ones nobody was woken for.

        The policy is read first: a new version is noted here, for its hour passes whether anybody decides or not.
        """
        see_to_a_day(self.accounts, shop)
        if (judge := self.desk.planner.live.judge) is not None:
            judge.rules(shop.clock.now())
        for approval, _ in expire(self.desk.station):
            log("expired", approval=approval.id, run=approval.run)
            _noted(shown(approval.run, self.desk))
        for approval in self.desk.station.ballots.open():
            self._settled(approval.id, shop)
        _noted(listed(self.desk))

    def _settled(self, approval_id: str, shop: Workshop) -> None:
        approval = self.desk.station.ballots.approval(approval_id)
        told = settle(approval_id, self._settlement(shop))
        if told.state is not State.ASKED:
            log("settled", approval=approval_id, run=approval.run, state=told.state.value, said=told.said, fix=told.fix)
        if told.fix and self.denied(approval_id):
            shop.queue.put(told.fix, shop.clock.now())
        _noted(shown(approval.run, self.desk))

    def _settlement(self, shop: Workshop) -> Settlement:
        return Settlement(station=self.desk.station, shop=shop, anew=self._anew, proofs=self.proofs)

    def _anew(self, approval: Approval) -> Prepared:
        entry = self.desk.store.entry(approval.run)
        return prepare(approval.run, entry, self.desk.planner, timedelta(hours=approval.hours))

    def _followed(self, item: str, shop: Workshop) -> None:
        """Decide anew about a run; where a rule alone permits it, its fix is begun."""
        run = item.removeprefix(FOLLOWED)
        try:
            made = follow_again(run, self.desk)
        except (NotFound, Refused) as error:
            log("not_followed", severity="WARNING", run=run, reason=str(error))
            return
        if made is not None and (nobody := shop.families.lacking(made.proposal.works)):
            log("not_followed", severity="WARNING", run=run, reason=nobody)
        elif made is not None:
            fix = open_fix(by_rule(made), shop.journal, shop.queue, shop.clock.now())
            log("permitted", run=run, fix=fix, rules=made.decision.terms.rules if made.decision.terms else ())
            _noted(shown(run, self.desk))


def _noted(told: dict[str, object]) -> None:
    """Say what kept a card from being shown; it is either queued already, or an operator has to do something."""
    if told:
        log("shown", severity=str(told.pop("severity", "INFO")), **told)
