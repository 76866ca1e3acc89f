"""Memory exhaustion as a machine's serial console tells it: who was killed, at whose limit, and what came back.

The guest writes its own console, so all of this is to be believed as far as text is (`Trust.TEXT`), no further.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from shared.model.evidence import UNKNOWN, Verdict


class Scope(StrEnum):
    """What was full. Linux names it CONSTRAINT_NONE, CONSTRAINT_MEMCG, or (unknown here) a NUMA or cpuset bound."""

    MACHINE = "machine"
    CGROUP = "cgroup"
    UNKNOWN = "unknown"


class Killer(StrEnum):
    """Who chose the victim: the kernel, or a daemon such as systemd-oomd or earlyoom."""

    KERNEL = "kernel"
    USERSPACE = "userspace"


class SerialOutput(Struct, frozen=True, kw_only=True):
    """The console of one port from byte `start` up to byte `next`; `lost` bytes before it were no longer kept.

    Compute Engine keeps the last 1 MB per port (compute v1, instances.getSerialPortOutput).
    """

    text: str
    start: int = 0
    next: int = 0
    lost: int = 0


class Filled(Struct, frozen=True):
    """How full a memory was at a time, in percent."""

    at: datetime
    percent: float


class MemoryUse(Struct, frozen=True, kw_only=True):
    """How full a machine's memory was, oldest first: the highest of every five minutes, and gaps where nobody measured.

    `by` names the metric; it is empty, and so is `filled`, where nothing has measured the memory.
    """

    by: str = ""
    filled: tuple[Filled, ...] = ()


class OomEvent(Struct, frozen=True, kw_only=True):
    """One kill for lack of memory, or one panic, put together from all its lines.

    `victim` is the command name, which Linux cuts to 15 characters; `invoked_by` the process that asked for memory,
    which is often another one. `cgroup` is the group whose limit was hit, otherwise the victim's own group. `rss_kb`
    is the anonymous memory of the victim. `boot` counts the boots seen on the console: uptimes compare within one
    only. `at` is given where the line had a stamp with its zone, `wall` is the stamp as written. `by_hand` marks a
    kill asked for with SysRq, which is no exhaustion.
    """

    scope: Scope = Scope.UNKNOWN
    by: Killer = Killer.KERNEL
    victim: str = ""
    pid: int | None = None
    invoked_by: str = ""
    cgroup: str = ""
    limit_kb: int | None = None
    rss_kb: int | None = None
    unit: str = ""
    is_agent: bool = False
    panicked: bool = False
    by_hand: bool = False
    boot: int = 0
    uptime: float | None = None
    wall: str = ""
    at: datetime | None = None
    lines: tuple[str, ...] = ()


class MemoryStory(Struct, frozen=True, kw_only=True):
    """What a console says about memory, in the order of the lines.

    `whole_machine` and `containers` count the kills of each scope; agents are named by systemd unit where it is known
    and by command otherwise. `back_alone` says whether every killed agent started again by itself. `explains` and
    `not_explained` are sentences, empty where nothing was killed.
    """

    events: tuple[OomEvent, ...] = ()
    lost: int = 0
    whole_machine: int = 0
    containers: int = 0
    agents_killed: tuple[str, ...] = ()
    agents_restarted: tuple[str, ...] = ()
    back_alone: Verdict = UNKNOWN
    back_why: str = ""
    explains: tuple[str, ...] = ()
    not_explained: tuple[str, ...] = ()


class Recovery(Struct, frozen=True, kw_only=True):
    """What the console alone supports of a recovery, with a reason for each verdict.

    `restart` is never yes: it also takes a silent agent and a running machine. `resize` yes still needs the memory
    metric to agree. `raise_limits` are the groups whose own limit was hit.
    """

    restart: Verdict
    restart_why: str
    resize: Verdict
    resize_why: str
    raise_limits: tuple[str, ...] = ()
