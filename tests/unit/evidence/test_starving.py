"""Story 3: what an exhausted machine's console proves, and what of a denial that does not explain."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from entries import PROJECT, audit, on_vm
from explained import explain
from fakes.facts import CALLED, FAILURES, GIVEN, FakeFacts, looked

from shared.model.facts import Beat, FlowLogs
from shared.model.machine import Machine
from shared.model.memory import SerialOutput

AGENT = "google-cloud-ops-agent-fluent-bit.service"
WHOLE = f"""\
[ 1234.200000] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/{AGENT},task=fluent-bit,pid=812,uid=0
[ 1234.300000] Out of memory: Killed process 812 (fluent-bit) total-vm:1830144kB, anon-rss:911208kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:2360kB oom_score_adj:0
"""
CONTAINER = """\
[ 5000.100100] Task in /docker/6f1c killed as a result of limit of /docker/6f1c
[ 5000.100200] memory: usage 524288kB, limit 524288kB, failcnt 1234
[ 5000.100400] Memory cgroup out of memory: Kill process 3100 (worker) score 1950 or sacrifice child
[ 5000.100500] Killed process 3100 (worker) total-vm:900000kB, anon-rss:510000kB, file-rss:900kB
"""
KILLED = on_vm("Out of memory: Killed process 812 (fluent-bit) total-vm:1830144kB, anon-rss:911208kB, file-rss:0kB")
SUBNET = "projects/acme-test/regions/europe-west1/subnetworks/default"


def machine(console: str = "", **more: Any) -> FakeFacts:
    facts = FakeFacts()
    facts.machines["42"] = Machine(
        id="77", name="web-1", project=PROJECT, zone="europe-west1-b", status="RUNNING", subnetworks=(SUBNET,)
    )
    facts.console = SerialOutput(text=console, **more)
    return facts


def stamped(text: str, at: str) -> str:
    return "".join(f"{at} web-1 kernel: {line}\n" for line in text.splitlines())


def test_a_kill_of_the_whole_machine_is_quoted_and_told_apart_from_a_containers_limit() -> None:
    told = looked(KILLED, machine(WHOLE))
    assert (told.cause, told.proven) == ("cred.lost_token", "yes")
    kill = next(one for one in told.looks if "serial console" in one.asked)
    assert kill.said.startswith("fluent-bit was killed at the whole machine's memory: ")
    assert "Out of memory: Killed process 812 (fluent-bit)" in kill.said


def test_a_containers_limit_is_named_and_a_larger_machine_would_not_help() -> None:
    told = looked(KILLED, machine(CONTAINER))
    assert any("the limit of /docker/6f1c" in one.said for one in told.looks)
    (larger,) = [one for one in told.looks if one.asked == "would a larger machine help?"]
    assert (larger.verdict, "raise that limit" in larger.said) == ("no", True)


@pytest.mark.parametrize(
    ("last", "said", "verdict"),
    [
        (CALLED + timedelta(minutes=1), "last heard at 2026-11-21 09:01:00", "yes"),
        (CALLED - timedelta(minutes=30), "last heard at 2026-11-21 08:30:00; silent since", "no"),
        (None, "nothing was heard of them within a day before", "no"),
    ],
    ids=["back", "silent", "never heard"],
)
def test_whether_the_agents_are_back_is_told_by_their_last_sign_of_life(last: Any, said: str, verdict: str) -> None:
    facts = machine(WHOLE)
    facts.heard = Beat(last=last)
    told = looked(KILLED, facts)
    (finding,) = [one for one in told.looks if "last heard?" in one.asked]
    assert (finding.said, finding.verdict) == (said, verdict)
    assert any(f"agents: {said}" in line for line in told.evidence)


def test_a_sign_of_life_counts_from_the_kill_where_its_time_is_known() -> None:
    facts = machine(stamped(WHOLE, "2026-11-21T08:50:00.000000+00:00"))
    facts.heard = Beat(last=CALLED - timedelta(minutes=8), codes=("LogApiScopeErr",))
    told = looked(KILLED, facts)
    (finding,) = [one for one in told.looks if "last heard?" in one.asked]
    assert (finding.verdict, finding.said) == ("yes", "last heard at 2026-11-21 08:52:00, reporting LogApiScopeErr")


def test_a_kill_of_yesterday_is_told_and_not_taken_for_the_reason() -> None:
    told = looked(KILLED, machine(stamped(WHOLE, "2026-11-20T08:50:00.000000+00:00")))
    assert told.proven == "could not tell"
    assert any("Killed process 812" in one.said for one in told.looks)
    assert told.plan == explain(KILLED).plan


def test_what_an_exhaustion_does_not_explain_is_told_in_full() -> None:
    not_explained = [
        one.said for one in looked(KILLED, machine(WHOLE)).looks if one.asked == "what does it not explain?"
    ]
    assert len(not_explained) == 5
    assert any(one.startswith("a 403:") for one in not_explained)
    assert any("VPC flow logs" in one for one in not_explained)


def test_a_console_that_tells_of_no_kill_refutes_it_only_if_nothing_is_lost() -> None:
    assert looked(KILLED, machine("booted\n")).proven == "no"
    told = looked(KILLED, machine("booted\n", lost=4096))
    assert told.proven == "could not tell"
    assert any("4096 earlier bytes" in one.said for one in told.looks)


@pytest.mark.parametrize("failure", FAILURES)
def test_a_console_that_cannot_be_read_leaves_the_agents_word(failure: str) -> None:
    facts = machine(WHOLE)
    facts.fails["serial"] = FAILURES[failure]
    facts.heard = Beat(last=CALLED)
    told = looked(KILLED, facts)
    assert (told.proven, told.plan) == ("could not tell", explain(KILLED).plan)
    assert any("last heard at" in one.said for one in told.looks)
    (console,) = [one for one in told.looks if "serial console" in one.asked]
    assert console.verdict == "could not tell"
    assert failure in console.said


def test_flow_logs_that_are_off_are_told_to_be_no_matter_of_roles() -> None:
    facts = machine(WHOLE)
    facts.subnets[SUBNET] = FlowLogs(subnet=SUBNET, enabled=False)
    assert any("off: no role of the machine's account changes that" in one.said for one in looked(KILLED, facts).looks)
    facts.subnets[SUBNET] = FlowLogs(subnet=SUBNET, enabled=True, sampling=0.5)
    assert any("on, 50% of the flows" in one.said for one in looked(KILLED, facts).looks)


def test_a_missing_role_beside_an_exhaustion_is_the_cause_of_the_refusal_and_both_are_told() -> None:
    entry = audit(
        permission="logging.logEntries.create", resource=f"projects/{PROJECT}", service="logging.googleapis.com"
    )
    entry["resource"] = on_vm("")["resource"]
    told = looked(entry, machine(WHOLE))
    assert (told.cause, told.proven) == ("log.writer", "yes")
    assert [one.cause for one in told.also] == ["cred.lost_token"]
    assert [one.action for one in told.plan] == ["grant_role", "advise"]


def test_an_exhaustion_is_never_the_cause_of_a_refused_permission() -> None:
    entry = audit(
        permission="logging.logEntries.create", resource=f"projects/{PROJECT}", service="logging.googleapis.com"
    )
    entry["resource"] = on_vm("")["resource"]
    facts = machine(WHOLE)
    facts.seen["logging.logEntries.create"] = GIVEN
    told = looked(entry, facts)
    assert (told.cause, told.proven) == ("log.writer", "no")


def test_a_kill_asked_for_by_hand_is_no_exhaustion() -> None:
    by_hand = (
        "[ 10.1] bash invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0\n"
        "[ 10.2] Out of memory: Killed process 812 (fluent-bit) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB\n"
    )
    assert looked(KILLED, machine(by_hand)).proven == "no"
