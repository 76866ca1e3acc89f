"""The sink delivers every entry in which a 403 shows, and none that unforbid caused itself."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sandbox.log_query import matcher
from shared.cli.filter import sink
from shared.deploy.sink_filter import LONGEST, TEMPLATE, Own, clauses, self_filter, sink_filter

ACCOUNT = "unforbid-detect@acme-unforbid.iam.gserviceaccount.com"
OWN = Own(project="acme-unforbid", accounts=(ACCOUNT,), functions=("unforbid-detect",))
DELIVERED = matcher(sink_filter(OWN))
NEIGHBOURS = {
    *("cred.expired/hit_jwt_reason_in_text", "cred.reauth/hit_python_adc", "cred.type/hit_token_type_text"),
    *("gcs.acl/hit_upload_with_canned_acl", "iam.propagation/hit_agent_role_just_granted", "org.drs/hit_gcloud_text"),
    *("org.constraint/hit_terraform_412", "org.location/hit_storage_412_body", "org.tos/hit_gcloud_text"),
    *("perimeter.caa/hit_gcloud_session", "principal.disabled/hit_body_401", "quota.daily/hit_per_day_metric"),
    *("quota.rate/hit_error_info_429", "perimeter.armor/hit_forwarded_as_text"),
}
"""Refusals that are no 403 (400, 401, 412, 429) in text that a workload writes, and a forwarded alert."""
AUDIT: dict[str, Any] = {
    "logName": "projects/acme-unforbid/logs/cloudaudit.googleapis.com%2Factivity",
    "resource": {"type": "audited_resource", "labels": {"project_id": "acme-unforbid"}},
    "protoPayload": {"status": {"code": 7}, "authenticationInfo": {"principalEmail": "ci@acme.example"}},
}


def hits(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The whole entries among the events that show a cause."""
    for file in sorted((root / "tests/events").glob("*/hit_*.json")):
        entry = json.loads(file.read_text())["input"]
        if isinstance(entry, dict) and "logName" in entry:
            yield f"{file.parent.name}/{file.stem}", entry


def with_caller(**who: Any) -> dict[str, Any]:
    entry = copy.deepcopy(AUDIT)
    entry["protoPayload"]["authenticationInfo"] = who
    return entry


def test_every_403_that_we_know_is_delivered(root: Path) -> None:
    known = dict(hits(root))
    assert len(known) > 140
    assert {name for name, entry in known.items() if not DELIVERED(entry)} == NEIGHBOURS


def test_the_samples_are_delivered_but_for_a_success_and_a_dry_run(root: Path) -> None:
    left_out = {
        file.stem
        for file in (root / "samples").glob("*.json")
        for entry in json.loads(file.read_text())
        if not DELIVERED(entry)
    }
    assert left_out == {"09-no-denial-a-call-that-succeeded", "10-no-denial-a-dry-run-perimeter"}


@pytest.mark.hazard("H37")
@pytest.mark.invariant("I21")
def test_a_refused_call_of_ours_is_left_out_and_anybody_elses_is_not() -> None:
    assert DELIVERED(AUDIT)
    assert not DELIVERED(with_caller(principalEmail=ACCOUNT))
    assert DELIVERED(with_caller(principalEmail=f"x-{ACCOUNT}"))


def test_a_call_that_we_made_as_somebody_else_is_left_out() -> None:
    chain = [{"firstPartyPrincipal": {"principalEmail": ACCOUNT}}]
    assert not DELIVERED(with_caller(principalEmail="other@acme.example", serviceAccountDelegationInfo=chain))


def test_requests_to_our_functions_are_left_out_and_those_to_others_are_not() -> None:
    request = {
        "logName": "projects/acme-unforbid/logs/run.googleapis.com%2Frequests",
        "httpRequest": {"status": 403},
        "resource": {
            "type": "cloud_run_revision",
            "labels": {"project_id": "acme-unforbid", "service_name": "unforbid-detect"},
        },
    }
    other = copy.deepcopy(request)
    other["resource"]["labels"]["project_id"] = "acme-shop"
    assert not DELIVERED(request)
    assert DELIVERED(other)


def test_an_entry_without_any_sign_is_not_delivered() -> None:
    entry = {
        "logName": "projects/p/logs/app",
        "textPayload": "listening on 8403, 1403 orders",
        "resource": {"type": "global"},
    }
    assert not DELIVERED(entry)


def test_the_exclusion_is_what_the_filter_begins_with() -> None:
    ours = matcher(self_filter(OWN))
    assert ours(with_caller(principalEmail=ACCOUNT))
    assert not ours(AUDIT)
    assert sink_filter(OWN).startswith(f"NOT {self_filter(OWN)}")


@pytest.mark.hazard("H37")
@pytest.mark.parametrize("missing", ["project", "accounts", "functions"])
def test_a_filter_that_would_feed_on_itself_is_refused(missing: str) -> None:
    parts: dict[str, Any] = {"project": OWN.project, "accounts": OWN.accounts, "functions": OWN.functions}
    with pytest.raises(ValueError, match="feed on itself"):
        sink_filter(Own(**(parts | {missing: type(parts[missing])()})))


def test_a_filter_that_is_too_long_for_google_is_refused() -> None:
    with pytest.raises(ValueError, match="Google takes"):
        sink_filter(Own(project="p", accounts=tuple(f"account-{n}@p.example" for n in range(1000)), functions=("f",)))


def test_every_clause_stands_in_brackets_because_or_binds_closer_than_and() -> None:
    assert all(one.startswith("(") and one.endswith(")") for one in clauses())


def test_terraform_fills_names_into_the_very_same_filter(root: Path) -> None:
    template = (root / "terraform/generated/sink_filter.txt").read_text()
    filled = (
        template.replace("${project}", OWN.project)
        .replace("${accounts}", f'"{ACCOUNT}"')
        .replace("${functions}", '"unforbid-detect"')
    )
    assert filled == sink_filter(OWN)
    assert template == sink_filter(TEMPLATE)
    assert len(filled) < LONGEST / 2


def test_the_command_prints_the_same_filter() -> None:
    asked = ["print", "--project", OWN.project, "--account", ACCOUNT, "--function", "unforbid-detect"]
    assert CliRunner().invoke(sink, asked).output == sink_filter(OWN)
    assert CliRunner().invoke(sink, [*asked, "--self"]).output == f"{self_filter(OWN)}\n"


def test_the_command_wants_to_know_what_is_ours() -> None:
    told = CliRunner().invoke(sink, ["print", "--project", OWN.project])
    assert told.exit_code == 2
    assert "--account" in told.output
