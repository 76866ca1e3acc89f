"""The second input: an alert on Google's count of 403s is a denial of nobody that people are told of, and no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from alerts import COUNTED, FILTER, WHO, notification
from fakes import FakeClock

from shared import flows
from shared.errors import Unreadable
from shared.evidence.case import Ours, case_of
from shared.evidence.families import is_worth_a_look
from shared.model.decision import NOTIFY
from shared.model.denial import GOOGLE, Denial, NotADenial
from shared.model.incident import Alert
from shared.pipeline.classify import classify
from shared.pipeline.diagnose import diagnose
from shared.pipeline.incident import ANOTHER, CLOSED, TRIAL
from shared.pipeline.read import MOST_BYTES, read


def found(**more: Any) -> Denial | NotADenial:
    return classify(read(json.dumps(notification(**more)).encode()))


def dropped(**more: Any) -> str:
    none = found(**more)
    assert isinstance(none, NotADenial)
    return none.reason


def test_an_alert_is_a_denial_of_a_project_and_a_service_and_of_nobody() -> None:
    denial = found()
    assert isinstance(denial, Denial)
    names = denial.names
    assert (names.principal, names.permissions, names.resource) == (None, (), None)
    assert (names.service, names.consumer) == ("translate.googleapis.com", "projects/acme-reports-dev")
    assert (denial.trust, denial.origin.owner) == (GOOGLE, "projects/acme-unforbid")
    assert f"credential: {WHO}" in denial.evidence


def test_whatever_the_count_says_people_are_told_and_nothing_is_planned_or_looked_into() -> None:
    entry = read(json.dumps(notification()).encode())
    report = flows.explain(entry)
    assert report.decision.mode is NOTIFY
    assert not any(step.changes for step in report.plan)
    denial = classify(entry)
    assert isinstance(denial, Denial)
    assert not is_worth_a_look(case_of(entry, denial, diagnose(denial), FakeClock().now(), Ours()))


def test_the_alert_is_told_by_its_filter_where_grouping_left_no_label_of_the_code() -> None:
    unfiltered = {"conditionThreshold": {"filter": f'metric.type="{COUNTED}"'}}
    assert dropped(condition=unfiltered) == ANOTHER
    spaced = {"conditionThreshold": {"filter": FILTER.replace("=", " = ")}}
    assert isinstance(found(condition=spaced), Denial)
    by_label = {"type": COUNTED, "labels": {"response_code": "403"}}
    assert isinstance(found(condition=None, metric=by_label), Denial)
    assert dropped(metric={"type": COUNTED, "labels": {"response_code": "500"}}) == ANOTHER


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"state": "closed"}, CLOSED),
        ({"state": "CLOSED"}, CLOSED),
        ({"state": ""}, CLOSED),
        ({"version": "test", "state": "OPEN"}, TRIAL),
        ({"metric": None}, ANOTHER),
        ({"metric": {"type": "compute.googleapis.com/instance/cpu/utilization"}}, ANOTHER),
        ({"condition": {"conditionAbsent": {"filter": FILTER}}}, ANOTHER),
    ],
)
def test_what_tells_of_no_new_refusal_is_dropped_with_its_reason(more: dict[str, Any], why: str) -> None:
    assert dropped(**more) == why


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (notification(version="2.0"), "'2.0': versions 1.x are read"),
        (notification(resource={"type": 7}), "wrong type"),
        (notification(started_at="yesterday"), "wrong type"),
        (notification(started_at=10**18), "began at no time"),
        ({"version": "1.2", "incident": []}, "wrong type"),
        ({"version": None, "incident": {}}, "wrong type"),
        ({"version": "1.2", "incident": {}, "more": 1}, "neither a payload nor a log name"),
    ],
)
def test_what_is_no_notification_that_is_known_is_refused_with_its_reason(value: Any, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(json.dumps(value).encode())


def test_a_hostile_label_is_cut_and_a_foreign_link_is_left_out() -> None:
    denial = found(service="x" * (MOST_BYTES // 2), url="https://evil.example/console.cloud.google.com")
    assert isinstance(denial, Denial)
    assert len(denial.names.service or "") == 200
    assert not any("evil" in one for one in denial.evidence)


def test_the_alert_that_terraform_makes_is_one_that_is_understood(root: Path) -> None:
    assert f'"{FILTER}"' in (root / "terraform/alerts.tf").read_text().replace('\\"', '"')


def test_an_entry_of_a_log_is_never_taken_for_a_notification() -> None:
    entry = read(json.dumps({"logName": "projects/p/logs/l", **notification()}).encode())
    assert not isinstance(entry, Alert)
    none = classify(entry)
    assert isinstance(none, NotADenial)
    assert none.reason == "the entry carries nothing that could be a refusal"
