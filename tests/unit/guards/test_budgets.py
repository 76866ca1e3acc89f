"""Budgets: what a change draws on, and when it is too much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.guards.budgets import DAY, HOUR, LIMITS, WEEK, charges_of, too_much
from shared.model.guards import Budget, Charge, Spent
from shared.model.names import Role
from shared.model.work import Access, Enable, Grant, MachineName, Recover, Revoke, Work

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TOPIC = "//pubsub.googleapis.com/projects/p/topics/t"
MACHINE = MachineName(project="p", zone="z", name="web", id="42")
GRANT = Grant(resource=TOPIC, role=Role("roles/pubsub.publisher"), member="user:ann@example.com", until=NOW + HOUR)


def before(charge: Charge, count: int, every: timedelta, what: str = "") -> list[Spent]:
    return [
        Spent(
            charge=Charge(budget=charge.budget, whose=charge.whose, what=f"{what}{at}" if what else charge.what),
            key=f"f-{at}",
            at=NOW - every * (at + 1),
        )
        for at in range(count)
    ]


@pytest.mark.parametrize(
    ("work", "budgets"),
    [
        (GRANT, {Budget.PRINCIPAL_GRANTS, Budget.PRINCIPAL_ROLES, Budget.SAME, Budget.PROJECT, Budget.ORGANIZATION}),
        (Enable(project="projects/p", service="run.googleapis.com"), {Budget.API, Budget.PROJECT, Budget.ORGANIZATION}),
        (Access(machine=MACHINE, account=None, scopes=()), {Budget.MACHINE, Budget.PROJECT, Budget.ORGANIZATION}),
        (Recover(machine=MACHINE), {Budget.MACHINE, Budget.PROJECT, Budget.ORGANIZATION}),
        (Revoke(resource=TOPIC, role=Role("roles/viewer"), member="user:a@b.c"), set()),
    ],
)
def test_each_change_draws_on_its_budgets_and_taking_away_on_none(work: Work, budgets: set[Budget]) -> None:
    assert {one.budget for one in charges_of(work)} == budgets


def test_a_bucket_tells_no_project_so_it_draws_on_the_organisation_alone() -> None:
    on = Grant(resource="//storage.googleapis.com/projects/_/buckets/b", role=Role("roles/storage.objectViewer"),
               member="user:a@b.c", until=NOW)  # fmt: skip
    assert Budget.PROJECT not in {one.budget for one in charges_of(on)}


@pytest.mark.hazard("H02", "H30")
@pytest.mark.parametrize(
    ("budget", "most", "within"),
    [
        (Budget.PRINCIPAL_GRANTS, 3, DAY),
        (Budget.PROJECT, 5, HOUR),
        (Budget.PROJECT, 20, DAY),
        (Budget.ORGANIZATION, 20, HOUR),
        (Budget.ORGANIZATION, 100, DAY),
        (Budget.API, 3, HOUR),
        (Budget.MACHINE, 1, DAY),
        (Budget.SAME, 1, DAY),
        (Budget.SAME, 2, WEEK),
    ],
)
def test_the_last_one_that_fits_and_the_first_that_does_not(budget: Budget, most: int, within: timedelta) -> None:
    charge = Charge(budget=budget, whose="somebody")
    only = [one for one in LIMITS[budget] if one.within == within]
    assert [one.most for one in only] == [most]
    every = within / (most + 1)
    narrower = any(limit.within < within for limit in LIMITS[budget])
    full = before(charge, most, every)
    assert too_much((charge,), full, NOW)
    if not narrower:
        assert not too_much((charge,), full[:-1], NOW)


def test_what_is_older_than_the_window_no_longer_counts() -> None:
    charge = Charge(budget=Budget.API, whose="organization")
    assert too_much((charge,), before(charge, 3, timedelta(minutes=1)), NOW)
    assert not too_much((charge,), before(charge, 3, timedelta(minutes=1)), NOW + HOUR)


def test_what_others_have_used_does_not_count() -> None:
    charge = Charge(budget=Budget.PRINCIPAL_GRANTS, whose="user:ann@example.com")
    others = Charge(budget=Budget.PRINCIPAL_GRANTS, whose="user:bob@example.com")
    assert not too_much((charge,), before(others, 50, timedelta(minutes=1)), NOW)


@pytest.mark.hazard("H02")
def test_a_sixth_different_role_in_a_week_is_too_much_and_one_of_the_five_is_not() -> None:
    whose = "user:ann@example.com"
    five = before(Charge(budget=Budget.PRINCIPAL_ROLES, whose=whose), 5, timedelta(hours=20), "roles/r")
    assert too_much((Charge(budget=Budget.PRINCIPAL_ROLES, whose=whose, what="roles/another"),), five, NOW)
    assert not too_much((Charge(budget=Budget.PRINCIPAL_ROLES, whose=whose, what="roles/r3"),), five, NOW)


@pytest.mark.hazard("H37")
def test_the_third_time_in_a_week_a_lasting_fix_is_proposed() -> None:
    charge = Charge(budget=Budget.SAME, whose="x")
    (why,) = too_much((charge,), before(charge, 2, timedelta(days=2)), NOW)
    assert "have a lasting binding made, as code" in why


@pytest.mark.invariant("I30")
def test_a_clock_ahead_of_ours_frees_no_budget() -> None:
    charge = Charge(budget=Budget.MACHINE, whose="m")
    ahead = [Spent(charge=charge, key="f-1", at=NOW + HOUR)]
    assert too_much((charge,), ahead, NOW)
