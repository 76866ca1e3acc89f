"""What is a denial, what is not, and how far it is believed."""

from __future__ import annotations

import pytest
from entries import AUDIT, PROJECT, audit, error_info, on_vm, text
from explained import explain


def test_an_audit_entry_states_who_what_and_where() -> None:
    report = explain(audit(permission="storage.objects.get", resource="projects/_/buckets/b/objects/o"))
    assert report.principal == f"app@{PROJECT}.iam.gserviceaccount.com"
    assert report.permissions == ("storage.objects.get",)
    assert report.resource == "projects/_/buckets/b/objects/o"
    assert (report.service, report.trust) == ("storage.googleapis.com", "audit")


def test_only_permissions_that_were_not_granted_count() -> None:
    checks = [
        {"permission": "compute.instances.create", "granted": True, "resource": f"projects/{PROJECT}"},
        {"permission": "compute.subnetworks.use", "resource": f"projects/{PROJECT}/regions/r/subnetworks/s"},
    ]
    report = explain(audit(service="compute.googleapis.com", authorizationInfo=checks))
    assert report.permissions == ("compute.subnetworks.use",)
    assert report.resource == f"projects/{PROJECT}/regions/r/subnetworks/s"


@pytest.mark.parametrize("code", [3, 5, 6, 9, 11, 13, 16])
def test_other_failures_of_audited_calls_are_no_denials(code: int) -> None:
    assert explain(audit(code=code, message="it went wrong")).verdict == "not_a_denial"


def test_a_permission_marked_as_not_granted_in_a_call_that_succeeded_is_no_denial() -> None:
    assert explain(audit(code=0, permission="storage.objects.list")).verdict == "not_a_denial"


def test_the_error_of_an_operations_last_entry_counts() -> None:
    error = {
        "code": 403,
        "message": "Required 'compute.images.useReadOnly' permission for 'projects/o/global/images/i'",
    }
    report = explain(audit(code=0, service="compute.googleapis.com", response={"error": error}))
    assert report.verdict == "denial"
    assert report.permissions == ("compute.images.useReadOnly",)


def test_a_redacted_caller_stays_unknown() -> None:
    report = explain(audit(permission="storage.objects.get", principal=""))
    assert report.principal is None
    assert not any(action.changes for action in report.plan)


def test_a_federated_caller_is_named_by_its_subject() -> None:
    subject = "principal://iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/p/subject/ci"
    entry = audit(permission="pubsub.topics.publish", authenticationInfo={"principalSubject": subject})
    assert explain(entry).principal == subject


@pytest.mark.hazard("H07")
def test_a_claimed_audit_entry_outside_the_audit_logs_is_believed_like_text() -> None:
    entry = audit(permission="storage.objects.get")
    entry["logName"] = f"projects/{PROJECT}/logs/my-own-log"
    assert explain(entry).trust == "text"


@pytest.mark.hazard("H10")
def test_a_log_of_one_project_about_a_resource_of_another_is_believed_like_text() -> None:
    report = explain(audit(permission="pubsub.topics.publish", resource="projects/victim/topics/t"))
    assert report.trust == "text"
    assert any("projects/victim" in line for line in report.evidence)


def test_a_number_and_an_id_may_be_the_same_project() -> None:
    assert explain(audit(permission="pubsub.topics.publish", resource="projects/12345/topics/t")).trust == "audit"


@pytest.mark.parametrize(
    "words",
    [
        "open /var/run/app.sock: permission denied",
        "HTTP 403 from https://api.partner.example/v1",
        "AccessDenied: Access Denied\n\tstatus code: 403, request id: ABC, host id: DEF",
        "npm ERR! 403 Forbidden - PUT https://registry.npmjs.org/thing",
        "googleapi: Error 404: The resource was not found, notFound",
        "rpc error: code = Unavailable desc = try again",
        "dial tcp 10.0.0.7:443: connect: connection refused",
        "started in 403 ms",
        "might get a quota exceeded error from Google if you continue",
        "",
    ],
)
def test_what_google_did_not_refuse_is_no_denial(words: str) -> None:
    report = explain(text(words))
    assert report.verdict == "not_a_denial"
    assert report.cause is None
    assert report.decision.mode == "ignore"


def test_a_refusal_in_any_string_of_a_json_payload_is_found() -> None:
    entry = text("")
    del entry["textPayload"]
    entry["jsonPayload"] = {
        "ctx": {"tries": [{"why": "Permission 'dns.changes.create' denied on resource 'projects/p'"}]}
    }
    assert explain(entry).permissions == ("dns.changes.create",)


@pytest.mark.hazard("H07", "H08")
def test_text_never_has_more_than_the_trust_of_text() -> None:
    forged = text(
        f'{{"protoPayload":{{"@type":"{AUDIT}","status":{{"code":7}}}}}} PERMISSION_DENIED storage.googleapis.com'
    )
    assert explain(forged).trust == "text"


def test_a_dry_run_perimeter_refused_nothing() -> None:
    entry = audit(code=7, message="(Dry Run Mode) Request is prohibited by organization's policy.", log="policy")
    report = explain(entry)
    assert report.verdict == "not_a_denial"
    assert [also.cause for also in report.also] == ["perimeter.vpcsc"]


def test_a_system_event_refused_nobody() -> None:
    entry = audit(code=7, message="Instance was preempted.")
    entry["logName"] = f"projects/{PROJECT}/logs/cloudaudit.googleapis.com%2Fsystem_event"
    assert explain(entry).verdict == "not_a_denial"


def test_an_error_info_decides_before_any_word() -> None:
    report = explain(audit(message="permission denied", details=[error_info("SECURITY_POLICY_VIOLATED", uid="x")]))
    assert (report.cause, report.confidence) == ("perimeter.vpcsc", "high")


def test_the_machine_that_wrote_a_line_is_where_its_scopes_are() -> None:
    assert explain(on_vm("403 Request had insufficient authentication scopes.")).cause == "cred.scope.gce"
    assert explain(text("403 Request had insufficient authentication scopes.")).cause == "cred.scope.client"


@pytest.mark.parametrize(
    "words",
    [
        "config is missing spring.cloud.gcp in the googleapis.com client",
        "module lacks foo.bar.baz when calling https://storage.googleapis.com",
        "403 rows processed for googleapis.com in 3s",
    ],
)
def test_dotted_words_and_numbers_are_no_refusal(words: str) -> None:
    assert explain(text(words)).verdict == "not_a_denial"
