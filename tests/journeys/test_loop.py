"""From the published entry to the proof: detect, approve, execute and sweep together, as settings and a policy wire them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from command import run
from loop import Loop, loop_of
from rules import ASK, AUTO, HEAD, IN_ITS_WINDOW, SCOPE, SCOPES, UPLOAD

from shared import wiring
from shared.model.decision import DRY_RUN
from shared.model.guards import EVERYTHING, Pause
from shared.model.journal import Outcome

Of = Callable[[str, str], Loop]


@pytest.fixture
def of(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Of]:
    with ExitStack() as until_the_end:
        yield lambda name, policy: until_the_end.enter_context(loop_of(name, policy, root, tmp_path, monkeypatch))


@pytest.mark.invariant("I04", "I07", "I08")
def test_what_a_rule_permits_is_done_proven_shown_and_ends_by_itself(of: Of) -> None:
    loop = of(UPLOAD, AUTO)
    assert loop.publish() == 200
    assert loop.unchanged()
    loop.go_on(until=lambda: any(fix.outcome for fix in loop.fixes()))
    (fix,) = loop.fixes()
    assert (fix.outcome, fix.opened.approved_by, fix.opened.rules) == (Outcome.FIXED, ("rule:uploads",), ("uploads",))
    assert "Fixed: " in loop.reads()
    assert loop.accepted()
    loop.go_on()
    assert loop.unchanged()


@pytest.mark.hazard("H26")
@pytest.mark.invariant("I09", "I26")
def test_whatever_is_delivered_twice_is_done_once(of: Of) -> None:
    loop = of(UPLOAD, AUTO)
    assert [loop.publish() for _ in range(3)] == [200, 200, 200]
    loop.go_on(twice=True, until=lambda: any(fix.outcome for fix in loop.fixes()))
    (fix,) = loop.fixes()
    assert fix.outcome is Outcome.FIXED
    assert len(wiring.store().runs(9)) == 1
    assert sum(len(step.effects) for step in fix.steps) == 1
    assert len(loop.slack.shown()) == 1


@pytest.mark.invariant("I33")
def test_what_a_rule_leaves_to_people_waits_for_their_word(of: Of) -> None:
    loop = of(UPLOAD, ASK)
    loop.publish()
    (question,) = loop.questions()
    assert (question.tier, question.hours, question.rules) == ("T1", 2, ("uploads",))
    assert "Approval needed" in loop.reads()
    loop.go_on()
    assert loop.unchanged()
    assert loop.press("approve", "ann") == "Kept: your vote counts, and it is enough."
    loop.go_on(until=lambda: any(fix.outcome for fix in loop.fixes()))
    (fix,) = loop.fixes()
    assert (fix.outcome, fix.opened.approved_by, fix.opened.approval) == (
        Outcome.FIXED, ("ann@example.com",), question.id,
    )  # fmt: skip
    assert "The proof\nthe same call succeeded at " in loop.reads()
    assert loop.accepted()
    loop.go_on()
    assert loop.unchanged()


def test_two_people_agree_and_the_machine_gets_its_scopes(of: Of) -> None:
    loop = of(SCOPE, SCOPES)
    loop.publish()
    loop.press("approve", "ann")
    loop.go_on()
    assert loop.unchanged()
    loop.press("approve", "sue")
    loop.go_on(until=lambda: any(fix.outcome for fix in loop.fixes()))
    (fix,) = loop.fixes()
    assert (fix.outcome, fix.opened.approved_by) == (Outcome.FIXED, ("ann@example.com", "sue@example.com"))
    assert loop.accepted()


@pytest.mark.invariant("I14")
def test_a_no_is_final_and_the_card_says_whose_it_was(of: Of) -> None:
    loop = of(UPLOAD, ASK)
    loop.publish()
    loop.press("deny", "bob", reason="use the shared bucket instead")
    loop.go_on()
    assert loop.fixes() == []
    assert "Denied by bob@example.com" in loop.reads()
    assert loop.unchanged()


@pytest.mark.invariant("I14")
def test_what_waits_for_its_window_is_ended_by_a_no(of: Of) -> None:
    loop = of(SCOPE, IN_ITS_WINDOW)
    loop.publish()
    for who in ("ann", "sue"):
        loop.press("approve", who)
    loop.go_on()
    assert "Approved, and waits" in loop.reads()
    assert "does not begin, if it has not begun by now" in loop.press("deny", "bob", reason="not during the sale")
    loop.go_on()
    (fix,) = loop.fixes()
    assert (fix.outcome, fix.why) == (Outcome.REFUSED, "bob@example.com said no before it began")
    assert "bob@example.com said no before it began" in loop.reads()
    assert loop.unchanged()


@pytest.mark.hazard("H22")
def test_silence_is_a_no_and_the_card_says_so(of: Of) -> None:
    loop = of(UPLOAD, ASK)
    loop.publish()
    loop.turn_to(loop.world.now() + timedelta(minutes=40))
    assert "Expired: " in loop.reads()
    assert [wiring.ballots().ended(one.id) is not None for one in loop.questions()] == [True]
    loop.go_on()
    assert loop.unchanged()


@pytest.mark.hazard("H23")
@pytest.mark.invariant("I17")
@pytest.mark.hazard("H33")
def test_a_policy_that_is_stricter_by_the_time_people_agree_is_the_one_that_counts(of: Of, tmp_path: Path) -> None:
    loop = of(UPLOAD, ASK)
    loop.publish()
    (tmp_path / "policy.yaml").write_text(HEAD)
    loop.world.clock.turn(timedelta(minutes=2))
    loop.press("approve", "ann")
    loop.go_on()
    assert loop.fixes() == []
    assert loop.unchanged()
    assert "Not permitted any more: " in loop.reads()


@pytest.mark.invariant("I18")
def test_while_everything_is_stopped_nothing_begins_and_afterwards_it_does(of: Of) -> None:
    loop = of(UPLOAD, AUTO)
    loop.publish()
    loop.go_on(until=lambda: bool(loop.fixes()))
    wiring.guards().pause(Pause(scope=EVERYTHING, by="ann@example.com", why="an incident", at=loop.world.now()))
    end = loop.world.now() + timedelta(minutes=20)
    loop.go_on(until=lambda: loop.world.now() > end)
    assert loop.unchanged()
    wiring.guards().resume(EVERYTHING)
    loop.go_on(until=lambda: any(fix.outcome for fix in loop.fixes()))
    assert loop.accepted()


@pytest.mark.invariant("I03")
def test_in_observe_mode_rules_are_told_and_nothing_is_done(of: Of, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = of(UPLOAD, AUTO)
    monkeypatch.setenv("UNFORBID_MODE", "observe")
    wiring.forget()
    loop.publish()
    loop.go_on()
    assert (loop.fixes(), loop.questions(), loop.unchanged()) == ([], [], True)
    (told,) = wiring.store().runs(9)
    assert (told.report.decision.mode, any("observe mode" in one for one in told.report.decision.reasons)) == (
        DRY_RUN,
        True,
    )


def test_while_slack_is_away_a_card_waits_and_nothing_is_lost(of: Of) -> None:
    loop = of(UPLOAD, ASK)
    loop.slack.failures += [(503, {}, b"")] * 4
    loop.publish()
    assert loop.slack.shown() == []
    loop.turn_to(loop.world.now() + timedelta(minutes=10))
    loop.go_on()
    assert "Approval needed" in loop.reads()


# with a policy, at the terminal


def test_at_the_terminal_rules_decide_and_nobody_is_named(of: Of) -> None:
    loop = of(UPLOAD, ASK)
    loop.publish()
    (run_id,) = [one.id for one in wiring.store().runs(9)]
    refused = run("apply", run_id, "--by", "ann@example.com")
    assert (refused.exit_code, "nobody is named here" in refused.stderr) == (2, True)
    asked = run("apply", run_id)
    assert (asked.exit_code, "is put to those who may decide" in asked.output) == (0, True)
    assert loop.fixes() == []


def test_at_the_terminal_what_a_rule_permits_is_carried_out(of: Of, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = of(UPLOAD, AUTO)
    monkeypatch.setattr(wiring, "pause", lambda wait: loop.turn_to(loop.world.now() + wait))
    loop.publish()
    (run_id,) = [one.id for one in wiring.store().runs(9)]
    told = run("apply", run_id)
    assert (told.exit_code, loop.fixes()[0].opened.approved_by) == (0, ("rule:uploads",))


@pytest.mark.invariant("I33")
def test_at_the_terminal_what_no_rule_permits_stays_undone(of: Of) -> None:
    loop = of(UPLOAD, HEAD)
    loop.publish()
    (run_id,) = [one.id for one in wiring.store().runs(9)]
    told = run("apply", run_id)
    assert (told.exit_code, "nothing was changed (notify)" in told.stderr) == (1, True)
    assert loop.unchanged()
