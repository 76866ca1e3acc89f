"""How a change of a machine ends where something came between: each with the sentence that a person reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes.cloud import LOST_REPLY, binding
from fakes.exhausted import ONCE, TWICE
from fakes.workshop import NAME, Bench
from msgspec.structs import replace

from shared.execution.fold import Fix
from shared.model.facts import Policy
from shared.model.journal import Outcome
from shared.model.machine import PLATFORM
from shared.model.names import Role
from shared.model.work import Access, Attached, Grant, Recover, Revoke, Work

APP = "app@acme-shop.iam.gserviceaccount.com"
LOGGING = ("https://www.googleapis.com/auth/logging.write",)
ACCESS = Access(machine=NAME, account=APP, scopes=(PLATFORM,), was=Attached(account=APP, scopes=LOGGING))
RESIZE = Recover(machine=NAME, machine_type="n2-standard-8", was="n2-standard-4")
TOPIC, EVE, ROLE = "//pubsub.googleapis.com/projects/p/topics/t", "user:eve@example.com", Role("roles/pubsub.publisher")
GONE = "machine vm-1 with the number 55 is gone, or was made anew under its name: plan anew"


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.google.add()
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, etag="e", version=3)
    return bench


def machine(bench: Bench) -> Any:
    return bench.google.machines["vm-1"]


def ended(bench: Bench, work: Work = ACCESS, **opened: Any) -> Fix:
    return bench.run(bench.open(work, **opened))


def until(bench: Bench, state: str, work: Work = ACCESS) -> str:
    """The fix, taken as far as a state."""
    fix = bench.open(work)
    assert bench.run(fix, stop=lambda now: now.steps[0].state == state).steps[0].state == state
    return fix


# foreign changes between reading and writing


@pytest.mark.hazard("H24")
def test_what_somebody_changed_since_the_plan_is_not_overwritten(bench: Bench) -> None:
    machine(bench).now = replace(machine(bench).now, scopes=("x",))
    fix = ended(bench)
    said = "the account or the scopes of vm-1 have changed since that was planned: plan anew"
    assert (fix.outcome, fix.why, bench.google.asked) == (Outcome.REFUSED, said, [])


def test_what_changed_between_two_looks_is_planned_anew(bench: Bench) -> None:
    fix = until(bench, "SNAPSHOT")
    machine(bench).now = replace(machine(bench).now, fingerprint="new", external_addresses=())
    now = bench.run(fix)
    said = "it has changed since it was looked at (fingerprint): plan anew"
    assert (now.outcome, now.why, bench.google.asked) == (Outcome.REFUSED, said, [])


@pytest.mark.hazard("H37")
@pytest.mark.invariant("I31")
def test_a_binding_that_somebody_takes_away_at_once_is_not_written_again(bench: Bench) -> None:
    work = Grant(resource=TOPIC, role=ROLE, member=EVE, until=bench.clock.now() + timedelta(hours=1))
    fix = until(bench, "WRITTEN", work)
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, etag="theirs")
    now = bench.run(fix)
    said = f"{ROLE} for {EVE} was written and is not there any more: somebody took it away"
    assert (now.outcome, now.why, len(bench.google.asked)) == (Outcome.FAILED, said, 1)


def test_a_binding_that_somebody_gives_again_is_theirs(bench: Bench) -> None:
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, bindings=(binding(ROLE, EVE),), etag="e")
    fix = until(bench, "REMOVED", Revoke(resource=TOPIC, role=ROLE, member=EVE))
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, bindings=(binding(ROLE, EVE),), etag="theirs")
    now = bench.run(fix)
    said = f"{ROLE} for {EVE} was removed and is there again"
    assert (now.outcome, now.why, len(bench.google.asked)) == (Outcome.NEEDS_HUMAN, said, 1)


def test_a_binding_that_somebody_changed_is_left_to_them(bench: Bench) -> None:
    fix = ended(bench, Revoke(resource=TOPIC, role=ROLE, member=EVE))
    said = f"{ROLE} for {EVE} is not there any more, or was changed by somebody: nothing is removed"
    assert (fix.outcome, fix.steps[0].why, bench.google.asked) == (Outcome.NOTHING, said, [])


def test_what_google_refuses_to_write_is_told_in_its_words(bench: Bench) -> None:
    bench.google.faults["AddBinding"] = ["permissionDenied"]
    fix = ended(bench, Grant(resource=TOPIC, role=ROLE, member=EVE, until=bench.clock.now() + timedelta(hours=1)))
    assert (fix.outcome, fix.why) == (Outcome.REFUSED, "Google refused the write: the test says so")


# instances recreated under the same name


@pytest.mark.parametrize("state", ["STOPPING", "SETTING", "STARTING", "BOOTING"])
def test_a_machine_made_anew_in_the_middle_is_left_alone(bench: Bench, state: str) -> None:
    fix = until(bench, state)
    asked = len(bench.google.asked)
    bench.google.recreate()
    now = bench.run(fix)
    said = f"{GONE}; nothing more is done to it"
    assert (now.outcome, now.why, len(bench.google.asked)) == (Outcome.FAILED, said, asked)


def test_a_machine_made_anew_before_anything_was_done_is_refused(bench: Bench) -> None:
    bench.google.recreate()
    fix = ended(bench)
    assert (fix.outcome, fix.why, bench.google.asked) == (Outcome.REFUSED, GONE, [])


# stops that do not stop, schedules in the middle, zones without room


def test_a_stop_that_does_not_stop_changes_nothing(bench: Bench) -> None:
    machine(bench).loses_operations = True
    machine(bench).errors["StopMachine"] = ["INTERNAL_ERROR"]
    fix = ended(bench)
    assert (fix.outcome, fix.why) == (Outcome.FAILED, "it did not stop in time; nothing was changed")


def test_a_stop_that_hangs_for_an_hour_calls_somebody_once_and_is_never_forced(bench: Bench) -> None:
    machine(bench).stop_takes = timedelta(hours=1)
    fix = ended(bench)
    assert fix.steps[0].outcome is Outcome.OK
    assert bench.pages(fix.id) == ["vm-1 is STOPPING for too long; it is waited for, and not forced"]


def test_a_schedule_that_starts_it_before_it_is_changed_has_the_last_word(bench: Bench) -> None:
    machine(bench).set_takes = timedelta(minutes=2)
    machine(bench).errors["SetAccess"] = ["INTERNAL_ERROR"]
    fix = until(bench, "SETTING")
    bench.google.by_hand("RUNNING")
    now = bench.run(fix)
    said = "somebody started it before it was changed; nothing was changed"
    assert (now.outcome, now.why, machine(bench).now.status) == (Outcome.FAILED, said, "RUNNING")
    assert machine(bench).now.scopes == LOGGING


def test_a_schedule_that_stops_it_while_it_comes_up_is_told_and_it_is_brought_up_again(bench: Bench) -> None:
    fix = until(bench, "BOOTING")
    bench.google.by_hand("TERMINATED")
    now = bench.run(fix)
    said = "somebody else stopped it while it came up, and it was started again"
    assert now.steps[0].why == f"it has its planned account and scopes; {said}"
    assert bench.pages(fix) == [f"vm-1: {said}"]
    assert machine(bench).now.status == "RUNNING"


def test_a_zone_without_room_calls_somebody_and_is_tried_until_there_is_room(bench: Bench) -> None:
    machine(bench).no_room = True
    bench.google.at(3_600, lambda _: setattr(machine(bench), "no_room", False))
    fix = ended(bench)
    code = "ZONE_RESOURCE_POOL_EXHAUSTED"
    said = f"vm-1 is stopped and could not be started in europe-west8-a ({code}); it is tried again and again"
    assert (bench.pages(fix.id), fix.steps[0].outcome) == ([said], Outcome.OK)


def test_what_it_does_not_start_with_is_put_back(bench: Bench) -> None:
    machine(bench).errors["StartMachine"] = ["QUOTA_EXCEEDED"]
    fix = ended(bench)
    said = "it does not start with its planned account and scopes: QUOTA_EXCEEDED it failed"
    assert fix.why == f"{said}; it has its old account and scopes again, and runs"
    assert machine(bench).now.scopes == LOGGING


def test_what_google_does_not_set_leaves_it_running_as_it_was(bench: Bench) -> None:
    bench.google.faults["SetAccess"] = ["forbidden"]
    fix = ended(bench)
    said = "Google did not set its account and scopes: forbidden the test says so; nothing of ours is set"
    assert (fix.outcome, fix.why) == (Outcome.FAILED, f"{said}; the machine is RUNNING")


# lost operations, lost replies


@pytest.mark.parametrize("effect", ["StopMachine", "SetAccess", "StartMachine"])
def test_a_lost_reply_or_operation_has_each_effect_once(bench: Bench, effect: str) -> None:
    machine(bench).loses_operations = True
    bench.google.faults[effect] = [LOST_REPLY]
    fix = ended(bench)
    assert (fix.steps[0].outcome, fix.steps[0].why) == (Outcome.OK, "it has its planned account and scopes")
    assert [type(one).__name__ for one in bench.google.done] == ["StopMachine", "SetAccess", "StartMachine"]


# sizes


def test_a_size_that_the_zone_does_not_have_is_not_set(bench: Bench) -> None:
    machine(bench).console = TWICE
    del bench.google.sizes["n2-standard-8"]
    fix = ended(bench, RESIZE)
    said = "europe-west8-a has no n2-standard-8: choose a size that it has"
    assert (fix.outcome, fix.why, bench.google.asked) == (Outcome.REFUSED, said, [])


def test_memory_that_ran_out_once_gets_no_larger_machine(bench: Bench) -> None:
    machine(bench).console = ONCE
    fix = ended(bench, RESIZE)
    assert (fix.outcome, bench.google.asked) == (Outcome.REFUSED, [])
    assert fix.why.startswith("no larger machine: ")
