"""Whether a machine may be touched now: every precondition that applies, each with what to do instead.

What is not known is a refusal. What only a stop would endanger is not asked of a machine that is stopped already, nor
of a reset, after which local disks, the address and the place in the zone are still there.
Source: the compute v1 reference of instances, and "Change the attached service account".
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from shared.machines import interruption, ownership
from shared.machines.question import STOPPED, Question, noted, refused, untold
from shared.model.machine import Intervention, Outcome, Precondition

LATELY = timedelta(days=7)
"""For how long whoever has changed a machine's metadata or access gets nothing done to it by us."""
PASSING = frozenset(
    {
        *("PENDING", "PROVISIONING", "STAGING", "REPAIRING"),
        *("PENDING_STOP", "STOPPING", "SUSPENDING", "DEPROVISIONING"),
    }
)
"""States that a machine leaves by itself, in the words of the API."""


def refusals(question: Question) -> tuple[Precondition, ...]:
    """Everything that speaks against an intervention now, or should be known before it, strictest first.

    Warnings and notes are among the answers: `strictest` tells what they come to.
    """
    asked = (
        *ALWAYS,
        *(WHEN_INTERRUPTED if question.interrupts else ()),
        *(WHEN_STOPPED if question.stops else ()),
    )
    found = [said for row in asked if (said := row(question)) is not None]
    return tuple(sorted(found, key=lambda one: ORDER[one.outcome]))


def strictest(found: Iterable[Precondition]) -> Outcome:
    """What preconditions come to together; a note where there are none."""
    return min((one.outcome for one in found), key=ORDER.__getitem__, default=Outcome.NOTE)


ORDER = {outcome: place for place, outcome in enumerate(Outcome)}


def identity(question: Question) -> Precondition | None:
    """The machine is the one that was planned for, and not another of the same name."""
    if question.machine.id == question.planned_id:
        return None
    return refused(
        "vm.identity",
        f"The plan was made for machine {question.planned_id}, and this is {question.machine.id}: plan anew.",
    )


def status(question: Question) -> Precondition | None:
    """Only a machine that runs, or for a change of its settings stands still, can be worked on."""
    name, now = "vm.status", question.machine.status
    if now == "RUNNING":
        return None
    if now in PASSING:
        return Precondition(name, Outcome.WAIT, f"It is {now}: wait until it runs or has stopped.")
    if now == "SUSPENDED":
        return refused(name, "It is suspended, and a stop would lose its memory: resume it, or stop it by hand.")
    if now not in STOPPED:
        return untold(name, f"what the status {now!r} means", "look at the machine")
    if question.intervention is Intervention.RESET:
        return refused(name, "It does not run, so there is nothing to reset: start it.")
    return noted(name, "It is stopped and stays stopped: nothing is interrupted.")


def start_restricted(question: Question) -> Precondition | None:
    """Google keeps the machine from starting because of suspicious activity."""
    if not question.machine.start_restricted:
        return None
    return refused(
        "vm.start_restricted", "Google keeps it from starting after suspicious activity: hand it to security."
    )


def in_flight(question: Question) -> Precondition | None:
    """Someone else is working on the machine."""
    name, running = "vm.in_flight", question.around.operations
    if running is None:
        return untold(
            name, "whether something else is changing it", "let us list operations (compute.zoneOperations.list)"
        )
    if not running:
        return None
    return Precondition(name, Outcome.WAIT, f"An operation on it is not done: wait for {', '.join(running[:5])}.")


def tampered(question: Question) -> Precondition | None:
    """Whoever it is done for has changed what runs at the next start, or as whom, and may only need the restart."""
    name, touched = "vm.tampered", question.touched
    if touched is None or (touched and not question.requesters):
        return untold(
            name,
            "whether those it is done for have changed its metadata or access in the last week",
            "let us read its audit log (logging.logEntries.list)",
        )
    asking = {one.casefold() for one in question.requesters}
    theirs = next((one for one in touched if one.by.casefold() in asking), None)
    if theirs is None:
        return None
    verb = theirs.method.rpartition(".")[2]
    return refused(
        name,
        f"It would be done for {theirs.by}, who changed it at {theirs.at:%Y-%m-%d %H:%M} ({verb}), less than a week "
        "ago: look at what was changed, and do this by hand.",
    )


ALWAYS = (
    identity,
    status,
    start_restricted,
    tampered,
    ownership.managed_group,
    ownership.gke_node,
    ownership.other_owner,
    interruption.shared_gpu,
    in_flight,
    interruption.harmless,
)
WHEN_INTERRUPTED = (interruption.traffic, interruption.disks, interruption.windows)
WHEN_STOPPED = (
    interruption.local_ssd,
    interruption.termination,
    interruption.spot,
    interruption.accelerator,
    interruption.placement,
    interruption.customer_key,
    interruption.kms_key,
    interruption.schedule,
    interruption.external_address,
    interruption.graceful_shutdown,
)
