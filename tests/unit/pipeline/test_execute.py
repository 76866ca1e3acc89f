"""Carrying a fix out: claims, leases, intents and receipts, whatever dies in between and whoever else is at it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from fakes.cloud import LOST_REPLY, LOST_REQUEST, binding
from fakes.workshop import NAME, Bench, Crash

from shared.errors import LookFailed, NotAllowedToLook, StoreUnavailable
from shared.execution.fold import Fix
from shared.model.effect import AddBinding, RemoveBinding, Result
from shared.model.facts import Condition, Policy
from shared.model.items import ENDS
from shared.model.journal import Claimed, Closed, Intended, Moved, Opened, Outcome, Paged, Received, Tried
from shared.model.machine import PLATFORM
from shared.model.names import Role
from shared.model.outcomes import Outcomes
from shared.model.work import Access, Disable, Enable, Grant, OriginalCall, Revoke, Work
from shared.moves import MOVES
from shared.pipeline.execute import HELD_FOR, execute, open_fix

TOPIC, BUCKET = "//pubsub.googleapis.com/projects/p/topics/t", "//storage.googleapis.com/projects/_/buckets/b"
ROLE, ANN = Role("roles/pubsub.publisher"), "user:ann@example.com"
ACCESS = Access(machine=NAME, account="app@acme-shop.iam.gserviceaccount.com", scopes=(PLATFORM,))
CALL = OriginalCall(principal="ann@example.com", project="projects/p")
START = Bench().clock.now()
ENABLE = Enable(project="projects/p", service="iamcredentials.googleapis.com")
ENDS_AT = START + timedelta(hours=8)
CONDITION = Condition(title="unforbid r-1", expression='request.time < timestamp("2026-11-21T17:00:00Z")')


def grant(resource: str = TOPIC, **fields: Any) -> Grant:
    return Grant(**{"resource": resource, "role": ROLE, "member": ANN, "until": ENDS_AT, **fields})


def world() -> Bench:
    bench = Bench()
    bench.google.add()
    others = (
        binding(ROLE, "user:bob@example.com"),
        binding(ROLE, "user:eve@example.com", condition=Condition(title="x")),
    )
    for resource in (TOPIC, BUCKET):
        bench.google.policies[resource] = Policy(resource=resource, bindings=others, etag="e1", version=3)
    bench.google.services["projects/p"] = {"storage.googleapis.com"}
    bench.google.depends["iamcredentials.googleapis.com"] = {"iam.googleapis.com"}
    return bench


@pytest.fixture
def bench() -> Bench:
    return world()


def bodies(bench: Bench, fix: str) -> list[type]:
    return [type(line.body) for line in bench.journal.lines(fix)]


# opening


@pytest.mark.hazard("H26")
def test_the_same_approval_opened_twice_is_one_fix(bench: Bench) -> None:
    assert bench.open(grant()) == bench.open(grant())
    assert (len(bench.journal.kept), list(bench.queue.waiting)) == (1, [bench.open(grant())])


def test_another_plan_and_an_undo_are_other_fixes(bench: Bench) -> None:
    ids = {bench.open(grant()), bench.open(grant(), plan_hash="i"), bench.open(grant(), undo_of="f-1")}
    assert sorted(one[0] for one in ids) == ["f", "f", "u"]


# one invocation


@pytest.mark.invariant("I01")
def test_the_intent_is_kept_before_the_effect_and_the_receipt_after_it(bench: Bench) -> None:
    fix = bench.open(grant())
    execute(fix, bench.shop())
    assert bodies(bench, fix) == [Opened, Claimed, Intended, Received]
    order = [name for name in bench.points.passed if "Intended" in name or "AddBinding" in name or "Received" in name]
    assert order == [
        "before line Intended", "after line Intended", "before AddBinding", "after AddBinding",
        "before line Received", "after line Received",
    ]  # fmt: skip


def test_an_invocation_has_one_effect_at_most(bench: Bench) -> None:
    fix = bench.open(grant(), grant(BUCKET), ACCESS)
    while bench.fix(fix).outcome is None:
        before = len(bench.google.asked)
        now = execute(fix, bench.shop())
        assert len(bench.google.asked) - before <= 1
        bench.turn_to(max(now.due, bench.clock.now()))


def test_works_are_done_in_their_order_and_the_call_is_checked_last(bench: Bench) -> None:
    bench.google.seen = Outcomes(succeeded=(START + timedelta(minutes=2),))
    fix = bench.run(bench.open(ENABLE, grant(), call=CALL))
    assert [step.outcome for step in fix.steps] == [Outcome.OK, Outcome.OK, Outcome.FIXED]
    assert [type(effect).__name__ for effect in bench.google.done] == ["EnableApi", "AddBinding"]


def test_what_follows_a_step_that_was_refused_is_not_done(bench: Bench) -> None:
    bench.google.faults["EnableApi"] = ["forbidden"]
    fix = bench.run(bench.open(ENABLE, grant()))
    assert (fix.outcome, bench.google.done) == (Outcome.REFUSED, [])


@pytest.mark.hazard("H28")
def test_an_early_wake_up_does_nothing(bench: Bench) -> None:
    fix = bench.open(ACCESS)
    now = bench.run(fix, stop=lambda now: now.steps[0].state == "STOPPING")
    before = bench.journal.lines(fix)
    bench.queue.drop(fix)
    assert execute(fix, bench.shop()) == now
    assert (bench.journal.lines(fix), bench.queue.waiting) == (before, {fix: now.due})


@pytest.mark.hazard("H28")
def test_a_wake_up_after_the_end_does_nothing(bench: Bench) -> None:
    done = bench.run(bench.open(grant()))
    lines, asked = bench.journal.lines(done.id), len(bench.google.asked)
    bench.clock.turn(days=1)
    assert execute(done.id, bench.shop()) == done
    assert (bench.journal.lines(done.id), len(bench.google.asked)) == (lines, asked)


def test_a_fix_is_always_queued_until_it_has_ended(bench: Bench) -> None:
    fix = bench.open(grant(), ACCESS)
    while (now := execute(fix, bench.shop())).outcome is None:
        assert bench.queue.waiting[fix] == now.due
        bench.turn_to(now.due)
    assert fix not in bench.queue.waiting
    assert bench.journal.unfinished() == []


# claims


def test_a_claim_of_another_worker_is_respected_until_it_is_over(bench: Bench) -> None:
    fix = bench.open(grant())
    bench.points.happens[len(bench.points.passed) + 4] = crash
    with pytest.raises(Crash):
        execute(fix, bench.shop("one"))
    held = bench.fix(fix)
    assert (held.worker, held.held_until) == ("one", START + HELD_FOR)
    lines = len(bench.journal.lines(fix))
    bench.clock.turn(seconds=119)
    assert execute(fix, bench.shop("two")).lines == lines
    assert bench.queue.waiting[fix] == START + HELD_FOR
    bench.clock.turn(seconds=1)
    assert execute(fix, bench.shop("two")).worker == "two"
    assert bench.fix(fix).generation == 2


def crash() -> None:
    raise Crash


def test_of_two_workers_that_claim_at_once_one_goes_on(bench: Bench) -> None:
    """The second comes after the first has read the journal, and before it has written its claim."""
    fix = bench.open(grant())
    between = len(bench.points.passed)
    bench.points.happens[between] = lambda: execute(fix, bench.shop("fast"))
    execute(fix, bench.shop("slow"))
    claims = [line.body.worker for line in bench.journal.lines(fix) if isinstance(line.body, Claimed)]
    assert claims == ["fast"]
    assert len(bench.google.asked) == 1


@pytest.mark.hazard("H26")
@pytest.mark.invariant("I09")
@pytest.mark.parametrize("moment", range(24))
def test_two_workers_at_any_moment_have_each_effect_once(moment: int) -> None:
    bench = world()
    fix = bench.open(grant(), ACCESS)
    bench.points.happens[len(bench.points.passed) + 3 * moment] = lambda: execute(fix, bench.shop("other"))
    done = bench.run(fix)
    assert [step.outcome for step in done.steps[:2]] == [Outcome.OK, Outcome.OK]
    assert [type(effect).__name__ for effect in bench.google.done] == [
        "AddBinding", "StopMachine", "SetAccess", "StartMachine",
    ]  # fmt: skip


@pytest.mark.hazard("H27")
@pytest.mark.invariant("I09")
def test_a_worker_that_was_overtaken_stops_before_its_effect(bench: Bench) -> None:
    """It falls asleep after its claim; when it wakes up, another one has done the work."""
    fix = bench.open(grant())

    def asleep() -> None:
        bench.clock.turn(minutes=3)
        execute(fix, bench.shop("other"))

    passed = len(bench.points.passed)
    bench.points.happens[passed + 3] = asleep  # before the intent of the first
    execute(fix, bench.shop("sleeper"))
    assert len(bench.google.asked) == 1
    assert [line.body.worker for line in bench.journal.lines(fix) if isinstance(line.body, Claimed)] == [
        "sleeper",
        "other",
    ]


@pytest.mark.hazard("H27")
@pytest.mark.invariant("I09")
def test_a_worker_whose_claim_is_over_has_no_effect_any_more(bench: Bench) -> None:
    """It falls asleep between its intent and its effect: then the claim may be another's."""
    fix = bench.open(grant())
    state = {"asleep": False}

    def sleep_after_intent() -> None:
        state["asleep"] = True
        bench.clock.turn(minutes=3)

    passed = len(bench.points.passed)
    names = names_of_one_invocation(bench, fix)
    bench.points.happens[passed + names.index("after line Intended")] = sleep_after_intent
    execute(fix, bench.shop("sleeper"))
    assert state["asleep"]
    assert bench.google.asked == []
    assert bench.run(fix).steps[0].outcome is Outcome.OK
    assert len(bench.google.done) == 1


