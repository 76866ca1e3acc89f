"""The lines of a serial console that speak of memory, each with its facts, its time and a short quote.

Forms: Linux `mm/oom_kill.c` and `mm/memcontrol.c` from 2.6 to 6.x, systemd, systemd-oomd, earlyoom. A form is found by
its anchor in one pass over the text; then only the anchor's own line is looked at, up to the length of a kernel record.
"""

# ruff: noqa: E501 - a form stays on one line, to be read as one
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from shared.renderings.fold import visible


class Kind(StrEnum):
    """What a line tells."""

    INVOKED = "invoked"  # a process asked for memory that was not there
    CONTEXT = "context"  # since 5.0: what was full and who goes
    SELECTED = "selected"  # before 5.3: who goes, or a child of it
    KILLED = "killed"
    REAPED = "reaped"
    LIMITED = "limited"  # cgroup v1: whose limit
    USAGE = "usage"
    PANIC = "panic"
    UNIT = "unit"
    OOMD = "oomd"
    EARLYOOM = "earlyoom"
    STARTED = "started"
    RESTARTING = "restarting"
    GAVE_UP = "gave up"
    BOOT = "boot"


class Agent(Struct, frozen=True):
    """An agent of Google in a guest: its unit, what systemd calls it, its command as Linux cuts it."""

    unit: str
    title: str = ""
    commands: tuple[str, ...] = ()


AGENTS = (
    Agent("google-cloud-ops-agent-fluent-bit.service", "Google Cloud Ops Agent - Logging Agent", ("fluent-bit", "flb-pipeline")),
    Agent("google-cloud-ops-agent-opentelemetry-collector.service", "Google Cloud Ops Agent - Metrics Agent", ("otelopscol",)),
    Agent("google-cloud-ops-agent-diagnostics.service", "Google Cloud Ops Agent - Diagnostics"),
    Agent("google-cloud-ops-agent.service", "Google Cloud Ops Agent", ("google_cloud_op",)),
    Agent("google-guest-agent-manager.service", "Google Compute Engine Guest Agent Plugin Manager"),
    Agent("google-guest-agent.service", "Google Compute Engine Guest Agent", ("google_guest_ag",)),
    Agent("google-osconfig-agent.service", "Google OSConfig Agent", ("google_osconfig",)),
    Agent("google-fluentd.service", "", ("google-fluentd",)),
    Agent("stackdriver-agent.service", "", ("collectd",)),
)  # fmt: skip
"""From the unit files of GoogleCloudPlatform/{ops-agent,guest-agent,osconfig}; commands as domain section 7.2 lists them."""


class Moment(Struct, frozen=True, kw_only=True):
    """When and where a line stands: `place` is its offset, `seconds` its wall clock, `dated` if with the year."""

    place: int
    boot: int = 0
    stamp: str = ""
    uptime: float | None = None
    wall: str = ""
    at: datetime | None = None
    seconds: float | None = None
    dated: bool = False

    def since(self, earlier: Moment) -> float | None:
        """The seconds between two moments, None where their stamps do not compare."""
        if self.boot == earlier.boot and self.uptime is not None and earlier.uptime is not None:
            return abs(self.uptime - earlier.uptime)
        if self.seconds is not None and earlier.seconds is not None and self.dated == earlier.dated:
            return abs(self.seconds - earlier.seconds)
        return None

    def near(self, earlier: Moment, seconds: float) -> bool:
        """Whether two moments lie so close; without stamps that compare, whether their lines do."""
        gap = self.since(earlier)
        if gap is None:
            return self.boot == earlier.boot and abs(self.place - earlier.place) <= seconds * _CHARS_A_SECOND
        return gap <= seconds


class Line(Struct, frozen=True):
    """One line that tells something: its kind, its facts by name, when, and the quote."""

    kind: Kind
    facts: dict[str, str]
    at: Moment
    quote: str

    def number(self, name: str) -> int | None:
        """A fact that is a number, None where the line does not have it."""
        return int(self.facts[name]) if self.facts.get(name) else None


class _Form(Struct, frozen=True):
    """How a kind is written: `anchor` finds it, `after` is matched from there, `before` up to there."""

    kind: Kind
    anchor: str
    after: str
    before: str = ""


