"""Causes compete: the strongest kind of sign wins, and the rest stays visible."""

from __future__ import annotations

import pytest
from entries import audit, error_info, on_vm, text
from explained import explain

from shared.causes import CAUSES


def also(report: object) -> list[str]:
    return [one.cause for one in report.also]  # type: ignore[attr-defined]


def test_a_reason_wins_over_a_sentence() -> None:
    words = 'API has not been used in project 7 before or it is disabled. {"reason": "BILLING_DISABLED", "domain": "googleapis.com"}'
    report = explain(text(f"Error 403: Example {words}"))
    assert report.cause == "project.billing"
    assert "api.disabled" in also(report)


def test_the_log_alone_cannot_tell_a_missing_role_from_a_deny() -> None:
    report = explain(audit(permission="dns.changes.create", service="dns.googleapis.com"))
    assert report.cause == "iam.unconfirmed"
    assert {"iam.allow_missing", "iam.deny", "iam.condition", "iam.pab", "iam.not_found"} <= set(also(report))


def test_every_permission_cause_keeps_the_same_doubts() -> None:
    report = explain(audit(permission="storage.objects.get", resource="projects/_/buckets/b"))
    assert report.cause == "gcs.iam"
    assert "iam.deny" in also(report)


@pytest.mark.parametrize(
    ("permission", "cause"),
    [
        ("iam.serviceAccounts.getAccessToken", "imp.token"),
        ("iam.serviceAccounts.getOpenIdToken", "imp.id_token"),
        ("iam.serviceAccounts.signBlob", "imp.sign"),
        ("iam.serviceAccounts.implicitDelegation", "imp.delegation"),
        ("iam.serviceAccounts.actAs", "imp.actas"),
        ("iam.serviceAccounts.delete", "iam.unconfirmed"),
        ("serviceusage.services.use", "project.quota_user"),
        ("bigquery.jobs.create", "bq.job"),
        ("bigquery.tables.getData", "bq.data"),
        ("bigquery.rowAccessPolicies.getFilteredData", "bq.row"),
        ("logging.logEntries.create", "log.writer"),
        ("logging.logEntries.list", "log.reader"),
        ("run.routes.invoke", "run.invoker"),
        ("run.services.get", "iam.unconfirmed"),
        ("compute.instances.get", "compute.generic"),
        ("secretmanager.versions.access", "secret.access"),
    ],
)
def test_a_refused_permission_leads_to_the_cause_that_owns_it(permission: str, cause: str) -> None:
    assert explain(audit(permission=permission)).cause == cause


def test_a_service_agent_that_lacks_something_is_a_cause_of_its_own() -> None:
    agent = "service-7@gcp-sa-eventarc.iam.gserviceaccount.com"
    report = explain(audit(permission="pubsub.topics.publish", principal=agent))
    assert report.cause == "agent.role"
    assert not any(action.changes for action in report.plan)


def test_the_consumer_of_googles_own_client_means_that_no_quota_project_is_set() -> None:
    details = [error_info("SERVICE_DISABLED", consumer="projects/764086051850", service="dns.googleapis.com")]
    assert explain({"error": {"code": 403, "message": "x", "details": details}}).cause == "api.adc_quota_project"


def test_a_key_file_on_a_machine_is_not_the_machines_scopes() -> None:
    entry = audit(details=[error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT")])
    entry["resource"] = {"type": "gce_instance", "labels": {"instance_id": "1", "zone": "z", "project_id": "acme-test"}}
    entry["protoPayload"]["authenticationInfo"]["serviceAccountKeyName"] = "//iam.googleapis.com/keys/1"
    assert explain(entry).cause == "cred.scope.client"


def test_the_hint_of_gke_does_not_hide_a_disabled_api() -> None:
    report = explain(
        text(
            "Unable to generate access token; IAM returned 403 Forbidden: IAM Service Account Credentials API has not been used in "
            "project 271828 before or it is disabled. This error could be caused by a missing IAM policy binding on the target IAM "
            "service account."
        )
    )
    assert report.cause == "api.disabled"
    assert any("against: the hint" in line for line in report.evidence)


def test_the_clients_guess_about_scopes_is_named_as_a_guess() -> None:
    report = explain(
        text(
            "A Forbidden error was returned while attempting to retrieve an access token for the Compute Engine built-in service account. "
            "This may be because the Compute Engine instance does not have the correct permission scopes specified. "
            "Permission 'dns.changes.create' denied on resource 'projects/p' (or it may not exist)."
        )
    )
    assert report.cause == "iam.unconfirmed"
    assert any("guess" in line for line in report.evidence)


def test_the_project_that_pays_is_told_apart_from_the_one_that_logs() -> None:
    report = explain(on_vm("Error 403: Example API has not been used in project 271828 before or it is disabled."))
    assert report.consumer == "projects/271828"
    assert any("projects/271828" in line and "owns the log" in line for line in report.evidence)


def test_what_comes_next_is_told() -> None:
    report = explain(on_vm("403 Request had insufficient authentication scopes."))
    assert report.next_error is not None
    assert "role" in report.next_error


def test_every_cause_that_another_names_exists() -> None:
    for cause in CAUSES.values():
        for doubt in cause.also:
            assert doubt.cause in CAUSES
