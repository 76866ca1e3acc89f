"""Google's audit log is told with every effect of a fix which run it is of, and which plan was approved."""

from __future__ import annotations

from fakes.exhausted import TWICE
from fakes.workshop import NAME, Bench

from shared.model.journal import Outcome
from shared.model.work import Recover


def test_every_effect_of_a_fix_goes_with_its_run_and_the_hash_of_its_plan() -> None:
    bench = Bench()
    bench.google.add().console = TWICE
    larger = Recover(machine=NAME, machine_type="n2-standard-8", was="n2-standard-4")
    fix = bench.run(bench.open(larger, run="r-7", plan_hash="5f5f"))
    assert fix.steps[0].outcome is Outcome.OK
    assert bench.google.reasons == ["r-7/5f5f"] * 3