def names_of_one_invocation(bench: Bench, fix: str) -> list[str]:
    """The moments that an invocation passes, told in a world of its own."""
    other = world()
    opened = bench.journal.lines(fix)[0].body
    assert isinstance(opened, Opened)
    twin = open_fix(opened, other.journal, other.queue, other.clock.now())
    begins = len(other.points.passed)
    execute(twin, other.shop())
    return other.points.passed[begins:]


# leases


def test_two_fixes_are_never_at_one_target(bench: Bench) -> None:
    one, two = bench.open(ACCESS), bench.open(ACCESS, plan_hash="other")
    bench.run(one, stop=lambda now: now.steps[0].state == "STOPPING")
    waiting = execute(two, bench.shop())
    assert (waiting.steps[0].state, waiting.steps[0].effects) == ("PRECHECK", ())
    assert isinstance(bench.journal.lines(two)[-1].body, Tried)
    assert "another fix is at" in bench.journal.lines(two)[-1].body.why
    bench.run(one)
    assert bench.run(two).outcome is Outcome.NOTHING


def test_fixes_that_need_the_same_targets_in_another_order_do_not_wait_for_each_other(bench: Bench) -> None:
    """The second comes when the first has one target and not yet the other."""
    one, two = bench.open(grant(), grant(BUCKET)), bench.open(grant(BUCKET), grant(), plan_hash="other")
    leases = [at for at, name in enumerate(names_of_one_invocation(bench, one)) if name == "before a lease is taken"]
    bench.points.happens[len(bench.points.passed) + leases[1]] = lambda: execute(two, bench.shop())
    ended: set[str] = set()
    for _ in range(400):
        ended |= {fix for fix in (one, two) if execute(fix, bench.shop()).outcome is not None}
        bench.clock.turn(seconds=30)
    assert ended == {one, two}


