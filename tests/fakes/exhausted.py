"""Consoles of machines whose memory ran out, as Linux writes them."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.model.memory import Filled, MemoryUse

BOOT = "[    0.000000] Linux version 5.10.0-32-cloud-amd64 (debian-kernel@lists.debian.org) (gcc)\n"


def killed(uptime: float, *, pid: int = 812, group: str = "") -> str:
    """The lines of one kill of the logging agent: of the whole machine's memory, or of a group's own."""
    constraint, memcg = ("CONSTRAINT_MEMCG", f",oom_memcg={group}") if group else ("CONSTRAINT_NONE", ",global_oom")
    what = "Memory cgroup out of memory" if group else "Out of memory"
    return (
        f"[{uptime:12.6f}] java invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0\n"
        f"[{uptime:12.6f}] oom-kill:constraint={constraint},nodemask=(null),cpuset=/,mems_allowed=0{memcg},"
        f"task_memcg=/system.slice/google-cloud-ops-agent-fluent-bit.service,task=fluent-bit,pid={pid},uid=0\n"
        f"[{uptime:12.6f}] {what}: Killed process {pid} (fluent-bit) total-vm:902312kB, anon-rss:411020kB, "
        "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1200kB oom_score_adj:0\n"
    )


ONCE = BOOT + killed(100_000)
TWICE = ONCE + killed(103_600, pid=977)
"""Twice in an hour, more than a day after the machine was started."""


def measured(until: datetime, *percent: float) -> MemoryUse:
    """A sample every five minutes, the last one at a time."""
    first = until - timedelta(minutes=5) * (len(percent) - 1)
    filled = tuple(Filled(first + timedelta(minutes=5) * at, each) for at, each in enumerate(percent))
    return MemoryUse(by="agent.googleapis.com/memory/percent_used", filled=filled)


def full_for_an_hour(until: datetime) -> MemoryUse:
    """What is measured where the whole memory is in use."""
    return measured(until, *[98.0] * 13)
