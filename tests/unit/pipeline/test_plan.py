"""The narrowest fix, or advice: never more than the entry supports."""

from __future__ import annotations

import pytest
from entries import PROJECT, audit, error_info, on_vm, text
from explained import explain

ME = f"serviceAccount:app@{PROJECT}.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("permission", "resource", "role", "target", "tier"),
    [
        (
            "storage.objects.get",
            "projects/_/buckets/b/objects/o",
            "storage.objectViewer",
            "//storage.googleapis.com/projects/_/buckets/b",
            "T1",
        ),
        (
            "storage.objects.create",
            "projects/_/buckets/b/objects/o",
            "storage.objectCreator",
            "//storage.googleapis.com/projects/_/buckets/b",
            "T1",
        ),
        (
            "pubsub.topics.publish",
            f"projects/{PROJECT}/topics/t",
            "pubsub.publisher",
            f"//pubsub.googleapis.com/projects/{PROJECT}/topics/t",
            "T1",
        ),
        (
            "bigquery.tables.getData",
            f"projects/{PROJECT}/datasets/d/tables/t",
            "bigquery.dataViewer",
            f"//bigquery.googleapis.com/projects/{PROJECT}/datasets/d/tables/t",
            "T1",
        ),
        (
            "bigquery.jobs.create",
            f"projects/{PROJECT}",
            "bigquery.jobUser",
            f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}",
            "T1",
        ),
        (
            "logging.logEntries.create",
            f"projects/{PROJECT}/logs/x",
            "logging.logWriter",
            f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}",
            "T1",
        ),
        (
            "secretmanager.versions.access",
            f"projects/{PROJECT}/secrets/s/versions/latest",
            "secretmanager.secretAccessor",
            f"//secretmanager.googleapis.com/projects/{PROJECT}/secrets/s",
            "T2",
        ),
        (
            "cloudkms.cryptoKeyVersions.useToDecrypt",
            f"projects/{PROJECT}/locations/l/keyRings/r/cryptoKeys/k",
            "cloudkms.cryptoKeyDecrypter",
            f"//cloudkms.googleapis.com/projects/{PROJECT}/locations/l/keyRings/r/cryptoKeys/k",
            "T2",
        ),
        (
            "artifactregistry.repositories.downloadArtifacts",
            f"projects/{PROJECT}/locations/l/repositories/r",
            "artifactregistry.reader",
            f"//artifactregistry.googleapis.com/projects/{PROJECT}/locations/l/repositories/r",
            "T1",
        ),
        (
            "compute.subnetworks.use",
            "projects/acme-test/regions/r/subnetworks/s",
            "compute.networkUser",
            "//compute.googleapis.com/projects/acme-test/regions/r/subnetworks/s",
            "T2",
        ),
        (
            "storage.objects.get",
            f"projects/{PROJECT}",
            "storage.objectViewer",
            f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}",
            "T2",
        ),
    ],
)
def test_a_grant_names_role_member_and_the_narrowest_resource_that_carries_a_policy(
    permission: str, resource: str, role: str, target: str, tier: str
) -> None:
    (action,) = explain(audit(permission=permission, resource=resource)).plan
    assert (action.action, action.changes, action.member) == ("grant_role", True, ME)
    assert (action.role, action.target, action.tier) == (f"roles/{role}", target, tier)
    assert action.undo is not None
    assert "only if this run added it" in action.undo


def test_impersonation_is_granted_on_the_one_account_in_the_project_that_owns_it() -> None:
    entry = audit(permission="iam.serviceAccounts.getAccessToken", resource="projects/-/serviceAccounts/1234567890")
    entry["resource"] = {
        "type": "service_account",
        "labels": {"email_id": "bot@acme-test.iam.gserviceaccount.com", "project_id": PROJECT},
    }
    (action,) = explain(entry).plan
    assert (
        action.target == "//iam.googleapis.com/projects/acme-test/serviceAccounts/bot@acme-test.iam.gserviceaccount.com"
    )
    assert (action.role, action.tier) == ("roles/iam.serviceAccountTokenCreator", "T2")


@pytest.mark.parametrize(
    ("principal", "member"),
    [
        (
            "principal://iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/p/subject/s",
            "principal://iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/p/subject/s",
        ),
        ("serviceAccount:acme.svc.id.goog[shop/web]", "serviceAccount:acme.svc.id.goog[shop/web]"),
        ("acme.svc.id.goog[shop/web]", "serviceAccount:acme.svc.id.goog[shop/web]"),
    ],
)
def test_an_identity_from_outside_gets_the_role_made_for_it_and_no_right_to_sign(principal: str, member: str) -> None:
    account = "projects/-/serviceAccounts/bot@acme-test.iam.gserviceaccount.com"
    entry = audit(permission="iam.serviceAccounts.getAccessToken", resource=account, principal=principal)
    (action,) = explain(entry).plan
    assert (action.role, action.member) == ("roles/iam.workloadIdentityUser", member)


