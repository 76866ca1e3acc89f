"""Bringing a machine back: the evidence it takes, every refusal, the reset, the resize, and the four signs told apart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes.clock import FakeClock
from fakes.cloud import LOST_REPLY, SIZES
from fakes.exhausted import BOOT, ONCE, TWICE, killed, measured
from fakes.workshop import NAME, Bench
from msgspec.structs import replace

from shared.errors import LookFailed, NotAllowedToLook
from shared.execution.fold import Fix
from shared.model.effect import ResetMachine, SetSize, StartMachine, StopMachine
from shared.model.journal import Outcome
from shared.model.machine import Disk
from shared.model.memory import MemoryUse
from shared.model.outcomes import MachineType, Outcomes
from shared.model.work import OriginalCall, Recover
from shared.moves import MOVES

RESET = Recover(machine=NAME)
RESIZE = Recover(machine=NAME, machine_type="n2-standard-8", was="n2-standard-4")
CALL = OriginalCall(principal="app@acme-shop.iam.gserviceaccount.com", project="projects/acme-shop")
GROUP = "projects/7/zones/z/instanceGroupManagers/web"


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.google.add().console = TWICE
    return bench


def carried_out(bench: Bench, work: Recover, **opened: Any) -> Fix:
    return bench.run(bench.open(work, **opened))


def refused(bench: Bench, work: Recover) -> str:
    fix = carried_out(bench, work)
    assert fix.outcome is Outcome.REFUSED
    assert bench.google.asked == []
    return fix.why


def machine(bench: Bench) -> Any:
    return bench.google.machines["vm-1"]


# 7.3: whether there is a reason


@pytest.mark.parametrize("work", [RESET, RESIZE])
def test_without_a_trace_of_exhausted_memory_nothing_is_interrupted(bench: Bench, work: Recover) -> None:
    machine(bench).console = BOOT + "all is well\n"
    said = refused(bench, work)
    assert "no memory exhaustion" in said or "nowhere that the whole machine was out of memory" in said


def test_agents_that_are_heard_need_no_reset(bench: Bench) -> None:
    machine(bench).beats.append(bench.clock.now() - timedelta(minutes=9))
    assert "they are back, or were never gone" in refused(bench, RESET)


def test_agents_that_were_heard_after_the_kill_are_silent_for_another_reason(bench: Bench) -> None:
    last_kill = machine(bench).now.last_start + timedelta(seconds=103_600)
    machine(bench).beats.append(last_kill + timedelta(hours=1))
    assert "their silence has another cause" in refused(bench, RESET)


def test_agents_that_are_silent_since_the_kill_are_a_reason(bench: Bench) -> None:
    last_kill = machine(bench).now.last_start + timedelta(seconds=103_600)
    machine(bench).beats.append(last_kill - timedelta(minutes=1))
    assert carried_out(bench, RESET).steps[0].outcome is Outcome.OK


def test_a_kill_of_an_earlier_boot_does_not_count_from_the_last_start(bench: Bench) -> None:
    machine(bench).console = ONCE + BOOT.replace("5.10", "5.11") + killed(60, pid=5)
    machine(bench).beats.append(machine(bench).now.last_start + timedelta(hours=30))
    assert "could not tell whether memory ran out before or after" in refused(bench, RESET)


def test_a_machine_of_which_no_agent_was_ever_heard_is_not_reset(bench: Bench) -> None:
    machine(bench).console = BOOT + killed(100_000).replace("fluent-bit", "java")
    assert "none was heard or killed" in refused(bench, RESET)


def test_agents_that_systemd_has_started_again_need_no_reset(bench: Bench) -> None:
    title = "Google Cloud Ops Agent - Logging Agent"
    machine(bench).console = ONCE + f"[100010.000000] systemd[1]: Started {title}.\n"
    assert "started google-cloud-ops-agent-fluent-bit.service again by itself" in refused(bench, RESET)


def test_memory_that_ran_out_once_is_no_reason_for_a_larger_machine(bench: Bench) -> None:
    machine(bench).console = ONCE
    assert "not out of memory twice within 24 hours" in refused(bench, RESIZE)


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (measured(FakeClock().now(), *[60.0] * 20), "its memory was at most 60 % full, and never full for long"),
        (MemoryUse(), "could not tell whether the memory metric agrees"),
    ],
)
def test_a_memory_that_was_not_measured_to_be_full_is_no_reason_for_a_larger_machine(
    bench: Bench, use: MemoryUse, said: str
) -> None:
    bench.google.measured = use
    assert said in refused(bench, RESIZE)


def test_a_machine_that_was_just_made_larger_is_not_made_larger_again_for_what_was_before(bench: Bench) -> None:
    assert carried_out(bench, RESIZE).steps[0].outcome is Outcome.OK
    again = Recover(machine=NAME, machine_type="n2-standard-16", was="n2-standard-8")
    bench.google.sizes["n2-standard-16"] = replace(SIZES["n2-standard-8"], name="n2-standard-16", cpus=16)
    fix = carried_out(bench, again, plan_hash="h2")
    assert (fix.outcome, machine(bench).now.machine_type) == (Outcome.REFUSED, "n2-standard-8")
    assert "could not tell whether a larger machine would help" in fix.why


def test_a_group_at_its_own_limit_is_no_reason_for_a_larger_machine(bench: Bench) -> None:
    machine(bench).console = BOOT + killed(900, group="/kubepods/a") + killed(9_000, group="/kubepods/a", pid=9)
    assert "raise that limit" in refused(bench, RESIZE)


@pytest.mark.parametrize("work", [RESET, RESIZE])
def test_a_console_that_may_not_be_read_is_no_evidence(bench: Bench, work: Recover) -> None:
    bench.google.blind["serial"] = NotAllowedToLook("compute.instances.getSerialPortOutput", "vm-1", "no")
    assert "getSerialPortOutput" in refused(bench, work)


def test_a_console_that_cannot_be_read_now_is_asked_for_again(bench: Bench) -> None:
    bench.google.faults["serial"] = ["busy", "busy"]
    assert carried_out(bench, RESET).steps[0].outcome is Outcome.OK


def test_the_line_that_speaks_for_it_is_kept(bench: Bench) -> None:
    assert "Killed process 977 (fluent-bit)" in carried_out(bench, RESET).steps[0].seen["evidence"]


# 7.4: the reset


@pytest.mark.parametrize(
    ("fields", "around", "said"),
    [
        ({"status": "SUSPENDED"}, {}, "suspended"),
        ({"status": "TERMINATED"}, {}, "nothing to reset"),
        ({"created_by": GROUP}, {}, "recreateInstances"),
        ({}, {"referrers": None}, "Could not tell whether an instance group owns it"),
        ({"labels": {"goog-gke-node": ""}}, {}, "drain and delete"),
        ({"labels": {"goog-batch-job": ""}}, {}, "Batch job"),
        ({"machine_type": "g4-standard-6"}, {}, "part of a GPU cannot be reset"),
    ],
)
def test_a_machine_that_must_not_be_reset_is_not(
    bench: Bench, fields: dict[str, Any], around: dict[str, Any], said: str
) -> None:
    machine(bench).now = replace(machine(bench).now, **fields)
    bench.google.around = replace(bench.google.around, **around)
    assert said in refused(bench, RESET)


def test_local_disks_are_no_hindrance_to_a_reset(bench: Bench) -> None:
    machine(bench).now = replace(machine(bench).now, disks=(Disk(kind="SCRATCH"),))
    assert carried_out(bench, RESET).steps[0].outcome is Outcome.OK


def test_a_reset_is_one_call_and_the_machine_never_stops(bench: Bench) -> None:
    fix = carried_out(bench, RESET)
    assert [type(effect) for effect in bench.google.done] == [ResetMachine]
    assert fix.steps[0].effects[0].inverse is None
    assert MOVES[Recover].inverse(RESET, fix.steps[0]) is None


def test_a_lost_reply_does_not_reset_it_twice(bench: Bench) -> None:
    bench.google.faults["ResetMachine"] = [LOST_REPLY]
    assert carried_out(bench, RESET).steps[0].outcome is Outcome.OK
    assert machine(bench).done("us", "reset") == 1


def test_a_reset_nobody_knows_of_is_not_made_again_later(bench: Bench) -> None:
    bench.google.faults["ResetMachine"] = [LOST_REPLY]
    fix = bench.open(RESET)
    bench.run(fix, stop=lambda now: bool(now.steps[0].effects))
    bench.clock.turn(hours=2)
    assert bench.run(fix).steps[0].outcome is Outcome.OK
    assert machine(bench).done("us", "reset") == 1


def test_where_nobody_knows_of_the_reset_only_a_boot_shows_it(bench: Bench) -> None:
    """A guest that hangs may write on its console as well."""
    machine(bench).loses_operations = True
    machine(bench).errors["ResetMachine"] = ["INTERNAL_ERROR"]
    bench.google.at(60, lambda _: setattr(machine(bench), "console", machine(bench).console + "INFO: task hung\n"))
    assert carried_out(bench, RESET).outcome is Outcome.NEEDS_HUMAN


@pytest.mark.parametrize(("how", "outcome"), [("faults", Outcome.REFUSED), ("errors", Outcome.FAILED)])
def test_a_reset_that_google_does_not_make_is_told(bench: Bench, how: str, outcome: Outcome) -> None:
    where = bench.google.faults if how == "faults" else machine(bench).errors
    where["ResetMachine"] = ["forbidden"]
    fix = carried_out(bench, RESET)
    assert (fix.outcome, machine(bench).now.status) == (outcome, "RUNNING")
    assert "Google did not reset it: forbidden" in fix.why


def test_a_machine_that_somebody_stops_after_the_reset_stays_stopped(bench: Bench) -> None:
    fix = bench.open(RESET)
    bench.run(fix, stop=lambda now: now.steps[0].state == "BOOTING")
    bench.google.by_hand("TERMINATED")
    done = bench.run(fix)
    assert (done.outcome, machine(bench).now.status) == (Outcome.NEEDS_HUMAN, "TERMINATED")


def test_a_reset_without_a_sign_of_life_calls_somebody(bench: Bench) -> None:
    machine(bench).boots = False
    fix = carried_out(bench, RESET)
    assert fix.outcome is Outcome.NEEDS_HUMAN
    assert "no sign of life" in bench.pages(fix.id)[0]


# 7.5: the resize


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ({"architecture": "ARM64"}, "is ARM64"),
        ({"deprecated": True}, "is deprecated"),
        ({"local_ssds": 2}, "comes with local SSDs"),
        ({"most_disks": 0}, "takes 0 disks, and 1 are attached"),
        ({"free_cpus": 3}, "3 vCPUs left, and n2-standard-8 needs 4 more"),
        ({"free_cpus": None}, "could not tell whether the quota has room"),
        ({"memory_mb": 20_000}, "takes 1.5 times as much"),
        ({"memory_mb": 16_384, "cpus": 8}, "takes 1.5 times as much"),
        ({"memory_mb": 40_000}, "more than 2 times as large"),
        ({"cpus": 16}, "more than 2 times as large"),
    ],
)
def test_a_machine_type_that_does_not_fit_is_not_set(bench: Bench, size: dict[str, Any], said: str) -> None:
    sizes = bench.google.sizes
    sizes["n2-standard-8"] = replace(sizes["n2-standard-8"], **size)
    assert said in refused(bench, RESIZE)


def test_a_machine_type_that_the_zone_does_not_have_is_not_set(bench: Bench) -> None:
    del bench.google.sizes["n2-standard-8"]
    assert "europe-west8-a has no n2-standard-8" in refused(bench, RESIZE)


def test_a_machine_stays_in_its_series(bench: Bench) -> None:
    bench.google.sizes["e2-standard-8"] = MachineType(name="e2-standard-8", cpus=8, memory_mb=32_768)
    assert "of another series" in refused(bench, Recover(machine=NAME, machine_type="e2-standard-8"))


def test_an_owner_can_keep_a_machine_at_its_size(bench: Bench) -> None:
    machine(bench).now = replace(machine(bench).now, labels={"unforbid-resize": "no"})
    assert "keeps its size" in refused(bench, RESIZE)


def test_a_machine_that_has_another_size_than_when_it_was_planned_is_planned_anew(bench: Bench) -> None:
    machine(bench).now = replace(machine(bench).now, machine_type="n2-highmem-4")
    assert "plan anew" in refused(bench, RESIZE)


def test_a_machine_that_has_the_size_already_is_left_alone(bench: Bench) -> None:
    machine(bench).now = replace(machine(bench).now, machine_type="n2-standard-8")
    assert (carried_out(bench, RESIZE).outcome, bench.google.asked) == (Outcome.NOTHING, [])


def test_what_must_not_be_stopped_is_not_resized(bench: Bench) -> None:
    machine(bench).now = replace(machine(bench).now, disks=(Disk(kind="SCRATCH"),))
    assert "local SSD" in refused(bench, RESIZE)


def test_a_stopped_machine_gives_no_evidence_for_a_larger_one(bench: Bench) -> None:
    bench.google.by_hand("TERMINATED")
    assert "could not tell whether its memory ran out" in refused(bench, RESIZE)


def test_a_resize_is_one_interruption(bench: Bench) -> None:
    fix = carried_out(bench, RESIZE)
    assert fix.steps[0].outcome is Outcome.OK
    assert [type(effect) for effect in bench.google.done] == [StopMachine, SetSize, StartMachine]
    assert machine(bench).now.machine_type == "n2-standard-8"


@pytest.mark.parametrize("why", ["no room", "QUOTA_EXCEEDED"])
def test_a_size_that_does_not_start_is_put_back_and_started(bench: Bench, why: str) -> None:
    if why == "no room":
        machine(bench).no_room_for = {"n2-standard-8"}
    else:
        machine(bench).errors["StartMachine"] = [why]
    fix = carried_out(bench, RESIZE)
    assert (fix.outcome, machine(bench).now.status, machine(bench).now.machine_type) == (
        Outcome.FAILED, "RUNNING", "n2-standard-4",
    )  # fmt: skip
    assert bench.pages(fix.id)
    assert MOVES[Recover].inverse(RESIZE, fix.steps[0]) is None


def test_a_resize_is_undone_without_asking_whether_it_helped(bench: Bench) -> None:
    before = machine(bench).now
    fix = carried_out(bench, RESIZE)
    machine(bench).console += "nothing was ever killed here\n"
    back = MOVES[Recover].inverse(RESIZE, fix.steps[0])
    assert back == Recover(machine=NAME, machine_type="n2-standard-4", was="n2-standard-8")
    undone = bench.run(bench.open(back, undo_of=fix.id))
    assert undone.outcome is Outcome.UNDONE
    assert replace(machine(bench).now, last_start=before.last_start) == before


# 7.6: what came back


def signs(fix: Fix) -> dict[str, str]:
    return {name: fix.steps[0].seen[name].partition(":")[0] for name in ("boot", "agent", "flow_logs", "call")}


def test_the_four_signs_are_told_apart(bench: Bench) -> None:
    bench.google.flow = bench.clock.now() + timedelta(minutes=6)
    bench.google.seen = Outcomes(refused=(bench.clock.now() + timedelta(minutes=5),), traffic=True)
    fix = carried_out(bench, RESET, call=CALL)
    assert signs(fix) == {"boot": "yes", "agent": "yes", "flow_logs": "yes", "call": "no"}
    assert fix.steps[0].outcome is Outcome.OK
    assert "that has its own cause" in fix.steps[0].seen["call"]


def test_flow_logs_are_never_put_down_to_the_role(bench: Bench) -> None:
    bench.google.flow = bench.clock.now() + timedelta(minutes=6)
    assert "whatever roles the machine's account has" in carried_out(bench, RESET).steps[0].seen["flow_logs"]


def test_a_quiet_machine_may_have_flows_that_sampling_hides(bench: Bench) -> None:
    assert carried_out(bench, RESET).steps[0].seen["flow_logs"].startswith("could not tell: no flow was recorded yet")


def test_flow_logs_that_are_off_are_told(bench: Bench) -> None:
    bench.google.flow_logs_on = False
    assert carried_out(bench, RESET).steps[0].seen["flow_logs"].startswith("no: flow logs are off for s")


def test_what_cannot_be_looked_at_could_not_be_told_and_stops_nothing(bench: Bench) -> None:
    bench.google.blind["flow_seen"] = LookFailed("read the flow logs", "acme-net", "too slow")
    bench.google.blind["outcomes"] = NotAllowedToLook("logging.logEntries.list", "acme-shop", "no")
    fix = carried_out(bench, RESET, call=CALL)
    assert signs(fix) == {"boot": "yes", "agent": "yes", "flow_logs": "could not tell", "call": "could not tell"}
    assert fix.steps[0].outcome is Outcome.OK


def test_a_call_that_succeeds_is_told(bench: Bench) -> None:
    bench.google.seen = Outcomes(succeeded=(bench.clock.now() + timedelta(minutes=5),), traffic=True)
    assert carried_out(bench, RESET, call=CALL).steps[0].seen["call"].startswith("yes: the same call succeeded")


def test_memory_that_runs_out_again_within_half_an_hour_is_no_recovery(bench: Bench) -> None:
    more = killed(400, pid=31)
    bench.google.at(600, lambda _: setattr(machine(bench), "console", machine(bench).console + more))
    fix = carried_out(bench, RESET)
    assert (fix.outcome, signs(fix)["boot"]) == (Outcome.FAILED, "no")
    assert "memory ran out again" in fix.why


def test_half_an_hour_without_a_kill_is_waited_for(bench: Bench) -> None:
    fix = bench.open(RESET)
    done = bench.run(fix, stop=lambda now: now.current == 1)
    assert bench.clock.now() - done.opened_at >= timedelta(minutes=30)


def test_agents_that_stay_silent_are_no_recovery(bench: Bench) -> None:
    machine(bench).agent = False
    fix = carried_out(bench, RESET)
    assert (fix.outcome, signs(fix)["agent"], signs(fix)["boot"]) == (Outcome.FAILED, "no", "yes")


def test_agents_that_could_not_be_asked_about_could_not_be_told(bench: Bench) -> None:
    fix = bench.open(RESET)
    bench.run(fix, stop=lambda now: now.steps[0].state == "WATCHING")
    bench.google.blind["beat"] = NotAllowedToLook("logging.logEntries.list", "acme-shop", "no")
    assert bench.run(fix).outcome is Outcome.COULD_NOT_TELL
