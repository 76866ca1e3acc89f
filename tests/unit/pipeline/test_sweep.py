"""The sweep: what is due is done, grants end, machines come back; one item that fails keeps no other from its turn."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from fakes.cloud import LOST_REPLY, LOST_REQUEST, binding
from fakes.workshop import NAME, Bench, Crash

from shared.errors import NotAllowedToLook, StoreUnavailable
from shared.execution.fold import Fix
from shared.model.effect import AddBinding, RemoveBinding, StartMachine
from shared.model.facts import Condition, Policy
from shared.model.items import ENDS
from shared.model.journal import Closed, Intended, Line, Outcome, Seen
from shared.model.machine import PLATFORM
from shared.model.names import Role
from shared.model.outcomes import Outcomes
from shared.model.work import Access, Grant, OriginalCall, Revoke
from shared.pipeline.sweep import AGAIN, EXPIRY, LASTS, LOST_AFTER, MOST_AT_ONCE, SOON, WATCHED_FOR, Swept, sweep
from shared.pipeline.take_back import inverses, still_ours, undos

TOPIC, BUCKET = "//pubsub.googleapis.com/projects/p/topics/t", "//storage.googleapis.com/projects/_/buckets/b"
ROLE, ANN = Role("roles/pubsub.publisher"), "user:ann@example.com"
START = Bench().clock.now()
OVER = START + timedelta(hours=1)
GRANT = Grant(resource=TOPIC, role=ROLE, member=ANN, until=OVER)
CONDITION = Condition(title="unforbid r-1", expression='request.time < timestamp("2026-11-21T10:00:00Z")')
CONDITIONAL = Grant(resource=BUCKET, role=ROLE, member=ANN, until=OVER, condition=CONDITION)
ACCESS = Access(machine=NAME, account="app@acme-shop.iam.gserviceaccount.com", scopes=(PLATFORM,))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.google.add()
    for resource in (TOPIC, BUCKET):
        policy = Policy(resource=resource, bindings=(binding(ROLE, "user:bob@example.com"),), etag="e", version=3)
        bench.google.policies[resource] = policy
    bench.google.seen = Outcomes(succeeded=tuple(START + timedelta(seconds=30 * at) for at in range(1, 100)))
    return bench


def opened(bench: Bench, *works: Any, **more: Any) -> str:
    call = OriginalCall(principal="ann@example.com", project="projects/p")
    return bench.open(*works, **{"call": call, **more})


def sweeps(bench: Bench, until: datetime | None = None, every: timedelta = MINUTE) -> list[Swept]:
    """Sweep now, and then every so often until a time."""
    told = []
    while True:
        bench.google.settle()
        told.append(sweep(bench.shop(), bench.clock.now()))
        if until is None or bench.clock.now() >= until:
            return told
        bench.clock.at += every


def members(bench: Bench, resource: str) -> list[str]:
    return [one for each in bench.google.policies[resource].bindings for one in each.members]


def machine(bench: Bench) -> Any:
    return bench.google.machines["vm-1"]


def granted(bench: Bench, *works: Any, **more: Any) -> Fix:
    fix = opened(bench, *(works or (GRANT,)), **more)
    sweeps(bench, START + 10 * MINUTE)
    assert bench.fix(fix).outcome is Outcome.FIXED
    return bench.fix(fix)


# what is due


def test_a_fix_is_carried_out_by_sweeping_alone(bench: Bench) -> None:
    fix = opened(bench, GRANT, ACCESS)
    told = sweeps(bench, START + 30 * MINUTE)
    assert bench.fix(fix).outcome is Outcome.FIXED
    assert sum(one.stepped for one in told) > 5
    assert {one.failed for one in told} == {()}


def test_nothing_due_is_nothing_done(bench: Bench) -> None:
    assert sweeps(bench) == [Swept()]
    fix = granted(bench)
    before = len(bench.google.calls)
    assert sweeps(bench, OVER - MINUTE) == [Swept()] * 50
    assert (len(bench.google.calls), bench.fix(fix.id)) == (before, fix)


def test_a_fix_that_fell_out_of_every_queue_is_gone_on_with(bench: Bench) -> None:
    fix = opened(bench, GRANT)
    sweeps(bench)
    bench.queue.waiting.clear()
    bench.clock.at += LOST_AFTER - MINUTE
    assert sweeps(bench) == [Swept()]
    bench.clock.at += MINUTE
    assert sweeps(bench)[0].stepped == 1
    assert bench.fix(fix).lines > 4


def test_a_fix_that_ended_as_its_worker_died_lets_go_of_its_targets(bench: Bench) -> None:
    fix = granted(bench)
    bench.journal.open.append(fix.id)
    bench.journal.leases[TOPIC] = (fix.id, OVER + timedelta(hours=7))
    sweeps(bench)
    assert bench.journal.unfinished() == []
    assert bench.journal.leases == {}


# one that fails


def test_a_fix_whose_journal_cannot_be_read_is_named_and_the_others_have_their_turn(bench: Bench) -> None:
    broken, well = opened(bench, GRANT, plan_hash="broken"), opened(bench, CONDITIONAL)
    bench.journal.kept[broken][0] = Line(
        fix=broken, number=0, at=START, generation=0, body=Seen(step=0, what="", value="")
    )
    told = sweeps(bench, START + 10 * MINUTE)
    assert bench.fix(well).outcome is Outcome.FIXED
    assert all(any(one.startswith(f"{broken}: ValueError: ") for one in each.failed) for each in told)


def test_a_store_that_fails_for_one_fix_does_not_stop_the_sweep(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, well = opened(bench, GRANT, plan_hash="bad"), opened(bench, CONDITIONAL)
    append = bench.journal.append

    def failing(line: Line) -> None:
        if line.fix == bad:
            raise StoreUnavailable("its disk is full")
        append(line)

    monkeypatch.setattr(bench.journal, "append", failing)
    (told,) = sweeps(bench)
    assert told.failed == (f"{bad}: StoreUnavailable: its disk is full",)
    assert (told.stepped, bench.fix(well).lines > 1) == (1, True)
    assert bench.queue.waiting[bad] == START + SOON


def test_what_failed_has_its_turn_again_after_the_others(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = opened(bench, GRANT)
    sweeps(bench)
    append = bench.journal.append
    monkeypatch.setattr(bench.journal, "append", lambda _: (_ for _ in ()).throw(StoreUnavailable("gone")))
    assert sweeps(bench)[0].failed
    monkeypatch.setattr(bench.journal, "append", append)
    assert sweeps(bench) == [Swept()]
    bench.clock.at += SOON
    assert sweeps(bench)[0].stepped == 1
    assert bench.fix(bad).lines > 4


def test_a_fix_that_was_opened_as_its_process_died_is_gone_on_with_at_once(bench: Bench) -> None:
    fix = opened(bench, GRANT)
    bench.queue.waiting.clear()
    assert sweeps(bench)[0].stepped == 1
    assert bench.fix(fix).lines > 1


def test_an_item_that_names_no_fix_is_named_once_and_gone(bench: Bench) -> None:
    bench.queue.put("f-of-nobody", START)
    bench.queue.put(f"{ENDS}f-of-nobody", START)
    assert sweeps(bench)[0].failed == ("f-of-nobody: NotFound: f-of-nobody",)
    assert (sweeps(bench), bench.queue.waiting) == ([Swept()], {})


def test_a_journal_that_is_gone_is_said_by_the_sweep_itself(bench: Bench) -> None:
    opened(bench, GRANT)
    bench.journal.fails = True
    with pytest.raises(StoreUnavailable):
        sweeps(bench)


def test_a_worker_that_is_killed_is_not_a_failure_of_one_item(bench: Bench) -> None:
    opened(bench, GRANT)
    bench.points.dies_at = len(bench.points.passed) + 3
    with pytest.raises(Crash):
        sweeps(bench)


def test_a_sweep_does_only_so_much_and_the_next_one_the_rest(bench: Bench) -> None:
    for number in range(MOST_AT_ONCE + 7):
        opened(bench, plan_hash=f"{number}")
    assert [one.stepped for one in (*sweeps(bench), *sweeps(bench))] == [MOST_AT_ONCE, 7]


def test_a_sweep_ends_in_time_however_slow_google_is(bench: Bench) -> None:
    for number in range(9):
        opened(bench, GRANT, plan_hash=f"{number}")
    began = bench.clock.now()
    slow = bench.journal.reach
    bench.journal.reach = lambda name: (
        bench.clock.turn(seconds=20) if name == "before line Claimed" else None,
        slow(name),
    )[1]
    told = sweep(bench.shop(), began)
    assert 1 <= told.stepped <= 3
    assert bench.clock.now() - began <= LASTS + timedelta(seconds=20)


# grants whose time is over


@pytest.mark.parametrize("work", [GRANT, CONDITIONAL])
def test_a_grant_is_taken_back_when_its_time_is_over_and_nothing_else_is(bench: Bench, work: Grant) -> None:
    fix = granted(bench, work)
    before = members(bench, work.resource)
    sweeps(bench, OVER - MINUTE)
    assert members(bench, work.resource) == before
    told = sweeps(bench, OVER + 5 * MINUTE)
    assert members(bench, work.resource) == ["user:bob@example.com"]
    assert sum(one.ended for one in told) == 1
    (undo,) = undos(fix, bench.journal)
    assert (undo.opened.approved_by, undo.outcome, bench.queue.waiting) == ((EXPIRY,), Outcome.UNDONE, {})


def test_after_a_day_in_which_nothing_of_ours_ran_it_still_ends_first_thing(bench: Bench) -> None:
    granted(bench)
    bench.clock.turn(days=1)
    sweeps(bench, bench.clock.now() + 3 * MINUTE)
    assert members(bench, TOPIC) == ["user:bob@example.com"]


@pytest.mark.hazard("H37")
@pytest.mark.invariant("I31")
def test_what_a_person_took_back_is_not_ended_again(bench: Bench) -> None:
    fix = granted(bench)
    bench.run(bench.open(*inverses(fix), undo_of=fix.id, run=fix.opened.run))
    told = sweeps(bench, OVER + 5 * MINUTE)
    assert (sum(one.ended for one in told), bench.queue.waiting) == (0, {})
    assert len(undos(fix, bench.journal)) == 1


def test_what_was_there_before_us_does_not_end(bench: Bench) -> None:
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, bindings=(binding(ROLE, ANN),), etag="e", version=3)
    fix = opened(bench, GRANT)
    bench.queue.put(f"{ENDS}{fix}", OVER)
    told = sweeps(bench, OVER + 5 * MINUTE)
    assert members(bench, TOPIC) == [ANN]
    assert (sum(one.ended for one in told), bench.queue.waiting) == (0, {})


@pytest.mark.hazard("H28")
def test_a_wake_up_before_the_end_ends_nothing(bench: Bench) -> None:
    fix = granted(bench)
    bench.queue.put(f"{ENDS}{fix.id}", bench.clock.now())
    assert sweeps(bench)[0].ended == 0
    assert ANN in members(bench, TOPIC)
    assert bench.queue.waiting[f"{ENDS}{fix.id}"] == OVER


def test_only_the_grant_of_a_fix_ends_not_the_machine_it_changed(bench: Bench) -> None:
    fix = opened(bench, GRANT, ACCESS)
    sweeps(bench, START + 30 * MINUTE)
    scopes = machine(bench).now.scopes
    assert {type(work) for work in inverses(bench.fix(fix))} == {Revoke, Access}
    sweeps(bench, OVER + 10 * MINUTE)
    assert (members(bench, TOPIC), machine(bench).now.scopes) == (["user:bob@example.com"], scopes)


def test_a_revocation_that_google_refuses_calls_somebody_and_is_tried_again_until_it_is_done(bench: Bench) -> None:
    fix = granted(bench)
    bench.google.faults["RemoveBinding"] = ["permissionDenied", "permissionDenied"]
    sweeps(bench, OVER + 5 * MINUTE)
    (first,) = undos(fix, bench.journal)
    assert (first.outcome, len(bench.pages(first.id))) == (Outcome.NEEDS_HUMAN, 1)
    sweeps(bench, OVER + AGAIN - MINUTE)
    assert len(undos(fix, bench.journal)) == 1
    sweeps(bench, OVER + 3 * AGAIN)
    assert members(bench, TOPIC) == ["user:bob@example.com"]
    ends = sorted(one.outcome.value for one in undos(fix, bench.journal) if one.outcome)
    assert (ends, bench.queue.waiting) == (["needs_human", "needs_human", "undone"], {})


@pytest.mark.parametrize("fault", [LOST_REQUEST, LOST_REPLY])
def test_a_revocation_without_an_answer_is_done_once(bench: Bench, fault: str) -> None:
    granted(bench)
    bench.google.faults["RemoveBinding"] = [fault]
    sweeps(bench, OVER + 10 * MINUTE)
    assert members(bench, TOPIC) == ["user:bob@example.com"]
    assert sum(1 for one in bench.google.done if isinstance(one, RemoveBinding)) == 1


def test_a_grant_whose_write_was_never_answered_is_ended_as_well(bench: Bench) -> None:
    fix = opened(bench, GRANT)
    bench.google.faults["AddBinding"] = [LOST_REPLY, *[LOST_REQUEST] * 500]
    sweeps(bench, START + 5 * MINUTE)
    assert bench.fix(fix).steps[0].pending is not None
    assert ANN in members(bench, TOPIC)
    sweeps(bench, OVER + 40 * MINUTE)
    assert members(bench, TOPIC) == ["user:bob@example.com"]


def test_wherever_a_sweep_dies_while_a_grant_ends_the_next_one_ends_it_once(bench: Bench) -> None:
    for moment in range(60):
        world = Bench()
        world.google.policies[TOPIC] = Policy(
            resource=TOPIC, bindings=(binding(ROLE, "user:bob@example.com"),), etag="e"
        )
        world.google.seen = bench.google.seen
        granted(world)
        world.clock.at = OVER
        world.points.dies_at = len(world.points.passed) + moment
        try:
            sweeps(world, OVER + 3 * MINUTE)
        except Crash:
            sweeps(world, OVER + 10 * MINUTE)
        assert members(world, TOPIC) == ["user:bob@example.com"], moment
        assert sum(1 for one in world.google.done if isinstance(one, RemoveBinding)) == 1
        assert world.queue.waiting == {}, moment


# machines that we left stopped


def stopped(bench: Bench) -> str:
    """A fix whose machine stands still, and whose executor is gone for good."""
    fix = bench.run(opened(bench, ACCESS), stop=lambda now: now.steps[0].state == "SETTING").id
    bench.queue.waiting.clear()
    bench.google.settle()
    assert machine(bench).now.status == "TERMINATED"
    return fix


def overdue(bench: Bench, fix: str) -> None:
    """The step's deadline is over; and nobody but the watchdog may touch the machine."""
    deadline = bench.fix(fix).step.deadline
    assert deadline is not None
    bench.clock.at = deadline + timedelta(seconds=1)
    bench.journal.open = []


