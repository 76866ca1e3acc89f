"""What has to hold after any kills: nothing is lost, done twice or left lying, and the journal is whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from e2e.town import Town
from sandbox.world import Json, Resource
from shared import wiring
from shared.execution.fold import Fix
from shared.model.chain import broken
from shared.model.journal import Outcome
from shared.model.run import Run

ENDS = {Outcome.FIXED, Outcome.OK, Outcome.UNDONE, Outcome.NOTHING}


def wrongs(town: Town, runs: list[Run], fixes: list[Fix], refusals: int) -> Iterator[str]:
    """Everything that does not hold, in sentences."""
    yield from _lost(town, runs, fixes, refusals)
    yield from _left_lying(town, fixes)
    yield from done_twice(town)
    yield from _rewritten(fixes)
    yield from (f"the sandbox broke Google's schemas: {one}" for one in town.world.violations[:1])


def _lost(town: Town, runs: list[Run], fixes: list[Fix], refusals: int) -> Iterator[str]:
    """Every refusal is one run, and every run came to one end; what cannot be read is kept."""
    if len(runs) != refusals or len({one.fingerprint for one in runs}) != refusals:
        yield f"{refusals} refusals are {len(runs)} runs"
    if (kept := len(wiring.store().quarantined(9))) != 1:
        yield f"one message is rubbish, and {kept} are in quarantine"
    mended = Counter(one.opened.run for one in fixes if one.opened.undo_of is None)
    for run in runs:
        if mended[run.id] > 1:
            yield f"{run.id} was mended {mended[run.id]} times"
        asked = wiring.ballots().of_run(run.id)
        ended = [over.ending.value for one in asked if (over := wiring.ballots().ended(one.id)) is not None]
        if not mended[run.id]:
            yield f"{run.id} ({run.report.cause}, {run.report.decision.mode}) was not mended: questions {ended}"
        if len(asked) > 1:
            yield f"{len(asked)} questions were asked about {run.id}: {ended}"
        shown = [one for one in town.slack.shown() if f"run {run.id}" in str(one["blocks"])]
        if not shown:
            yield f"{run.id} has no card"


def _left_lying(town: Town, fixes: list[Fix]) -> Iterator[str]:
    for one in fixes:
        if one.outcome is None:
            yield f"{one.id} has not ended: {one.step.state}"
        elif one.outcome not in ENDS:
            yield f"{one.id} ended as {one.outcome}: {one.why}"
    for machine in town.world.of_kind("instances"):
        if machine.body["status"] != "RUNNING":
            yield f"{machine.name} is {machine.body['status']}"
    for resource in town.world.resources.values():
        for binding in resource.policy().get("bindings", ()):
            if "condition" in binding:
                yield f"{binding['role']} for {binding['members']} is still on {resource.name}"
    waiting = wiring.queue().due(town.clock.now(), 99)
    yield from (f"{one} is still queued" for one in waiting)


def done_twice(town: Town) -> Iterator[str]:
    """What happened more than once, by the sandbox's own history: a grant, an API, an operation on a machine."""
    for resource in town.world.resources.values():
        for (role, member), times in _came(resource).items():
            if times != 1:
                yield f"{role} for {member} came to {resource.name} {times} times"
    for project in town.world.of_kind("projects"):
        for api, times in _switched_on(project):
            if times > 1:
                yield f"{api} was switched on {times} times in {project.project}"
    done = Counter((one.body["targetLink"], one.body["operationType"]) for one in town.world.of_kind("zoneOperations"))
    for (target, what), times in done.items():
        if times != 1:
            yield f"{what} of {target.rpartition('/')[2]} was done {times} times"


def _switched_on(project: Resource) -> Iterator[tuple[str, int]]:
    """How often each API of a project was switched on; to ask for one that is on already changes nothing."""
    for api, switches in project.hidden.get("switched", {}).items():
        states = [on for _, on in sorted(switches)]
        yield (
            api,
            sum(1 for before, now in pairwise([api not in project.hidden.get("off", ()), *states]) if now > before),
        )


def _came(resource: Resource) -> Counter[tuple[str, str]]:
    """How often each temporary binding appeared in the policies that a resource has had."""
    came: Counter[tuple[str, str]] = Counter()
    before: set[tuple[str, str]] = set()
    for _, policy in resource.policies:
        now = set(_temporary(policy))
        came.update(now - before)
        before = now
    return came


def _temporary(policy: Json) -> Iterator[tuple[str, str]]:
    for binding in policy.get("bindings", ()):
        if "condition" in binding:
            yield from ((binding["role"], member) for member in binding["members"])


def _rewritten(fixes: list[Fix]) -> Iterator[str]:
    journal = wiring.journal()
    lines = [line for one in fixes for line in journal.lines(one.id)]
    return broken(list(journal.links()), lines)
