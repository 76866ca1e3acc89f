"""Every ErrorReason lands on its cause, however the client printed it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from printed import RENDERINGS

from shared import flows
from shared.causes import BY_ERROR
from shared.cli.inputs import read_inputs
from shared.model.log_entry import LogEntry
from shared.model.report import Report

CAUSE_OF = {
    "ERROR_REASON_UNSPECIFIED": "unknown",
    "SERVICE_DISABLED": "api.disabled",
    "BILLING_DISABLED": "project.billing",
    "API_KEY_INVALID": "key.invalid",
    "API_KEY_SERVICE_BLOCKED": "key.service",
    "RATE_LIMIT_EXCEEDED": "quota.rate",
    "RESOURCE_QUOTA_EXCEEDED": "quota.resource",
    "API_KEY_HTTP_REFERRER_BLOCKED": "key.referrer",
    "API_KEY_IP_ADDRESS_BLOCKED": "key.ip",
    "API_KEY_ANDROID_APP_BLOCKED": "key.app",
    "LOCATION_TAX_POLICY_VIOLATED": "org.location",
    "USER_PROJECT_DENIED": "project.quota_user",
    "CONSUMER_SUSPENDED": "project.suspended",
    "API_KEY_IOS_APP_BLOCKED": "key.app",
    "CONSUMER_INVALID": "project.invalid",
    "SECURITY_POLICY_VIOLATED": "perimeter.vpcsc",
    "ACCESS_TOKEN_EXPIRED": "cred.expired",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "cred.scope",
    "ACCOUNT_STATE_INVALID": "principal.disabled",
    "ACCESS_TOKEN_TYPE_UNSUPPORTED": "cred.type",
    "CREDENTIALS_MISSING": "cred.missing",
    "RESOURCE_PROJECT_INVALID": "project.invalid",
    "SESSION_COOKIE_INVALID": "cred.type",
    "USER_BLOCKED_BY_ADMIN": "principal.blocked_by_admin",
    "RESOURCE_USAGE_RESTRICTION_VIOLATED": "org.service_restriction",
    "SYSTEM_PARAMETER_UNSUPPORTED": "client.request",
    "ORG_RESTRICTION_VIOLATION": "perimeter.org_restriction",
    "ORG_RESTRICTION_HEADER_INVALID": "perimeter.org_restriction",
    "SERVICE_NOT_VISIBLE": "api.not_visible",
    "GCP_SUSPENDED": "project.suspended",
    "LOCATION_POLICY_VIOLATED": "org.location",
    "MISSING_ORIGIN": "client.request",
    "OVERLOADED_CREDENTIALS": "client.request",
    "LOCATION_ORG_POLICY_VIOLATED": "org.location",
    "TLS_ORG_POLICY_VIOLATED": "org.tls",
    "EMULATOR_QUOTA_EXCEEDED": "quota.resource",
    "CREDENTIAL_ANDROID_APP_INVALID": "client.request",
    "IAM_PERMISSION_DENIED": "iam",
    "JWT_TOKEN_INVALID": "cred.expired",
    "CREDENTIAL_TYPE_UNSUPPORTED": "cred.type",
    "ACCOUNT_TYPE_UNSUPPORTED": "cred.type",
    "ENDPOINT_USAGE_RESTRICTION_VIOLATED": "org.endpoint",
    "TLS_CIPHER_RESTRICTION_VIOLATED": "org.tls",
    "MCP_SERVER_DISABLED": "api.mcp_disabled",
}
METADATA = {
    "IAM_PERMISSION_DENIED": {"permission": "aiplatform.models.list", "resource": "projects/acme-test/locations/eu"},
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": {"service": "dns.googleapis.com", "method": "google.dns.List"},
}
USUAL = {"consumer": "projects/271828182845", "service": "dns.googleapis.com"}
UNAUTHENTICATED = ("API_KEY_INVALID", "ACCESS_TOKEN_EXPIRED", "CREDENTIALS_MISSING", "JWT_TOKEN_INVALID")

Rendering = Callable[[str, str, dict[str, str], int], Any]


def explained(value: Any) -> Report:
    (found,) = read_inputs(value.encode() if isinstance(value, str) else json.dumps(value).encode())
    assert isinstance(found, LogEntry)
    return flows.explain(found)


@pytest.mark.parametrize("rendering", RENDERINGS, ids=lambda rendering: rendering.__name__)
@pytest.mark.parametrize("reason", CAUSE_OF)
def test_every_reason_lands_on_its_cause_in_every_rendering(reason: str, rendering: Rendering) -> None:
    metadata = METADATA.get(reason, USUAL)
    code = 401 if reason in UNAUTHENTICATED else 403
    report = explained(rendering(reason, "googleapis.com", metadata, code))
    assert report.verdict == "denial"
    assert report.cause is not None
    assert report.cause == CAUSE_OF[reason] or report.cause.startswith(CAUSE_OF[reason] + ".")
    if reason != "ERROR_REASON_UNSPECIFIED":
        assert report.confidence == "high"


@pytest.mark.parametrize("rendering", RENDERINGS, ids=lambda rendering: rendering.__name__)
def test_the_names_in_the_metadata_are_read_in_every_rendering(rendering: Rendering) -> None:
    report = explained(rendering("SERVICE_DISABLED", "googleapis.com", USUAL, 403))
    assert report.consumer == "projects/271828182845"
    assert [action.target for action in report.plan] == [
        "//serviceusage.googleapis.com/projects/271828182845/services/dns.googleapis.com"
    ]
    report = explained(rendering("IAM_PERMISSION_DENIED", "iam.googleapis.com", METADATA["IAM_PERMISSION_DENIED"], 403))
    assert report.permissions == ("aiplatform.models.list",)


@pytest.mark.parametrize("rendering", RENDERINGS, ids=lambda rendering: rendering.__name__)
def test_no_rendering_invents_a_principal(rendering: Rendering) -> None:
    stated = {"audit_details": "kim@example.com", "long_operation": "kim@example.com"}
    report = explained(rendering("USER_PROJECT_DENIED", "googleapis.com", USUAL, 403))
    assert report.principal == stated.get(rendering.__name__)


def test_no_reason_is_left_out_and_none_is_claimed_twice() -> None:
    assert set(BY_ERROR) == set(CAUSE_OF)


def test_the_table_here_says_what_the_reference_says(reference: Path) -> None:
    rows = csv.DictReader((reference / "domain" / "error_reasons.csv").read_text().splitlines())
    assert {row["reason"]: row["cause_id"] for row in rows} == CAUSE_OF