def test_a_machine_left_stopped_is_started_and_the_journal_says_so_before_it_happens(bench: Bench) -> None:
    fix = stopped(bench)
    overdue(bench, fix)
    began = len(bench.points.passed)
    assert sweeps(bench)[0].started == 1
    order = [one for one in bench.points.passed[began:] if "Start" in one or "line Seen" in one]
    assert order == ["before line Seen", "after line Seen", "before StartMachine", "after StartMachine"]
    bench.clock.turn(seconds=30)
    sweeps(bench)
    assert machine(bench).now.status == "RUNNING"
    assert bench.fix(fix).steps[0].seen["running"] == "yes"


def test_a_fix_that_the_watchdog_was_quicker_than_says_so_and_not_that_somebody_was(bench: Bench) -> None:
    fix = opened(bench, ACCESS)
    bench.run(fix, stop=lambda now: now.steps[0].state == "STOPPING")
    bench.queue.waiting.clear()
    overdue(bench, fix)
    sweeps(bench)
    bench.clock.turn(minutes=1)
    now = bench.run(fix)
    assert (now.outcome, now.why.partition("; ")[0]) == (
        Outcome.FAILED,
        "our watchdog started it again right after it had stopped",
    )


def test_before_the_deadline_the_machine_is_the_executors(bench: Bench) -> None:
    fix = stopped(bench)
    deadline = bench.fix(fix).step.deadline
    assert deadline is not None
    bench.clock.at = deadline
    bench.journal.open = []
    assert sweeps(bench) == [Swept()]


