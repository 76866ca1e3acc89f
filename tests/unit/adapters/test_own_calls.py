"""What our own accounts changed in a project, read out of its activity log through Google's own client."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from edits import ENDS
from holders import HELD
from msgspec.structs import replace
from web_machine import NAME, later, web
from worlds import NOW, Cloud, add_account, add_audit, grant

from sandbox.services.storage import add_bucket
from sandbox.world import CRM
from shared.adapters import own_calls
from shared.adapters.google_cloud import GoogleCloud
from shared.adapters.google_sight import GoogleSight
from shared.errors import LookFailed, NotAllowedToLook
from shared.model.effect import AddBinding, Before, Effect, EnableApi, RemoveBinding, Result, StopMachine
from shared.model.facts import Change
from shared.model.names import Role
from shared.model.work import MachineName
from shared.pipeline.compare import Effected, Log, Span, compare

pytestmark = pytest.mark.invariant("I28")
EXECUTOR, REASON = "fixer@acme-web.iam.gserviceaccount.com", "r-1/h"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
BIGQUERY = "google.cloud.bigquery.v2.DatasetService"
ROLE, ANN = Role("roles/browser"), "user:ann@example.com"
MAY = (
    "resourcemanager.projects.getIamPolicy resourcemanager.projects.setIamPolicy iam.serviceAccounts.getIamPolicy "
    "iam.serviceAccounts.setIamPolicy storage.buckets.getIamPolicy storage.buckets.setIamPolicy compute.instances.stop "
    "serviceusage.services.enable"
)

READ_AND_WRITTEN = (
    "resourcemanager.projects iam.serviceAccounts storage.buckets bigquery.datasets bigquery.tables pubsub.topics "
    "pubsub.subscriptions secretmanager.secrets cloudkms.cryptoKeys cloudkms.keyRings artifactregistry.repositories "
    "run.services compute.instances"
)
SET_POLICIES = " ".join(
    (
        *(f"{one}.{verb}IamPolicy" for one in READ_AND_WRITTEN.split() for verb in ("get", "set")),
        "bigquery.datasets.get bigquery.datasets.update",
    )
)


def found(cloud: Cloud, *accounts: str, since: Any = NOW - DAY, until: Any = NOW + DAY) -> tuple[Change, ...]:
    who = frozenset(accounts or (EXECUTOR,))
    return GoogleSight(cloud.clients()).own_calls("projects/acme-web", who, since, until)


def executor(cloud: Cloud, permissions: str = MAY) -> GoogleCloud:
    add_account(cloud.world, EXECUTOR, "77")
    role = "projects/acme-web/roles/executor"
    cloud.world.roles[role] = {"name": role, "includedPermissions": permissions.split()}
    grant(cloud.world, f"{CRM}/projects/acme-web", role, f"serviceAccount:{EXECUTOR}")
    return GoogleCloud(cloud.clients(f"as:serviceAccount:{EXECUTOR}"))


def test_calls_of_others_for_a_reason_of_ours_are_told_as_well_and_for_another_reason_are_not(cloud: Cloud) -> None:
    for reason in ("r-1a2b/h", "a ticket", ""):
        add_audit(cloud.world, "SetIamPolicy", requestMetadata={"requestAttributes": {"reason": reason}})
    assert [(one.by, one.reason) for one in found(cloud)] == [("ann@example.com", "r-1a2b/h")]


def add(resource: str) -> AddBinding:
    return AddBinding(resource=resource, role=ROLE, member=ANN)


def stop(cloud: Cloud) -> StopMachine:
    number = web(cloud).body["id"]
    machine = MachineName(project="acme-web", zone="europe-west1-b", name="web-1", id=number)
    return StopMachine(machine=machine, request="4bdf1f8a-3a0c-5b06-9a44-0a4bb0b7c4f4")


def one_of_each(cloud: Cloud) -> list[tuple[Effect, str, str]]:
    """Effects of every family, each with its method and what the log has to say that it changed."""
    add_bucket(cloud.world, "acme-web", "prints")
    account = "//iam.googleapis.com/projects/acme-web/serviceAccounts/up@acme-web.iam.gserviceaccount.com"
    add_account(cloud.world, "up@acme-web.iam.gserviceaccount.com", "88")
    bucket, project = "//storage.googleapis.com/projects/_/buckets/prints", f"{CRM}/projects/acme-web"
    api = "//serviceusage.googleapis.com/projects/acme-web/services/run.googleapis.com"
    return [
        (add(bucket), "SetIamPolicy", bucket),
        (add(project), "SetIamPolicy", project),
        (add(account), "SetIAMPolicy", account),
        (EnableApi(project="projects/acme-web", service="run.googleapis.com"), "EnableService", api),
        (stop(cloud), "stop", NAME),
    ]


def test_every_kind_of_change_is_told_once_by_its_full_name_with_its_reason(cloud: Cloud) -> None:
    port, wanted = executor(cloud), one_of_each(cloud)
    for effect, _, _ in wanted:
        assert port.perform(effect, Before(), REASON).result in (Result.CHANGED, Result.STARTED)
        later(cloud, minutes=10)
    told = found(cloud)
    assert [one.resource for one in told] == [resource for *_, resource in wanted]
    assert [one.method.rpartition(".")[2] for one in told] == [method for _, method, _ in wanted]
    assert {(one.by, one.reason) for one in told} == {(EXECUTOR, REASON)}
    assert [one.at for one in told] == sorted(one.at for one in told)


@pytest.mark.parametrize("kind", HELD)
def test_the_log_of_every_type_of_resource_agrees_with_its_effects_and_with_no_other(cloud: Cloud, kind: str) -> None:
    held, port = HELD[kind], executor(cloud, SET_POLICIES)
    name, condition = held.make(cloud.world), ENDS if held.conditional else None
    binding = {"resource": name, "role": ROLE, "member": ANN, "condition": condition}
    effects = (AddBinding(**binding), RemoveBinding(**binding))  # type: ignore[arg-type]
    for effect in effects:
        assert port.perform(effect, Before(), REASON).result is Result.CHANGED
    done = [
        Effected(fix="f", reason=REASON, effect=one, since=NOW, until=NOW, result=Result.CHANGED, project="acme-web")
        for one in effects
    ]
    log, span = Log(project="acme-web", calls=found(cloud)), Span(since=NOW - DAY, until=NOW + DAY)
    assert len(log.calls) == len(done)
    assert compare(done, [log], span) == ()
    elsewhere = [replace(one, effect=replace(one.effect, resource=f"{name}/other")) for one in done]
    assert len(compare(elsewhere, [log], span)) == len(done) + len(log.calls)


def test_an_operation_counts_once_as_it_began(cloud: Cloud) -> None:
    caller = {"authenticationInfo": {"principalEmail": EXECUTOR}}
    why = {"requestMetadata": {"requestAttributes": {"reason": REASON}}}
    for at, end in ((NOW, {"first": True}), (NOW + MINUTE, {"last": True})):
        given = why if "first" in end else {"status": {"code": 13, "message": "it went wrong in the end"}}
        add_audit(cloud.world, "instances.stop", at, operation={"id": "o-1", "producer": "c", **end}, **caller, **given)
    add_audit(cloud.world, "instances.stop", NOW, operation={"id": "o-2", "producer": "c", "last": True}, **caller)
    assert sorted((one.at, one.reason) for one in found(cloud)) == [(NOW, ""), (NOW, REASON)]


def test_what_bigquery_tells_in_two_versions_is_told_in_the_newer_one(cloud: Cloud) -> None:
    caller = {"authenticationInfo": {"principalEmail": EXECUTOR}, "resourceName": "projects/acme-web/datasets/d"}
    for method, kind in (("datasetservice.update", "resource"), (f"{BIGQUERY}.PatchDataset", "dataset")):
        add_audit(cloud.world, method, **caller)["resource"]["type"] = f"bigquery_{kind}"
    assert [one.method for one in found(cloud)] == [f"{BIGQUERY}.PatchDataset"]


@pytest.mark.parametrize(
    "other",
    [
        {"authenticationInfo": {"principalEmail": "ann@example.com"}},
        {"authenticationInfo": {"principalEmail": f"x{EXECUTOR}"}},
        {"authenticationInfo": {"principalSubject": f"serviceAccount:{EXECUTOR}"}},
        {"status": {"code": 7, "message": "no"}},
        {"at": NOW - 2 * DAY},
        {"at": NOW + 2 * DAY},
    ],
)
def test_what_others_did_what_was_refused_and_what_is_of_another_time_is_left_out(
    cloud: Cloud, other: dict[str, Any]
) -> None:
    add_audit(cloud.world, "SetIamPolicy", **{"authenticationInfo": {"principalEmail": EXECUTOR}, **other})
    assert found(cloud) == ()


def test_the_letters_of_an_address_may_be_large_or_small(cloud: Cloud) -> None:
    add_audit(cloud.world, "SetIamPolicy", authenticationInfo={"principalEmail": EXECUTOR.replace("f", "F")})
    assert len(found(cloud, "nobody@acme-web.iam.gserviceaccount.com", EXECUTOR.upper())) == 1


def test_of_nobody_nothing_is_told_and_nothing_is_asked(cloud: Cloud) -> None:
    assert own_calls.own_calls(cloud.clients(), "projects/acme-web", frozenset(), NOW - DAY, NOW) == ()
    assert cloud.world.checked["requests"] == 0


def test_more_than_anybody_would_read_is_no_answer(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_calls, "MOST_CALLS", 2)
    for _ in range(3):
        add_audit(cloud.world, "SetIamPolicy", authenticationInfo={"principalEmail": EXECUTOR})
    with pytest.raises(LookFailed, match="could not list our own calls of projects/acme-web: there are more than 2"):
        found(cloud)


def test_a_log_that_may_not_be_read_is_no_empty_one(cloud: Cloud) -> None:
    add_account(cloud.world, EXECUTOR, "77")
    blind = GoogleSight(cloud.clients(f"as:serviceAccount:{EXECUTOR}"))
    with pytest.raises(NotAllowedToLook, match=r"logging\.logEntries\.list is missing on projects/acme-web"):
        blind.own_calls("projects/acme-web", frozenset({EXECUTOR}), NOW - DAY, NOW)


@pytest.mark.parametrize("name", ["folders/1001", "projects/a/b", "projects/..", ""])
def test_what_is_no_project_is_not_asked_about(cloud: Cloud, name: str) -> None:
    with pytest.raises(LookFailed, match="no project has such a name"):
        own_calls.own_calls(cloud.clients(), name, frozenset({EXECUTOR}), NOW - DAY, NOW)


def test_a_bucket_is_looked_for_in_the_project_that_owns_it(cloud: Cloud) -> None:
    sight = GoogleSight(cloud.clients())
    add_bucket(cloud.world, "acme-web", "prints")
    assert sight.project_of("//storage.googleapis.com/projects/_/buckets/prints") == "projects/111111111111"
    assert sight.project_of(NAME) == "projects/acme-web"
    with pytest.raises(LookFailed, match=r"could not find the log of .* its name does not tell a project"):
        sight.project_of(f"{CRM}/organizations/123456789012")
