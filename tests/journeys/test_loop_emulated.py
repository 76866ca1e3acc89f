"""The whole life of a card in a Slack that others wrote: from the refused call in the sandbox to the proof, or to a no."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from emulated_slack import emulated_slack
from loop import Loop, loop_of
from rules import ASK, SCOPE, SCOPES, UPLOAD

from shared import wiring
from shared.model.approval import Ending
from shared.model.journal import Outcome

Of = Callable[[str, str], Loop]


@pytest.fixture(scope="module")
def emulated() -> Iterator[str]:
    with emulated_slack() as address:
        yield address


@pytest.fixture
def of(emulated: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Of]:
    with ExitStack() as until_the_end:
        yield lambda name, policy: until_the_end.enter_context(
            loop_of(name, policy, root, tmp_path, monkeypatch, other=emulated)
        )


def ended(loop: Loop) -> list[Ending | None]:
    ends = [wiring.ballots().ended(one.id) for one in loop.questions()]
    return [one.ending if one else None for one in ends]


def to_the_end(loop: Loop) -> None:
    loop.go_on(until=lambda: any(fix.outcome for fix in loop.fixes()))


def test_one_owner_agrees_and_one_card_goes_from_the_question_to_the_proof(of: Of) -> None:
    loop = of(UPLOAD, ASK)
    loop.publish()
    assert "Approval needed" in loop.reads()
    assert loop.press("approve", "ann") == "Kept: your vote counts, and it is enough."
    to_the_end(loop)
    assert [fix.outcome for fix in loop.fixes()] == [Outcome.FIXED]
    assert "The proof\nthe same call succeeded at " in loop.reads()
    assert len([one for one in loop.cards() if not one.get("thread_ts") or one["thread_ts"] == one["ts"]]) == 1
    assert loop.accepted()


def test_an_owner_and_security_agree_and_the_machine_gets_its_scopes(of: Of) -> None:
    loop = of(SCOPE, SCOPES)
    loop.publish()
    loop.press("approve", "ann")
    loop.go_on()
    assert "Another approval needed" in loop.reads()
    assert loop.unchanged()
    loop.press("approve", "sue")
    to_the_end(loop)
    assert [fix.outcome for fix in loop.fixes()] == [Outcome.FIXED]
    assert "Fixed: " in loop.reads()
    assert loop.accepted()


@pytest.mark.parametrize(("name", "policy"), [(UPLOAD, ASK), (SCOPE, SCOPES)])
def test_denied_nothing_is_ever_done(of: Of, name: str, policy: str) -> None:
    loop = of(name, policy)
    loop.publish()
    loop.press("deny", "bob", reason="use the shared bucket instead")
    loop.go_on()
    assert (ended(loop), loop.fixes()) == ([Ending.DENIED], [])
    assert "Denied by bob@example.com" in loop.reads()
    assert loop.unchanged()


@pytest.mark.parametrize(("name", "policy"), [(UPLOAD, ASK), (SCOPE, SCOPES)])
def test_expired_and_late_nothing_is_done_and_the_button_says_so(of: Of, name: str, policy: str) -> None:
    loop = of(name, policy)
    loop.publish()
    asked = loop.card()
    loop.turn_to(loop.world.now() + timedelta(minutes=40))
    assert "Expired: " in loop.reads()
    assert "does nothing any more" in loop.press("approve", "ann", card=asked)
    loop.go_on()
    assert (ended(loop), loop.fixes()) == ([Ending.EXPIRED], [])


def test_snoozed_it_can_still_be_decided(of: Of) -> None:
    loop = of(UPLOAD, ASK)
    loop.publish()
    assert loop.press("snooze", "bob").startswith("Snoozed until ")
    loop.go_on()
    assert "Snoozed" in loop.reads()
    loop.press("approve", "ann")
    to_the_end(loop)
    assert [fix.outcome for fix in loop.fixes()] == [Outcome.FIXED]


def test_drifted_the_votes_are_void_and_the_card_says_what_changed(of: Of) -> None:
    loop = of(SCOPE, SCOPES)
    loop.publish()
    loop.press("approve", "ann")
    (machine,) = [one for one in loop.world.of_kind("instances") if one.body["serviceAccounts"]]
    machine.body["serviceAccounts"][0]["scopes"].append("https://www.googleapis.com/auth/pubsub")
    before = machine.body["serviceAccounts"][0]["scopes"].copy()
    loop.press("approve", "sue")
    loop.go_on()
    assert Ending.DRIFTED in ended(loop)
    assert loop.fixes() == []
    assert machine.body["serviceAccounts"][0]["scopes"] == before


def test_two_who_agree_at_once_begin_one_fix(of: Of) -> None:
    loop = of(SCOPE, SCOPES)
    loop.publish()
    clicks = [loop.click("approve", who) for who in ("ann", "sue")]
    with ThreadPoolExecutor(2) as both:
        assert list(both.map(loop.post, clicks)) == [200, 200]
    to_the_end(loop)
    assert [fix.outcome for fix in loop.fixes()] == [Outcome.FIXED]


def test_a_click_that_is_replayed_forged_or_too_old_counts_for_nothing(of: Of) -> None:
    loop = of(SCOPE, SCOPES)
    loop.publish()
    click = loop.click("approve", "ann")
    assert loop.post(click, secret="somebody else's") == 401
    assert loop.post(click, late=400) == 401
    assert [loop.post(click), loop.post(click)] == [200, 200]
    (question,) = loop.questions()
    assert len(wiring.ballots().votes(question.id)) == 1
    assert "taken before" in loop.slack.told[-1]["text"]
    loop.go_on()
    assert loop.unchanged()