def test_where_the_journal_cannot_say_so_no_machine_is_started(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    overdue(bench, stopped(bench))
    monkeypatch.setattr(bench.journal, "append", lambda _: (_ for _ in ()).throw(StoreUnavailable("full")))
    assert sweeps(bench)[0].failed
    assert [one for one in bench.google.asked if isinstance(one, StartMachine)] == []


def test_one_machine_that_cannot_be_looked_at_does_not_keep_another_one_stopped(bench: Bench) -> None:
    fix = stopped(bench)
    overdue(bench, fix)
    bench.google.blind["machine"] = NotAllowedToLook("compute.instances.get", "vm-1", "refused")
    well = opened(bench, CONDITIONAL, plan_hash="other")
    told = sweeps(bench)[0]
    assert told.started == 0
    assert told.failed[0].startswith(f"{fix}: NotAllowedToLook: ")
    assert (told.stepped, bench.fix(well).lines > 1) == (1, True)
    assert bench.pages(fix) == [
        "vm-1 may be stopped, and cannot be looked at: not allowed to look: compute.instances.get is missing on vm-1: refused"
    ]
    sweeps(bench)
    assert len(bench.pages(fix)) == 1


def test_where_google_refuses_the_start_somebody_is_called_once(bench: Bench) -> None:
    fix = stopped(bench)
    overdue(bench, fix)
    bench.google.faults["StartMachine"] = ["permissionDenied"] * 9
    told = sweeps(bench, bench.clock.now() + 30 * MINUTE, every=5 * MINUTE)
    assert sum(one.started for one in told) == 0
    assert "vm-1 is stopped, and Google refuses to start it: the test says so" in bench.pages(fix)
    assert len(bench.pages(fix)) == len(set(bench.pages(fix))) == 2


def test_a_start_that_does_not_bring_it_back_calls_somebody_and_is_made_again(bench: Bench) -> None:
    fix = stopped(bench)
    overdue(bench, fix)
    machine(bench).no_room = True
    began = bench.clock.now()
    sweeps(bench, began + 15 * MINUTE, every=5 * MINUTE)
    assert bench.pages(fix) == ["vm-1 is still stopped, although it was started by the watchdog"]
    machine(bench).no_room = False
    sweeps(bench, began + 25 * MINUTE, every=5 * MINUTE)
    assert machine(bench).now.status == "RUNNING"


@pytest.mark.parametrize("gone", [True, False])
def test_a_machine_that_is_gone_or_another_one_is_left_alone(bench: Bench, gone: bool) -> None:
    fix = stopped(bench)
    overdue(bench, fix)
    if gone:
        del bench.google.machines["vm-1"]
    else:
        bench.google.recreate()
    assert sweeps(bench)[0].started == 0
    assert bench.fix(fix).steps[0].seen["running"] == "gone"
    assert [one for one in bench.google.asked if isinstance(one, StartMachine)] == []


def test_a_fix_of_long_ago_that_ended_is_not_looked_through_any_more(bench: Bench) -> None:
    fix = granted(bench)
    bench.clock.at = START + WATCHED_FOR + timedelta(hours=1)
    sweeps(bench, bench.clock.now() + 10 * MINUTE)
    bench.journal.kept["f-old"] = bench.journal.kept.pop(fix.id)
    read: list[str] = []
    lines = bench.journal.lines
    bench.journal.lines = lambda one: (read.append(one), lines(one))[1]  # type: ignore[method-assign]
    assert sweeps(bench) == [Swept()]
    assert read.count("f-old") <= 2


# taking back


def test_what_an_undo_has_done_is_not_ours_any_more_and_what_it_could_not_do_still_is(bench: Bench) -> None:
    bench.google.faults["RemoveBinding"] = ["permissionDenied"]
    fix = granted(bench, GRANT, CONDITIONAL)
    undo = bench.run(bench.open(*inverses(fix), undo_of=fix.id, run=fix.opened.run))
    assert undo.outcome is Outcome.NEEDS_HUMAN
    assert still_ours(fix, [undo]) == inverses(fix)
    again = bench.run(bench.open(*inverses(fix), undo_of=fix.id, run=fix.opened.run, plan_hash="again"))
    assert (again.outcome, still_ours(fix, [undo, again])) == (Outcome.UNDONE, ())


@pytest.mark.invariant("I07")
def test_every_grant_was_intended_with_its_end_queued(bench: Bench) -> None:
    fix = opened(bench, GRANT)
    sweeps(bench)
    assert any(
        isinstance(one.body, Intended) and isinstance(one.body.effect, AddBinding) for one in bench.journal.lines(fix)
    )
    assert bench.queue.waiting[f"{ENDS}{fix}"] == OVER
    assert not any(isinstance(one.body, Closed) and one.body.step == 1 for one in bench.journal.lines(fix))