def test_whoever_waits_too_long_for_a_target_calls_somebody_once(bench: Bench) -> None:
    bench.journal.take_lease(TOPIC, "f-other", START + timedelta(hours=9), START)
    fix = bench.open(grant())
    now = bench.run(fix, hours=2)
    assert (now.outcome, bench.google.asked) == (None, [])
    assert bench.pages(fix) == ["PRECHECK of grant has passed its deadline"]


def test_the_lease_of_a_fix_that_was_forgotten_runs_out(bench: Bench) -> None:
    bench.journal.take_lease(TOPIC, "f-forgotten", START + timedelta(hours=7), START)
    assert bench.run(bench.open(grant()), hours=10).steps[0].outcome is Outcome.OK


# what fails


def test_a_question_without_an_answer_is_asked_again_ever_more_seldom(bench: Bench) -> None:
    bench.google.faults["policy"] = ["slow"] * 8
    fix = bench.run(bench.open(grant()))
    assert fix.steps[0].outcome is Outcome.OK
    lines = bench.journal.lines(fix.id)
    waits = [(line.body.due - line.at).total_seconds() for line in lines if isinstance(line.body, Tried)]
    assert waits == [2, 5, 15, 30, 60, 120, 120, 120]


@pytest.mark.invariant("I10")
def test_a_deadline_calls_somebody_once_and_the_work_goes_on(bench: Bench) -> None:
    bench.google.faults["policy"] = ["slow"] * 60
    fix = bench.run(bench.open(grant()), hours=3)
    assert bench.pages(fix.id) == ["PRECHECK of grant has passed its deadline"]
    assert fix.steps[0].outcome is Outcome.OK


