"""From an approved plan to its end, and back: what is prepared, who may approve, what an undo takes, what a task does."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from entries import PROJECT, audit, text
from fakes.cloud import binding
from fakes.facts import GIVEN, HIDDEN, FakeFacts, live
from fakes.workshop import NAME, Bench
from msgspec.structs import replace

from shared.errors import LookFailed, Refused, StoreUnavailable
from shared.execution.fold import Fix
from shared.fixing import approve, inverses, step, swept, tier_of_undo, to_undo, undo, work_off
from shared.model.facts import Policy
from shared.model.guards import EVERYTHING, Pause
from shared.model.journal import Outcome
from shared.model.machine import PLATFORM
from shared.model.names import Role
from shared.model.outcomes import Outcomes
from shared.model.work import Access, Attached, Disable, Grant, OriginalCall, Recover, Revoke
from shared.pipeline.sweep import EXPIRY
from shared.preparing import Planner, Prepared, prepare

ANN, BOB, EVE = "ann@example.com", "bob@example.com", "eve@example.com"
BUCKET, TOPIC = "//storage.googleapis.com/projects/_/buckets/b", "//pubsub.googleapis.com/projects/p/topics/t"
HOUR = timedelta(hours=1)
DENIED = audit(permission="storage.objects.get", resource="projects/_/buckets/b/objects/o")
START = Bench().clock.now()
GRANT = Grant(resource=TOPIC, role=Role("roles/pubsub.publisher"), member=f"user:{EVE}", until=START + HOUR)
SCOPES = ("https://www.googleapis.com/auth/logging.write",)
ACCESS = Access(machine=NAME, account="app@acme-shop.iam.gserviceaccount.com", scopes=(PLATFORM,))


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.google.add()
    for resource in (TOPIC, BUCKET):
        bench.google.policies[resource] = Policy(resource=resource, etag="e", version=3)
    bench.google.seen = Outcomes(succeeded=tuple(START + timedelta(seconds=30 * at) for at in range(1, 999)))
    return bench


@pytest.fixture
def facts() -> FakeFacts:
    return FakeFacts()


def noted(bench: Bench) -> str:
    head = bench.journal.head()
    assert head is not None
    return head.noted


def prepared(bench: Bench, facts: FakeFacts, entry: dict[str, Any] = DENIED, lasts: timedelta = HOUR) -> Prepared:
    data = json.dumps(entry).encode()
    facts.logged.setdefault(entry["insertId"], data)
    return prepare("r-1", data, Planner(live=live(facts), journal=bench.journal, clock=bench.clock), lasts)


def done(bench: Bench, *works: Any) -> Fix:
    """A fix of these works, carried out to its end."""
    fix = bench.run(bench.open(*works, call=OriginalCall(principal=EVE, project="projects/p")))
    assert fix.outcome is Outcome.FIXED
    return fix


# preparing


def test_what_is_prepared_is_what_looking_proved_and_nothing_is_changed_by_it(bench: Bench, facts: FakeFacts) -> None:
    told = prepared(bench, facts)
    (work,) = told.proposal.works
    assert isinstance(work, Grant)
    assert (work.resource, work.until, told.proposal.tier) == (BUCKET, START + HOUR, "T1")
    assert told.report.proven == "yes"
    assert (bench.google.asked, bench.journal.kept, bench.queue.waiting) == ([], {}, {})


@pytest.mark.parametrize(
    ("answer", "why"),
    [(GIVEN, r"not proven \(no\)|refused|proven"), (HIDDEN, r"the cause is not proven \(could not tell\)")],
)
def test_what_is_not_proven_is_not_prepared(bench: Bench, facts: FakeFacts, answer: Any, why: str) -> None:
    facts.seen["storage.objects.get"] = answer
    with pytest.raises(Refused, match=why):
        prepared(bench, facts)


def test_a_decision_that_refuses_says_every_reason(bench: Bench, facts: FakeFacts) -> None:
    facts.logged["i1"] = json.dumps(audit(permission="storage.objects.delete")).encode()
    with pytest.raises(Refused, match="it may be forged"):
        prepared(bench, facts)


@pytest.mark.hazard("H06")
def test_an_entry_that_cloud_logging_does_not_have_leads_to_no_change(bench: Bench, facts: FakeFacts) -> None:
    facts.logged["i1"] = None
    with pytest.raises(Refused, match="own copy of the entry was not found"):
        prepared(bench, facts)
    del facts.logged["i1"]
    facts.fails["entry"] = LookFailed("read", "the entry", "it is ill")
    with pytest.raises(Refused, match="own copy of the entry was not found"):
        prepared(bench, facts)


@pytest.mark.parametrize(
    "entry",
    [audit(code=0), text("Error 403: Rate Limit Exceeded, rateLimitExceeded")],
)
def test_what_looking_cannot_prove_is_not_prepared(bench: Bench, facts: FakeFacts, entry: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="nothing that looking could prove"):
        prepared(bench, facts, entry)


def test_a_question_that_fails_is_no_ground_for_a_change(bench: Bench, facts: FakeFacts) -> None:
    facts.fails["access"] = LookFailed("ask", "b", "it is ill")
    with pytest.raises(Refused, match="could not tell"):
        prepared(bench, facts)


@pytest.mark.parametrize("hours", [25, 72, 10_000])
def test_a_grant_of_one_person_lasts_a_day_at_most(bench: Bench, facts: FakeFacts, hours: int) -> None:
    with pytest.raises(Refused, match="a grant of tier T1 lasts at most 24 hours"):
        prepared(bench, facts, lasts=timedelta(hours=hours))
    assert prepared(bench, facts, lasts=timedelta(hours=24)).proposal.works


def test_the_same_run_prepared_again_has_the_same_hash_until_a_fix_of_it_was_begun(
    bench: Bench, facts: FakeFacts
) -> None:
    first = prepared(bench, facts)
    bench.clock.turn(minutes=20)
    second = prepared(bench, facts)
    assert first.proposal.hash == second.proposal.hash
    fix = approve(second, (ANN,), bench.shop())
    with pytest.raises(Refused, match=f"{fix} of this run has not ended"):
        prepared(bench, facts)
    bench.run(fix)
    assert prepared(bench, facts).proposal.hash != first.proposal.hash


# approving


def test_the_fix_that_is_begun_is_the_one_that_was_shown(bench: Bench, facts: FakeFacts) -> None:
    told = prepared(bench, facts)
    opened = bench.fix(approve(told, ("Ann@Example.com",), bench.shop())).opened
    assert (opened.plan_hash, opened.works, opened.call) == (
        told.proposal.hash,
        told.proposal.works,
        told.proposal.call,
    )
    assert (opened.run, opened.approved_by, opened.may_roll_back) == ("r-1", (ANN,), True)


def test_approved_twice_at_once_it_is_one_fix(bench: Bench, facts: FakeFacts) -> None:
    one, other = prepared(bench, facts), prepared(bench, facts)
    assert approve(one, (ANN,), bench.shop()) == approve(other, (BOB,), bench.shop())
    assert len(bench.journal.kept) == 1


@pytest.mark.invariant("I33")
@pytest.mark.parametrize("by", [(), (f"app@{PROJECT}.iam.gserviceaccount.com",), ("root",)])
def test_without_somebody_who_counts_nothing_begins(bench: Bench, facts: FakeFacts, by: tuple[str, ...]) -> None:
    with pytest.raises(Refused):
        approve(prepared(bench, facts), by, bench.shop())
    assert bench.journal.kept == {}


@pytest.mark.hazard("H11")
def test_whoever_was_refused_on_whose_behalf_or_who_gains_does_not_count(bench: Bench, facts: FakeFacts) -> None:
    entry = audit(permission="storage.objects.get", resource="projects/_/buckets/b", principal=EVE)
    chain = [{"firstPartyPrincipal": {"principalEmail": BOB}}]
    entry["protoPayload"]["authenticationInfo"]["serviceAccountDelegationInfo"] = chain
    told = prepared(bench, facts, entry)
    assert {EVE, BOB, f"user:{EVE}"} <= set(told.never)
    for one in (EVE, BOB, "EVE@example.com"):
        with pytest.raises(Refused, match="nobody approves for themselves"):
            approve(told, (ANN, one), bench.shop())
    assert approve(told, (ANN,), bench.shop())


def test_two_people_are_needed_for_what_is_of_tier_two(bench: Bench, facts: FakeFacts) -> None:
    told = prepared(bench, facts)
    stricter = replace(told, proposal=replace(told.proposal, tier="T2"))
    with pytest.raises(Refused, match="takes 2 different people"):
        approve(stricter, (ANN, ANN), bench.shop())
    with pytest.raises(Refused, match="whoever approves it"):
        approve(replace(told, proposal=replace(told.proposal, tier="T3")), (ANN, BOB), bench.shop())
    assert approve(stricter, (ANN, BOB), bench.shop())


# taking back


def test_an_undo_takes_back_everything_last_first(bench: Bench) -> None:
    fix = done(bench, GRANT, ACCESS)
    back = inverses(fix)
    assert [type(work) for work in back] == [Access, Revoke]
    assert back[0] == Access(
        machine=NAME, account=ACCESS.account, scopes=SCOPES, was=Attached(account=ACCESS.account, scopes=(PLATFORM,))
    )
    undone = bench.run(undo(fix.id, (ANN, BOB), bench.shop()))
    assert (undone.outcome, undone.opened.undo_of, undone.opened.approved_by) == (Outcome.UNDONE, fix.id, (ANN, BOB))
    assert bench.google.machines["vm-1"].now.scopes == SCOPES
    assert bench.google.policies[TOPIC].bindings == ()


def test_what_was_so_before_and_what_others_do_is_left_alone(bench: Bench) -> None:
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, bindings=(binding(GRANT.role, GRANT.member),), etag="e")
    fix = bench.run(bench.open(GRANT))
    assert fix.outcome is Outcome.NOTHING
    with pytest.raises(Refused, match=f"{fix.id} changed nothing that can be taken back"):
        undo(fix.id, (ANN,), bench.shop())


def test_a_fix_that_still_runs_is_not_taken_back(bench: Bench) -> None:
    fix = bench.open(GRANT)
    with pytest.raises(Refused, match=f"{fix} has not ended"):
        undo(fix, (ANN,), bench.shop())


def test_while_one_undo_runs_there_is_no_other_one(bench: Bench) -> None:
    fix = done(bench, GRANT)
    first = undo(fix.id, (ANN,), bench.shop())
    with pytest.raises(Refused, match=f"{first} has not ended"):
        undo(fix.id, (ANN,), bench.shop())


@pytest.mark.hazard("H45")
def test_what_was_taken_back_is_so_for_good_and_an_undo_is_not_undone(bench: Bench) -> None:
    fix = done(bench, GRANT)
    undone = bench.run(undo(fix.id, (ANN,), bench.shop()))
    with pytest.raises(Refused, match=f"{fix.id} was taken back by {undone.id}"):
        undo(fix.id, (ANN,), bench.shop())
    with pytest.raises(Refused, match=f"{undone.id} is itself an undo; to have its fix again: unforbid apply r-1"):
        undo(undone.id, (ANN,), bench.shop())


def test_an_undo_that_failed_may_be_tried_again_with_what_is_left(bench: Bench) -> None:
    fix = done(bench, GRANT, ACCESS)
    bench.google.faults["RemoveBinding"] = ["permissionDenied"]
    first = bench.run(undo(fix.id, (ANN, BOB), bench.shop()))
    assert first.outcome is Outcome.NEEDS_HUMAN
    assert [type(work) for work in to_undo(fix.id, bench.journal)] == [Revoke]
    second = bench.run(undo(fix.id, (ANN,), bench.shop()))
    assert (second.outcome, second.id != first.id) == (Outcome.UNDONE, True)
    assert bench.google.policies[TOPIC].bindings == ()


def test_another_interruption_takes_two_people_and_taking_access_away_one(bench: Bench) -> None:
    revoke = Revoke(resource=TOPIC, role=GRANT.role, member=GRANT.member)
    disable = Disable(project="projects/p", services=("x",), enabled_at=START)
    assert (tier_of_undo((revoke, disable)), tier_of_undo((revoke, ACCESS))) == ("T1", "T2")
    assert tier_of_undo((Recover(machine=NAME, machine_type="n2-standard-4"),)) == "T2"
    fix = done(bench, ACCESS)
    for by in ((), (ANN,), (ANN, "robot@p.iam.gserviceaccount.com")):
        with pytest.raises(Refused):
            undo(fix.id, by, bench.shop())
    assert len(bench.journal.kept) == 1


# carrying out


def test_it_is_worked_off_step_by_step_with_a_worker_each_and_the_waits_that_are_asked_for(bench: Bench) -> None:
    told: list[Fix] = []
    waited: list[timedelta] = []

    def wait(passed: timedelta) -> None:
        waited.append(passed)
        bench.turn_to(bench.clock.now() + passed)

    fix = work_off(
        bench.open(ACCESS, call=OriginalCall(principal=EVE, project="projects/p")), bench.shop, wait, told.append
    )
    assert (fix.outcome, told[-1]) == (Outcome.FIXED, fix)
    assert min(waited) >= timedelta()
    assert len(waited) == len(told) - 1
    assert len({one.worker for one in told}) == len(told)


# a task


def test_a_task_takes_its_fix_one_step_further(bench: Bench) -> None:
    fix = bench.open(GRANT)
    told = step(json.dumps({"fix": fix}).encode(), bench.shop())
    assert told == {
        "fix": fix, "run": "r-1", "state": "WRITTEN", "outcome": "goes on", "effect": "add_binding",
        "receipt": "changed", "chain": noted(bench),
    }  # fmt: skip
    assert len(bench.google.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"f-1"', b"{}", b'{"fix": 1}', b'{"fix": null}', b'{"fix": ["f-1"]}', b"\xff\xfe",
        b'{"fix": "f-none"}', b'{"fix": ""}', b'{"fix": "f-1", "step": 3}', b'{"fix": "' + b"f" * 10_000 + b'"}',
        b"[" * 100_000, b'{"fix":"\\ud800"}', b"\x00" * 5_000_000,
    ],
)  # fmt: skip
def test_what_is_no_task_is_recorded_as_such_and_not_asked_for_again(bench: Bench, body: bytes) -> None:
    told = step(body, bench.shop())
    assert (told["outcome"], told["severity"]) == ("not a task", "WARNING")
    assert len(str(told["reason"])) < 5_000
    assert bench.google.asked == []


def test_a_journal_that_is_gone_asks_for_the_task_again(bench: Bench) -> None:
    fix = bench.open(GRANT)
    bench.journal.fails = True
    with pytest.raises(StoreUnavailable):
        step(json.dumps({"fix": fix}).encode(), bench.shop())


def test_a_sweep_says_in_numbers_what_it_did_and_in_words_what_failed(bench: Bench) -> None:
    bench.open(GRANT)
    counts = {"started": 0, "ended": 0, "stepped": 1, "paused": 0, "open_approvals": 0}
    assert swept(bench.shop()) == {"outcome": "swept", **counts, "chain": noted(bench)}
    for number in range(7):
        bench.queue.put(f"f-{number}", START)
    told = swept(bench.shop())
    assert (told["severity"], told["failed"]) == ("ERROR", 7)
    assert isinstance(told["reasons"], list)
    assert len(told["reasons"]) == 5


def test_the_end_of_a_grant_needs_nobody_to_approve_it_again(bench: Bench) -> None:
    fix = done(bench, GRANT)
    bench.clock.at = GRANT.until
    swept(bench.shop())
    (end,) = [bench.fix(one) for one in bench.journal.kept if bench.fix(one).opened.undo_of == fix.id]
    assert end.opened.approved_by == (EXPIRY,)


def test_a_line_names_the_guard_that_holds_a_fix_back_and_at_its_end_how_long_it_took(bench: Bench) -> None:
    fix = bench.open(GRANT)
    task = json.dumps({"fix": fix}).encode()
    bench.guards.pause(Pause(scope=EVERYTHING, by="ann@example.com", why="an incident", at=START))
    assert step(task, bench.shop())["held"] == "stop"
    assert swept(bench.shop())["paused"] == 1
    bench.guards.resume(EVERYTHING)
    bench.turn_to(bench.fix(fix).due)
    told = step(task, bench.shop())
    assert ("held" in told, "took_seconds" in told) == (False, False)
    while "took_seconds" not in told:
        bench.turn_to(bench.fix(fix).due)
        told = step(task, bench.shop())
    now = bench.fix(fix)
    assert now.ended_at is not None
    assert told["took_seconds"] == (now.ended_at - now.opened_at).total_seconds() > 0


def test_a_sweep_is_done_also_while_the_guards_cannot_be_read(bench: Bench) -> None:
    bench.guards.unreadable = True
    told = swept(bench.shop())
    assert (told["severity"], told["not_counted"]) == ("ERROR", "the guards cannot be read")
