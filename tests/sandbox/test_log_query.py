"""The Logging query language decides as its documentation says, for single comparisons and for a whole sink filter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.log_query import LONGEST, matcher
from sandbox.log_values import QueryError

ENTRY: dict[str, Any] = {
    "logName": "projects/acme-web/logs/cloudaudit.googleapis.com%2Factivity",
    "insertId": "ABC-1",
    "timestamp": "2026-11-21T10:00:00.250000001Z",
    "severity": "WARNING",
    "resource": {"type": "gce_instance", "labels": {"project_id": "acme-web", "instance_id": "42"}},
    "labels": {"authorization.k8s.io/decision": "forbid", "a": "Groß"},
    "httpRequest": {"status": 403, "latency": "1.5s", "responseSize": "1200", "remoteIp": "10.1.2.3"},
    "operation": {"id": "op-1", "first": True},
    "protoPayload": {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "status": {"code": 7, "message": 'Permission "x" denied'},
        "authorizationInfo": [{"permission": "a.b.get", "granted": True}, {"permission": "a.b.set"}],
    },
    "jsonPayload": {
        "message": "The cat\nsat (403 Forbidden)",
        "sizes": [8.5, 9, 6],
        "end_time": "x",
        "null": None,
        ":name": "apple",
        "big": "9223372036854775807",
        "flag": False,
        "inner": {"deep": "Unicorn"},
    },
}


@pytest.mark.parametrize(
    "query",
    [
        "",
        " -- nothing but a comment",
        'resource.type = "gce_instance"',
        "resource.type=GCE_INSTANCE",
        'insertId="abc-1"',
        'resource.type=("gae_app" OR "gce_instance")',
        'jsonPayload.message:("cat" AND "SAT")',
        "jsonPayload.message:(cat sat)",
        'jsonPayload.message:("cat" AND NOT "dog")',
        'log_id("cloudaudit.googleapis.com/activity")',
        "source(projects/acme-web)",
        "severity>=WARNING severity<error",
        "severity=warning",
        "severity>300",
        "httpRequest.status=403",
        'httpRequest.status>="400"',
        "httpRequest.responseSize>1000",
        'httpRequest.latency>"999ms"',
        "http_request.remote_ip:10.1",
        'ip_in_net(httpRequest.remoteIp, "10.1.2.0/24")',
        'timestamp>"2026-11-21T10:00:00.25Z"',
        'timestamp<="2026-11-21T11:00:00.250000001+01:00"',
        'timestamp>"2026-11-21"',
        'timestamp>="2026-11-21T10:00:00Z" timestamp<"2026-11-21T10:00:01Z"',
        'labels."authorization.k8s.io/decision"="forbid"',
        'labels.a="GROSS"',
        'jsonPayload.":name":apple',
        "protoPayload.status.code=7",
        'protoPayload.status.message="permission \\"x\\" denied"',
        "protoPayload.authorizationInfo.permission=a.b.set",
        "protoPayload.authorization_info.granted=true",
        "protoPayload.authorizationInfo.permission!=a.b.set",
        'protoPayload."@type":AuditLog',
        "jsonPayload.sizes<7",
        "jsonPayload.null=NULL_VALUE",
        "jsonPayload.flag=false",
        "jsonPayload.flag=False",
        "jsonPayload.inner:unicorn",
        "operation.first=true",
        "operation.id:*",
        "NOT operation.last:*",
        "NOT operation.last=true",
        "NOT jsonPayload.absent=foo",
        'jsonPayload.message=~"sat .403 (Forbidden|Denied)"',
        'jsonPayload.message=~"cat\\\\nsat|cat\\nsat"',
        'jsonPayload.message!~"(?-i)CAT"',
        'labels.a=~("^X" OR "^Gr")',
        "unicorn",
        "-unicorns",
        '"the CAT"',
        '"a" OR NOT "zzz" AND NOT "zzzz" OR "a"',
        "spanId=\"\" AND trace=''",
        'httpRequest.cacheHit="false"',
        "NOT(insertId=x)",
    ],
)
def test_an_entry_fulfils_the_filter(query: str) -> None:
    assert matcher(query.replace("''", '""'))(ENTRY)


@pytest.mark.parametrize(
    "query",
    [
        "insertId=ABC",
        'resource.type="gae_app" OR "gce_instance" AND insertId=no',
        "jsonPayload.absent!=foo",
        'jsonPayload.absent!~"foo"',
        "jsonPayload.absent:*",
        "jsonPayload.endTime:*",
        "jsonPayload.sizes<6",
        'severity>"no such severity"',
        'timestamp>"yesterday"',
        'timestamp>"2026-13-45"',
        "httpRequest.latency>1.5s",
        "httpRequest.status=forbidden",
        'httpRequest.status=~"403"',
        'jsonPayload.message=~"the cat"',
        'protoPayload.status=~"7"',
        "operation.last=true",
        "jsonPayload.null!=NULL_VALUE",
        "jsonPayload.null=foo",
        "jsonPayload.flag=maybe",
        "jsonPayload.inner=Unicorn",
        'log_id("cloudaudit.googleapis.com")',
        'ip_in_net(jsonPayload.message, "10.0.0.0/8")',
        "-(insertId=ABC-1 AND severity=WARNING)",
        "and",
    ],
)
def test_an_entry_does_not_fulfil_the_filter(query: str) -> None:
    assert not matcher(query)(ENTRY)


def test_or_binds_closer_than_and() -> None:
    assert not matcher('"no" AND "cat" OR "cat"')({"textPayload": "cat"})
    assert matcher('("no" AND "cat") OR "cat"')({"textPayload": "cat"})


@pytest.mark.parametrize(
    "query",
    [
        "thud=1",
        "operation.thud=1",
        "textPayload.thud=1",
        "insertId = abc:def",
        "insertId=",
        "insertId=(a OR b",
        "insertId=a)",
        "(",
        "AND",
        "insertId=AND",
        'insertId="a',
        "insertId=a OR",
        'textPayload=~"("',
        "textPayload=~unquoted",
        "labels.a/b=c",
        "sample(insertId, 0.5)",
        'search("x")',
        'ip_in_net(httpRequest.remoteIp, "ten")',
        'ip_in_net("x", "10.0.0.0/8")',
        "log_id(",
        "=x",
        "(" * 60 + "a" + ")" * 60,
        "a" * (LONGEST + 1),
    ],
)
def test_what_is_no_filter_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        matcher(query)


@pytest.mark.parametrize("hostile", ["(" * LONGEST, "a." * 9_999 + "b=c", "textPayload=" * 1_500, '"' * 19_999])
def test_a_long_filter_of_nothing_but_syntax_is_refused(hostile: str) -> None:
    with pytest.raises(QueryError):
        matcher(hostile)


def test_a_long_filter_without_nesting_is_evaluated() -> None:
    assert matcher("NOT " * 4_998 + "cat")({"textPayload": "cat"})
    assert not matcher("NOT " * 4_997 + "cat")({"textPayload": "cat"})
    assert matcher("cat OR " * 2_000 + "dog")({"textPayload": "cat"})


AUDITED = {"logName": "projects/p/logs/cloudaudit.googleapis.com%2Fdata_access"}
TEXT = "projects/p/logs/stderr"
CAUGHT: dict[str, dict[str, Any]] = {
    "an audited denial": {**AUDITED, "protoPayload": {"status": {"code": 7}}},
    "an error in the response": {**AUDITED, "protoPayload": {"response": {"error": {"code": 403}}}},
    "a Kubernetes decision": {"logName": TEXT, "labels": {"authorization.k8s.io/decision": "forbid"}},
    "a perimeter": {"logName": "projects/p/logs/cloudaudit.googleapis.com%2Fpolicy", "protoPayload": {"metadata": {}}},
    "an exhausted quota": {**AUDITED, "protoPayload": {"status": {"code": 8}}},
    "a constraint": {
        **AUDITED,
        "protoPayload": {
            "policyViolationInfo": {
                "orgPolicyViolationInfo": {"violationInfo": [{"constraint": "constraints/iam.disableX"}]}
            }
        },
    },
    "a request to Cloud Run": {
        "logName": "projects/p/logs/run.googleapis.com%2Frequests",
        "httpRequest": {"status": 403},
    },
    "an IAP refusal": {
        "logName": "projects/p/logs/requests",
        "resource": {"type": "http_load_balancer"},
        "httpRequest": {"status": 403},
        "jsonPayload": {"statusDetails": "handled_by_identity_aware_proxy"},
    },
    "a scheduled job": {
        "logName": "projects/p/logs/cloudscheduler.googleapis.com%2Fexecutions",
        "severity": "ERROR",
        "jsonPayload": {"status": "PERMISSION_DENIED"},
    },
    "an image that cannot be pulled": {
        "logName": "projects/p/logs/events",
        "resource": {"type": "k8s_pod"},
        "jsonPayload": {"message": "Failed to pull image: 403 Forbidden"},
    },
    "the agent's own check": {
        "logName": "projects/p/logs/ops-agent-health",
        "jsonPayload": {"code": "LogApiPermissionErr"},
    },
    "a line of text": {"logName": TEXT, "textPayload": "google.api_core.exceptions.Forbidden: 403 POST https://x"},
    "a message": {"logName": TEXT, "jsonPayload": {"error": {"message": "rpc error: PERMISSION_DENIED"}}},
    "a kernel line": {
        "logName": "projects/p/logs/serialconsole.googleapis.com%2Fserial_port_1_output",
        "textPayload": "Out of memory: Killed process 7",
    },
}
PASSED_OVER: dict[str, dict[str, Any]] = {
    "a success": {**AUDITED, "protoPayload": {"status": {}}},
    "a dry run of a perimeter": {
        "logName": "projects/p/logs/cloudaudit.googleapis.com%2Fpolicy",
        "protoPayload": {"metadata": {"dryRun": True}},
    },
    "nobody": {
        **AUDITED,
        "protoPayload": {"status": {"code": 7}, "authenticationInfo": {"principalEmail": "system:anonymous"}},
    },
    "ourselves": {
        **AUDITED,
        "protoPayload": {"status": {"code": 7}, "authenticationInfo": {"principalEmail": "remediator_sa"}},
    },
    "ourselves at the head of a chain": {
        **AUDITED,
        "protoPayload": {
            "status": {"code": 7},
            "authenticationInfo": {
                "principalEmail": "other",
                "serviceAccountDelegationInfo": [{"firstPartyPrincipal": {"principalEmail": "REMEDIATOR_SA"}}],
            },
        },
    },
    "our own function": {
        "logName": TEXT,
        "resource": {
            "type": "cloud_run_revision",
            "labels": {"project_id": "REMEDIATOR_PROJECT", "service_name": "REMEDIATOR_SERVICE"},
        },
        "textPayload": "PERMISSION_DENIED",
    },
    "a pod that failed otherwise": {
        "logName": "projects/p/logs/events",
        "resource": {"type": "k8s_pod"},
        "jsonPayload": {"message": "Back-off restarting"},
    },
    "a healthy agent": {"logName": "projects/p/logs/ops-agent-health", "jsonPayload": {"code": "LogPingOpsAgent"}},
    "a balanced request that the service answered": {
        "logName": "projects/p/logs/requests",
        "resource": {"type": "http_load_balancer"},
        "httpRequest": {"status": 403},
        "jsonPayload": {"statusDetails": "response_sent_by_backend"},
    },
    "a scheduled job that warns": {
        "logName": "projects/p/logs/cloudscheduler.googleapis.com%2Fexecutions",
        "severity": "WARNING",
        "jsonPayload": {"status": "PERMISSION_DENIED"},
    },
    "text": {"logName": TEXT, "textPayload": "all is well"},
}


@pytest.fixture
def sink_filter(reference: Path) -> str:
    """The recommended filter of the organisation's sink, with its expression for texts put in."""
    lines = (reference / "domain/causes.md").read_text().split("### 1.1", 1)[1]
    query = lines.split("```\n")[1]
    expression = lines.split("repeat it per field): `")[1].split("`")[0]
    return query.replace('"RX"', json.dumps(expression))


@pytest.mark.parametrize("what", CAUGHT)
def test_the_recommended_sink_filter_catches(what: str, sink_filter: str) -> None:
    assert matcher(sink_filter)(CAUGHT[what])


@pytest.mark.parametrize("what", PASSED_OVER)
def test_the_recommended_sink_filter_passes_over(what: str, sink_filter: str) -> None:
    assert not matcher(sink_filter)(PASSED_OVER[what])