def test_the_second_step_has_its_own_time(bench: Bench) -> None:
    """The time of a state begins when it is entered, not when the fix was opened."""
    bench.google.machines["vm-1"].stop_takes = timedelta(minutes=9)
    assert bench.pages(bench.run(bench.open(ACCESS, grant())).id) == []


def test_a_question_that_is_refused_before_anything_was_done_is_an_end(bench: Bench) -> None:
    bench.google.blind["policy"] = NotAllowedToLook("pubsub.topics.getIamPolicy", TOPIC, "no")
    fix = bench.run(bench.open(grant()))
    assert (fix.outcome, bench.google.asked) == (Outcome.REFUSED, [])
    assert "pubsub.topics.getIamPolicy" in fix.why


def test_a_question_that_is_refused_after_something_was_done_calls_somebody_once_and_is_asked_again(
    bench: Bench,
) -> None:
    fix = bench.open(grant())
    execute(fix, bench.shop())
    bench.google.blind["policy"] = NotAllowedToLook("pubsub.topics.getIamPolicy", TOPIC, "no")
    now = bench.run(fix, hours=4)
    assert (now.outcome, len(bench.pages(fix))) == (None, 1)
    waits = [
        (line.body.due - line.at).total_seconds() for line in bench.journal.lines(fix) if isinstance(line.body, Tried)
    ]
    assert waits[-1] == 3_600
    bench.google.blind.clear()
    assert bench.run(fix).steps[0].outcome is Outcome.OK


@pytest.mark.parametrize("fault", [LOST_REQUEST, LOST_REPLY])
def test_an_effect_of_unknown_outcome_is_done_again_and_is_ours(bench: Bench, fault: str) -> None:
    bench.google.faults["AddBinding"] = [fault] * 3
    fix = bench.run(bench.open(grant()))
    assert fix.steps[0].outcome is Outcome.OK
    assert [type(effect) for effect in bench.google.done] == [AddBinding]
    assert MOVES[Grant].inverse(grant(), fix.steps[0]) is not None


def test_a_grant_of_unknown_outcome_is_not_made_again_after_its_end(bench: Bench) -> None:
    """Its revocation has been there already: a topic takes no condition that would end it by itself."""
    bench.google.faults["AddBinding"] = [LOST_REQUEST]
    fix = bench.open(grant())
    execute(fix, bench.shop())
    bench.clock.turn(hours=9)
    done = bench.run(fix)
    assert (done.outcome, bench.google.done) == (Outcome.FAILED, [])
    assert done.steps[0].effects[0].receipt is not None
    assert done.steps[0].effects[0].receipt.result is Result.UNKNOWN


def test_a_grant_whose_reply_was_lost_until_after_its_end_is_still_ours_to_take_back(bench: Bench) -> None:
    bench.google.faults["AddBinding"] = [LOST_REPLY]
    fix = bench.open(grant())
    execute(fix, bench.shop())
    assert MOVES[Grant].inverse(grant(), bench.fix(fix).steps[0]) is not None
    bench.clock.turn(hours=9)
    done = bench.run(fix)
    assert MOVES[Grant].inverse(grant(), done.steps[0]) == Revoke(resource=TOPIC, role=ROLE, member=ANN)


@pytest.mark.invariant("I07")
def test_the_end_of_a_grant_is_queued_before_it_is_made(bench: Bench) -> None:
    fix = bench.open(grant())
    names = names_of_one_invocation(bench, fix)
    assert names.index("before it is queued") < names.index("before line Intended")
    execute(fix, bench.shop())
    assert bench.queue.waiting[f"{ENDS}{fix}"] == ENDS_AT


