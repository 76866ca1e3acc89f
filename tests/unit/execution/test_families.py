"""Each family of fixes has an identity of its own: a fix goes to the one of its next step, and no other touches it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from fakes.cloud import binding
from fakes.workshop import NAME, Bench

from shared.execution.families import FAMILY_OF, Elsewhere, Families, family_of, route, takes_back
from shared.execution.fold import fold
from shared.fixing import step
from shared.model.facts import Policy
from shared.model.family import FAMILIES
from shared.model.items import ENDS
from shared.model.journal import Closed, Outcome
from shared.model.names import Role
from shared.model.outcomes import Outcomes
from shared.model.work import Access, Enable, Grant, OriginalCall, Work
from shared.pipeline.execute import execute
from shared.pipeline.sweep import sweep

TOPIC = "//pubsub.googleapis.com/projects/p/topics/t"
START = Bench().clock.now()
HOUR = timedelta(hours=1)
GRANT = Grant(resource=TOPIC, role=Role("roles/pubsub.publisher"), member="user:ann@example.com", until=START + HOUR)
ENABLE = Enable(project="projects/p", service="iamcredentials.googleapis.com")
ACCESS = Access(machine=NAME, account="app@acme-shop.iam.gserviceaccount.com", scopes=())
CALL = OriginalCall(principal="ann@example.com", project="projects/p")
ALL = FAMILIES


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.google.add()
    kept = (binding(Role("roles/pubsub.publisher"), "user:bob@example.com"),)
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, bindings=kept, etag="e", version=3)
    bench.google.seen = Outcomes(succeeded=tuple(START + timedelta(seconds=30 * at) for at in range(1, 300)))
    return bench


def only(*own: str) -> Families:
    return Families(own=own, on=ALL)


def work_off(bench: Bench, fix: str) -> list[str]:
    """Have every family's executor called for a fix as its tasks would; which of them did each step."""
    did: list[str] = []
    while True:
        now = fold(bench.journal.lines(fix))
        if now.outcome is not None:
            return did
        bench.clock.at = max(bench.clock.at, now.due, now.held_until or now.due)
        bench.google.settle()
        woken = route(fix, bench.journal, ALL)
        execute(fix, bench.shop(families=only(woken)))
        did.append(woken)


def test_every_kind_of_work_belongs_to_a_family() -> None:
    assert FAMILY_OF.keys() == set(Work.__args__)
    assert set(FAMILY_OF.values()) == set(FAMILIES)


@pytest.mark.hazard("H38")
@pytest.mark.parametrize(("work", "family"), [(GRANT, "iam"), (ENABLE, "api"), (ACCESS, "compute")])
def test_an_executor_touches_no_fix_of_another_family(bench: Bench, work: Any, family: str) -> None:
    fix = bench.open(work, call=CALL)
    lines = len(bench.journal.lines(fix))
    for other in set(FAMILIES) - {family}:
        with pytest.raises(Elsewhere, match=f"{fix} is at a step of the family {family}, and this carries out {other}"):
            execute(fix, bench.shop(families=only(other)))
    assert len(bench.journal.lines(fix)) == lines
    assert bench.google.asked == []
    assert bench.queue.due(bench.clock.now(), 9) == [fix]


def test_a_task_for_another_family_is_acknowledged_and_named(bench: Bench) -> None:
    fix = bench.open(GRANT, call=CALL)
    told = step(json.dumps({"fix": fix}).encode(), bench.shop(families=only("api")))
    assert (told["severity"], told["outcome"]) == ("WARNING", "not ours")
    assert bench.google.asked == []


def test_a_fix_of_two_families_is_handed_from_one_executor_to_the_other(bench: Bench) -> None:
    fix = bench.open(ENABLE, GRANT, call=CALL)
    did = work_off(bench, fix)
    assert list(dict.fromkeys(did)) == ["api", "iam"]
    assert fold(bench.journal.lines(fix)).outcome is Outcome.FIXED


def test_the_sweep_wakes_the_executor_of_what_is_not_its_own_and_does_nothing_else(bench: Bench) -> None:
    fix = bench.open(GRANT, call=CALL)
    bench.clock.at += HOUR / 4
    told = sweep(bench.shop(families=only("ends")), bench.clock.now())
    assert (told.stepped, told.failed) == (0, ())
    assert bench.google.asked == []
    assert bench.queue.next_due() == bench.clock.now()
    assert fix in bench.queue.due(bench.clock.now(), 9)


def test_the_sweep_takes_grants_back_by_itself_while_every_executor_rests(bench: Bench) -> None:
    fix = bench.open(GRANT, call=CALL)
    work_off(bench, fix)
    bench.clock.at = START + HOUR
    for _ in range(40):
        bench.google.settle()
        sweep(bench.shop(families=only("ends")), bench.clock.now())
        bench.clock.at += timedelta(minutes=5)
    undo = next(one for one in bench.journal.fixes() if one != fix)
    assert takes_back(fold(bench.journal.lines(undo)))
    assert fold(bench.journal.lines(undo)).outcome is Outcome.UNDONE
    assert [one.members for one in bench.google.policies[TOPIC].bindings] == [("user:bob@example.com",)]


def test_the_check_of_the_original_call_goes_with_the_last_work(bench: Bench) -> None:
    fix = bench.open(ENABLE, GRANT, call=CALL)
    work_off(bench, fix)
    lines = bench.journal.lines(fix)
    before = max(at for at, line in enumerate(lines) if isinstance(line.body, Closed) and line.body.step == 1)
    assert family_of(fold(lines[: before + 1])) == "iam"


@pytest.mark.parametrize("item", ["a-1", "run:r-1", "show:r-1", f"{ENDS}f-1", "f-unknown"])
def test_what_is_no_fix_wakes_the_first_family_that_is_on(bench: Bench, item: str) -> None:
    assert route(item, bench.journal, ("compute", "iam")) == "compute"


def test_errands_are_routed_without_reading_the_journal() -> None:
    class Closed:
        def lines(self, _: str) -> Any:
            raise AssertionError("approve may not read the journal")

    assert route("a-1", Closed(), ("iam",)) == "iam"  # type: ignore[arg-type]


def test_a_work_of_a_family_that_is_not_on_is_nobodys() -> None:
    assert Families(own=("iam",), on=("iam",)).lacking((GRANT, ENABLE, ACCESS)) == (
        "fixes of the family api, compute are not switched on here"
    )
    assert Families(own=("iam",), on=ALL).lacking((GRANT, ENABLE)) == ""
    assert Families().lacking((GRANT, ENABLE, ACCESS)) == ""
