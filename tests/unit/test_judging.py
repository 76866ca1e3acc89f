"""Deciding by written rules, with what they ask of Google, the directory and the guards: from an entry to a decision."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from entries import audit
from fakes.directory import MemoryDirectory
from fakes.facts import MISSING, NOON, FakeFacts, live
from fakes.guards import MemoryGuards
from msgspec.structs import replace

from shared.errors import LookFailed, NotFound
from shared.judging import Judge
from shared.model.decision import ASK, AUTO, DRY_RUN, IGNORE, NOTIFY, REFUSE, Decision
from shared.model.facts import Project
from shared.model.guards import Pause, Trip, Went
from shared.pipeline.read import read
from shared.policy.load import load
from shared.policy.versions import in_force

NEEDED, CALLER = "storage.objects.create", "app@acme-test.iam.gserviceaccount.com"
ENTRY = audit(permission=NEEDED, resource="projects/_/buckets/reports/objects/a.csv", principal=CALLER)
PERMITS = """
version: 1
approvers: {owners: {group_id: "03abc", need: 1}}
rules:
  - id: writes-reports
    when:
      cause: [gcs.iam]
      principal: {service_accounts_of: target_project}
      permission: [storage.objects.create]
      target: {under: folders/7, kind: bucket, labels: {env: [dev]}}
    then: {mode: auto, action: grant_role, roles: [roles/storage.objectCreator], hours: 2}
"""
ASKS = PERMITS.replace("mode: auto, ", "mode: approve, approvers: [owners], ")
OF_GROUP = ASKS.replace("{service_accounts_of: target_project}", '{in_group: "02grp"}')


class Labelled(FakeFacts):
    def __init__(self) -> None:
        super().__init__()
        self.labels = {"env": "dev"}

    def project(self, project: str) -> Project:
        return replace(super().project(project), labels=self.labels)


class Court:
    """Everything that a decision is made from, with an entry that Cloud Logging has as well."""

    def __init__(self, policy: str = PERMITS) -> None:
        self.facts, self.guards, self.directory = Labelled(), MemoryGuards(), MemoryDirectory()
        self.facts.seen[NEEDED] = MISSING
        self.rules = in_force((load(policy.encode(), now=NOON),))
        self.received = NOON

    def decision(self, entry: dict[str, Any] = ENTRY, **judge: Any) -> Decision:
        judged = Judge(
            **{
                "rules": lambda _: self.rules, "guards": self.guards, "enforcing": True, "facts": self.facts,
                "directory": self.directory, **judge,
            }
        )  # fmt: skip
        data = json.dumps({**entry, "receiveTimestamp": self.received.isoformat()}).encode()
        self.facts.logged["i1"] = data
        return replace(live(self.facts), judge=judged).explain(read(data), NOON).decision


def test_a_rule_with_all_three_lets_a_proven_denial_through_without_a_person() -> None:
    found = Court().decision()
    assert found.terms is not None
    assert (found.mode, found.terms.tier, found.terms.hours, found.terms.rules) == (AUTO, "T0", 2, ("writes-reports",))


@pytest.mark.hazard("H01")
def test_without_a_rule_it_is_told_and_nothing_more() -> None:
    found = Court("version: 1\n").decision()
    assert (found.mode, found.terms) == (NOTIFY, None)


@pytest.mark.invariant("I03")
def test_in_observe_mode_the_same_rule_is_a_dry_run() -> None:
    found = Court().decision(enforcing=False)
    assert (found.mode, "rule writes-reports says auto" in found.reasons) == (DRY_RUN, True)


@pytest.mark.parametrize(("labels", "mode"), [({"env": "dev"}, AUTO), ({"env": "prod"}, NOTIFY), ({}, NOTIFY)])
def test_labels_are_read_live(labels: dict[str, str], mode: str) -> None:
    court = Court()
    court.facts.labels = labels
    assert court.decision().mode == mode


@pytest.mark.parametrize("method", ["project", "ancestry"])
@pytest.mark.parametrize("failure", [LookFailed("look", "p", "ill"), NotFound("p")])
def test_what_google_does_not_tell_permits_nothing(method: str, failure: Exception) -> None:
    court = Court()
    court.facts.fails[method] = failure
    assert court.decision().mode not in (AUTO, ASK)


def test_membership_is_asked_only_where_a_rule_hangs_on_it() -> None:
    court = Court(OF_GROUP)
    court.directory.groups["02grp"] = {CALLER}
    assert court.decision().mode is ASK
    assert court.directory.asked == {("02grp", CALLER): 1}
    other = Court(PERMITS)
    other.decision()
    assert not other.directory.asked


def test_a_directory_that_does_not_answer_permits_nothing() -> None:
    court = Court(OF_GROUP)
    court.directory.fails = LookFailed("look", "group", "ill")
    assert court.decision().mode is NOTIFY
    assert court.decision(directory=None).mode is NOTIFY


@pytest.mark.hazard("H09", "H48")
def test_an_entry_is_as_old_as_cloud_logging_says_and_not_as_it_says_itself() -> None:
    court = Court(ASKS)
    court.received = NOON - timedelta(hours=25)
    assert court.decision({**ENTRY, "timestamp": NOON.isoformat()}).mode is IGNORE
    court.received = NOON - timedelta(hours=2)
    assert court.decision().mode is ASK


def test_a_stop_set_by_a_person_holds_at_once() -> None:
    court = Court()
    court.guards.pause(Pause(scope="folders/7", by="ann@example.com", why="an incident", at=NOON))
    found = court.decision()
    assert (found.mode, any("has stopped folders/7" in why for why in found.reasons)) == (DRY_RUN, True)


@pytest.mark.invariant("I19")
def test_guards_that_cannot_be_read_permit_nothing() -> None:
    court = Court()
    court.guards.unreadable = True
    assert court.decision().mode is NOTIFY


@pytest.mark.hazard("H01")
def test_a_burst_of_different_refusals_leaves_only_notices() -> None:
    court = Court()
    for at in range(10):
        court.guards.denied(f"serviceAccount:{CALLER}", f"print-{at}", NOON - timedelta(minutes=at))
    found = court.decision()
    assert found.mode is NOTIFY
    assert any("was refused many different things at once" in why for why in found.reasons)


@pytest.mark.hazard("H37")
@pytest.mark.invariant("I21")
def test_our_own_denials_are_never_planned() -> None:
    assert Court().decision(ours=frozenset({CALLER})).mode is REFUSE


@pytest.mark.hazard("H39")
@pytest.mark.invariant("I22")
def test_what_watches_over_us_is_never_changed() -> None:
    bucket = "//storage.googleapis.com/projects/_/buckets/reports"
    assert Court().decision(protected=(bucket,)).mode is REFUSE


def test_after_the_breaker_was_open_one_dry_run_comes_first() -> None:
    court = Court()
    court.guards.tripped(Trip(went=Went.BROKE, why="f-1: no effect", at=NOON - timedelta(hours=1)))
    assert [court.decision().mode for _ in range(2)] == [DRY_RUN, AUTO]


IGNORED = """
version: 1
rules:
  - id: probe
    when: {principal: {is: ["serviceAccount:app@acme-test.iam.gserviceaccount.com"]}}
    then: {mode: ignore, until: 2027-01-31, reason: "synthetic probe"}
"""


def test_what_a_rule_ignores_is_shown_to_nobody_but_a_floor_alarm_stays() -> None:
    assert Court(IGNORED).decision().mode is IGNORE
    floor = audit(permission="storage.buckets.setIamPolicy", resource="projects/_/buckets/reports", principal=CALLER)
    assert Court(IGNORED).decision(floor).mode is REFUSE
