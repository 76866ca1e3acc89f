"""The watchdog: which machines we have stopped and should run by now, told from the journal alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes.workshop import NAME, Bench
from msgspec.structs import replace

from shared.errors import NotAllowedToLook
from shared.execution.fold import Fix
from shared.execution.watchdog import RUNNING, left_stopped
from shared.model.effect import StartMachine
from shared.model.journal import Line, Outcome, Seen
from shared.model.machine import PLATFORM
from shared.model.work import Access, Recover

WORK = Access(machine=NAME, account="app@acme-shop.iam.gserviceaccount.com", scopes=(PLATFORM,))


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.google.add()
    return bench


def machine(bench: Bench) -> Any:
    return bench.google.machines["vm-1"]


def stands_at(bench: Bench, state: str) -> Fix:
    """A fix whose executor is gone for good when its step is in a state."""
    return bench.run(bench.open(WORK), stop=lambda now: now.steps[0].state == state)


@pytest.mark.hazard("H43")
@pytest.mark.invariant("I12")
@pytest.mark.parametrize("state", ["STOPPING", "SETTING", "STARTING"])
def test_a_machine_we_stopped_is_started_after_the_deadline_of_its_step(bench: Bench, state: str) -> None:
    fix = stands_at(bench, state)
    deadline = fix.steps[0].deadline
    assert deadline is not None
    assert left_stopped([fix], deadline) == ()
    (left,) = left_stopped([fix], deadline + timedelta(seconds=1))
    assert (left.fix, left.step, left.machine) == (fix.id, 0, NAME)
    assert left.effect == StartMachine(machine=NAME, request=left.effect.request)


@pytest.mark.invariant("I12")
@pytest.mark.parametrize("state", ["STOPPING", "SETTING", "STARTING"])
def test_it_runs_again_within_a_quarter_of_an_hour_after_that_without_the_executor(bench: Bench, state: str) -> None:
    deadline = stands_at(bench, state).steps[0].deadline
    assert deadline is not None
    bench.turn_to(deadline + timedelta(minutes=15), watchdog=True)
    assert machine(bench).now.status == "RUNNING"


def test_no_machine_is_started_that_was_stopped_before_the_run(bench: Bench) -> None:
    bench.google.by_hand("TERMINATED")
    fix = stands_at(bench, "SETTING")
    assert left_stopped([fix], bench.clock.now() + timedelta(days=1)) == ()


def test_no_machine_is_started_that_was_only_looked_at(bench: Bench) -> None:
    fix = stands_at(bench, "SNAPSHOT")
    assert left_stopped([fix], bench.clock.now() + timedelta(days=1)) == ()


@pytest.mark.parametrize("state", ["BOOTING", "CHECKED"])
def test_a_machine_that_was_seen_running_is_nobody_s_but_its_owner_s(bench: Bench, state: str) -> None:
    fix = stands_at(bench, state)
    assert left_stopped([fix], bench.clock.now() + timedelta(days=1)) == ()


def test_a_second_stop_is_watched_like_the_first(bench: Bench) -> None:
    machine(bench).boots = False
    fix = bench.open(WORK, may_roll_back=True)
    now = bench.run(fix, stop=lambda now: now.steps[0].state == "ROLLBACK_SET")
    (left,) = left_stopped([now], bench.clock.now() + timedelta(hours=1))
    assert left.since == now.steps[0].effects[-2].at


def test_what_came_after_what_is_told_by_lines_and_not_by_clocks(bench: Bench) -> None:
    """A worker whose clock is an hour ahead has seen it run, before another one stopped it."""
    machine(bench).boots = False
    fix = bench.open(WORK, may_roll_back=True)
    now = bench.run(fix, stop=lambda now: now.steps[0].state == "ROLLBACK_STOP")
    ahead = {**now.steps[0].seen, RUNNING: (bench.clock.now() + timedelta(hours=1)).isoformat()}
    told = replace(now, steps=(replace(now.steps[0], seen=ahead), *now.steps[1:]))
    assert len(left_stopped([told], bench.clock.now() + timedelta(minutes=30))) == 1


def test_a_stop_of_unknown_outcome_may_have_happened(bench: Bench) -> None:
    bench.google.faults["StopMachine"] = ["lost reply"]
    fix = bench.run(bench.open(WORK), stop=lambda now: bool(now.steps[0].effects))
    intended = fix.steps[0].effects[0].at
    assert fix.steps[0].pending is not None
    assert left_stopped([fix], intended + timedelta(minutes=14)) == ()
    assert len(left_stopped([fix], intended + timedelta(minutes=16))) == 1


def test_a_stop_that_google_refused_has_stopped_nothing(bench: Bench) -> None:
    bench.google.faults["StopMachine"] = ["forbidden"]
    fix = bench.run(bench.open(WORK), stop=lambda now: bool(now.steps[0].effects))
    assert fix.steps[0].state == "STOPPING"
    assert left_stopped([fix], bench.clock.now() + timedelta(days=1)) == ()


def test_a_reset_leaves_nothing_stopped(bench: Bench) -> None:
    machine(bench).console = "[1.0] Out of memory: Killed process 9 (fluent-bit) total-vm:1kB, anon-rss:1kB\n"
    fix = bench.run(bench.open(Recover(machine=NAME)), stop=lambda now: bool(now.steps[0].effects))
    assert left_stopped([fix], bench.clock.now() + timedelta(days=1)) == ()


@pytest.mark.hazard("H15")
def test_a_machine_that_was_made_anew_is_not_started(bench: Bench) -> None:
    fix = stands_at(bench, "STOPPING")
    bench.google.recreate()
    done = bench.run(fix.id)
    assert done.outcome is Outcome.FAILED
    assert left_stopped([done], bench.clock.now() + timedelta(days=1)) == ()


def test_whoever_sees_it_run_ends_the_watch(bench: Bench) -> None:
    fix = stands_at(bench, "SETTING")
    later = bench.clock.now() + timedelta(hours=1)
    assert len(left_stopped([fix], later)) == 1
    seen = Seen(step=0, what=RUNNING, value="yes")
    bench.journal.append(Line(fix=fix.id, number=fix.lines, at=later, generation=fix.generation, body=seen))
    assert left_stopped([bench.fix(fix.id)], later) == ()


def test_a_start_that_failed_is_asked_for_anew_in_the_next_round_only(bench: Bench) -> None:
    fix = stands_at(bench, "SETTING")
    round_ = bench.clock.now().replace(minute=0, second=0) + timedelta(hours=1)
    ids = [left_stopped([fix], round_ + timedelta(minutes=minute))[0].effect.request for minute in (0, 4, 5, 9, 10)]
    assert ids[0] == ids[1] != ids[2] == ids[3] != ids[4]


def test_a_step_that_has_ended_with_its_machine_stopped_is_watched_at_once(bench: Bench) -> None:
    """No step should; if one does, the machine is what counts."""
    fix = stands_at(bench, "SETTING")
    ended = replace(fix, outcome=Outcome.NEEDS_HUMAN)
    assert len(left_stopped([ended], bench.clock.now() + timedelta(seconds=1))) == 1


@pytest.mark.parametrize("habit", [{}, {"stop_takes": timedelta(hours=1)}, {"boots": False}])
def test_executor_and_watchdog_together_end_well(bench: Bench, habit: dict[str, Any]) -> None:
    for name, value in habit.items():
        setattr(machine(bench), name, value)
    fix = bench.open(WORK, may_roll_back=True)
    bench.run(fix, watchdog=True)
    bench.turn_to(bench.clock.now() + timedelta(hours=1), watchdog=True)
    assert machine(bench).now.status == "RUNNING"


def test_an_executor_that_cannot_see_any_more_leaves_the_start_to_the_watchdog(bench: Bench) -> None:
    fix = stands_at(bench, "SETTING")
    bench.google.blind["machine"] = NotAllowedToLook("compute.instances.get", "vm-1", "no")
    bench.run(fix.id, hours=1, watchdog=True)
    assert machine(bench).now.status == "RUNNING"
    assert len(bench.pages(fix.id)) == 1
