"""Signs of life of a machine that was started or reset: its console, its agents, its flows, and the refused call.

Each has a verdict of its own, and none stands for another. Flow logs are sampled on the host and written by the
platform, so they never speak for a role of the machine's account ("VPC Flow Logs").
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from shared.errors import LookFailed, NotAllowedToLook, NotFound
from shared.evidence.memory import read_serial
from shared.execution.next import Eyes
from shared.model.evidence import NO, UNKNOWN, YES, Verdict
from shared.model.machine import Machine
from shared.model.memory import SerialOutput
from shared.model.work import MachineName

BOOTS = ("Linux version ", "SeaBIOS (version ", "UEFI: Attempting to start image")
"""How a console begins to tell of a boot."""
QUIET_FOR = timedelta(minutes=30)
"""For how long nothing may be killed for lack of memory before a machine counts as recovered."""
NOT_THE_ROLE = "the host records flows, whatever roles the machine's account has"


class Sign(Struct, frozen=True):
    """One sign of life: whether it was seen, and what that was told from."""

    verdict: Verdict
    why: str

    @property
    def said(self) -> str:
        """Verdict and reason in one line, as it is kept."""
        return f"{self.verdict}: {self.why}"


def booted(
    name: MachineName, since: datetime, mark: int | None, first: int | None, eyes: Eyes
) -> tuple[Sign, int | None]:
    """Whether a machine has come up since a time, and how far its console is now.

    Args:
        name: the machine.
        since: when it was started or reset.
        mark: how far the console was before that, None where it was not told.
        first: how far it was at the first look afterwards, None at the first look.
        eyes: what is looked with.
    """
    heard = agent(name, since, eyes)
    if heard.verdict is YES:
        return heard, first
    output = _serial(name, eyes)
    if isinstance(output, Sign):
        return output, first
    if mark is not None and any(sign in text_since(output, mark) for sign in BOOTS):
        return Sign(YES, "its console tells of a boot"), output.next
    if first is not None and output.next != first:
        return Sign(YES, "its console is being written since it runs again"), output.next
    is_told = mark is not None and heard.verdict is NO  # else a boot, or a beat, may have been missed
    return Sign(
        NO if is_told else UNKNOWN, "its console tells of no boot yet, and its agents were not heard"
    ), output.next


def agent(name: MachineName, since: datetime, eyes: Eyes) -> Sign:
    """Whether the agents of the machine were heard since a time."""

    def look() -> Sign:
        beat = eyes.sight.beat(name.project, name.id, since)
        if beat.last is not None and beat.last > since:
            codes = f", reporting {', '.join(beat.codes)}" if beat.codes else ""
            return Sign(YES, f"its agents were heard at {beat.last:%Y-%m-%d %H:%M:%S}{codes}")
        return Sign(NO, "its agents were not heard since")

    return _told(look)


def boot(name: MachineName, mark: int | None, since: datetime, eyes: Eyes) -> Sign:
    """Whether it has booted and nothing was killed for lack of memory for half an hour since."""
    if mark is None:
        return Sign(UNKNOWN, "how far its console was before is not known")
    output = _serial(name, eyes)
    if isinstance(output, Sign):
        return output
    if kills := read_serial(SerialOutput(text=text_since(output, mark))).events:
        quote = kills[-1].lines[0] if kills[-1].lines else kills[-1].victim
        return Sign(NO, f"memory ran out again: {quote}")
    if eyes.now - since < QUIET_FOR:
        return Sign(UNKNOWN, "it runs; whether its memory is enough takes half an hour to tell")
    if output.start > mark:
        return Sign(UNKNOWN, "nothing was killed in half an hour, as far as the console is still kept")
    return Sign(YES, "it runs, and nothing was killed for lack of memory in half an hour")


def flows(machine: Machine, since: datetime, eyes: Eyes) -> Sign:
    """Whether a flow of the machine was recorded since a time; a quiet machine may be missed by sampling."""

    def look() -> Sign:
        seen = eyes.sight.flow_seen(machine, since)
        if seen is not None:
            return Sign(YES, f"a flow was recorded at {seen:%Y-%m-%d %H:%M:%S}; {NOT_THE_ROLE}")
        off = [subnet for subnet in machine.subnetworks if not eyes.sight.flow_logs(subnet).enabled]
        if off and len(off) == len(machine.subnetworks):
            return Sign(NO, f"flow logs are off for {off[0].rpartition('/')[2]}; {NOT_THE_ROLE}")
        return Sign(UNKNOWN, f"no flow was recorded yet, which sampling may cause; {NOT_THE_ROLE}")

    return _told(look)


def call(since: datetime, eyes: Eyes) -> Sign:
    """Whether the call that was refused succeeds since a time."""
    asked = eyes.opened.call
    if asked.principal is None or asked.project is None:
        return Sign(UNKNOWN, "the entry does not say enough of the call to look for it")

    def look() -> Sign:
        seen = eyes.sight.outcomes(asked, since, eyes.now)
        if seen.succeeded:
            return Sign(YES, f"the same call succeeded at {seen.succeeded[0]:%Y-%m-%d %H:%M:%S}")
        if seen.refused:
            return Sign(NO, f"it was refused again at {seen.refused[-1]:%Y-%m-%d %H:%M:%S}: that has its own cause")
        return Sign(UNKNOWN, "the call was not seen again")

    return _told(look)


def text_since(output: SerialOutput, mark: int) -> str:
    """What a console has printed after a position; everything where that is not kept any more, or it began anew."""
    if not output.start <= mark <= output.next:
        return output.text
    return output.text.encode()[mark - output.start :].decode(errors="replace")


def _serial(name: MachineName, eyes: Eyes) -> SerialOutput | Sign:
    try:
        return eyes.sight.serial(name.project, name.zone, name.name)
    except (LookFailed, NotAllowedToLook, NotFound) as error:
        return Sign(UNKNOWN, str(error))


def _told(look: Callable[[], Sign]) -> Sign:
    """A sign, or why it could not be told."""
    try:
        return look()
    except (LookFailed, NotAllowedToLook, NotFound) as error:
        return Sign(UNKNOWN, str(error))
