"""One busy morning under kills: what is refused and published in it, what people click, and what came of all that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from e2e.hours import Hours, NeverQuietError
from e2e.invariants import wrongs
from e2e.killer import Killer, killing
from e2e.people import buttons, cards, press
from e2e.town import Foundations, Town, settled
from sandbox.callers import Request, make_call
from sandbox.rehearse import play
from sandbox.scenario import Scenario, load
from sandbox.scenario_call import request_of
from sandbox.scenario_spec import CallPart
from sandbox.world import Json
from shared import wiring
from shared.execution.fold import Fix, fold

HERE = Path(__file__).parent
UPLOADS, REFUSALS = 8, 11
LONGEST = timedelta(hours=4)
ENDS_WITHIN = timedelta(hours=2)
TWICE = 15
"""Of a hundred tasks so many are sent twice, whether they were answered or not."""


class Happened(Struct, frozen=True, kw_only=True):
    """What came of one morning: how often each function was killed, what else happened how often, and what is wrong."""

    killed: dict[str, int]
    counts: dict[str, int]
    wrong: tuple[str, ...]


class Morning:
    """One morning in an organisation of its own."""

    def __init__(self, town: Town, scenario: Scenario, rng: Random) -> None:
        self._town, self._scenario, self._rng = town, scenario, rng
        self._again: list[Request] = []
        self.published: Counter[str] = Counter()

    def refuse_and_publish(self) -> None:
        """Make every call, and publish the entry that each leaves: some of them twice, with rubbish in between."""
        entries = [self._refused(call, log) for call, log in _calls()]
        rubbish: Json = {"timestamp": "2026-11-21T00:00:00Z", "insertId": "x", "protoPayload": {"status": "no object"}}
        told = [("refusal", one) for one in entries] + [("rubbish", rubbish)]
        told += [("again", one) for one in self._rng.sample(entries, 4)]
        self._rng.shuffle(told)
        for what, entry in told:
            self.published[what] += 1
            self._town.feed.publish(entry)

    def _refused(self, call: CallPart, log: str) -> Json:
        spec = replace(self._scenario.spec, call=call, log=log)
        self._again.append(request_of(self._town.world, call, _nothing_wrong))
        return play(replace(self._scenario, spec=spec), self._town.world, self._town.endpoint).entry

    def call_again(self) -> None:
        """What workloads do: they try again, and again."""
        self._again = [one for one in self._again if not make_call(self._town.endpoint, one, self._town.world).accepted]

    def click(self) -> None:
        """What people do: they agree to whatever they are asked, and click again where it went wrong."""
        for run in wiring.store().runs(50):
            for shown in cards(self._town, run.id)[:1]:
                for who in ("ann", "sue"):
                    if "approve" in buttons(shown):
                        press(self._town, shown, "approve", who)

    def is_over(self) -> bool:
        """Whether every denial was followed up to its end."""
        if wiring.journal().unfinished() or wiring.ballots().open():
            return False
        fixes = list(self._fixes())
        mended = {one.opened.run for one in fixes if one.opened.undo_of is None}
        runs = {one.id for one in wiring.store().runs(50)}
        ended = {one for one in runs - mended if self._is_closed(one)}
        is_all = len(runs) >= REFUSALS and mended | ended == runs
        return is_all and all(one.outcome is not None for one in fixes)

    @staticmethod
    def _is_closed(run: str) -> bool:
        """Whether people were asked about a run, and that is over without a fix."""
        return any(wiring.ballots().ended(one.id) for one in wiring.ballots().of_run(run))

    def is_taken_back(self) -> bool:
        """Whether every grant is over, and seen to be gone."""
        if wiring.journal().unfinished():
            return False
        fixes = list(self._fixes())
        undone = {one.opened.undo_of for one in fixes if one.outcome is not None}
        granted = {one.id for one in fixes if _grants(one)}
        waits = wiring.queue().due(self._town.clock.now(), 1)
        return not waits and granted <= undone and all(one.outcome is not None for one in fixes)

    @staticmethod
    def _fixes() -> Iterator[Fix]:
        journal = wiring.journal()
        return (fold(journal.lines(one)) for one in journal.fixes())


def _calls() -> Iterator[tuple[CallPart, str]]:
    for one in range(UPLOADS):
        caller = f"serviceAccount:job-{one}@acme-web"
        yield CallPart(caller=caller, do="upload", on=f"buckets/photos-{one}/objects/cat.jpg"), "audit"
    yield CallPart(caller="serviceAccount:ci-0@acme-web", do="mint_token", on="accounts/bot-0@acme-data"), "audit"
    yield CallPart(caller="vm:runner-1", do="mint_token", on="accounts/bot-1@acme-data"), "application"
    yield CallPart(caller="vm:web-1", do="upload", on="buckets/pages/objects/cat.jpg"), "application"


def _grants(fix: Fix) -> bool:
    return any(one.effect.__struct_config__.tag == "add_binding" for step in fix.steps for one in step.effects)


def _nothing_wrong(at: str, said: str) -> None:
    raise AssertionError(f"{at}: {said}")


def morning(folder: Path, below: Foundations, seed: int, kills: int) -> Happened:
    """Play a morning with so many kills, and look at what came of it."""
    rng = Random(seed)  # noqa: S311 - chooses whom to kill, and when
    scenario = load(HERE / "kills.yaml", below.clock)
    with settled(scenario, folder, below, rng, TWICE) as town:
        played = Morning(town, scenario, rng)
        played.refuse_and_publish()
        with killing(town, rng, kills) as killer:
            late = _play(town, played)
        return _looked_at(town, played, killer, late)


def _play(town: Town, played: Morning) -> list[str]:
    def meanwhile() -> None:
        played.call_again()
        played.click()

    try:
        Hours(town, meanwhile).until(played.is_over, LONGEST)
        Hours(town).until(played.is_taken_back, ENDS_WITHIN)
    except NeverQuietError as error:
        return [str(error)]
    return []


def _looked_at(town: Town, played: Morning, killer: Killer, late: list[str]) -> Happened:
    runs = wiring.store().runs(99)
    fixes = [fold(wiring.journal().lines(one)) for one in wiring.journal().fixes()]
    counts = Counter(played.published)
    counts.update(f"{'fix' if one.opened.undo_of is None else 'end'} {one.outcome or 'open'}" for one in fixes)
    counts["killed at work"] = killer.inside
    counts["answered with 503"] = sum(one.broken for one in town.fronts.values())
    counts["tasks sent twice"] = town.sender.repeated if town.sender is not None else 0
    counts["cards shown twice"] = len(town.slack.shown()) - len(runs)
    wrong = (*late, *wrongs(town, runs, fixes, REFUSALS))
    return Happened(killed=dict(killer.killed), counts=dict(counts), wrong=wrong)