def test_creating_something_is_a_permission_on_its_parent() -> None:
    (action,) = explain(
        audit(permission="bigquery.tables.create", resource=f"projects/{PROJECT}/datasets/d/tables/new")
    ).plan
    assert action.target == f"//bigquery.googleapis.com/projects/{PROJECT}/datasets/d"


@pytest.mark.parametrize(
    "permission",
    [
        "resourcemanager.projects.setIamPolicy", "storage.buckets.setIamPolicy", "iam.roles.create", "iam.serviceAccountKeys.create",
        "apikeys.keys.getKeyString", "orgpolicy.policies.update", "accesscontextmanager.servicePerimeters.update",
        "compute.instances.setMetadata", "compute.instances.create", "cloudbuild.builds.create", "run.services.update",
        "cloudfunctions.functions.sourceCodeSet", "iap.tunnelInstances.accessViaIAP", "container.pods.exec",
        "logging.sinks.delete", "billing.resourceAssociations.create",
    ],
)  # fmt: skip
def test_what_would_escalate_is_never_planned(permission: str) -> None:
    report = explain(audit(permission=permission))
    assert not any(action.changes for action in report.plan)
    assert {action.tier for action in report.plan} == {"T3"}
    assert report.decision.mode == "refuse"


@pytest.mark.parametrize("permission", ["iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.actAs"])
def test_impersonation_of_every_account_of_a_project_is_never_planned(permission: str) -> None:
    report = explain(audit(permission=permission, resource=f"projects/{PROJECT}"))
    assert not any(action.changes for action in report.plan)


@pytest.mark.parametrize("parent", ["organizations/7", "folders/7"])
def test_nothing_above_a_project_is_a_target(parent: str) -> None:
    report = explain(audit(permission="resourcemanager.projects.get", resource=parent))
    assert not any(action.changes for action in report.plan)
    assert report.decision.mode == "refuse"


@pytest.mark.parametrize(
    "principal",
    ["", "allUsers", "allAuthenticatedUsers", "domain:example.com", "principalSet://iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/p/*",
     "k\u0456m@example.com", "kim@example.com\u202e", "7@cloudservices.gserviceaccount.com", "system:anonymous", "...@example.com"],
)  # fmt: skip
def test_a_member_that_could_be_anyone_or_a_look_alike_gets_nothing(principal: str) -> None:
    report = explain(
        audit(permission="pubsub.topics.publish", resource=f"projects/{PROJECT}/topics/t", principal=principal)
    )
    assert not any(action.changes for action in report.plan)


def test_a_permission_without_a_hand_checked_role_is_not_guessed_at() -> None:
    (action,) = explain(audit(permission="dataform.repositories.commit", resource=f"projects/{PROJECT}/x/y")).plan
    assert (action.action, action.changes) == ("advise", False)
    assert "catalogue" in action.why


def test_an_api_is_enabled_in_the_consumer_the_error_names() -> None:
    details = [error_info("SERVICE_DISABLED", consumer="projects/271828", service="vision.googleapis.com")]
    (action,) = explain(audit(details=details, resource="projects/other")).plan
    assert action.target == "//serviceusage.googleapis.com/projects/271828/services/vision.googleapis.com"
    assert (action.action, action.tier, action.member) == ("enable_api", "T2", None)


def test_an_api_without_a_named_consumer_is_advice() -> None:
    (action,) = explain(text("googleapi: Error 403: Access Not Configured, accessNotConfigured")).plan
    assert not action.changes


@pytest.mark.parametrize("consumer", ["projects/x'; DROP", "projects/a b", "projects/\u0430cme"])
def test_a_consumer_that_is_no_plain_name_is_advice(consumer: str) -> None:
    details = [error_info("SERVICE_DISABLED", consumer=consumer, service="vision.googleapis.com")]
    assert not any(action.changes for action in explain(audit(details=details)).plan)


def test_scopes_of_the_machine_that_wrote_the_line_are_changed_and_a_role_is_not() -> None:
    (action,) = explain(on_vm("403 Request had insufficient authentication scopes.")).plan
    assert action.target == "//compute.googleapis.com/projects/acme-test/zones/europe-west1-b/instances/42"
    assert (action.action, action.tier, action.role) == ("vm_scopes", "T2", None)


def test_several_permissions_lead_to_at_most_three_steps() -> None:
    checks = [
        {"permission": f"pubsub.topics.{verb}", "resource": f"projects/{PROJECT}/topics/{verb}"}
        for verb in ("publish", "get", "attachSubscription", "update", "delete")
    ]
    assert len(explain(audit(authorizationInfo=checks)).plan) <= 3


def several(*checks: tuple[str, str]) -> dict[str, object]:
    entry = audit(permission=checks[0][0], resource=checks[0][1])
    entry["protoPayload"]["authorizationInfo"] = [
        {"permission": permission, "resource": resource} for permission, resource in checks
    ]
    return entry