_PID, _KB = r"\d{1,10}", r"\d{1,18}kB"
_MEMORY = (
    rf",? total-vm:{_KB}, anon-rss:(?P<rss>\d{{1,18}})kB(?:, file-rss:{_KB})?(?:, shmem-rss:{_KB})?"
    rf"(?:,? UID:{_PID})?(?: pgtables:{_KB})?(?: oom_score_adj:-?\d{{1,4}})?"
)
_MESSAGE = r"(?:Memory cgroup out of memory|Out of memory(?: \(oom_kill_allocating_task\))?): "
_TITLES = "|".join(agent.title for agent in AGENTS if agent.title)
_AGENT_NAME = rf"(?:(?P<unit>(?:google|stackdriver)-[\w-]{{1,80}}\.service)(?:[\s.]|$)|(?P<title>{_TITLES})(?:\.|\s*$))"
_UNIT = r"(?P<unit>[\w@:.\\-]{1,240})$"
_FORMS = (
    _Form(
        Kind.INVOKED,
        r" invoked oom-killer: gfp_mask=",
        r".*?order=(?P<order>-?\d{1,6})(?:, oom_(?:score_)?adj=-?\d{1,5})?",
        r"(?:\]\s+|kernel:\s+|^\s*)(?P<command>[^\s\[].{0,14})$",
    ),
    _Form(
        Kind.CONTEXT,
        r"oom-kill:constraint=CONSTRAINT_",
        r"oom-kill:constraint=(?P<constraint>CONSTRAINT_(?:NONE|CPUSET|MEMORY_POLICY|MEMCG))(?:,nodemask=.*?(?:,global_oom|,oom_memcg=(?P<limited>.*?)),"
        rf"task_memcg=(?P<home>.*?),task=(?P<command>.{{0,15}}?),pid=(?P<pid>{_PID}),uid={_PID})?",
    ),
    _Form(
        Kind.SELECTED,
        _MESSAGE + r"Kill process \d",
        rf"(?P<message>{_MESSAGE})Kill process (?P<pid>{_PID}) \((?P<command>.{{0,15}}?)\) score \d{{1,7}} or sacrifice child",
    ),
    _Form(
        Kind.KILLED,
        _MESSAGE + r"Killed process \d",
        rf"(?P<message>{_MESSAGE})Killed process (?P<pid>{_PID}) \((?:(?P<command>.{{0,15}}?)\){_MEMORY}|(?P<command_>.{{0,15}}?)\))",
    ),
    _Form(
        Kind.KILLED,
        r"Killed process \d",
        rf"Killed process (?P<pid>{_PID})(?:, UID {_PID},)? \("
        rf"(?:(?P<command>.{{0,15}}?)\)(?:,? UID {_PID})?{_MEMORY}|(?P<command_>.{{0,15}}?)\))",
    ),
    _Form(
        Kind.REAPED,
        r"oom_reaper: (?:reaped process |unable to reap pid:)\d",
        rf"oom_reaper: (?:reaped process |unable to reap pid:)(?P<pid>{_PID}) \((?P<command>.{{0,15}}?)\)(?:, now anon-rss:{_KB}|$)",
    ),
    _Form(Kind.LIMITED, r"Task in /", r"Task in (?P<home>/\S*) killed as a result of limit of (?P<limited>/\S*)"),
    _Form(Kind.USAGE, r"memory: usage \d", rf"memory: usage {_KB}, limit (?P<limit>\d{{1,18}})kB, failcnt \d{{1,18}}"),
    _Form(
        Kind.PANIC,
        r"Kernel panic - not syncing: (?:Out of memory|System is deadlocked on memory)",
        r"Kernel panic - not syncing: (?:Out of memory(?:: (?P<which>\S{1,20}) panic_on_oom is enabled| and no killable processes)?|System is deadlocked on memory)",
    ),
    _Form(
        Kind.UNIT,
        r"\.service: (?:A process of this unit has been killed by the OOM killer|Failed with result 'oom-kill'|systemd-oomd killed )",
        r"\.service: (?:A process of this unit has been killed by the OOM killer|Failed with result 'oom-kill'|systemd-oomd killed (?:\d{1,9}|some) process)",
        _UNIT,
    ),
    _Form(
        Kind.RESTARTING,
        r"\.service: (?:Scheduled restart job|Service (?:hold-off time over|RestartSec=\w{1,20} expired), scheduling restart)",
        r"\.service: [A-Z][\w -]{1,30}",
        _UNIT,
    ),
    _Form(Kind.GAVE_UP, r"\.service: Start request repeated too quickly", r"\.service: [\w ]{1,40}", _UNIT),
    _Form(Kind.GAVE_UP, r"Failed to start (?:google-|stackdriver-|Google )", rf"Failed to start {_AGENT_NAME}"),
    _Form(Kind.STARTED, r"Started (?:google-|stackdriver-|Google )", rf"Started {_AGENT_NAME}"),
    _Form(
        Kind.OOMD,
        r"systemd-oomd\[\d{1,10}\]: Killed /",
        r"systemd-oomd\[\d{1,10}\]: Killed (?P<home>/\S{0,900}) due to memory (?P<why>pressure|used)",
    ),
    _Form(
        Kind.EARLYOOM,
        r"sending SIG(?:TERM|KILL) to process \d",
        rf"sending SIG(?:TERM|KILL) to process (?P<pid>{_PID})(?: uid {_PID} \"(?P<command>.{{0,15}}?)\": [\w :,-]{{0,120}}?VmRSS (?P<mib>\d{{1,12}}) MiB)?",
        r"(?P<daemon>earlyoom)[^\"]{0,40}$",
    ),
    _Form(Kind.BOOT, r"Linux version \d\S{0,60} \(|SeaBIOS \(version |UEFI: Attempting to start image", r"\w{1,20}"),
)
_STAMPS = {
    "uptime": r"\[\s{0,8}(\d{1,10}\.\d{1,9})\]",
    "iso": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?",
    "syslog": r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d(?: \d{4}\])?",
}
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_UNDATED, _EPOCH = "Jan  1 00:00:00", datetime(1970, 1, 1, tzinfo=UTC)
_CSI_PARAMETERS = "".join(map(chr, range(0x20, 0x40)))
_LOOK_BACK, _LONGEST_RECORD, _LONGEST_QUOTE, _CHARS_A_SECOND = 320, 1_024, 200, 800
_SLACK = 5.0
"""Uptimes of lines that were printed at once may be this much out of order; a greater fall is a new boot."""
_UNSEEN = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def memory_lines(text: str) -> Iterator[Line]:
    """Every line of a console that tells something about memory or its agents, in order; any text is read."""
    text = _plain(text)
    boot, uptime, done = 0, 0.0, 0
    for anchor in _compiled("|".join(f"({form.anchor})" for form in _FORMS)).finditer(text):
        found = _read(_FORMS[anchor.lastindex - 1], text, done, anchor.start()) if anchor.start() >= done else None
        if found is None:
            continue
        line, done = found
        booted = line.kind is Kind.BOOT
        now = line.at.uptime if line.at.uptime is not None else 0.0 if booted else uptime
        fell = now < uptime - _SLACK
        boot += booted or fell
        uptime = now if booted or fell else max(now, uptime)
        yield replace(line, at=replace(line.at, boot=boot))


