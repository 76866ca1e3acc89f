"""What a serial console says of memory: one event a kill, the right limit, and nothing it does not say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.evidence.memory import needed, read_serial
from shared.model.evidence import Verdict
from shared.model.memory import Killer, MemoryStory, OomEvent, Scope, SerialOutput

LOGGING = "google-cloud-ops-agent-fluent-bit.service"
METRICS = "google-cloud-ops-agent-opentelemetry-collector.service"
MEGABYTE = 1_000_000
YES, NO, UNKNOWN = Verdict

KERNEL_2_6_32 = """\
httpd invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0, oom_score_adj=0
Out of memory: Kill process 4711 (httpd) score 312 or sacrifice child
Killed process 4711, UID 48, (httpd) total-vm:1500000kB, anon-rss:700000kB, file-rss:12kB
"""
KERNEL_3_10 = """\
[11686.040460] java invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0
[11686.040467] java cpuset=/ mems_allowed=0
[11686.042124] Out of memory: Kill process 9163 (java) score 986 or sacrifice child
[11686.042130] Killed process 9163 (java) total-vm:2050156kB, anon-rss:1983048kB, file-rss:12kB
"""
KERNEL_4_14 = """\
[ 2304.100001] python3 invoked oom-killer: gfp_mask=0x14200ca(GFP_HIGHUSER_MOVABLE), nodemask=(null),  order=0, oom_score_adj=0
[ 2304.200002] Out of memory: Kill process 1532 (stress-ng) score 938 or sacrifice child
[ 2304.200012] Killed process 1532 (stress-ng) total-vm:8200000kB, anon-rss:7600000kB, file-rss:4kB, shmem-rss:16kB
[ 2304.310000] oom_reaper: reaped process 1532 (stress-ng), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB
"""
KERNEL_5_0 = """\
[  881.000100] mysqld invoked oom-killer: gfp_mask=0x6200ca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0
[  881.000200] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/mysql.service,task=mysqld,pid=2001,uid=112
[  881.000210] Out of memory: Kill process 2001 (mysqld) score 611 or sacrifice child
[  881.000220] Killed process 2001 (mysqld) total-vm:4100000kB, anon-rss:3300000kB, file-rss:0kB, shmem-rss:0kB
"""
KERNEL_5_10 = """\
[81234.118000] cron invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0
[81234.118100] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/user.slice/user-1000.slice/session-3.scope,task=node,pid=2217,uid=1000
[81234.118200] Out of memory: Killed process 2217 (node) total-vm:1830144kB, anon-rss:911208kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:2360kB oom_score_adj:0
[81234.240000] oom_reaper: reaped process 2217 (node), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB
"""
GROUP_V1_3_10 = """\
[ 5000.100000] worker invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=985
[ 5000.100100] Task in /docker/6f1c killed as a result of limit of /docker/6f1c
[ 5000.100200] memory: usage 524288kB, limit 524288kB, failcnt 1234
[ 5000.100300] memory+swap: usage 524288kB, limit 9007199254740988kB, failcnt 0
[ 5000.100400] Memory cgroup out of memory: Kill process 3100 (worker) score 1950 or sacrifice child
[ 5000.100500] Killed process 3100 (worker) total-vm:900000kB, anon-rss:510000kB, file-rss:900kB
"""
POD = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod7a.slice/cri-containerd-9e.scope"
GROUP_V2_6_1 = f"""\
[60001.500000] catalog invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=985
[60001.500100] memory: usage 1048576kB, limit 1048576kB, failcnt 77
[60001.500110] swap: usage 0kB, limit 0kB, failcnt 0
[60001.500200] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=cri-containerd-9e.scope,mems_allowed=0,oom_memcg={POD},task_memcg={POD},task=catalog,pid=40911,uid=1000
[60001.500300] Memory cgroup out of memory: Killed process 40911 (catalog) total-vm:2711040kB, anon-rss:1003112kB, file-rss:1204kB, shmem-rss:0kB, UID:1000 pgtables:1480kB oom_score_adj:985
"""
AGENT_KILLED = f"""\
[ 1234.200000] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/{LOGGING},task=fluent-bit,pid=812,uid=0
[ 1234.300000] Out of memory: Killed process 812 (fluent-bit) total-vm:1830144kB, anon-rss:911208kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:2360kB oom_score_adj:0
"""


def story(text: str, lost: int = 0) -> MemoryStory:
    return read_serial(SerialOutput(text=text, next=len(text), lost=lost))


def only(text: str) -> OomEvent:
    (event,) = story(text).events
    return event


def killed(at: float, pid: int, command: str = "job", message: str = "Out of memory") -> str:
    return f"[{at:12.6f}] {message}: Killed process {pid} ({command}) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(KERNEL_2_6_32, ("httpd", 4711, Scope.MACHINE, 700000, 3), id="2.6.32"),
        pytest.param(KERNEL_3_10, ("java", 9163, Scope.MACHINE, 1983048, 3), id="3.10"),
        pytest.param(KERNEL_4_14, ("stress-ng", 1532, Scope.MACHINE, 7600000, 4), id="4.14"),
        pytest.param(KERNEL_5_0, ("mysqld", 2001, Scope.MACHINE, 3300000, 4), id="5.0"),
        pytest.param(KERNEL_5_10, ("node", 2217, Scope.MACHINE, 911208, 4), id="5.10"),
        pytest.param(GROUP_V1_3_10, ("worker", 3100, Scope.CGROUP, 510000, 5), id="group of 3.10"),
        pytest.param(GROUP_V2_6_1, ("catalog", 40911, Scope.CGROUP, 1003112, 4), id="group of 6.1"),
    ],
)
def test_the_lines_of_one_kill_are_one_event_in_every_kernel(text: str, told: tuple[str, int, Scope, int, int]) -> None:
    event = only(text)
    assert (event.victim, event.pid, event.scope, event.rss_kb, len(event.lines)) == told
    assert event.by is Killer.KERNEL


def test_the_process_that_asked_for_memory_is_not_taken_for_the_victim() -> None:
    event = only(KERNEL_5_10)
    assert (event.invoked_by, event.victim) == ("cron", "node")


def test_the_child_that_was_sacrificed_is_the_victim_and_not_its_parent() -> None:
    event = only(
        "[  152.700479] Memory cgroup out of memory: Kill process 4142 (sh) score 68 or sacrifice child\n"
        "[  152.701942] Killed process 4254 (python3) total-vm:11968kB, anon-rss:4288kB, file-rss:3972kB, shmem-rss:0kB\n"
        "[  152.801942] oom_reaper: reaped process 4254 (python3), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n"
    )
    assert (event.victim, event.pid, event.scope) == ("python3", 4254, Scope.CGROUP)


@pytest.mark.parametrize(
    ("text", "group", "limit"), [(GROUP_V1_3_10, "/docker/6f1c", 524288), (GROUP_V2_6_1, POD, 1048576)]
)
def test_a_full_group_is_named_with_its_limit_and_asks_for_that_limit_not_for_a_larger_machine(
    text: str, group: str, limit: int
) -> None:
    told = story(text)
    assert (told.events[0].cgroup, told.events[0].limit_kb) == (group, limit)
    assert (told.containers, told.whole_machine) == (1, 0)
    recovery = needed(told)
    assert (recovery.resize, recovery.raise_limits) == (NO, (group,))


def test_a_limit_that_is_none_is_not_reported_as_one() -> None:
    unlimited = GROUP_V1_3_10.replace("usage 524288kB, limit 524288kB", "usage 524288kB, limit 9007199254740988kB")
    assert only(unlimited).limit_kb is None


@pytest.mark.parametrize("constraint", ["CONSTRAINT_CPUSET", "CONSTRAINT_MEMORY_POLICY"])
def test_a_numa_or_cpuset_bound_supports_no_resize_though_the_line_says_out_of_memory(constraint: str) -> None:
    told = story(KERNEL_5_10.replace("CONSTRAINT_NONE", constraint) + killed(81300, 1))
    assert [event.scope for event in told.events] == [Scope.UNKNOWN, Scope.MACHINE]
    assert needed(told).resize is NO


def test_a_kill_asked_for_by_hand_is_no_exhaustion() -> None:
    told = story(KERNEL_5_10.replace("order=0", "order=-1"))
    assert (told.events[0].by_hand, told.events[0].scope, told.whole_machine) == (True, Scope.UNKNOWN, 0)
    assert needed(told).restart is NO


def test_a_context_line_that_was_broken_by_another_line_still_gives_the_scope() -> None:
    told = story(
        "[ 10.000001] a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
        "[ 10.000002] oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=0\n[ 10.000003] eth0: link up\n" + killed(10.1, 7)
    )
    assert [(event.pid, event.scope) for event in told.events] == [(7, Scope.UNKNOWN)]


def test_two_kills_whose_lines_interleave_stay_two() -> None:
    lines = [*zip(KERNEL_5_10.splitlines(), GROUP_V2_6_1.replace("60001.5", "81234.1").splitlines()[:4], strict=True)]
    lines.append((GROUP_V2_6_1.replace("60001.5", "81234.1").splitlines()[4], ""))
    told = story("\n".join(line for pair in lines for line in pair))
    assert {(event.victim, event.pid, event.scope, event.cgroup) for event in told.events} == {
        ("node", 2217, Scope.MACHINE, "/user.slice/user-1000.slice/session-3.scope"),
        ("catalog", 40911, Scope.CGROUP, POD),
    }
    assert {event.rss_kb for event in told.events} == {911208, 1003112}
    assert {event.invoked_by for event in told.events} <= {"", "cron"}  # of two calls that are open, none is guessed


def test_the_parents_of_two_interleaved_kills_are_told_apart_by_pid() -> None:
    told = story(
        "[ 9.1] Out of memory: Kill process 11 (a) score 9 or sacrifice child\n"
        "[ 9.1] Out of memory: Kill process 22 (b) score 9 or sacrifice child\n"
        "[ 9.2] Killed process 22 (b) total-vm:1kB, anon-rss:2kB, file-rss:0kB\n"
        "[ 9.2] Killed process 11 (a) total-vm:1kB, anon-rss:1kB, file-rss:0kB\n"
    )
    assert [(event.pid, event.rss_kb) for event in told.events] == [(11, 1), (22, 2)]


def test_a_line_the_syslog_daemon_prints_again_counts_once() -> None:
    echo = "".join(f"Mar  4 12:00:00 web kernel: {line}\n" for line in KERNEL_5_10.splitlines())
    told = story(KERNEL_5_10 + echo)
    assert (len(told.events), told.whole_machine) == (1, 1)


@pytest.mark.parametrize(("later", "events"), [(104.9, 1), (105.1, 2)])
def test_the_same_pid_is_the_same_kill_within_five_seconds_only(later: float, events: int) -> None:
    assert len(story(killed(100, 7) + killed(later, 7)).events) == events


@pytest.mark.parametrize("later", ["Mar  4 12:00:06 ", "2026-03-04T12:00:06Z ", "[Wed Mar  4 12:00:06 2026] "])
def test_the_five_seconds_are_taken_from_a_wall_clock_where_no_uptime_stands(later: str) -> None:
    line = "kernel: Out of memory: Killed process 7 (job)"
    apart = f"{later.replace('00:06', '00:00')}{line}\n{later}{line}\n"
    assert len(story(apart).events) == 2
    assert len(story(apart.replace("00:06", "00:04")).events) == 1


def test_a_clock_with_its_year_is_not_compared_with_one_that_has_none() -> None:
    line = "kernel: Out of memory: Killed process 7 (job)"
    assert len(story(f"Mar  4 12:00:00 {line}\n2026-03-04T12:00:01Z {line}\n").events) == 1  # joined as neighbours


@pytest.mark.parametrize(
    ("prefix", "uptime", "wall", "at"),
    [
        ("[   81.234567] ", 81.234567, "", None),
        ("[   81.234567][ T1234] ", 81.234567, "", None),
        ("Mar  4 12:00:00 web kernel: [   81.234567] ", 81.234567, "Mar  4 12:00:00", None),
        ("Mar  4 12:00:00 web kernel: ", None, "Mar  4 12:00:00", None),
        ("[Wed Mar  4 12:00:00 2026] ", None, "Mar  4 12:00:00 2026", None),
        ("2026-03-04T12:00:00.5+00:00 web kernel: ", None, "2026-03-04T12:00:00.5+00:00", datetime(2026, 3, 4, 12, 0, 0, 500_000, UTC)),
        ("2026-03-04T12:00:00 web kernel: ", None, "2026-03-04T12:00:00", None),
        ("2026-13-44T99:00:00Z web kernel: ", None, "2026-13-44T99:00:00Z", None),
        ("Feb 30 12:00:00 web kernel: ", None, "Feb 30 12:00:00", None),
        ("0001-01-01T00:00:00+14:00 kernel: ", None, "0001-01-01T00:00:00+14:00", None),
        ("", None, "", None),
        ("<3>kernel: ", None, "", None),
        ("serial| anything at all: ", None, "", None),
    ],
)  # fmt: skip
def test_a_kill_has_the_time_that_stands_before_it(
    prefix: str, uptime: float | None, wall: str, at: datetime | None
) -> None:
    event = only(f"{prefix}Out of memory: Killed process 7 (job) total-vm:1kB, anon-rss:1kB\n")
    assert (event.uptime, event.wall) == (uptime, wall)
    assert at is None or event.at == at


def test_a_console_that_begins_in_the_middle_of_a_kill_tells_what_is_left_of_it() -> None:
    assert only(KERNEL_4_14.splitlines()[2]).scope is Scope.UNKNOWN
    assert only("s 1532 (stress-ng) total-vm:1kB\n" + KERNEL_4_14.splitlines()[3]).victim == "stress-ng"
    cut = only(GROUP_V1_3_10[GROUP_V1_3_10.index("Task in") :].partition("[ 5000.100400]")[0])
    assert (cut.scope, cut.cgroup, cut.pid) == (Scope.CGROUP, "/docker/6f1c", None)


def test_a_call_of_the_oom_killer_at_the_end_of_the_console_is_an_event_without_a_victim() -> None:
    event = only(KERNEL_5_10.splitlines()[0])
    assert (event.invoked_by, event.victim, event.scope) == ("cron", "", Scope.UNKNOWN)


@pytest.mark.parametrize(
    ("words", "scope"),
    [
        ("Out of memory: system-wide panic_on_oom is enabled", Scope.MACHINE),
        ("Out of memory: compulsory panic_on_oom is enabled", Scope.UNKNOWN),
        ("Out of memory and no killable processes...", Scope.MACHINE),
        ("System is deadlocked on memory", Scope.MACHINE),
    ],
)
def test_a_panic_for_lack_of_memory_is_one_event_with_the_call_before_it(words: str, scope: Scope) -> None:
    event = only(f"{KERNEL_5_10.splitlines()[0]}\n[81234.500000] Kernel panic - not syncing: {words}\n")
    assert (event.panicked, event.scope, event.invoked_by) == (True, scope, "cron")


def test_another_panic_is_no_memory_exhaustion() -> None:
    assert story("[ 1.0] Kernel panic - not syncing: VFS: Unable to mount root fs\n").events == ()


def test_systemd_tells_the_unit_of_the_kill_it_follows() -> None:
    event = only(
        killed(50.1, 7, "gunicorn")
        + "[   50.2] systemd[1]: shop.service: A process of this unit has been killed by the OOM killer.\n"
        + "[   70.0] systemd[1]: shop.service: Failed with result 'oom-kill'.\n"
    )
    assert (event.unit, event.pid, len(event.lines)) == ("shop.service", 7, 3)


def test_a_unit_is_not_guessed_where_two_kills_could_be_meant() -> None:
    told = story(
        killed(50.1, 7) + killed(50.2, 8) + "[ 50.3] systemd[1]: shop.service: Failed with result 'oom-kill'.\n"
    )
    assert [(event.pid, event.unit) for event in told.events] == [(7, ""), (8, ""), (None, "shop.service")]


def test_a_unit_is_not_that_of_a_kill_in_a_container_at_the_same_time() -> None:
    told = story(GROUP_V2_6_1 + "[60001.6] systemd[1]: shop.service: Failed with result 'oom-kill'.\n")
    assert [(event.victim, event.unit) for event in told.events] == [("catalog", ""), ("", "shop.service")]


def test_systemd_alone_is_an_event_without_a_scope() -> None:
    event = only("[ 50.3] systemd[1]: shop.service: Failed with result 'oom-kill'.\n")
    assert (event.unit, event.scope, event.pid) == ("shop.service", Scope.UNKNOWN, None)


def test_systemd_oomd_is_not_the_kernel_and_its_pressure_is_of_one_group() -> None:
    told = story(
        "[ 10.1] systemd-oomd[512]: Killed /system.slice/shop.service due to memory pressure for /system.slice being 61.20% > 60.00% for > 20s with reclaim activity\n"
        "[ 99.1] systemd-oomd[512]: Killed /user.slice/a.scope due to memory used (8000) / total (8100) and swap used (900) / total (1000) being more than 90.00%\n"
    )
    assert [(event.by, event.scope, event.unit) for event in told.events] == [
        (Killer.USERSPACE, Scope.UNKNOWN, "shop.service"),
        (Killer.USERSPACE, Scope.MACHINE, ""),
    ]


@pytest.mark.parametrize(
    "tail",
    [
        ": badness 733, VmRSS 3 MiB",
        ': oom_score 733, VmRSS 3 MiB, cmdline "/usr/bin/java -Dtoken=hunter2"',
        ': oom_score 733, oom_score_adj -5, VmRSS 3 MiB, cmdline "/usr/bin/java -Dtoken=hunter2"',
    ],
)
def test_earlyoom_names_its_victim_and_the_command_line_is_never_quoted(tail: str) -> None:
    sent = f'earlyoom[312]: sending %s to process 88 uid 1000 "java"{tail}\n'
    event = only(sent % "SIGTERM" + sent % "SIGKILL")
    assert (event.by, event.victim, event.pid, event.rss_kb) == (Killer.USERSPACE, "java", 88, 3072)
    assert "hunter2" not in str(event)


def test_a_signal_that_another_program_sends_is_not_earlyooms() -> None:
    assert story('supervisor[1]: sending SIGKILL to process 88 uid 1 "x": badness 1, VmRSS 3 MiB\n').events == ()


@pytest.mark.parametrize(
    ("command", "agent"),
    [
        ("google_guest_ag", "google-guest-agent.service"),
        ("google_osconfig", "google-osconfig-agent.service"),
        ("google_cloud_op", "google-cloud-ops-agent.service"),
        ("otelopscol", METRICS),
        ("fluent-bit", LOGGING),
        ("flb-pipeline", LOGGING),
        ("google-fluentd", "google-fluentd.service"),
        ("collectd", "stackdriver-agent.service"),
    ],
)
def test_an_agent_is_known_by_its_command_as_linux_cuts_it(command: str, agent: str) -> None:
    told = story(killed(5, 7, command))
    assert (told.events[0].is_agent, told.agents_killed) == (True, (agent,))


def test_a_process_that_only_sounds_like_an_agent_is_none() -> None:
    told = story(killed(5, 7, "my-fluent-bit") + killed(9, 8, "google_chrome"))
    assert (told.agents_killed, told.whole_machine) == ((), 2)


def test_an_agent_is_known_by_its_unit_where_the_command_is_another() -> None:
    told = story(AGENT_KILLED.replace("(fluent-bit)", "(ruby)").replace("task=fluent-bit", "task=ruby"))
    assert told.agents_killed == (LOGGING,)


def test_an_agents_command_in_a_container_is_not_the_unit_of_the_machine() -> None:
    told = story(
        GROUP_V2_6_1.replace("catalog", "fluent-bit") + f"[60009.0] systemd[1]: Started {LOGGING} - Logging.\n"
    )
    assert (told.agents_killed, told.agents_restarted, told.back_alone) == (("fluent-bit",), (), UNKNOWN)


@pytest.mark.parametrize(
    "said",
    [
        "[ 1236.2] systemd[1]: Started Google Cloud Ops Agent - Logging Agent.",
        f"[ 1236.2] systemd[1]: Started {LOGGING} - Google Cloud Ops Agent - Logging Agent.",
        "[\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39mGoogle Cloud Ops Agent - Logging Agent\x1b[0m.",
        f"[\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39m{LOGGING}\x1b[0m - Google Cloud Ops Agent - Logging Agent.",
    ],
)
def test_an_agent_that_systemd_started_again_is_back_and_nothing_is_to_be_restarted(said: str) -> None:
    scheduled = f"[ 1235.9] systemd[1]: {LOGGING}: Scheduled restart job, restart counter is at 1.\n"
    told = story(f"{AGENT_KILLED}{scheduled}{said}\r\n")
    assert (told.back_alone, told.agents_restarted) == (YES, (LOGGING,))
    assert needed(told).restart is NO


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[ 1236.2] systemd[1]: Started Google Cloud Ops Agent.",
        "[ 1236.2] systemd[1]: Started Google Cloud Ops Agent - Metrics Agent.",
        "[ 1236.2] systemd[1]: Starting Google Cloud Ops Agent - Logging Agent...",
        f"[ 1236.2] systemd[1]: {LOGGING}: Scheduled restart job, restart counter is at 1.",
        f"[ 1236.2] systemd[1]: {LOGGING}: Service hold-off time over, scheduling restart.",
    ],
)
def test_silence_a_promise_or_another_unit_does_not_tell_that_an_agent_is_back(said: str) -> None:
    told = story(f"{AGENT_KILLED}{said}\n")
    assert (told.agents_killed, told.back_alone, told.agents_restarted) == ((LOGGING,), UNKNOWN, ())
    assert needed(told).restart is UNKNOWN


@pytest.mark.parametrize(
    "said",
    [
        f"[ 1240.0] systemd[1]: {LOGGING}: Start request repeated too quickly.",
        "[ 1240.0] systemd[1]: Failed to start Google Cloud Ops Agent - Logging Agent.",
    ],
)
def test_an_agent_that_systemd_gave_up_is_not_back(said: str) -> None:
    told = story(f"{AGENT_KILLED}[ 1236.2] systemd[1]: Started {LOGGING}.\n{said}\n")
    assert (told.back_alone, told.agents_restarted) == (NO, ())
    assert LOGGING in told.back_why


def test_a_start_before_the_kill_or_between_two_does_not_count() -> None:
    started = f"[ 1000.0] systemd[1]: Started {LOGGING}.\n"
    assert story(started + AGENT_KILLED).back_alone is UNKNOWN
    again = AGENT_KILLED.replace("1234.", "2234.").replace("812", "913")
    assert story(AGENT_KILLED + started.replace("1000", "1300") + again).back_alone is UNKNOWN


def test_one_agent_back_does_not_stand_for_another() -> None:
    told = story(AGENT_KILLED + killed(1234.9, 900, "otelopscol") + f"[ 1236.2] systemd[1]: Started {LOGGING}.\n")
    assert (told.agents_killed, told.agents_restarted, told.back_alone) == ((LOGGING, METRICS), (LOGGING,), UNKNOWN)


def test_a_console_without_a_kill_supports_neither_restart_nor_resize() -> None:
    told = story(
        "[    0.000000] Linux version 6.1.0-18-cloud-amd64 (debian)\n[   12.1] systemd[1]: Started cron.service.\n"
    )
    assert (told.events, told.explains, told.not_explained, told.back_alone) == ((), (), (), UNKNOWN)
    recovery = needed(told)
    assert (recovery.restart, recovery.resize, recovery.raise_limits) == (NO, NO, ())
    assert "lost" not in recovery.restart_why


@pytest.mark.parametrize(
    "text",
    [
        "",
        "java.lang.OutOfMemoryError: Java heap space\n",
        "app[7]: out of memory, dropping cache\n",
        "watchdog: Killed process 7 (job) because it hung\n",
        "Out of memory: Killed process  (job)\n",
        "low memory: usage is 90 percent\n",
        "dial tcp 169.254.169.254:80: i/o timeout\n",
        "shop.service: Failed with result 'exit-code'.\n",
        "ray: some tasks were killed; see oom_score_adj\n",
    ],
)
def test_what_other_programs_write_about_memory_is_no_kill(text: str) -> None:
    assert story(text).events == ()


def test_lost_bytes_are_told_and_never_taken_for_evidence() -> None:
    told = story("", lost=4096)
    assert told.lost == 4096
    recovery = needed(told)
    assert recovery.restart is NO
    assert "4096 bytes" in recovery.restart_why
    assert needed(story(KERNEL_5_10, lost=4096)).resize is UNKNOWN
    assert needed(story(KERNEL_5_10)).resize is NO
    assert needed(story(GROUP_V2_6_1, lost=4096)).resize is NO


@pytest.mark.parametrize(
    ("text", "resize"),
    [
        pytest.param(killed(1000, 7) + killed(5000, 8), YES, id="twice within a day"),
        pytest.param(killed(1000, 7) + killed(1002, 8) + killed(1004, 9), NO, id="three kills on one occasion"),
        pytest.param(killed(1000, 7) + killed(1000 + 86_401, 8), NO, id="more than a day apart"),
        pytest.param(killed(1000, 7) + killed(5000, 8, message="Memory cgroup out of memory"), NO, id="a machine and a group"),
        pytest.param(killed(1000, 7) + "[    0.000000] Linux version 6.1.0 (gcc)\n" + killed(5000, 8), UNKNOWN, id="two boots"),
        pytest.param(killed(1000, 7) + killed(500, 8), UNKNOWN, id="the uptime fell"),
        pytest.param("Out of memory: Killed process 7 (a)\nOut of memory: Killed process 8 (b)\n", UNKNOWN, id="no stamps"),
        pytest.param("Mar  4 12:00:00 h kernel: Out of memory: Killed process 7 (a)\nMar  4 18:00:00 h kernel: Out of memory: Killed process 8 (b)\n", UNKNOWN, id="no year"),
        pytest.param("2026-03-04T12:00:00Z kernel: Out of memory: Killed process 7 (a)\n2026-03-04T18:00:00Z kernel: Out of memory: Killed process 8 (b)\n", YES, id="two dates"),
        pytest.param('[1.0] earlyoom: sending SIGTERM to process 1 uid 1 "a": badness 1, VmRSS 1 MiB\n[900.0] earlyoom: sending SIGTERM to process 2 uid 1 "b": badness 1, VmRSS 1 MiB\n', NO, id="a daemon's choice"),
    ],
)  # fmt: skip
def test_only_the_kernel_saying_twice_within_a_day_that_the_whole_machine_is_full_supports_a_resize(
    text: str, resize: Verdict
) -> None:
    recovery = needed(story(text))
    assert recovery.resize is resize
    assert recovery.restart is UNKNOWN


def test_what_memory_exhaustion_does_not_explain_stands_beside_what_it_does() -> None:
    told = story(AGENT_KILLED + GROUP_V2_6_1)
    does, does_not = " ".join(told.explains), " ".join(told.not_explained)
    assert "the whole machine" in does
    assert LOGGING in does
    assert f"{POD} reached its own limit of 1048576 kB" in does
    for claim in ("403", "metadata server", "guest agent", "flow logs", "a role works without one"):
        assert claim in does_not


def test_nothing_but_the_matched_words_is_quoted() -> None:
    told = story(f"password=hunter2 {KERNEL_5_10.splitlines()[2]} Bearer ya29.secret\nya29.other\n")
    (line,) = told.events[0].lines
    assert line.startswith("[81234.118200] Out of memory: Killed process 2217 (node)")
    assert line.endswith("oom_score_adj:0")
    assert "hunter2" not in str(told)
    assert "ya29" not in str(told)


def test_a_quote_is_short_and_shows_what_it_hides() -> None:
    path = "/kubepods/" + "p" * 390
    event = only(GROUP_V2_6_1.replace(POD, path).replace("catalog", "a\u202eb\x07c"))
    assert all(len(line) <= 200 and line.isprintable() for line in event.lines)
    assert (event.cgroup, event.victim) == (path, "a\ufffdbc")


@pytest.mark.parametrize(
    "noise",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("Out of", "\x1b[1;31mOut\x1b[0m of"),
        lambda text: text.replace("Killed", "\x00Kil\x07led\x1bM"),
        lambda text: text.replace("[", "\x1b]0;title\x07["),
        lambda text: text.replace("\n", " \x1b(B\x1b[K\n"),
        lambda text: "\ud800\ufffd\U0010ffff\n" + text,
    ],
)
def test_terminal_escapes_and_control_bytes_do_not_hide_a_kill(noise) -> None:
    event = only(noise(KERNEL_5_10))
    assert (event.victim, event.pid, event.scope) == ("node", 2217, Scope.MACHINE)


def test_two_messages_that_run_together_on_one_line_are_both_read() -> None:
    told = story(killed(5, 7).rstrip() + killed(50, 8))
    assert [(event.pid, event.uptime) for event in told.events] == [(7, 5.0), (8, 50.0)]


@pytest.mark.parametrize(
    "victim", ["a) total-vm:1kB", "Killed process", ") (", "x" * 15, "C2 CompilerThre", "(sd-pam)"]
)
def test_any_command_name_is_a_name(victim: str) -> None:
    assert only(KERNEL_5_10.replace("node", victim)).victim == victim


SEEDS = (
    "x", "\n", "\r", "\x1b[", "\x1b]", "\ud800", "[ 1.0] ", "Killed process 1", "Killed process 1 (", "oom-kill:constraint=CONSTRAINT_",
    "oom-kill:constraint=CONSTRAINT_NONE,nodemask=", "Out of memory: Killed process 1 (a", "a invoked oom-killer: gfp_mask=",
    "Task in /", "memory: usage 1kB, limit ", "9" * 5000, "a.service: Failed with result 'oom-kill", "Started Google ",
    "Linux version 1 (", "earlyoom sending SIGTERM to process 1 uid", "systemd-oomd[1]: Killed /", "Kernel panic - not syncing: ",
)  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_of_a_megabyte_is_read_to_its_end_whatever_it_holds(seed: str) -> None:
    line = (seed * (MEGABYTE // len(seed) + 1))[:MEGABYTE]
    told = story(f"{line} {killed(77, 4242, 'last')}")
    assert [event.victim for event in told.events if event.pid == 4242] == ["last"]
    assert needed(told).resize is not YES


@pytest.mark.parametrize(
    "kill", [KERNEL_5_10, GROUP_V1_3_10, AGENT_KILLED, "a.service: Failed with result 'oom-kill'\n"]
)
def test_every_beginning_of_a_kill_is_read(kill: str) -> None:
    for end in range(len(kill)):
        assert len(story(kill[:end]).events) <= 1
        assert len(story(kill[end:]).events) <= 1


def test_numbers_too_long_to_be_any_are_not_read_as_numbers() -> None:
    assert story(f"Out of memory: Killed process {'9' * 5000} (a) total-vm:1kB, anon-rss:1kB\n").events == ()


def test_a_storm_of_kills_is_counted_kill_by_kill() -> None:
    told = story("".join(killed(index * 10, index + 1) for index in range(2_000)))
    assert (len(told.events), told.whole_machine) == (2_000, 2_000)
    assert needed(told).resize is YES  # ten seconds between two, but hours between the first and the last


def test_the_reference_text_of_a_group_is_read_as_one(reference: Path) -> None:
    text = json.loads((reference / "corpus/thr-oom-cgroup.json").read_text())["textPayload"]
    event = only(text)
    assert (event.victim, event.pid, event.scope, event.rss_kb) == ("python3", 4254, Scope.CGROUP, 4288)