def test_each_permission_is_planned_on_what_it_was_checked_on() -> None:
    entry = several(
        ("bigquery.jobs.create", f"projects/{PROJECT}"),
        ("bigquery.tables.getData", "projects/other/datasets/d/tables/t"),
        ("secretmanager.versions.access", f"projects/{PROJECT}/secrets/a/versions/1"),
        ("secretmanager.versions.access", f"projects/{PROJECT}/secrets/b/versions/1"),
    )
    assert [action.target for action in explain(entry).plan] == [
        f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}",
        "//bigquery.googleapis.com/projects/other/datasets/d/tables/t",
        f"//secretmanager.googleapis.com/projects/{PROJECT}/secrets/a",
    ]


@pytest.mark.parametrize(
    ("permission", "resource"),
    [
        ("pubsub.topics.attachSubscription", f"projects/{PROJECT}/subscriptions/s"),
        ("compute.subnetworks.use", f"projects/{PROJECT}/zones/z/instances/i"),
        ("compute.images.useReadOnly", "projects/host/regions/r/subnetworks/s"),
        ("storage.objects.get", f"//pubsub.googleapis.com/projects/{PROJECT}/topics/t"),
        ("secretmanager.versions.access", f"projects/{PROJECT}/topics/t"),
    ],
)
def test_a_resource_of_another_kind_carries_no_grant(permission: str, resource: str) -> None:
    assert not any(action.changes for action in explain(audit(permission=permission, resource=resource)).plan)


@pytest.mark.hazard("H08")
def test_a_text_that_names_just_the_project_gets_no_grant_on_all_of_it() -> None:
    words = (
        "Error 403: app@acme-test.iam.gserviceaccount.com does not have storage.objects.get access. "
        "Permission 'storage.objects.get' denied on resource 'projects/acme-test'."
    )
    report = explain(text(words))
    assert report.permissions == ("storage.objects.get",)
    assert not any(action.changes for action in report.plan)


@pytest.mark.invariant("I32")
@pytest.mark.parametrize(
    "bucket", ["b\u202e", "b'\" OR 1", "*", "..", "", "b" * 5_000, "<!channel>", "a b", "b\n", "b?x", "b#x"]
)
def test_a_name_that_google_would_not_give_is_no_target(bucket: str) -> None:
    entry = audit(permission="storage.objects.get", resource=f"projects/_/buckets/{bucket}/objects/o")
    assert not any(action.changes for action in explain(entry).plan)


@pytest.mark.invariant("I32")
@pytest.mark.parametrize(
    "principal",
    [
        "deleted:user:a@x.com?uid=1",
        "group:g@x.com",
        "a@b@c.com",
        "x@y.iam.gserviceaccount.com,allUsers@x.com",
        "a@b.",
        "a@.b",
        "@b.com",
        "acme.svc.id.goog[*]",
        "acme.svc.id.goog[ns/*]",
        "principal://iam.googleapis.com/*",
        "principal://iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/p/subject/*",
        "principal://iam.googleapis.com/projects/7/locations/global/other/p/subject/s",
    ],
)
def test_what_is_no_member_by_its_grammar_gets_nothing(principal: str) -> None:
    entry = audit(permission="storage.objects.get", resource="projects/_/buckets/b", principal=principal)
    assert not any(action.changes for action in explain(entry).plan)


@pytest.mark.hazard("H14")
def test_a_look_alike_of_googles_domain_is_a_user_and_no_service_account() -> None:
    entry = audit(
        permission="storage.objects.get", resource="projects/_/buckets/b", principal="jane@xgserviceaccount.com"
    )
    (action,) = explain(entry).plan
    assert action.member == "user:jane@xgserviceaccount.com"


@pytest.mark.parametrize(
    ("consumer", "service"),
    [
        ("organizations/123", "vision.googleapis.com"),
        ("folders/123", "vision.googleapis.com"),
        ("projects/../../organizations/1", "vision.googleapis.com"),
        ("projects/*", "vision.googleapis.com"),
        ("projects/1", "evil/../x.googleapis.com"),
        ("projects/1", ".googleapis.com"),
    ],
)
def test_only_one_project_and_one_api_can_be_enabled(consumer: str, service: str) -> None:
    detail = error_info("SERVICE_DISABLED", consumer=consumer, service=service)
    assert not any(action.changes for action in explain(audit(details=[detail])).plan)


@pytest.mark.parametrize(
    "place", ["projects/acme-test", "projects/acme-test/zones/z", "projects/acme-test/zones/z/instances"]
)
def test_a_list_is_asked_of_the_project_whatever_place_it_names(place: str) -> None:
    (action,) = explain(audit(permission="compute.instances.list", resource=place)).plan
    assert (action.changes, action.target) == (True, "//cloudresourcemanager.googleapis.com/projects/acme-test")