def test_a_journal_that_is_gone_stops_everything_and_the_fix_stays_due(bench: Bench) -> None:
    fix = bench.open(grant())
    bench.journal.fails = True
    with pytest.raises(StoreUnavailable):
        execute(fix, bench.shop())
    assert (bench.google.asked, bench.queue.waiting[fix]) == ([], START)


def test_a_journal_that_is_gone_after_the_effect_has_it_done_once(bench: Bench) -> None:
    fix = bench.open(grant())
    names = names_of_one_invocation(bench, fix)

    def take_away() -> None:
        bench.journal.fails = True

    bench.points.happens[len(bench.points.passed) + names.index("after AddBinding")] = take_away
    with pytest.raises(StoreUnavailable):
        execute(fix, bench.shop())
    bench.journal.fails = False
    assert bench.run(fix).steps[0].outcome is Outcome.OK
    assert len(bench.google.done) == 1


@pytest.mark.invariant("I20")
def test_a_defect_in_deciding_has_no_effect(bench: Bench) -> None:
    class BrokenError(Exception):
        pass

    bench.google.blind["policy"] = BrokenError()
    with pytest.raises(BrokenError):
        execute(bench.open(grant()), bench.shop())
    assert bench.google.asked == []


def test_who_needs_a_person_calls_one(bench: Bench) -> None:
    bench.google.machines["vm-1"].boots = False
    fix = bench.run(bench.open(ACCESS))
    assert (fix.outcome, fix.why in bench.pages(fix.id)) == (Outcome.NEEDS_HUMAN, True)


def test_the_same_words_call_somebody_once(bench: Bench) -> None:
    bench.google.machines["vm-1"].no_room = True
    fix = bench.open(ACCESS)
    bench.run(fix, hours=5)
    assert len(bench.pages(fix)) == len(set(bench.pages(fix))) == 1


# death, at every moment


WORKS: dict[str, tuple[Work, ...]] = {
    "grant": (grant(),),
    "grant with an end": (grant(BUCKET, condition=CONDITION),),
    "revoke": (Revoke(resource=TOPIC, role=ROLE, member="user:bob@example.com"),),
    "enable": (ENABLE,),
    "disable": (Disable(project="projects/p", services=("storage.googleapis.com",), enabled_at=START),),
    "access": (ACCESS,),
    "all": (ENABLE, grant(), ACCESS),
}


def state_of(bench: Bench) -> tuple[Any, ...]:
    machine = bench.google.machines["vm-1"].now
    bindings = {
        resource: {(one.role, member, one.condition) for one in policy.bindings for member in one.members}
        for resource, policy in bench.google.policies.items()
    }
    return bindings, bench.google.services, (machine.status, machine.account, machine.scopes)


@cache
def undisturbed(name: str) -> tuple[Bench, Fix, int]:
    """A run in which nobody dies, and how many moments it has."""
    bench = world()
    fix = bench.open(*WORKS[name])
    begins = len(bench.points.passed)
    return bench, bench.run(fix), len(bench.points.passed) - begins


def died(name: str, moment: int, arrange: Callable[[Bench], None] = lambda _: None) -> tuple[Bench, Fix]:
    bench = world()
    arrange(bench)
    fix = bench.open(*WORKS[name])
    bench.points.dies_at = len(bench.points.passed) + moment
    return bench, bench.run(fix)


@pytest.mark.parametrize("name", WORKS)
def test_whenever_a_worker_dies_the_next_one_brings_it_to_the_same_end(name: str) -> None:
    alone, ended, moments = undisturbed(name)
    assert moments > 20
    for moment in range(moments):
        bench, fix = died(name, moment)
        assert (fix.outcome, [step.outcome for step in fix.steps]) == (
            ended.outcome,
            [step.outcome for step in ended.steps],
        ), moment
        assert state_of(bench) == state_of(alone), moment


