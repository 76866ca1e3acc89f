"""Over generated policies: a grant that is taken back leaves what was there, twice is once, and nobody else's goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from edits import CONDITIONS, MEMBERS, ROLES
from fakes.workshop import Bench
from hypothesis import given
from hypothesis import strategies as st

from shared.execution.fold import Fix
from shared.model.facts import Binding, Policy
from shared.model.journal import Outcome
from shared.model.names import Role
from shared.model.work import Grant
from shared.pipeline.take_back import inverses

BUCKET, EVE = "//storage.googleapis.com/projects/_/buckets/b", "user:eve@example.com"
START = Bench().clock.now()
bindings = st.builds(
    Binding,
    role=st.sampled_from(ROLES),
    members=st.lists(st.sampled_from((*MEMBERS, EVE)), min_size=1, max_size=5, unique=True).map(tuple),
    condition=st.sampled_from(CONDITIONS),
)
policies = st.lists(bindings, max_size=8, unique_by=lambda one: (one.role, one.condition)).map(tuple)
grants = st.builds(
    Grant,
    resource=st.just(BUCKET),
    role=st.sampled_from([one for one in ROLES if one != "roles/viewer"]),
    member=st.sampled_from((EVE, "user:zoe@example.com")),
    until=st.just(START + timedelta(hours=8)),
    condition=st.sampled_from(CONDITIONS),
)


def bench_with(held: tuple[Binding, ...]) -> Bench:
    bench = Bench()
    bench.google.policies[BUCKET] = Policy(resource=BUCKET, bindings=held, etag="e", version=3)
    return bench


def done(bench: Bench, *works: Any, **opened: Any) -> Fix:
    return bench.run(bench.open(*works, plan_hash=f"plan {len(bench.journal.kept)}", **opened))


def tuples(bench: Bench) -> set[tuple[Role, object, str]]:
    held = bench.google.policies[BUCKET].bindings
    return {(one.role, one.condition, member) for one in held for member in one.members}


@pytest.mark.invariant("I11")
@given(policies, grants)
def test_undone_every_policy_is_as_before(held: tuple[Binding, ...], work: Grant) -> None:
    bench = bench_with(held)
    before = tuples(bench)
    fix = done(bench, work)
    assert before <= tuples(bench), "others' bindings stay"
    assert len(tuples(bench) - before) == (fix.steps[0].outcome is Outcome.OK)
    if back := inverses(fix):
        done(bench, *back, undo_of=fix.id)
    assert tuples(bench) == before


@pytest.mark.invariant("I11")
@given(policies, grants)
def test_granted_twice_is_granted_once_and_the_second_owns_nothing(held: tuple[Binding, ...], work: Grant) -> None:
    bench = bench_with(held)
    done(bench, work)
    once = tuples(bench)
    again = done(bench, work)
    assert (again.outcome, inverses(again), tuples(bench)) == (Outcome.NOTHING, (), once)


@pytest.mark.hazard("H45")
@pytest.mark.invariant("I11")
@given(policies, grants)
def test_an_undo_never_removes_what_was_there_before_us(held: tuple[Binding, ...], work: Grant) -> None:
    kept = Binding(role=work.role, members=(work.member,), condition=work.condition)
    bench = bench_with((*(one for one in held if (one.role, one.condition) != (work.role, work.condition)), kept))
    before = tuples(bench)
    fix = done(bench, work)
    assert (fix.outcome, inverses(fix), tuples(bench)) == (Outcome.NOTHING, (), before)
