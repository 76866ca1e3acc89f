"""A clock that is an hour wrong: nothing that has an end is made to last longer by what is dated after now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from shown_runs import NOW, SECURITY, approval, vote

from shared.approvals.tally import tally
from shared.guards.age import FOR_A_RULE, FOR_PEOPLE, is_fresh
from shared.guards.breaker import State, breaker
from shared.guards.probing import BURST, probing_until
from shared.model.approval import State as Stands
from shared.model.guards import Trip, Went

HOUR = timedelta(hours=1)
LATER = NOW + HOUR


@pytest.mark.hazard("H09", "H48")
@pytest.mark.invariant("I30")
@pytest.mark.parametrize("within", [FOR_A_RULE, FOR_PEOPLE])
def test_an_entry_that_was_received_in_an_hour_is_not_fresh(within: timedelta) -> None:
    assert not is_fresh(LATER, NOW, within)
    assert is_fresh(NOW, NOW, within)


@pytest.mark.invariant("I30")
def test_a_breaker_that_opened_in_an_hour_is_open_now() -> None:
    trips = [Trip(went=Went.BROKE, why="f-1", at=LATER)]
    assert breaker(trips, NOW).state is State.OPEN


@pytest.mark.invariant("I30")
def test_a_dry_run_in_an_hour_does_not_close_a_breaker_early() -> None:
    trips = [Trip(went=Went.BROKE, why="f-1", at=NOW), Trip(went=Went.PROBED, why="", at=NOW + timedelta(minutes=29))]
    assert breaker(trips, LATER).state is State.PROBE


@pytest.mark.hazard("H01")
@pytest.mark.invariant("I30")
def test_refusals_that_are_dated_in_an_hour_mark_a_caller_as_well() -> None:
    assert probing_until([LATER] * BURST, NOW) == LATER + timedelta(hours=24)


@pytest.mark.hazard("H22")
@pytest.mark.invariant("I30")
@pytest.mark.parametrize("off", [-HOUR, HOUR])
def test_a_vote_that_is_dated_an_hour_off_does_not_count(off: timedelta) -> None:
    one = vote(at=NOW + timedelta(minutes=4) + off, groups=("03abc",))
    question = approval()
    assert tally(question, [vote(groups=("03abc",))], None, NOW + timedelta(minutes=5)).state is Stands.APPROVED
    assert tally(question, [one], None, NOW + timedelta(minutes=5)).state is Stands.ASKED


@pytest.mark.hazard("H22")
@pytest.mark.invariant("I30")
def test_an_hour_ahead_ends_a_question_and_an_hour_back_takes_no_vote() -> None:
    question, voted = approval(quorums=approval().quorums), vote(groups=("03abc",))
    assert tally(question, [voted], None, LATER).state is Stands.EXPIRED
    before = [vote(at=NOW - HOUR, groups=("03abc", SECURITY.group_id))]
    assert tally(question, before, None, NOW - HOUR).state is Stands.ASKED
