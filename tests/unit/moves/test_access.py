"""Changing a machine's account and scopes: every refusal and every row of the table of steps, one rule a test."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes.cloud import LOST_REPLY, LOST_REQUEST
from fakes.workshop import NAME, Bench
from msgspec.structs import replace

from shared.errors import NotAllowedToLook
from shared.execution.fold import Fix
from shared.model.effect import SetAccess, StartMachine, StopMachine
from shared.model.facts import Account, Change
from shared.model.journal import Moved, Outcome
from shared.model.machine import PLATFORM, Disk
from shared.model.work import Access, Attached, OriginalCall
from shared.moves import MOVES

APP = "app@acme-shop.iam.gserviceaccount.com"
LOGGING = ("https://www.googleapis.com/auth/logging.write",)
WORK = Access(machine=NAME, account=APP, scopes=(PLATFORM,), was=Attached(account=APP, scopes=LOGGING))
GROUP = "projects/7/zones/z/instanceGroupManagers/web"
STOCKOUT = "ZONE_RESOURCE_POOL_EXHAUSTED"


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.google.add()
    return bench


def carried_out(bench: Bench, work: Access = WORK, **opened: Any) -> Fix:
    return bench.run(bench.open(work, **opened))


def refused(bench: Bench, work: Access = WORK) -> str:
    """Why nothing was done, which is seen to be so."""
    fix = carried_out(bench, work)
    assert fix.outcome is Outcome.REFUSED
    assert bench.google.asked == []
    return fix.why


def machine(bench: Bench) -> Any:
    return bench.google.machines["vm-1"]


# 6.3: what speaks against it


@pytest.mark.parametrize(
    ("fields", "around", "said"),
    [
        ({"status": "SUSPENDED"}, {}, "lose its memory"),
        ({"status": "STRANGE"}, {}, "Could not tell what the status 'STRANGE' means"),
        ({"start_restricted": True}, {}, "suspicious activity"),
        ({"created_by": GROUP}, {}, "managed instance group web owns it"),
        ({}, {"referrers": (GROUP,)}, "managed instance group web owns it"),
        ({}, {"referrers": None}, "Could not tell whether an instance group owns it"),
        ({"labels": {"goog-gke-node": ""}}, {}, "node of a GKE cluster"),
        ({"labels": {"goog-dataproc-cluster-name": "c"}}, {}, "belongs to a Dataproc cluster"),
        ({"labels": {"managed-by": "terraform"}}, {}, "belongs to terraform"),
        ({"disks": (Disk(kind="SCRATCH"),)}, {}, "lose its local SSD"),
        ({"max_run_duration": timedelta(hours=9)}, {}, "set to end by itself"),
        ({"termination_action": "DELETE"}, {}, "set to end by itself"),
        ({"provisioning_model": "FLEX_START"}, {}, "set to end by itself"),
        ({"provisioning_model": "SPOT"}, {}, "Spot machine"),
        ({"preemptible": True}, {}, "Spot machine"),
        ({"accelerators": 1}, {}, "accelerators may be out of stock"),
        ({"node_affinities": True}, {"free_capacity": 0}, "no free place in its sole-tenant nodes"),
        ({"specific_reservation": True}, {"free_capacity": None}, "Could not tell whether its reservation"),
        ({"disks": (Disk(customer_supplied_key=True),)}, {}, "startWithEncryptionKey"),
        ({"disks": (Disk(kms_key="k"),)}, {"key_usable": False}, "key of its disks is disabled"),
        ({"external_addresses": ("203.0.113.9",)}, {"reserved_addresses": None}, "external address is reserved"),
        ({}, {"routes": None}, "whether traffic of others goes through it"),
        ({}, {"operations": None}, "whether something else is changing it"),
    ],
)
def test_a_machine_that_must_not_be_stopped_is_not(
    bench: Bench, fields: dict[str, Any], around: dict[str, Any], said: str
) -> None:
    machine(bench).now = replace(machine(bench).now, **fields)
    bench.google.around = replace(bench.google.around, **around)
    assert said in refused(bench)


@pytest.mark.parametrize(
    "status", ["PENDING", "PROVISIONING", "STAGING", "STOPPING", "PENDING_STOP", "SUSPENDING", "REPAIRING"]
)
def test_a_machine_between_two_states_is_waited_for_and_then_refused(bench: Bench, status: str) -> None:
    machine(bench).now = replace(machine(bench).now, status=status)
    began = bench.clock.now()
    assert f"It is {status}: wait" in refused(bench)
    assert timedelta(minutes=15) <= bench.clock.now() - began <= timedelta(minutes=16)


def test_a_machine_that_settles_meanwhile_is_changed(bench: Bench) -> None:
    machine(bench).now = replace(machine(bench).now, status="STAGING")
    bench.google.at(60, lambda _: bench.google.by_hand("RUNNING"))
    assert carried_out(bench).steps[0].outcome is Outcome.OK


def test_a_schedule_that_is_about_to_act_comes_first(bench: Bench) -> None:
    machine(bench).now = replace(machine(bench).now, resource_policies=("nightly",))
    soon = bench.clock.now() + timedelta(hours=1)
    bench.google.around = replace(bench.google.around, schedule=(soon,))
    assert "do this afterwards" in refused(bench)


def test_an_operation_of_somebody_else_is_waited_for(bench: Bench) -> None:
    bench.google.around = replace(bench.google.around, operations=("operation-9",))

    def over(_: object) -> None:
        bench.google.around = replace(bench.google.around, operations=())

    bench.google.at(90, over)
    assert carried_out(bench).steps[0].outcome is Outcome.OK


@pytest.mark.hazard("H15")
def test_a_machine_of_another_number_is_not_the_one_that_was_planned_for(bench: Bench) -> None:
    machine(bench).now = replace(machine(bench).now, id="56")
    assert "gone, or was made anew" in refused(bench)


def test_a_machine_that_is_not_there_is_not_changed(bench: Bench) -> None:
    del bench.google.machines["vm-1"]
    assert "gone" in refused(bench)


def test_a_machine_that_has_it_already_is_left_alone(bench: Bench) -> None:
    machine(bench).now = replace(machine(bench).now, scopes=(PLATFORM,))
    fix = carried_out(bench)
    assert (fix.outcome, bench.google.asked) == (Outcome.NOTHING, [])
    assert MOVES[Access].inverse(WORK, fix.steps[0]) is None


def test_the_order_of_scopes_means_nothing(bench: Bench) -> None:
    machine(bench).now = replace(machine(bench).now, scopes=(PLATFORM, *LOGGING))
    assert carried_out(bench, Access(machine=NAME, account=APP, scopes=(*LOGGING, PLATFORM))).outcome is Outcome.NOTHING


def test_scopes_that_somebody_has_changed_since_the_plan_are_not_overwritten(bench: Bench) -> None:
    machine(bench).now = replace(machine(bench).now, scopes=("https://www.googleapis.com/auth/pubsub",))
    assert "plan anew" in refused(bench)


def test_scopes_without_an_account_are_never_sent(bench: Bench) -> None:
    assert "need a service account" in refused(bench, Access(machine=NAME, account=None, scopes=(PLATFORM,)))


def test_what_may_not_be_looked_at_is_not_changed(bench: Bench) -> None:
    bench.google.blind["surroundings"] = NotAllowedToLook("compute.instances.listReferrers", "vm-1", "no")
    assert "compute.instances.listReferrers" in refused(bench)


@pytest.mark.hazard("H24")
def test_all_is_looked_at_once_more_right_before_the_stop(bench: Bench) -> None:
    fix = bench.open(WORK)
    bench.run(fix, stop=lambda now: now.steps[0].state == "SNAPSHOT")
    machine(bench).now = replace(machine(bench).now, labels={"goog-gke-node": ""})
    assert "GKE" in bench.run(fix).why
    assert bench.google.asked == []


@pytest.mark.parametrize(
    "fields", [{"scopes": ("x",)}, {"fingerprint": "new"}, {"external_addresses": ("203.0.113.4",)}]
)
def test_a_machine_that_changes_after_the_snapshot_is_planned_anew(bench: Bench, fields: dict[str, Any]) -> None:
    fix = bench.open(WORK)
    bench.run(fix, stop=lambda now: now.steps[0].state == "SNAPSHOT")
    machine(bench).now = replace(machine(bench).now, **fields)
    assert next(iter(fields)).removeprefix("external_") in bench.run(fix).why
    assert bench.google.asked == []


@pytest.mark.hazard("H24")
def test_a_look_that_is_too_old_is_no_look(bench: Bench) -> None:
    fix = bench.open(WORK)
    bench.run(fix, stop=lambda now: now.steps[0].state == "SNAPSHOT")
    bench.clock.turn(minutes=6)
    assert "too much time" in bench.run(fix).why
    assert bench.google.asked == []


# 6.4: the steps


def test_a_running_machine_is_stopped_changed_and_started(bench: Bench) -> None:
    fix = carried_out(bench)
    assert (fix.steps[0].outcome, fix.steps[0].why) == (Outcome.OK, "it has its planned account and scopes")
    assert [type(effect) for effect in bench.google.done] == [StopMachine, SetAccess, StartMachine]
    assert machine(bench).now.status == "RUNNING"
    assert bench.pages(fix.id) == []


def test_every_effect_knows_what_was_there_before_and_what_takes_it_back(bench: Bench) -> None:
    stop, set_, start = carried_out(bench).steps[0].effects
    assert [one.before.status for one in (stop, set_, start)] == ["RUNNING", "TERMINATED", "TERMINATED"]
    assert {one.before.account for one in (stop, set_)} == {APP}
    assert isinstance(stop.inverse, StartMachine)
    assert isinstance(set_.inverse, SetAccess)
    assert (set_.inverse.account, set_.inverse.scopes) == (APP, LOGGING)
    assert start.inverse is None


def test_a_machine_that_was_stopped_is_changed_and_left_stopped(bench: Bench) -> None:
    bench.google.by_hand("TERMINATED")
    fix = carried_out(bench)
    assert "left stopped" in fix.steps[0].why
    assert [type(effect) for effect in bench.google.done] == [SetAccess]
    assert machine(bench).now.status == "TERMINATED"


def test_a_stop_that_google_refuses_changes_nothing(bench: Bench) -> None:
    bench.google.faults["StopMachine"] = ["forbidden"]
    fix = carried_out(bench)
    assert (fix.outcome, bench.google.done) == (Outcome.FAILED, [])
    assert "Google did not stop it: forbidden" in fix.why


def test_a_machine_that_runs_on_after_the_time_for_its_stop_is_left_alone(bench: Bench) -> None:
    machine(bench).loses_operations = True
    machine(bench).errors["StopMachine"] = ["INTERNAL_ERROR"]
    fix = carried_out(bench)
    assert (fix.outcome, machine(bench).now.scopes) == (Outcome.FAILED, LOGGING)
    assert "did not stop in time; nothing was changed" in fix.why


def test_a_machine_that_was_asked_to_stop_and_runs_is_waited_for_until_the_operation_is_over(bench: Bench) -> None:
    """An abort before that would leave a machine behind that stops later, with nobody to start it."""
    machine(bench).stop_takes = timedelta(minutes=40)
    fix = bench.open(WORK)
    bench.run(fix, stop=lambda now: now.steps[0].state == "STOPPING")
    machine(bench).now = replace(machine(bench).now, status="RUNNING")
    now = bench.run(fix, hours=0.5)
    assert (now.outcome, now.steps[0].state) == (None, "STOPPING")
    assert ["the operation is not over" in page for page in bench.pages(fix)] == [True]


def test_a_stop_that_hangs_for_an_hour_is_waited_for_never_forced_and_paged_once(bench: Bench) -> None:
    machine(bench).stop_takes = timedelta(hours=1)
    fix = carried_out(bench)
    assert fix.steps[0].outcome is Outcome.OK
    assert ["waited for, and not forced" in page for page in bench.pages(fix.id)] == [True]
    assert machine(bench).done("us", "status", "STOPPING") == 1


def test_a_stop_may_take_as_long_as_the_machine_s_own_shutdown(bench: Bench) -> None:
    machine(bench).now = replace(machine(bench).now, graceful_shutdown=timedelta(hours=1))
    machine(bench).stop_takes = timedelta(minutes=65)
    fix = carried_out(bench)
    assert (fix.steps[0].outcome, bench.pages(fix.id)) == (Outcome.OK, [])


@pytest.mark.parametrize("how", ["faults", "errors"])
def test_what_google_does_not_set_is_started_as_it_was(bench: Bench, how: str) -> None:
    where = bench.google.faults if how == "faults" else machine(bench).errors
    where["SetAccess"] = ["SERVICE_ACCOUNT_ACCESS_DENIED"]
    fix = carried_out(bench)
    assert (fix.outcome, machine(bench).now.status, machine(bench).now.scopes) == (Outcome.FAILED, "RUNNING", LOGGING)
    assert "SERVICE_ACCOUNT_ACCESS_DENIED" in fix.why
    assert MOVES[Access].inverse(WORK, fix.steps[0]) is None


def test_what_google_does_not_set_on_a_stopped_machine_stays_stopped(bench: Bench) -> None:
    bench.google.by_hand("TERMINATED")
    bench.google.faults["SetAccess"] = ["forbidden"]
    assert carried_out(bench).outcome is Outcome.REFUSED
    assert machine(bench).now.status == "TERMINATED"


def test_a_lack_of_room_is_waited_out_and_paged_at_once(bench: Bench) -> None:
    machine(bench).errors["StartMachine"] = [STOCKOUT, f"{STOCKOUT}_WITH_DETAILS", "STOCKOUT"]
    fix = carried_out(bench)
    assert (fix.steps[0].outcome, machine(bench).now.scopes) == (Outcome.OK, (PLATFORM,))
    assert [
        code in page for code, page in zip((STOCKOUT, "DETAILS", "STOCKOUT"), bench.pages(fix.id), strict=True)
    ] == [True] * 3


def test_starts_are_tried_again_after_half_a_minute_one_two_and_five(bench: Bench) -> None:
    machine(bench).no_room = True
    fix = bench.open(WORK)
    bench.run(fix, hours=1)
    lines = bench.journal.lines(fix)
    waits = [line.body.due - line.at for line in lines if isinstance(line.body, Moved) and STOCKOUT in line.body.note]
    assert [wait.total_seconds() for wait in waits[:6]] == [30, 60, 120, 300, 300, 300]
    assert machine(bench).done("us", "asks", "StartMachine") == len(waits)


def test_after_six_hours_without_room_somebody_is_called_again_and_it_is_still_tried(bench: Bench) -> None:
    machine(bench).no_room = True
    fix = bench.open(WORK)
    assert bench.run(fix, hours=7).outcome is None
    assert ["more than six hours" in page for page in bench.pages(fix)] == [False, True]
    machine(bench).no_room = False
    assert bench.run(fix).steps[0].outcome is Outcome.OK


@pytest.mark.parametrize("code", ["QUOTA_EXCEEDED", "KMS_KEY_DISABLED", "CONDITION_NOT_MET"])
def test_a_start_that_fails_for_another_reason_brings_the_old_values_back(bench: Bench, code: str) -> None:
    machine(bench).errors["StartMachine"] = [code]
    fix = carried_out(bench)
    assert (fix.outcome, machine(bench).now.status, machine(bench).now.scopes) == (Outcome.FAILED, "RUNNING", LOGGING)
    assert any(code in page for page in bench.pages(fix.id))
    assert MOVES[Access].inverse(WORK, fix.steps[0]) is None


def test_a_passing_error_of_a_start_is_no_reason_to_give_the_change_up(bench: Bench) -> None:
    machine(bench).errors["StartMachine"] = ["INTERNAL_ERROR", "RESOURCE_NOT_READY"]
    fix = carried_out(bench)
    assert (fix.steps[0].outcome, bench.pages(fix.id)) == (Outcome.OK, [])


def test_a_machine_without_a_sign_of_life_is_paged_and_not_stopped_again(bench: Bench) -> None:
    machine(bench).boots = False
    fix = carried_out(bench, may_roll_back=False)
    assert fix.outcome is Outcome.NEEDS_HUMAN
    assert machine(bench).done("us", "status", "STOPPING") == 1
    assert MOVES[Access].inverse(WORK, fix.steps[0]) is not None


def test_a_second_stop_that_was_approved_brings_the_old_values_back(bench: Bench) -> None:
    machine(bench).boots = False
    fix = carried_out(bench, may_roll_back=True)
    assert (fix.outcome, machine(bench).now.status, machine(bench).now.scopes) == (Outcome.FAILED, "RUNNING", LOGGING)
    assert "no sign of life" in fix.why
    assert any("no sign of life" in page for page in bench.pages(fix.id))
    assert MOVES[Access].inverse(WORK, fix.steps[0]) is None


def test_a_second_stop_needs_more_than_that_it_could_not_be_told(bench: Bench) -> None:
    """The console could not be read before the stop, so nothing there tells whether the machine has booted."""
    machine(bench).boots = False
    bench.google.faults["serial"] = ["busy"]
    fix = carried_out(bench, may_roll_back=True)
    assert fix.outcome is Outcome.NEEDS_HUMAN
    assert machine(bench).done("us", "status", "STOPPING") == 1


def test_a_heartbeat_is_a_sign_of_life_where_the_console_cannot_be_read(bench: Bench) -> None:
    bench.google.blind["serial"] = NotAllowedToLook("compute.instances.getSerialPortOutput", "vm-1", "no")
    fix = carried_out(bench)
    assert fix.steps[0].outcome is Outcome.OK
    assert "agents were heard" in fix.steps[0].seen["boot"]


def test_a_console_that_is_written_is_a_sign_of_life_where_there_is_no_agent(bench: Bench) -> None:
    machine(bench).agent = False
    assert "tells of a boot" in carried_out(bench).steps[0].seen["boot"]


def test_lines_of_the_shutdown_are_no_sign_of_life(bench: Bench) -> None:
    machine(bench).boots = False
    bench.google.at(
        10, lambda _: setattr(machine(bench), "console", machine(bench).console + "systemd[1]: Stopped target\n")
    )
    assert carried_out(bench).outcome is Outcome.NEEDS_HUMAN


def test_a_boot_of_before_is_no_sign_of_life_where_the_console_was_not_read_then(bench: Bench) -> None:
    machine(bench).boots = False
    bench.google.faults["serial"] = ["busy"]
    fix = carried_out(bench)
    assert '"serial_next":null' in fix.steps[0].seen["snapshot"]
    assert fix.outcome is Outcome.NEEDS_HUMAN


def test_scopes_that_somebody_changes_after_the_start_are_told(bench: Bench) -> None:
    fix = bench.open(WORK)
    bench.run(fix, stop=lambda now: now.steps[0].state == "CHECKED")
    machine(bench).now = replace(machine(bench).now, scopes=LOGGING)
    assert "somebody has changed that since" in bench.run(fix).why


# doubts


@pytest.mark.parametrize("kind", ["StopMachine", "SetAccess", "StartMachine"])
@pytest.mark.parametrize("fault", [LOST_REQUEST, LOST_REPLY])
def test_a_lost_request_or_reply_has_each_effect_done_once(bench: Bench, kind: str, fault: str) -> None:
    bench.google.faults[kind] = [fault]
    fix = carried_out(bench)
    assert fix.steps[0].outcome is Outcome.OK
    assert [type(effect) for effect in bench.google.done] == [StopMachine, SetAccess, StartMachine]


def test_an_operation_that_cannot_be_found_is_told_by_the_machine(bench: Bench) -> None:
    machine(bench).loses_operations = True
    assert carried_out(bench).steps[0].outcome is Outcome.OK
    assert [type(effect) for effect in bench.google.done] == [StopMachine, SetAccess, StartMachine]


def test_operations_that_may_not_be_read_are_told_by_the_machine(bench: Bench) -> None:
    bench.google.blind["operation"] = NotAllowedToLook("compute.zoneOperations.get", "vm-1", "no")
    assert carried_out(bench).steps[0].outcome is Outcome.OK


def test_a_start_whose_operation_is_lost_is_asked_for_with_a_new_id(bench: Bench) -> None:
    machine(bench).loses_operations = True
    machine(bench).errors["StartMachine"] = ["INTERNAL_ERROR"]
    assert carried_out(bench).steps[0].outcome is Outcome.OK
    starts = [effect.request for effect in bench.google.done if isinstance(effect, StartMachine)]
    assert len(set(starts)) == len(starts) == 2


@pytest.mark.hazard("H15")
def test_a_machine_made_anew_in_the_middle_is_left_alone_and_paged(bench: Bench) -> None:
    fix = bench.open(WORK)
    bench.run(fix, stop=lambda now: now.steps[0].state == "STOPPING")
    bench.google.recreate()
    done = bench.run(fix)
    assert (done.outcome, machine(bench).history) == (Outcome.FAILED, [])
    assert ["made anew" in page for page in bench.pages(fix)] == [True]


def test_a_machine_that_somebody_starts_before_it_is_changed_is_not_stopped_again(bench: Bench) -> None:
    machine(bench).set_takes = timedelta(minutes=2)
    machine(bench).errors["SetAccess"] = ["INTERNAL_ERROR"]
    fix = bench.open(WORK)
    bench.run(fix, stop=lambda now: now.steps[0].state == "SETTING")
    bench.google.by_hand("RUNNING")
    done = bench.run(fix)
    assert (done.outcome, machine(bench).done("us", "status", "STOPPING")) == (Outcome.FAILED, 1)
    assert "somebody started it before it was changed" in done.why


def test_a_schedule_that_stops_it_while_it_comes_up_is_undone_and_told(bench: Bench) -> None:
    machine(bench).boots = False
    fix = bench.open(WORK)
    bench.run(fix, stop=lambda now: now.steps[0].state == "BOOTING")
    machine(bench).boots = True
    bench.google.by_hand("TERMINATED")
    done = bench.run(fix)
    assert (done.steps[0].outcome, machine(bench).now.status) == (Outcome.OK, "RUNNING")
    assert "somebody else stopped it while it came up, and it was started again" in done.steps[0].why


def test_who_stops_it_again_and_again_has_the_last_word(bench: Bench) -> None:
    machine(bench).boots = False

    def stop(_: object) -> None:
        if machine(bench).now.status == "RUNNING":
            bench.google.by_hand("TERMINATED")

    for minute in range(2, 20):
        bench.google.at(60 * minute, stop)
    fix = carried_out(bench)
    assert (fix.outcome, machine(bench).now.status) == (Outcome.NEEDS_HUMAN, "TERMINATED")
    assert machine(bench).done("us", "status", "PROVISIONING") == 3


def test_a_stop_that_comes_to_light_a_day_later_is_not_made_again(bench: Bench) -> None:
    """The look before it is a day old, and so is the approval."""
    bench.google.faults["StopMachine"] = [LOST_REQUEST] * 2
    fix = bench.open(WORK)
    bench.run(fix, stop=lambda now: bool(now.steps[0].effects))
    bench.clock.turn(days=1)
    assert bench.run(fix).outcome is Outcome.FAILED
    assert bench.google.done == []


def test_a_stop_is_not_made_again_after_somebody_has_started_the_machine(bench: Bench) -> None:
    bench.google.faults["StopMachine"] = [LOST_REPLY]
    fix = bench.open(WORK)
    bench.run(fix, stop=lambda now: bool(now.steps[0].effects))
    bench.clock.turn(minutes=2)
    bench.google.settle()
    bench.google.by_hand("RUNNING")
    bench.google.forget()
    assert "somebody started it again" in bench.run(fix).why
    assert machine(bench).done("us", "status", "STOPPING") == 1


# 6.6: back


@pytest.mark.invariant("I11")
def test_undone_it_is_exactly_as_before(bench: Bench) -> None:
    before = machine(bench).now
    fix = carried_out(bench)
    back = MOVES[Access].inverse(WORK, fix.steps[0])
    assert back == Access(machine=NAME, account=APP, scopes=LOGGING, was=Attached(account=APP, scopes=(PLATFORM,)))
    undone = bench.run(bench.open(back, undo_of=fix.id))
    assert undone.outcome is Outcome.UNDONE
    assert replace(machine(bench).now, last_start=before.last_start) == before


def test_an_undo_does_not_take_away_what_somebody_has_set_since(bench: Bench) -> None:
    fix = carried_out(bench)
    machine(bench).now = replace(machine(bench).now, scopes=("https://www.googleapis.com/auth/pubsub",))
    back = MOVES[Access].inverse(WORK, fix.steps[0])
    assert back is not None
    assert bench.run(bench.open(back, undo_of=fix.id)).outcome is Outcome.REFUSED
    assert machine(bench).now.scopes == ("https://www.googleapis.com/auth/pubsub",)


@pytest.mark.hazard("H45")
def test_nothing_takes_back_what_somebody_else_has_set(bench: Bench) -> None:
    fix = bench.open(WORK)
    bench.run(fix, stop=lambda now: now.steps[0].state == "STOPPING")
    machine(bench).now = replace(machine(bench).now, scopes=(PLATFORM,))
    done = bench.run(fix)
    assert done.steps[0].outcome is Outcome.OK
    assert MOVES[Access].inverse(WORK, done.steps[0]) is None


@pytest.mark.hazard("H15")
def test_a_machine_is_not_given_an_account_that_was_made_anew(bench: Bench) -> None:
    bench.google.accounts[APP] = Account(email=APP, unique_id="2", project="acme-shop")
    said = f"{APP} was deleted and made anew since that was planned: it is 2 and was 1, so plan anew"
    assert refused(bench, replace(WORK, account_id="1")) == said
    assert carried_out(bench, replace(WORK, account_id="2"), plan_hash="another").steps[0].outcome is Outcome.OK


@pytest.mark.hazard("H43")
@pytest.mark.parametrize("caller", ["ann@example.com", None], ids=["the caller", "what runs on it"])
def test_a_machine_that_its_requester_has_changed_lately_is_not_restarted(bench: Bench, caller: str | None) -> None:
    by, call = caller or APP, OriginalCall(principal=caller)
    made = Change(
        at=bench.clock.now() - timedelta(days=6), method="v1.compute.instances.setMetadata", by=by, resource=""
    )
    bench.google.touches["55"] = (made,)
    assert "less than a week ago" in carried_out(bench, call=call).why
    assert bench.google.asked == []
    bench.google.touches["55"] = (replace(made, at=bench.clock.now() - timedelta(days=8)),)
    assert carried_out(bench, call=call, plan_hash="another").steps[0].outcome is Outcome.OK


@pytest.mark.hazard("H43")
def test_a_machine_of_which_nobody_can_tell_who_changed_it_is_not_restarted(bench: Bench) -> None:
    bench.google.blind["touched"] = NotAllowedToLook("logging.logEntries.list", "projects/p", "refused")
    assert "Could not tell whether those it is done for have changed" in refused(bench)