def agent_called(title: str) -> str:
    """The unit of the agent that systemd calls so."""
    return next(agent.unit for agent in AGENTS if agent.title == title)


def _read(form: _Form, text: str, done: int, start: int) -> tuple[Line, int] | None:
    """The line at an anchor and where its words end; None where the words around the anchor are others."""
    begin = max(done, start - _LOOK_BACK, text.rfind("\n", max(0, start - _LOOK_BACK), start) + 1)
    stop = text.find("\n", start, start + _LONGEST_RECORD)
    after = _compiled(form.after).match(text[start : stop if stop >= 0 else start + _LONGEST_RECORD])
    head = text[begin:start]
    before = _compiled(form.before).search(head) if form.before else None
    if after is None or (form.before and before is None):
        return None
    facts = after.groupdict(default="") | (before.groupdict(default="") if before else {})
    at = _moment(head, start)
    words = f"{at.stamp} {head[before.start(1) :] if before else ''}{after.group()}"
    shown = {name.rstrip("_"): visible(fact) for name, fact in facts.items() if fact}
    return Line(form.kind, shown, at, visible(words.strip())[:_LONGEST_QUOTE]), start + after.end()


def _moment(head: str, place: int) -> Moment:
    """The time that stands in front of a line: the kernel's uptime, a wall clock, both or neither."""
    uptimes = list(_compiled(_STAMPS["uptime"]).finditer(head))
    iso = _compiled(_STAMPS["iso"]).search(head)
    syslog = None if iso else _compiled(_STAMPS["syslog"]).search(head)
    wall = str(clock.group()) if (clock := iso or syslog) else ""
    at = _iso(wall) if iso else _syslog(wall) if syslog else None
    return Moment(
        place=place,
        stamp=uptimes[-1].group() if uptimes else wall.rstrip("]"),
        uptime=float(uptimes[-1].group(1)) if uptimes else None,
        wall=wall.rstrip("]"),
        at=at if at and at.tzinfo else None,
        seconds=(at.replace(tzinfo=at.tzinfo or UTC) - _EPOCH).total_seconds() if at else None,
        dated=bool(iso) or len(wall) > len(_UNDATED),
    )


def _iso(wall: str) -> datetime | None:
    try:
        return datetime.fromisoformat(wall)
    except ValueError:  # digits in the form of a date that is none: the line has no time, but it still tells
        return None


def _syslog(wall: str) -> datetime | None:
    """The time of a syslog stamp, in the leap year 2000 where it names none: only differences are asked of it."""
    year = wall[len(_UNDATED) :].strip(" ]") or "2000"
    return _iso(f"{year}-{_MONTHS.index(wall[:3]) // 3 + 1:02}-{wall[4:6].replace(' ', '0')} {wall[7:15]}")


def _plain(text: str) -> str:
    """The text without terminal escapes, control characters and halves of characters, its lines ended by newlines."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    head, *rest = text.split("\x1b")
    text = head + "".join(map(_after_escape, rest)) if rest else text
    return text.replace("\r", "\n").translate(_UNSEEN)


def _after_escape(part: str) -> str:
    """What follows a terminal's escape sequence (ECMA-48): a CSI, a title up to its bell, or a single character."""
    if part.startswith("["):
        rest = part[1:].lstrip(_CSI_PARAMETERS)
        return rest[1:] if "@" <= rest[:1] <= "~" else rest
    if part.startswith("]"):
        title, bell, rest = part.partition("\a")
        return rest if bell and "\n" not in title else part[1:]
    return part[2:] if part[:1] in ("(", ")") else part[1:]


@cache
def _compiled(pattern: str) -> Any:
    import re2

    return re2.compile(pattern)
