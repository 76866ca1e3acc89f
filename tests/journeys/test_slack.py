"""A card in Slack from the question to its end, clicked by people, through the approve function."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from shown_runs import HASH, SECURITY, approval
from slack_stage import NOW, REASON, RUN, SECRET, Stage, account, headers, stage

from shared.approvals.slack import still_says
from shared.deciding import standing
from shared.errors import LookFailed, StoreUnavailable
from shared.model.approval import Choice, Ending, Person, State


@pytest.fixture
def play(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with stage(root, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def with_forms(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with stage(root, tmp_path, monkeypatch, forms=True) as made:
        yield made


# the life of a card


def test_one_owner_approves_and_whoever_carries_fixes_out_is_woken(play: Stage) -> None:
    question = play.ask()
    assert "Approval needed" in play.reads()
    assert play.press("approve") == "Kept: your vote counts, and it is enough."
    assert standing(question, play.station).state is State.APPROVED
    assert play.woken() == [question.id]
    (vote,) = play.ballots.votes(question.id)
    assert (vote.person.email, vote.choice, vote.reason, vote.channel) == (
        "ann@example.com",
        Choice.APPROVE,
        REASON,
        "slack",
    )
    play.show(question)
    assert "Approved, and waits" in play.reads()
    assert "ann@example.com says yes at 09:00 UTC: the nightly upload needs it" in play.reads()


def test_what_takes_two_is_decided_by_an_owner_and_security_and_the_card_says_who_is_missing(play: Stage) -> None:
    question = play.ask_two()
    assert "Still missing\n1 of photo-owners and 1 of security" in play.reads()
    assert play.press("approve") == "Kept: your vote counts; still needed: 1 of security."
    play.show(question)
    assert "Another approval needed" in play.reads()
    assert "Still missing\n1 of security" in play.reads()
    assert play.press("approve", "bob").startswith("Kept: your vote counts; still needed: 1 of security")
    assert play.press("approve", "sue") == "Kept: your vote counts, and it is enough."
    assert standing(question, play.station).state is State.APPROVED


@pytest.mark.hazard("H30")
@pytest.mark.invariant("I27")
def test_a_run_has_one_card_that_is_edited_in_place(play: Stage) -> None:
    question = play.ask()
    play.press("approve")
    play.show(question)
    play.show(question)
    assert len(play.slack.shown()) == 1
    assert [method for method, _ in play.slack.calls] == ["chat.postMessage", "chat.update", "chat.update"]


def test_a_deny_is_final_and_the_card_loses_its_buttons(play: Stage) -> None:
    question = play.ask()
    old = play.card()
    assert "it was denied, and a deny is final" in play.press("deny", reason="use the shared bucket instead")
    play.show(question)
    assert play.buttons() == {}
    assert "Denied by ann@example.com" in play.reads()
    assert "does nothing any more: it was denied, and a deny is final" in play.press("approve", "bob", card=old)
    assert standing(question, play.station).state is State.DENIED


def test_a_deny_beats_an_approval_that_was_not_consumed(play: Stage) -> None:
    question = play.ask()
    play.press("approve")
    play.show(question)
    assert list(play.buttons()) == ["deny"]
    assert play.press("deny", "bob", reason="not today, we are in a freeze").startswith("Kept: it was denied")
    assert standing(question, play.station).state is State.DENIED


@pytest.mark.hazard("H22")
def test_silence_is_a_no_and_a_late_click_does_nothing_and_says_so(play: Stage) -> None:
    question = play.ask()
    old = play.card()
    play.clock.turn(minutes=30)
    assert "its time is over, and silence is a no" in play.press("approve")
    assert play.ballots.votes(question.id) == []
    play.end(question, Ending.EXPIRED)
    play.show(question)
    assert "Nobody decided in time, which is a no" in play.reads()
    assert "does nothing any more" in play.press("approve", card=old)


def test_when_the_world_moved_votes_are_void_and_the_card_says_what_moved(play: Stage) -> None:
    question = play.ask_two()
    old = play.card()
    play.press("approve")
    play.end(question, Ending.DRIFTED, "scopes was () and is ('pubsub',)")
    play.show(question)
    assert "scopes was () and is ('pubsub',)" in play.reads()
    assert "what would be done has changed since it was asked" in play.press("approve", "sue", card=old)
    assert standing(question, play.station).state is State.DRIFTED


def test_a_snoozed_run_stays_decidable_and_says_until_when(play: Stage) -> None:
    question = play.ask()
    assert (
        play.press("snooze", reason="")
        == "Snoozed until 2026-11-21 13:00 UTC. It can still be decided until 09:30 UTC."
    )
    play.show(question)
    assert "Snoozed until 2026-11-21 13:00 UTC" in play.reads()
    assert play.press("approve").startswith("Kept")


def test_another_fix_is_only_told_to_the_one_who_asks(play: Stage) -> None:
    play.ask()
    before = play.card()
    told = play.press("another", reason="")
    assert "Nothing is changed by reading this" in told
    assert "The role roles/storage.objectAdmin, 14 permissions beyond the ask" in told
    assert (play.card(), play.woken()) == (before, [])


def test_what_was_decided_can_be_proven_again_later_by_slacks_own_signature(play: Stage) -> None:
    question = play.ask()
    play.press("approve")
    (vote,) = play.ballots.votes(question.id)
    play.clock.turn(days=2)
    person_of = play.ballots.person_of
    assert still_says(vote, (SECRET,), person_of)
    assert not still_says(vote, ("another secret",), person_of)
    for other in (
        {"reason": "something else entirely"},
        {"choice": Choice.DENY},
        {"plan_hash": "0" * 64},
        {"approval": "a-other"},
        {"person": Person(id="id-bob", email="bob@example.com")},
        {"at": vote.at + timedelta(minutes=6)},
        {"strong": True},
        {"proof": b"{}"},
    ):
        assert not still_says(type(vote)(**{**_fields(vote), **other}), (SECRET,), person_of), other


def _fields(vote: Any) -> dict[str, Any]:
    return {name: getattr(vote, name) for name in vote.__struct_fields__}


# who counts


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("nobody", "this account is not known to be anybody's: an operator adds it with `unforbid people`"),
        ("max", "max@example.com is not one of those who are asked (photo-owners)"),
        ("gus", "gus@elsewhere.example is a guest: the address is in none of the organisation's domains"),
        ("robot", "is the account of a machine, and only people approve"),
    ],
)
def test_whoever_does_not_count_hears_why_and_nothing_is_kept(play: Stage, who: str, why: str) -> None:
    question = play.ask()
    told = play.press("approve", who)
    assert told.startswith("Not counted: ")
    assert why in told
    assert play.ballots.votes(question.id) == []
    assert play.woken() == []


@pytest.mark.hazard("H18")
@pytest.mark.parametrize(
    ("user", "seat"),
    [
        ({"id": "USLACKBOT"}, "a bot"),
        ({"id": "UANN", "is_bot": True}, "a bot"),
        ({"id": "UANN", "is_restricted": True}, "a guest"),
        ({"id": "UANN", "is_ultra_restricted": True}, "a guest"),
        ({"id": "UANN", "team_id": "T999999999"}, "a member of another workspace"),
    ],
)
def test_no_bot_no_guest_and_nobody_from_outside_decides(play: Stage, user: dict[str, Any], seat: str) -> None:
    question = play.ask()
    assert play.press("approve", user=user) == f"You are {seat} here, and only members of this workspace decide."
    assert play.ballots.votes(question.id) == []


@pytest.mark.hazard("H18")
def test_the_same_user_id_of_another_workspace_is_another_account(play: Stage) -> None:
    play.ask()
    told = play.press("approve", user={"id": "UANN", "team_id": "T999999999"}, team={"id": "T999999999"})
    assert "this account is not known to be anybody's" in told
    grid = play.press("approve", enterprise={"id": "E1", "name": "grid"})
    assert "this account is not known to be anybody's" in grid


@pytest.mark.hazard("H20")
def test_whoever_gains_by_it_does_not_approve_it(play: Stage) -> None:
    question = play.ask(approval(never=("user:ann@example.com",)))
    assert "ann@example.com was refused, or gains by it, and nobody approves for themselves" in play.press("approve")
    assert play.ballots.votes(question.id) == []


def test_where_the_directory_does_not_answer_there_is_no_vote(play: Stage) -> None:
    question = play.ask()
    play.directory.fails = LookFailed("read the members", "groups/03abc", "the answer was cut short")
    assert "it could not be told which groups ann@example.com is in, so this is no vote" in play.press("approve")
    assert play.ballots.votes(question.id) == []
    play.directory.fails = None
    assert play.press("approve").startswith("Kept")


def test_one_person_votes_once_and_with_two_accounts_as_well(play: Stage) -> None:
    play.ask_two()
    play.ballots.keep_person(account("ann2"), Person(id="id-ann", email="ann@example.com"))
    assert play.press("approve").startswith("Kept")
    assert "you have voted on this already: one vote each" in play.press("approve")
    assert "you have voted on this already: one vote each" in play.press("approve", "ann2")


@pytest.mark.parametrize("reason", ["", "ok", "   ok ok    "])
def test_without_a_reason_nothing_is_kept(play: Stage, reason: str) -> None:
    question = play.ask()
    assert "write a reason of at least 10 characters first" in play.press("approve", reason=reason)
    assert play.ballots.votes(question.id) == []


def test_what_was_typed_for_another_question_is_no_reason_for_this_one(play: Stage) -> None:
    play.ask()
    elsewhere = {"values": {"reason-a-other": {"reason": {"value": "typed into another card"}}}}
    assert "write a reason" in play.press("approve", state=elsewhere)


# clicks that are not what they seem


@pytest.mark.hazard("H17")
def test_a_click_that_slack_did_not_sign_is_refused(play: Stage) -> None:
    question = play.ask()
    for signed in ({"secret": "guessed"}, {"late": 301}, {"late": -301}):
        assert play.post(play.payload("approve"), **signed).status_code == 401
    assert play.ballots.votes(question.id) == []


@pytest.mark.hazard("H17")
def test_a_signature_covers_every_byte(play: Stage) -> None:
    question = play.ask()
    body = urlencode({"payload": json.dumps(play.payload("approve"))}).encode()
    signed = headers(body, play.clock)
    for other in (body + b"&x=1", body.replace(b"approve", b"deny", 1), body + b"\xff", b"", b"ssl_check=1&" + body):
        assert play.client.post("/", data=other, headers=signed).status_code == 401
    assert play.client.post("/", data=body, headers={**signed, "X-Slack-Request-Timestamp": "soon"}).status_code == 401
    assert play.client.post("/", data=body).status_code == 401
    assert play.ballots.votes(question.id) == []


def test_what_slack_signed_but_is_no_click_is_refused_without_a_crash(play: Stage) -> None:
    for body in (
        b"ssl_check=1",
        b"payload=",
        b"payload=%7B%7D",
        b"payload=[]",
        b"payload=1&payload=2",
        b"\xff\xfe",
        b"",
        urlencode({"payload": "[" * 50_000}).encode(),
        urlencode({"payload": json.dumps({"type": "shortcut", "user": {"id": "U1"}})}).encode(),
        urlencode({"payload": json.dumps({"type": "block_actions", "user": {"id": "U1"}, "actions": []})}).encode(),
        b"payload=" + b"a" * 300_000,
    ):
        answer = play.client.post("/", data=body, headers=headers(body, play.clock) if b"\xff" not in body else {})
        assert answer.status_code == 401, body[:40]
    assert play.client.get("/").status_code == 405


@pytest.mark.hazard("H17")
def test_the_same_click_sent_again_is_taken_once(play: Stage) -> None:
    question = play.ask()
    payload = play.payload("approve")
    assert play.post(payload).status_code == 200
    assert play.post(payload).status_code == 200
    assert "taken before" in play.slack.told[-1]["text"]
    assert len(play.ballots.votes(question.id)) == 1


@pytest.mark.hazard("H23")
def test_a_button_of_an_older_plan_decides_nothing(play: Stage) -> None:
    question = play.ask()
    payload = play.payload("approve")
    payload["actions"][0]["value"] = f"{question.id} {'0' * 64}"
    assert play.post(payload).status_code == 200
    assert "the plan has changed since this card was made" in play.slack.told[-1]["text"]
    assert play.ballots.votes(question.id) == []


@pytest.mark.parametrize("value", [f"a-unknown {HASH}", f"a {HASH}", f" {HASH}"])
def test_a_question_nobody_knows_is_said_to_be_unknown(play: Stage, value: str) -> None:
    play.ask()
    payload = play.payload("approve")
    payload["actions"][0]["value"] = value
    assert play.post(payload).status_code == 200
    assert "Nothing is known of this question" in play.slack.told[-1]["text"]


@pytest.mark.hazard("H36")
def test_an_answer_goes_only_to_where_slack_takes_answers(play: Stage) -> None:
    play.ask()
    for address in ("https://evil.example/hooks/x", "http://169.254.169.254/", "file:///etc/passwd", ""):
        assert play.press("approve", who="max", response_url=address) == ""


def test_two_approvers_at_the_same_moment_are_both_counted_once(play: Stage) -> None:
    question = play.ask_two()
    payloads = [play.payload("approve", who) for who in ("ann", "sue", "ann", "sue")]
    for at, payload in enumerate(payloads):
        payload["trigger_id"] = f"{at}"
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(play.post, payloads))
    assert [one.status_code for one in answers] == [200] * 4
    assert sorted(vote.person.email for vote in play.ballots.votes(question.id)) == [
        "ann@example.com",
        "sue@example.com",
    ]
    assert standing(question, play.station).state is State.APPROVED


# failures


def test_where_nothing_can_be_kept_the_person_is_told_to_click_again_and_may(
    play: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = play.ask()

    def gone(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(type(play.queue), "put", gone)
        assert "Nothing could be kept just now. Click again in a minute" in play.press("approve")
    assert play.woken() == []
    assert "you have voted on this already" in play.press("approve")
    assert play.woken() == [question.id]


def test_where_the_time_cannot_be_told_nothing_is_believed_and_slack_is_told_to_come_again(
    play: Stage, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    question = play.ask()
    body = urlencode({"payload": json.dumps(play.payload("approve"))}).encode()
    signed = headers(body, play.clock)

    def gone(_: object) -> None:
        raise StoreUnavailable("the time could not be read")

    with monkeypatch.context() as broken:
        broken.setattr(type(play.clock), "now", gone)
        assert play.client.post("/", data=body, headers=signed).status_code == 503
    assert play.ballots.votes(question.id) == []
    assert "the time could not be read" in capfd.readouterr().out


def test_a_vote_stands_where_its_answer_does_not_arrive(play: Stage) -> None:
    question = play.ask()
    play.slack.failures.append((500, {}, b"no"))
    assert play.press("approve") == ""
    assert len(play.ballots.votes(question.id)) == 1


@pytest.mark.hazard("H35")
@pytest.mark.invariant("I25")
def test_no_secret_and_nothing_that_was_typed_is_logged(play: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    play.ask()
    play.press("approve")
    play.post(play.payload("approve"), secret="guessed")
    out, err = capfd.readouterr()
    lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert [(line["outcome"], line.get("wish")) for line in lines] == [("voted", "approve"), ("not believed", None)]
    for hidden in (SECRET, "v0=", REASON, "response_url", "xoxb"):
        assert hidden not in out + err


# forms, where approve has a token


def test_with_a_token_the_reason_is_asked_for_in_a_form(with_forms: Stage) -> None:
    question = with_forms.ask()
    assert not [block for block in with_forms.card()["blocks"] if block["type"] == "input"]
    assert with_forms.press("approve") == ""
    assert with_forms.slack.forms[-1]["private_metadata"] == f"approve {question.id} {HASH}"
    assert with_forms.ballots.votes(question.id) == []
    answer = with_forms.post(with_forms.sent_form())
    assert "Kept: your vote counts, and it is enough." in answer.text
    (vote,) = with_forms.ballots.votes(question.id)
    assert vote.reason == REASON
    assert still_says(vote, (SECRET,), with_forms.ballots.person_of)


def test_a_form_that_is_sent_too_late_or_without_a_reason_says_so(with_forms: Stage) -> None:
    question = with_forms.ask()
    with_forms.press("deny")
    assert "write a reason" in with_forms.post(with_forms.sent_form(reason="no")).text
    with_forms.clock.turn(minutes=31)
    assert "does nothing any more" in with_forms.post(with_forms.sent_form()).text
    assert with_forms.ballots.votes(question.id) == []


def test_another_fix_opens_a_form_that_only_tells(with_forms: Stage) -> None:
    with_forms.ask()
    with_forms.press("another")
    assert "submit" not in with_forms.slack.forms[-1]


def test_a_form_that_cannot_be_opened_is_said_to_the_person(with_forms: Stage) -> None:
    question = with_forms.ask()
    assert "The form could not be opened, and nothing was counted" in with_forms.press("approve", trigger_id="expired")
    assert with_forms.ballots.votes(question.id) == []


# the channel


@pytest.mark.hazard("H30")
@pytest.mark.invariant("I27")
def test_of_more_questions_than_a_channel_can_hold_the_rest_are_listed_in_one_message(play: Stage) -> None:
    for at in range(14):
        play.ask(approval(id=f"a-{at:012d}", run=f"r-{at:012d}", plan_hash=f"{at:064d}"))
    shown = play.slack.shown()
    assert len(shown) == 11
    digest = "\n".join(json.dumps(one) for one in shown[-1]["blocks"])
    assert shown[-1]["text"] == "4 more wait for a decision"
    assert all(f"r-{at:012d}" in digest for at in range(10, 14))
    assert [method for method, _ in play.slack.calls].count("chat.postMessage") == 11


def test_a_snoozed_run_without_a_card_gets_none(play: Stage) -> None:
    play.ballots.snooze(RUN, NOW + timedelta(hours=1), "id-ann")
    play.ask()
    assert play.slack.shown() == []


def test_a_card_that_somebody_deleted_is_posted_anew(play: Stage) -> None:
    question = play.ask()
    play.slack.messages.clear()
    play.show(question)
    assert len(play.slack.shown()) == 1
    kept = play.ballots.card(RUN)
    assert kept is not None
    assert kept.message == play.card()["ts"]


def test_security_is_asked_by_its_own_group(play: Stage) -> None:
    play.ask_two()
    play.press("approve", "sue")
    assert (SECURITY.group_id, "sue@example.com") in play.directory.asked
