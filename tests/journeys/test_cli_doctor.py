"""`unforbid doctor` and `unforbid filter check` against a deployment in the sandbox, as a person runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command import run
from deployments import PLACE, deployed
from msgspec.structs import replace
from worlds import NOW, Cloud

from sandbox.deployment import SEAL, bind
from shared import wiring

WHERE = ("--project", "acme-unforbid", "--watch", "organization/123456789012")
FIXES = ("--fix-project", "acme-web")


class Clock:
    """The time at which the sandbox plays."""

    def now(self) -> Any:
        return NOW


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.chdir(tmp_path)
    with deployed() as served:
        monkeypatch.setenv("UNFORBID_ENDPOINT", served.endpoint)
        wiring.forget()
        monkeypatch.setattr(wiring, "clock", Clock)
        yield served
    monkeypatch.undo()
    wiring.forget()


def test_all_is_well_is_told_line_by_line_and_is_0(cloud: Cloud) -> None:
    told = run("doctor", *WHERE)
    assert told.exit_code == 0, told.output
    assert "ok  permissions  detect may do what it calls on organizations/123456789012 (looking)" in told.output
    assert told.output.endswith("0 wrong, 0 could not tell\n")
    assert "\x1b" not in told.output
    assert cloud.world.calls


def test_what_is_wrong_comes_with_its_command_and_is_1(cloud: Cloud) -> None:
    del cloud.world.resources[PLACE.subscription("unforbid-dead")]
    told = run("doctor", *WHERE, "--only-wrong", "--module", "module.unforbid")
    assert told.exit_code == 1
    assert "wrong           topic     nothing keeps dead letters" in told.output
    assert "-> terraform apply -target='module.unforbid.google_pubsub_subscription.dead'" in told.output
    assert "\nok " not in told.output


def test_what_could_not_be_told_is_2_and_names_the_permission(cloud: Cloud) -> None:
    cloud.world.reader_cannot = ["logging.sinks.get"]
    told = run("doctor", *WHERE)
    assert told.exit_code == 2
    assert "could not tell  sink" in told.output
    assert "run it as somebody who has logging.sinks.get on organizations/123456789012/sinks/unforbid-denials" in (
        " ".join(told.output.split())
    )


def test_json_is_one_document_with_the_exit_code(cloud: Cloud) -> None:
    bind(cloud.world, PLACE.home, "roles/editor", f"serviceAccount:{PLACE.account('detect')}")
    told = run("doctor", *WHERE, "--json")
    document = json.loads(told.output)
    assert (told.exit_code, document["exit"], document["version"]) == (1, 1, 1)
    wrong = [one for one in document["findings"] if one["severity"] == "wrong"]
    assert [set(one) for one in wrong] == [{"check", "severity", "what", "mend"}]
    assert "roles/editor" in wrong[0]["what"]


def test_what_terraform_says_of_itself_is_all_that_has_to_be_named(cloud: Cloud) -> None:
    outputs = {
        "topic": {"value": "projects/acme-unforbid/topics/unforbid-denials"},
        "functions": {"value": {"detect": "https://unforbid-detect-311417209935.europe-west1.run.app"}},
        "permissions": {"value": {"detect": {"fixes in project acme-web": [], "organization 123456789012": []}}},
    }
    told = run("doctor", "--terraform", "-", given=json.dumps(outputs).encode())
    assert told.exit_code == 0, told.output
    assert "detect may change nothing on projects/acme-web" in told.output
    assert "on organizations/123456789012 (looking)" in told.output
    outputs["permissions"] = {"value": {"detect": {}}}
    unlooked = run("doctor", "--terraform", "-", "--watch", WHERE[-1], given=json.dumps(outputs).encode())
    assert unlooked.exit_code == 0, unlooked.output
    assert cloud.world.calls


@pytest.mark.parametrize("given", [b"", b"[]", b"{}", b'{"topic": {"value": 7}}', b"\xff"])
def test_a_file_that_is_none_of_terraforms_is_one_sentence(given: bytes) -> None:
    told = run("doctor", "--terraform", "-", given=given)
    assert told.exit_code == 1
    assert "is not what `terraform output -json` prints" in told.output
    assert isinstance(told.exception, SystemExit)


@pytest.mark.parametrize(
    "watch", ["organization", "planet/7", "folder/", "project/a b", "organization/1/2", "project/ä"]
)
def test_what_cannot_be_watched_is_refused_before_anything_is_asked(watch: str) -> None:
    told = run("doctor", "--project", "acme-unforbid", "--watch", watch)
    assert (told.exit_code, "is not project/ID, folder/NUMBER or organization/NUMBER" in told.output) == (2, True)


@pytest.mark.parametrize(
    ("option", "value"), [("--project", "a/../b"), ("--project", "ä"), ("--region", "a b"), ("--name", "x\n")]
)
def test_a_name_that_would_lead_elsewhere_is_refused_before_anything_is_asked(
    cloud: Cloud, option: str, value: str
) -> None:
    assert run("doctor", *WHERE, option, value).exit_code == 2
    assert run("doctor", *WHERE, "--fix-project", "a/b").exit_code == 2
    assert cloud.world.calls == []


def test_without_a_project_it_says_what_to_name() -> None:
    told = run("doctor")
    assert (told.exit_code, "--project" in told.output) == (2, True)


def test_services_that_are_not_logged_on_purpose_are_named_so(cloud: Cloud) -> None:
    held = cloud.world.resources[PLACE.watched]
    logs = [one for one in held.policy()["auditConfigs"] if one["service"] != "storage.googleapis.com"]
    cloud.world.set_policy(held, {**held.policy(), "auditConfigs": logs}, at_once=True)
    assert run("doctor", *WHERE).exit_code == 1
    assert run("doctor", *WHERE, "--unlogged", "storage.googleapis.com").exit_code == 0


def test_the_sinks_filter_alone_can_be_checked(cloud: Cloud) -> None:
    assert run("filter", "check", *WHERE).exit_code == 0
    sink = cloud.world.resources["//logging.googleapis.com/organizations/123456789012/sinks/unforbid-denials"]
    sink.body["filter"] = sink.body["filter"].replace("status.code=7", "status.code=8", 1)
    told = run("filter", "check", *WHERE)
    assert told.exit_code == 1
    assert "its filter is not the one that the code makes" in told.output
    cloud.world.reader_cannot = ["run.services.list"]
    assert run("filter", "check", *WHERE, "--json").exit_code == 2


def test_with_fixes_and_slack_the_policy_is_compared_and_the_token_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UNFORBID_SLACK_TOKEN", raising=False)
    with deployed("iam", slack=True, place=replace(PLACE, seal=SEAL)) as served:
        monkeypatch.setenv("UNFORBID_ENDPOINT", served.endpoint)
        wiring.forget()
        monkeypatch.setattr(wiring, "clock", Clock)
        policy = Path(__file__).resolve().parents[2] / "policies/careful.yaml"
        told = run("doctor", *WHERE, *FIXES, "--policy", str(policy), "--only-wrong")
    monkeypatch.undo()
    wiring.forget()
    assert told.exit_code == 1
    flat = " ".join(told.output.split())
    assert f"the policy {SEAL[:12]} is deployed, and not " in flat
    assert "UNFORBID_SLACK_TOKEN is not set here: $(gcloud secrets versions access latest" in flat
    assert flat.endswith("1 wrong, 1 could not tell")


def test_a_policy_that_cannot_be_used_is_refused_with_its_problems(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("version: 7\n")
    told = run("doctor", *WHERE, "--policy", "policy.yaml")
    assert (told.exit_code, "the policy is refused whole" in told.output) == (1, True)
    assert cloud.world.calls == []
