"""`unforbid apply`, `undo`, `runs show` and `work`, from the refused call to the same call accepted, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from desks import Desk, desk_at

from sandbox.caller import READER_EMAIL
from shared import wiring
from shared.errors import StoreUnavailable
from shared.model.journal import Intended, Outcome
from shared.model.work import Grant

ANN, BOB = "ann@example.com", "bob@example.com"
UPLOAD, TOKEN, SCOPE, TOPIC = (
    "upload-allow-missing",
    "story2-target-role",
    "story1-scope-own-account",
    "topic-role-missing",
)
At = Callable[[str], Desk]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[At]:
    monkeypatch.setenv("UNFORBID_IDENTITIES", READER_EMAIL)
    with ExitStack() as open_until_the_end:
        yield lambda name: open_until_the_end.enter_context(desk_at(name, tmp_path, monkeypatch))


# approval


@pytest.mark.invariant("I03")
def test_without_an_approval_the_plan_is_shown_and_nothing_is_changed(at: At) -> None:
    desk = at(UPLOAD)
    told = desk.says("apply", desk.run_id)
    assert told.exit_code == 1
    assert "nothing was changed; to approve exactly this, add: --approve " in told.stderr
    assert "what would change (tier T1, plan " in told.stdout
    assert "  + roles/storage.objectCreator  serviceAccount:" in told.stdout
    assert desk.unchanged()
    assert desk.fixes() == []


def test_approved_by_its_hash_the_role_is_granted_and_the_same_call_is_accepted(at: At) -> None:
    desk = at(UPLOAD)
    told = desk.applies(ANN)
    assert told.exit_code == 0, told.output
    (fix,) = desk.fixes()
    assert (fix.outcome, fix.opened.approved_by) == (Outcome.FIXED, (ANN,))
    assert "fixed  the same call succeeded at " in told.stdout
    assert f"the whole story: unforbid runs show {fix.id}" in told.stdout
    assert desk.accepted()


def test_what_is_piped_is_plain(at: At) -> None:
    told = at(UPLOAD).applies(ANN).stdout
    assert "\x1b" not in told
    assert [line for line in told.splitlines() if line != line.rstrip()] == []


@pytest.mark.hazard("H23")
@pytest.mark.invariant("I16")
@pytest.mark.parametrize("typed", ["deadbeef", "", "a"])
def test_another_hash_than_that_of_the_plan_changes_nothing(at: At, typed: str) -> None:
    desk = at(UPLOAD)
    told = desk.says("apply", desk.run_id, "--approve", typed, "--by", ANN)
    assert told.exit_code == 1
    assert "is not the hash of this plan" in told.stderr
    assert desk.unchanged()


def test_too_little_of_the_right_hash_is_not_enough(at: At) -> None:
    desk = at(UPLOAD)
    told = desk.says("apply", desk.run_id, "--approve", desk.shown_hash()[:7], "--by", ANN)
    assert (told.exit_code, desk.fixes()) == (1, [])


def test_a_minute_later_the_same_plan_has_the_same_hash_and_lasts_from_the_approval(at: At) -> None:
    desk = at(UPLOAD)
    shown = desk.shown_hash()
    desk.world.clock.turn(timedelta(minutes=25))
    approved_at = desk.world.now()
    assert desk.says("apply", desk.run_id, "--approve", shown, "--by", ANN).exit_code == 0
    (work,) = desk.fixes()[0].opened.works
    assert isinstance(work, Grant)
    assert timedelta() <= work.until - approved_at - timedelta(hours=1) < timedelta(seconds=30)


def test_other_hours_are_another_plan(at: At) -> None:
    desk = at(UPLOAD)
    shown = desk.shown_hash("--hours", "2")
    told = desk.says("apply", desk.run_id, "--hours", "24", "--approve", shown, "--by", ANN)
    assert "it may have changed" in told.stderr
    assert desk.unchanged()


@pytest.mark.invariant("I16")
def test_a_plan_that_drifted_between_showing_and_approving_has_another_hash(at: At) -> None:
    desk = at(SCOPE)
    shown = desk.shown_hash()
    (machine,) = desk.world.of_kind("instances")
    machine.body["serviceAccounts"][0]["scopes"].append("https://www.googleapis.com/auth/pubsub")
    told = desk.says("apply", desk.run_id, "--approve", shown, "--by", ANN, "--by", BOB)
    assert told.exit_code == 1
    assert "it may have changed" in told.stderr
    assert desk.fixes() == []


def test_an_approval_is_good_for_one_fix(at: At) -> None:
    desk = at(UPLOAD)
    shown = desk.shown_hash()
    assert desk.says("apply", desk.run_id, "--approve", shown, "--by", ANN).exit_code == 0
    assert desk.says("undo", desk.fixes()[0].id, "--yes", "--by", ANN).exit_code == 0
    desk.world.clock.turn(timedelta(days=1, minutes=1))
    told = desk.says("apply", desk.run_id, "--approve", shown, "--by", ANN)
    assert "is not the hash of this plan" in told.stderr
    assert desk.applies(ANN, more=("--detach",)).exit_code == 0
    assert [fix.outcome for fix in desk.fixes()] == [Outcome.FIXED, Outcome.UNDONE, None]


@pytest.mark.hazard("H37")
@pytest.mark.invariant("I31")
def test_what_was_taken_back_is_not_given_again_on_the_same_day(at: At) -> None:
    desk = at(UPLOAD)
    assert desk.applies(ANN).exit_code == 0
    assert desk.says("undo", desk.fixes()[0].id, "--yes", "--by", ANN).exit_code == 0
    told = desk.says("apply", desk.run_id)
    assert told.exit_code == 1
    assert "our own taking back, which stands for a day" in told.stderr


@pytest.mark.hazard("H37")
def test_the_same_grant_is_not_given_twice_in_a_day(at: At) -> None:
    """Somebody may have taken it away where the log does not tell of it."""
    desk = at(UPLOAD)
    (bucket,) = desk.world.of_kind("buckets")
    before = bucket.policy()
    assert desk.applies(ANN).exit_code == 0
    desk.world.set_policy(bucket, before, at_once=True)
    desk.world.entries = [one for one in desk.world.entries if "policyDelta" not in str(one)]
    assert desk.applies(ANN).exit_code == 1
    assert "the budget of the same grant again is used up: 1 in 24 h" in desk.fixes()[-1].why


def test_a_run_whose_fix_has_not_ended_gets_no_other_one(at: At) -> None:
    desk = at(UPLOAD)
    assert desk.applies(ANN, more=("--detach",)).exit_code == 0
    told = desk.says("apply", desk.run_id)
    assert f"{desk.fixes()[0].id} of this run has not ended: `unforbid work` goes on with it" in told.stderr


# who approves


@pytest.mark.parametrize("by", [(), (ANN,), (ANN, ANN), (ANN, "ANN@EXAMPLE.COM"), (ANN, "ann+two@example.com")])
def test_what_takes_two_people_is_not_done_for_one(at: At, by: tuple[str, ...]) -> None:
    desk = at(TOKEN)
    told = desk.applies(*by)
    assert told.exit_code == 1
    assert "tier T2 takes 2 different people to approve it" in told.stderr
    assert desk.unchanged()
    assert desk.fixes() == []


def test_two_people_approve_an_impersonation_and_the_token_is_minted(at: At) -> None:
    desk = at(TOKEN)
    assert desk.applies(ANN, BOB).exit_code == 0
    assert desk.fixes()[0].opened.approved_by == (ANN, BOB)
    assert desk.accepted()


def test_whoever_was_refused_does_not_approve(at: At) -> None:
    desk = at("upload-user-with-group")
    refused = wiring.store().run(desk.run_id).report.principal
    assert refused is not None
    told = desk.applies(refused.upper())
    assert told.exit_code == 1
    assert f"{refused} was refused, or gains by it, and nobody approves for themselves" in told.stderr
    assert desk.unchanged()


def test_no_account_of_a_machine_approves(at: At) -> None:
    desk = at(SCOPE)
    told = desk.applies(ANN, "robot@acme-web.iam.gserviceaccount.com")
    assert "is the account of a machine, and only people approve" in told.stderr
    assert desk.fixes() == []


# what is never carried out


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("upload-deny-policy", "a guardrail refused this call"),
        ("upload-cannot-look", "the cause is not proven (could not tell)"),
        ("upload-bucket-deleted", "the plan is advice for a person"),
        ("story3-agent-back", "the plan is advice for a person"),
        ("story1-local-ssd", "this machine must not be interrupted by a machine"),
    ],
)
def test_what_is_refused_unproven_or_advice_is_said_so_and_not_carried_out(at: At, name: str, why: str) -> None:
    desk = at(name)
    told = desk.says("apply", desk.run_id, "--approve", "0" * 64, "--by", ANN, "--by", BOB)
    assert told.exit_code == 1
    assert why in told.stderr
    assert desk.unchanged()
    assert desk.fixes() == []


def test_a_grant_lasts_no_longer_than_its_tier_allows(at: At) -> None:
    desk = at(UPLOAD)
    assert "a grant of tier T1 lasts at most 24 hours" in desk.says("apply", desk.run_id, "--hours", "25").stderr
    assert desk.says("apply", desk.run_id, "--hours", "73").exit_code == 2


def test_two_people_may_grant_for_three_days(at: At) -> None:
    desk = at(TOKEN)
    assert desk.applies(ANN, BOB, more=("--hours", "72")).exit_code == 0


def test_a_run_nobody_knows_is_named(at: At) -> None:
    desk = at(UPLOAD)
    told = desk.says("apply", "r-nobody")
    assert (told.exit_code, "r-nobody" in told.stderr) == (1, True)


def test_without_a_store_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFORBID_STORE", str(tmp_path / "none.db"))
    monkeypatch.setenv("UNFORBID_JOURNAL", str(tmp_path / "none-either.db"))
    wiring.forget()
    from command import run

    told = run("apply", "r-1")
    wiring.forget()
    assert "there is no store at" in told.stderr
    assert list(tmp_path.iterdir()) == []


# ends other than good ones


def test_where_the_call_is_not_seen_again_it_could_not_be_told_and_the_exit_code_says_so(at: At) -> None:
    desk = at(UPLOAD)
    desk.then = lambda _: None
    desk.world.clock.turn(timedelta(minutes=1))
    told = desk.applies(ANN)
    assert (told.exit_code, desk.fixes()[0].outcome) == (3, Outcome.COULD_NOT_TELL)
    assert "could not tell the call was not seen again; try it again, or look for" in " ".join(told.stdout.split())


def test_where_the_journal_goes_away_the_person_is_told_what_was_begun(at: At) -> None:
    desk = at(UPLOAD)

    def gone(_: timedelta) -> None:
        raise StoreUnavailable("the disk is full")

    desk.then = gone
    told = desk.applies(ANN)
    assert told.exit_code == 1
    assert f"the disk is full; {desk.fixes()[0].id} is begun: `unforbid work` goes on with it" in told.stderr


# back


def test_undo_takes_back_exactly_what_was_added(at: At) -> None:
    desk = at(UPLOAD)
    desk.applies(ANN)
    told = desk.says("undo", desk.fixes()[0].id, "--yes", "--by", ANN)
    assert told.exit_code == 0
    assert "  - roles/storage.objectCreator  serviceAccount:" in told.stdout
    assert "undone  what this run had changed is as it was" in told.stdout
    assert desk.unchanged()
    assert not desk.accepted()


def test_undo_without_a_yes_shows_what_it_would_do_and_does_nothing(at: At) -> None:
    desk = at(UPLOAD)
    desk.applies(ANN)
    told = desk.says("undo", desk.fixes()[0].id, "--by", ANN)
    assert told.exit_code == 1
    assert "  - roles/storage.objectCreator" in told.stdout
    assert "nothing was changed; to take exactly this back, add: --yes --by EMAIL" in told.stderr
    assert desk.accepted()


@pytest.mark.hazard("H45")
def test_undo_takes_somebody_and_another_interruption_takes_two(at: At) -> None:
    desk = at(SCOPE)
    assert desk.applies(ANN, BOB).exit_code == 0
    (fix,) = desk.fixes()
    assert "tier T2 takes 2 different people" in desk.says("undo", fix.id, "--yes", "--by", ANN).stderr
    assert desk.accepted()
    assert desk.says("undo", fix.id, "--yes", "--by", ANN, "--by", BOB).exit_code == 0
    assert desk.unchanged()
    assert not desk.accepted()


def test_what_was_taken_back_is_not_taken_back_again(at: At) -> None:
    desk = at(UPLOAD)
    desk.applies(ANN)
    first = desk.fixes()[0].id
    desk.says("undo", first, "--yes", "--by", ANN)
    undone = desk.fixes()[1].id
    assert f"{first} was taken back by {undone}" in desk.says("undo", first, "--yes", "--by", ANN).stderr
    assert f"{undone} is itself an undo" in desk.says("undo", undone, "--yes", "--by", ANN).stderr
    assert len(desk.fixes()) == 2


def test_a_fix_nobody_knows_cannot_be_undone(at: At) -> None:
    told = at(UPLOAD).says("undo", "f-nobody", "--yes", "--by", ANN)
    assert (told.exit_code, "there is no fix 'f-nobody'" in told.stderr) == (1, True)


# what is shown of it


def test_a_run_is_shown_with_its_fixes_what_changed_the_proof_and_what_undo_would_do(at: At) -> None:
    desk = at(SCOPE)
    desk.applies(ANN, BOB)
    (fix,) = desk.fixes()
    for shown in (desk.says("runs", "show", desk.run_id).stdout, desk.says("runs", "show", fix.id).stdout):
        flat = " ".join(shown.split())
        assert f"{fix.id} fix of {desk.run_id}, approved by {ANN}, {BOB}, plan {fix.opened.plan_hash[:12]}" in flat
        assert "will stop web-1" in flat
        assert "what was changed: ! web-1 was stopped //compute.googleapis.com/" in flat
        assert "fixed the same call succeeded at" in flat
        _, _, undo = flat.partition("undo would do:")
        assert "the machine is stopped and started: what runs on it is interrupted" in undo


def test_the_diff_of_a_machine_has_what_it_had_and_what_it_has(at: At) -> None:
    desk = at(SCOPE)
    desk.applies(ANN, BOB)
    flat = desk.says("runs", "show", desk.fixes()[0].id).stdout.partition("what was changed:")[2].splitlines()
    old, new = (next(line for line in flat if line.startswith(f"  {sign} ")) for sign in "-+")
    assert "devstorage.read_only" in old
    assert "devstorage.read_write" not in old
    assert old != new


def test_programs_get_the_whole_fix_as_json(at: At) -> None:
    desk = at(UPLOAD)
    desk.applies(ANN)
    (fix,) = desk.fixes()
    told: dict[str, Any] = json.loads(desk.says("runs", "show", desk.run_id, "--format", "json").stdout)
    (one,) = told["fixes"]
    assert told["id"] == desk.run_id
    assert one == json.loads(desk.says("runs", "show", fix.id, "--format", "json").stdout)
    assert (one["id"], one["outcome"], one["approved_by"]) == (fix.id, "fixed", [ANN])
    assert [line["number"] for line in one["lines"]] == list(range(fix.lines))
    assert [work["type"] for work in one["undo"]] == ["revoke"]
    assert one["no_undo"] is None


def test_of_an_undone_fix_it_is_said_that_it_was_taken_back(at: At) -> None:
    desk = at(UPLOAD)
    desk.applies(ANN)
    desk.says("undo", desk.fixes()[0].id, "--yes", "--by", ANN)
    fix, undone = desk.fixes()
    assert f"undo: {fix.id} was taken back by {undone.id}" in desk.says("runs", "show", fix.id).stdout
    assert f"{undone.id}  undo of {fix.id}, approved by {ANN}" in desk.says("runs", "show", desk.run_id).stdout


def test_looking_at_a_run_makes_no_journal(at: At) -> None:
    desk = at(UPLOAD)
    assert desk.says("runs", "show", desk.run_id).exit_code == 0
    assert desk.says("runs", "show", "f-1").exit_code == 1
    assert "no fix was begun yet" in desk.says("work", "--once").stdout
    assert not wiring.settings().journal.exists()


# going on


def test_what_was_only_begun_is_carried_out_by_work(at: At) -> None:
    desk = at(UPLOAD)
    told = desk.applies(ANN, more=("--detach",))
    (fix,) = desk.fixes()
    assert f"{fix.id} is begun; `unforbid work` carries it out" in told.stdout
    assert (fix.outcome, desk.unchanged()) == (None, True)
    done = desk.says("work")
    assert done.exit_code == 0
    fix, ended = desk.fixes()
    assert (fix.outcome, ended.opened.undo_of, ended.outcome) == (Outcome.FIXED, fix.id, Outcome.UNDONE)
    assert "1 grants ended" in done.stdout
    assert desk.unchanged()
    assert wiring.journal().next_due() is None


def test_work_once_does_what_is_due_and_stops(at: At) -> None:
    desk = at(UPLOAD)
    desk.applies(ANN, more=("--detach",))
    assert desk.says("work", "--once").stdout == "1 steps taken\n"
    assert desk.fixes()[0].outcome is None


def test_a_fix_whose_process_was_killed_is_carried_out_by_the_next_one(at: At) -> None:
    desk = at(SCOPE)

    def killed(_: timedelta) -> None:
        if any(isinstance(line.body, Intended) for line in wiring.journal().lines(desk.fixes()[0].id)):
            raise KeyboardInterrupt

    desk.then = killed
    told = desk.applies(ANN, BOB)
    (fix,) = desk.fixes()
    assert told.exit_code == 1
    assert f"{fix.id} is begun: `unforbid work` goes on with it" in told.stderr
    wiring.journal().close()
    wiring.journal.cache_clear()
    desk.then = desk.call_again
    assert desk.says("work").exit_code == 0
    assert (desk.fixes()[0].outcome, desk.accepted()) == (Outcome.FIXED, True)


def test_a_grant_without_a_condition_has_its_revocation_queued_and_is_ended_by_it(at: At) -> None:
    desk = at(TOPIC)
    assert desk.applies(ANN).exit_code == 0
    (fix,) = desk.fixes()
    (work,) = fix.opened.works
    assert isinstance(work, Grant)
    assert work.condition is None
    assert wiring.journal().next_due() == work.until
    desk.world.clock.turn(timedelta(days=1))  # a day in which nothing of ours ran
    assert desk.accepted()
    assert desk.says("work").exit_code == 0
    assert desk.unchanged()
    assert not desk.accepted()
    assert wiring.journal().due(desk.world.now() + timedelta(days=9), 9) == []


@pytest.mark.hazard("H41")
def test_a_grant_that_ended_by_its_own_condition_leaves_nothing_in_the_policy(at: At) -> None:
    desk = at(UPLOAD)
    desk.applies(ANN)
    (work,) = desk.fixes()[0].opened.works
    assert isinstance(work, Grant)
    assert work.condition is not None
    desk.world.clock.turn(timedelta(hours=2))
    assert not desk.accepted()  # by its condition, before anything of ours has run
    assert not desk.unchanged()
    desk.says("work")
    assert desk.unchanged()


def test_where_something_fails_work_says_so_and_goes_on_with_the_others(at: At) -> None:
    desk = at(UPLOAD)
    desk.applies(ANN, more=("--detach",))
    wiring.journal().put("f-of-nobody", desk.world.now())
    told = desk.says("work", "--once")
    assert told.exit_code == 1
    assert "failed, and is due again: f-of-nobody: NotFound" in told.stderr
    assert "1 steps taken" in told.stdout


def test_the_commands_are_in_the_help() -> None:
    from command import run

    told = run("--help").stdout
    for name in ("apply", "undo", "work"):
        assert f"\n  {name}  " in told
    assert "unforbid demo --apply" in told
    assert "Exits with 0" in run("apply", "--help").stdout