@pytest.mark.invariant("I09")
@pytest.mark.parametrize("name", WORKS)
def test_whenever_a_worker_dies_no_effect_is_had_twice(name: str) -> None:
    alone, _, moments = undisturbed(name)
    wanted = [type(effect).__name__ for effect in alone.google.done]
    assert wanted
    for moment in range(moments):
        bench, _ = died(name, moment)
        assert [type(effect).__name__ for effect in bench.google.done] == wanted, moment
        assert bench.google.machines["vm-1"].done("us", "status", "STOPPING") <= 1


@pytest.mark.parametrize("name", ["grant", "access"])
def test_whoever_dies_at_a_moment_of_every_worker_s_is_outlived(name: str) -> None:
    """Each of the first ten workers dies one moment later than the one before."""
    alone, ended, _ = undisturbed(name)
    bench = world()
    fix = bench.open(*WORKS[name])
    for turn in range(10):
        bench.points.dies_at = len(bench.points.passed) + turn
        bench.run(fix, stop=lambda _: bench.points.dies_at is None)
    done = bench.run(fix)
    assert (done.outcome, state_of(bench)) == (ended.outcome, state_of(alone))


@pytest.mark.invariant("I01")
@pytest.mark.parametrize("name", WORKS)
def test_before_every_effect_there_is_an_intent_on_disk_that_says_how_to_go_back(name: str) -> None:
    bench, fix, _ = undisturbed(name)
    intents = [line.body for line in bench.journal.lines(fix.id) if isinstance(line.body, Intended)]
    assert [intent.effect for intent in intents] == bench.google.asked
    inverse = {"StartMachine"}
    assert [type(one.effect).__name__ for one in intents if one.inverse is None] == [
        type(one.effect).__name__ for one in intents if type(one.effect).__name__ in inverse
    ]


@pytest.mark.parametrize("name", ["grant", "grant with an end", "enable", "access", "all"])
def test_undone_everything_is_as_before_and_what_is_others_stays(name: str) -> None:
    before = state_of(world())
    bench, fix, _ = undisturbed(name)
    bench = world()
    fix = bench.run(bench.open(*WORKS[name]))
    assert state_of(bench) != before
    steps = zip(reversed(fix.opened.works), reversed(fix.steps[:-1]), strict=True)
    back = [MOVES[type(work)].inverse(work, step) for work, step in steps]
    undone = bench.run(bench.open(*(work for work in back if work is not None), undo_of=fix.id))
    assert (undone.outcome, state_of(bench)) == (Outcome.UNDONE, before)


def test_others_bindings_are_never_touched_whenever_a_worker_dies() -> None:
    _, _, moments = undisturbed("grant")
    for moment in range(moments):
        bench, _ = died("grant", moment)
        bindings, _, _ = state_of(bench)
        assert (ROLE, "user:bob@example.com", None) in bindings[TOPIC]
        assert (ROLE, "user:eve@example.com", Condition(title="x")) in bindings[TOPIC]
        assert not [effect for effect in bench.google.done if isinstance(effect, RemoveBinding)]


def test_every_moment_of_a_run_has_been_a_last_one() -> None:
    """What the tests above go through: around each line and each effect, and before each look."""
    bench, fix, _ = undisturbed("all")
    passed = set(bench.points.passed)
    kinds = {type(line.body).__name__ for line in bench.journal.lines(fix.id)} - {"Opened"}
    assert {f"{when} line {kind}" for when in ("before", "after") for kind in kinds} <= passed
    effects = {type(effect).__name__ for effect in bench.google.asked}
    assert {f"{when} {effect}" for when in ("before", "after") for effect in effects} <= passed
    assert {Closed.__name__, Moved.__name__} <= kinds
    assert not [line for line in bench.journal.lines(fix.id) if isinstance(line.body, Paged)]


def test_looking_fails_in_words_that_say_what_and_why(bench: Bench) -> None:
    bench.google.blind["policy"] = LookFailed("read the policy", TOPIC, "too slow")
    fix = bench.open(grant())
    execute(fix, bench.shop())
    assert bench.journal.lines(fix)[-1].body.why == f"could not read the policy of {TOPIC}: too slow"


def test_time_is_read_from_the_clock_that_is_passed_in(bench: Bench) -> None:
    moments: list[datetime] = [line.at for line in bench.journal.lines(bench.run(bench.open(grant())).id)]
    assert min(moments) == START
    assert moments == sorted(moments)
