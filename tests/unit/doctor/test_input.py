"""What comes in: who may publish, where it is pushed, what lies undelivered, and which logs are on."""

from __future__ import annotations

import pytest
from made_deployments import AGENT, ORGANIZATION, PLACE, PUBLISHER, WRITER, deployment, policy
from msgspec.structs import replace

from shared.doctor.audit_logs import WANTED, audit_log_checks
from shared.doctor.finding import Severity
from shared.doctor.input import delivery_checks, topic_checks
from shared.model.deployment import Carrier, Deployment, Subscription, Untold

DENIALS, DEAD, PUSHED = PLACE.topic(PLACE.denials), PLACE.topic(PLACE.dead), PLACE.subscription(PLACE.denials)
GAP = Untold("no answer")


def topic(made: Deployment) -> dict[Severity, list[str]]:
    found: dict[Severity, list[str]] = {}
    for one in topic_checks(made):
        found.setdefault(one.severity, []).append(one.what)
    return found


def test_what_terraform_makes_is_fine() -> None:
    assert set(topic(deployment())) == {Severity.OK}


def test_whoever_else_may_publish_can_forge_a_denial() -> None:
    made = deployment()
    both = policy(DENIALS, (PUBLISHER, WRITER), (PUBLISHER, "user:eve@example.com"))
    told = topic(replace(made, policies=made.policies | {DENIALS: both}))
    assert told[Severity.WRONG] == [
        "user:eve@example.com may publish to unforbid-denials too: whoever may, can forge a denial"
    ]


@pytest.mark.parametrize(
    ("name", "value", "severity"),
    [
        (DENIALS, None, Severity.WRONG),
        (DENIALS, GAP, Severity.UNTOLD),
        (DENIALS, policy(DENIALS), Severity.WRONG),
        (DEAD, None, Severity.WRONG),
        (DEAD, policy(DEAD, (PUBLISHER, WRITER)), Severity.WRONG),
        (PUSHED, policy(PUSHED, (PUBLISHER, AGENT)), Severity.WRONG),
        (PUSHED, GAP, Severity.UNTOLD),
    ],
)
def test_a_policy_that_is_missing_or_empty_is_wrong_and_an_unread_one_is_not_told(
    name: str, value: object, severity: Severity
) -> None:
    made = deployment()
    assert topic(replace(made, policies=made.policies | {name: value})).get(severity)


@pytest.mark.parametrize(
    ("pushed", "severity"),
    [
        (None, Severity.WRONG),
        (GAP, Severity.UNTOLD),
        (Subscription(topic="t"), Severity.WRONG),
        (
            Subscription(topic="t", endpoint="https://evil.example", dead_letters="x/topics/unforbid-dead"),
            Severity.WRONG,
        ),
        (Subscription(topic="t", endpoint="https://unforbid-detect-7.r.run.app"), Severity.WRONG),
    ],
)
def test_denials_are_pushed_to_detect_and_what_cannot_be_is_kept(pushed: object, severity: Severity) -> None:
    made = deployment()
    assert topic(replace(made, subscriptions=made.subscriptions | {PLACE.denials: pushed})).get(severity)


def test_nothing_delivered_for_a_week_is_neither_well_nor_wrong() -> None:
    assert [one.severity for one in delivery_checks(deployment(delivered=None))] == [Severity.UNTOLD, Severity.OK]
    assert [one.severity for one in delivery_checks(deployment(dead=3))] == [Severity.OK, Severity.WRONG]
    assert [one.severity for one in delivery_checks(deployment(dead=GAP, delivered=GAP))] == [Severity.UNTOLD] * 2


def with_logs(logs: dict[str, frozenset[str]]) -> Deployment:
    made = deployment()
    carrier = made.containers[ORGANIZATION]
    assert isinstance(carrier, Carrier)
    return replace(made, containers=made.containers | {ORGANIZATION: replace(carrier, logs=logs)})


def test_a_service_whose_data_access_is_in_no_log_is_wrong_unless_that_is_wanted() -> None:
    off = with_logs({})
    found = list(audit_log_checks(off))
    assert [one.severity for one in found] == [Severity.WRONG] * len(WANTED)
    assert all("google_organization_iam_audit_config" in one.mend and 'org_id = "1"' in one.mend for one in found)
    wanted = replace(off, place=replace(off.place, unlogged=tuple(WANTED)))
    assert {one.severity for one in audit_log_checks(wanted)} == {Severity.OK}


def test_one_type_of_two_is_not_enough_and_every_service_counts_for_each() -> None:
    half = with_logs({"storage.googleapis.com": frozenset({"DATA_READ"})})
    told = next(one for one in audit_log_checks(half) if one.what.startswith("storage."))
    assert told.what == "storage.googleapis.com: DATA_WRITE is off, so refusals of objects of buckets are never seen"
    every = with_logs({"allServices": frozenset({"ADMIN_READ", "DATA_READ", "DATA_WRITE"})})
    assert {one.severity for one in audit_log_checks(every)} == {Severity.OK}


def test_what_is_on_above_is_on_below_and_an_unread_policy_above_leaves_it_open() -> None:
    made = deployment()
    web = "//cloudresourcemanager.googleapis.com/projects/acme-web"
    below = replace(made, place=replace(made.place, watch="projects/acme-web"))
    assert {one.severity for one in audit_log_checks(below)} == {Severity.OK}
    unread = replace(below, containers=below.containers | {ORGANIZATION: GAP})
    assert {one.severity for one in audit_log_checks(unread)} == {Severity.UNTOLD}
    assert web in below.containers
