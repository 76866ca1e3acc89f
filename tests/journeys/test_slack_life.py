"""From a refused call to the proof that it works, decided by people in Slack; and every way in which it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from slack_life import Life, life_of

from shared import wiring
from shared.deciding import expire
from shared.model.approval import State
from shared.model.journal import Outcome

UPLOAD, SCOPE = "upload-allow-missing", "story1-scope-own-account"
Of = Callable[[str], Life]


@pytest.fixture
def of(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Of]:
    with ExitStack() as until_the_end:
        yield lambda name: until_the_end.enter_context(life_of(name, root, tmp_path, monkeypatch))


def test_one_owner_agrees_in_slack_and_the_refused_call_goes_through(of: Of) -> None:
    life = of(UPLOAD)
    question = life.ask()
    assert "Approval needed" in life.play.reads()
    assert "+ roles/storage.objectCreator serviceAccount:" in life.play.reads()
    assert life.play.press("approve") == "Kept: your vote counts, and it is enough."
    assert life.desk.unchanged()
    assert life.play.woken() == [question.id]
    assert life.settle(question).state is State.CONSUMED
    fix = life.work_off(question)
    assert (fix.outcome, fix.opened.approved_by) == (Outcome.FIXED, ("ann@example.com",))
    assert "Fixed: " in life.play.reads()
    assert "The proof\nthe same call succeeded at " in life.play.reads()
    assert life.play.buttons() == {}
    assert "will add serviceAccount:" in life.story()
    assert len(life.play.slack.shown()) == 1
    assert life.desk.accepted()


@pytest.mark.hazard("H43")
def test_an_owner_and_security_agree_in_slack_and_the_machine_gets_its_scopes(of: Of) -> None:
    life = of(SCOPE)
    question = life.ask()
    assert question.tier == "T2"
    assert "Interrupts\n" in life.play.reads()
    assert "what runs on it is interrupted" in life.play.reads()
    assert "still needed: 1 of security" in life.play.press("approve", "ann")
    assert life.settle(question).state is State.ASKED
    assert "Another approval needed" in life.play.reads()
    assert life.desk.unchanged()
    assert life.play.press("approve", "sue") == "Kept: your vote counts, and it is enough."
    assert life.settle(question).state is State.CONSUMED
    fix = life.work_off(question)
    assert (fix.outcome, fix.opened.approved_by) == (Outcome.FIXED, ("ann@example.com", "sue@example.com"))
    assert "Fixed: " in life.play.reads()
    assert "will stop " in life.story()
    assert life.desk.accepted()


@pytest.mark.invariant("I14")
def test_a_deny_before_it_begins_means_that_nothing_is_ever_changed(of: Of) -> None:
    life = of(UPLOAD)
    question = life.ask()
    life.play.press("approve")
    life.play.press("deny", "bob", reason="use the shared bucket instead")
    assert life.settle(question).state is State.DENIED
    assert wiring.journal().fixes() == []
    assert life.desk.unchanged()
    assert "Denied by bob@example.com" in life.play.reads()
    assert "use the shared bucket instead" in life.play.reads()


def test_an_approval_that_comes_too_late_changes_nothing(of: Of) -> None:
    life = of(UPLOAD)
    question = life.ask()
    card = life.play.card()
    life.play.turn(minutes=31)
    assert "silence is a no" in life.play.press("approve", card=card)
    assert [one.id for one, _ in expire(life.play.station)] == [question.id]
    assert life.settle(question).state is State.EXPIRED
    life.show(question)
    assert "Nobody decided in time" in life.play.reads()
    assert life.desk.unchanged()


@pytest.mark.hazard("H24")
def test_where_the_machine_was_changed_after_people_agreed_nothing_is_done_and_the_card_says_what(of: Of) -> None:
    life = of(SCOPE)
    question = life.ask()
    life.play.press("approve", "ann")
    life.play.press("approve", "sue")
    (machine,) = life.desk.world.of_kind("instances")
    machine.body["serviceAccounts"][0]["scopes"].append("https://www.googleapis.com/auth/pubsub")
    assert life.settle(question).state is State.DRIFTED
    assert wiring.journal().fixes() == []
    assert "The plan has changed" in life.play.reads()
    assert "scopes" in life.play.reads()
    assert life.play.buttons() == {}


@pytest.mark.hazard("H19")
@pytest.mark.invariant("I13")
def test_a_vote_whose_proof_does_not_hold_any_more_does_not_count(of: Of) -> None:
    life = of(UPLOAD)
    question = life.ask()
    life.play.press("approve")
    life.play.known = type(life.play.known)(channel="C1", token="x", secrets=("rotated away",))
    assert life.settle_only(question).state is State.ASKED
    assert wiring.journal().fixes() == []
    assert life.desk.unchanged()


@pytest.mark.hazard("H21")
def test_someone_who_left_the_group_since_their_vote_does_not_count(of: Of) -> None:
    life = of(UPLOAD)
    question = life.ask()
    life.play.press("approve")
    for members in life.play.directory.groups.values():
        members.discard("ann@example.com")
    assert life.settle(question).state is State.ASKED
    assert life.desk.unchanged()


@pytest.mark.invariant("I15")
def test_settled_twice_it_is_carried_out_once(of: Of) -> None:
    life = of(UPLOAD)
    question = life.ask()
    life.play.press("approve")
    first, second = life.settle(question), life.settle(question)
    assert first.fix == second.fix
    assert wiring.journal().fixes() == [first.fix]


def test_outside_its_window_it_waits_and_can_still_be_seen_to(of: Of) -> None:
    life = of(SCOPE)
    tomorrow = life.desk.world.now() + timedelta(days=1)
    life.window = f"{tomorrow:%a} 09:00-10:00 UTC"
    question = life.ask()
    assert f"begins in the window {life.window}" in life.play.reads()
    life.play.press("approve", "ann")
    life.play.press("approve", "sue")
    settled = life.settle(question)
    assert settled.due is not None
    assert f"Begins {settled.due:%Y-%m-%d %H:%M} UTC" in life.play.reads()
    assert "Approved, and waits" in life.play.reads()
    assert life.desk.unchanged()
