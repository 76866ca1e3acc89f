"""The three stories, each from the published entry to the proof and back, by nothing but what runs in production."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic

from msgspec import Struct

from e2e.hours import Hours, quiet
from e2e.people import buttons, cards, press, reads
from e2e.town import Foundations, Town, settled
from sandbox.callers import Request, make_call
from sandbox.rehearse import play, request_in
from sandbox.scenario import load, shipped
from shared import wiring
from shared.cli.demo_apply import differences, snapshot
from shared.execution.fold import Fix, fold
from shared.fixing import inverses, undo
from shared.model.chain import broken
from shared.model.journal import Outcome

LONGEST = timedelta(hours=3)
Say = Callable[[str], object]


class Story(Struct, frozen=True, kw_only=True):
    """One story: its scenario, who has to agree, and what of it ends by itself."""

    title: str
    scenario: str
    agree: tuple[str, ...]
    proof: str = "the same call succeeded"
    ends_itself: bool = False
    meanwhile: Request | None = None


STORIES = (
    Story(
        title="an upload is refused for lack of a scope",
        scenario="story1-scope-own-account",
        agree=("ann", "sue"),
    ),
    Story(
        title="impersonation is refused: the API is off, and behind it the role is missing",
        scenario="story2-api-and-role",
        agree=("ann", "sue"),
        ends_itself=True,
    ),
    Story(
        title="the agents of a machine were killed, and are silent",
        scenario="story3-agent-killed-silent",
        agree=("ann", "sue"),
        proof="nothing was refused again",
        meanwhile=Request(
            do="write_log",
            on="//cloudresourcemanager.googleapis.com/projects/acme-web",
            token="vm:projects/acme-web/zones/europe-west1-b/instances/web-1",  # noqa: S106
        ),
    ),
)


class NotAsToldError(Exception):
    """A story did not go as it has to."""


def tell(story: Story, folder: Path, below: Foundations, say: Say) -> None:
    """Play a story, and say what happens; raises `NotAsToldError` where it does not go as it has to."""
    began = monotonic()
    say(f"{story.title}")
    scenario = load(shipped()[story.scenario], below.clock)
    with settled(scenario, folder, below) as town:
        refused = play(scenario, town.world, town.endpoint)
        before = snapshot(town.world)
        again = request_in(scenario) or story.meanwhile
        hours = Hours(town, lambda: _call(town, again))
        town.feed.publish(refused.entry)
        run = _asked(town, say)
        _agreed(town, run, story, say)
        fix = _carried_out(hours, run, say)
        _proven(town, fix, story, say)
        _accepted(town, again)
        _taken_back(Hours(town), fix, story, say)
        _same(snapshot(town.world), before, "the organisation")
        _must(not (wrong := list(_chain())), f"the chain of the journal is broken: {wrong[:1]}")
        _must(not town.world.violations, f"the sandbox broke Google's schemas: {town.world.violations[:1]}")
    say(f"  everything is as it was before, and the journal is whole ({monotonic() - began:.0f} s)")


def _call(town: Town, again: Request | None) -> bool:
    return again is None or make_call(town.endpoint, again, town.world).accepted


def _asked(town: Town, say: Say) -> str:
    """The run that people are asked about."""
    quiet(town)
    runs = wiring.store().runs(9)
    _must(len(runs) == 1, f"one entry is one run, and there are {len(runs)}")
    (shown,) = cards(town, runs[0].id)
    _must("approve" in buttons(shown), f"nobody is asked: {reads(shown)[:300]}")
    say(f"  published, recorded as {runs[0].id}, looked into ({runs[0].report.cause}), and asked about in Slack")
    return runs[0].id


def _agreed(town: Town, run: str, story: Story, say: Say) -> None:
    for who in story.agree:
        (shown,) = cards(town, run)
        _must("approve" in buttons(shown), f"{who} has nothing to click: {reads(shown)[:300]}")
        _must(press(town, shown, "approve", who) == 200, "a click is refused")
        quiet(town)
    said = [one for one in town.slack.told if "it is enough" in str(one)]
    _must(bool(said), f"the votes are not enough: {[one.get('text') for one in town.slack.told]}")
    say(f"  {' and '.join(story.agree)} agree in Slack; each click is signed, and goes through the function approve")


def _carried_out(hours: Hours, run: str, say: Say) -> Fix:
    def now() -> list[Fix]:
        return [fold(wiring.journal().lines(one)) for one in wiring.journal().fixes(run)]

    hours.until(lambda: any(one.outcome is not None for one in now()), LONGEST)
    (fix,) = now()
    done = [f"{one.effect.__struct_config__.tag}" for step in fix.steps for one in step.effects]
    say(f"  {fix.id} ends as {fix.outcome}: {', '.join(done)}")
    _must(fix.outcome is Outcome.FIXED, f"{fix.outcome}: {fix.why}")
    return fix


def _proven(town: Town, fix: Fix, story: Story, say: Say) -> None:
    quiet(town)
    (shown,) = cards(town, fix.opened.run)
    _must("Fixed: " in reads(shown), f"the card does not say that it is fixed: {reads(shown)[:300]}")
    _must(story.proof in fix.why, f"the proof is another one: {fix.why}")
    say(f"  the card says that it is fixed; the proof: {fix.why}")


def _accepted(town: Town, again: Request | None) -> None:
    """The call goes through; what was uploaded is gone before, or it would be overwritten, which takes another role."""
    for one in town.world.of_kind("objects"):
        del town.world.resources[one.name]
    _must(_call(town, again), "the call is refused as before")


def _taken_back(hours: Hours, fix: Fix, story: Story, say: Say) -> None:
    """Grants end by themselves; what else was changed is taken back by people, with `unforbid undo`."""

    def open_ones() -> list[Fix]:
        undone = [fold(wiring.journal().lines(one)) for one in wiring.journal().fixes(fix.opened.run)]
        return [one for one in undone if one.opened.undo_of == fix.id]

    if story.ends_itself:
        hours.until(lambda: any(one.outcome is not None for one in open_ones()), LONGEST)
        say("  the grant is over, and the sweep takes it back")
    if any(inverses(fix)):
        undo(fix.id, ("ann@example.com", "sue@example.com"), wiring.workshop())
        say("  people take back the rest: unforbid undo")
    hours.until(lambda: all(one.outcome is not None for one in open_ones()), LONGEST)
    wrong = [one for one in open_ones() if one.outcome not in (Outcome.OK, Outcome.UNDONE, Outcome.FIXED)]
    _must(not wrong, f"not taken back: {[(one.outcome, one.why) for one in wrong]}")


def _chain() -> Iterator[str]:
    journal = wiring.journal()
    lines = [line for fix in journal.fixes() for line in journal.lines(fix)]
    return iter(broken(list(journal.links()), lines, []))


def _same(after: dict[str, object], before: dict[str, object], what: str) -> None:
    _must(after == before, f"{what} is not as it was: {differences(before, after)}")


def _must(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise NotAsToldError(otherwise)
