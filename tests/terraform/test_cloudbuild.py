"""The builds are what Cloud Build takes, hold no secret, and apply nothing that nobody has approved."""

from __future__ import annotations

import importlib.resources
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

BUILDS = ("cloudbuild.yaml", "terraform/apply.cloudbuild.yaml")
OF_GOOGLE = {"BUILD_ID", "PROJECT_ID", "PROJECT_NUMBER", "COMMIT_SHA", "SHORT_SHA", "BRANCH_NAME", "LOCATION"}
NAMED = re.compile(r"\$\{?([A-Z_][A-Z0-9_]*)\}?")


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of a discovery document as JSON Schema that allows nothing else."""
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    kept: dict[str, Any] = {key: schema[key] for key in ("type", "enum") if key in schema and schema[key] != "any"}
    if "items" in schema:
        kept["items"] = closed(schema["items"])
    if "properties" in schema:
        kept["properties"] = {name: closed(one) for name, one in schema["properties"].items()}
        kept["additionalProperties"] = False
    if "additionalProperties" in schema:
        kept["additionalProperties"] = closed(schema["additionalProperties"])
    return kept


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft202012Validator:
    documents = importlib.resources.files("googleapiclient.discovery_cache") / "documents"
    document = json.loads((documents / "cloudbuild.v1.json").read_text())
    definitions = {name: closed(one) for name, one in document["schemas"].items()}
    return jsonschema.Draft202012Validator({"$ref": "#/$defs/Build", "$defs": definitions})


def read(root: Path, name: str) -> dict[str, Any]:
    build: dict[str, Any] = yaml.safe_load((root / name).read_text())
    return build


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [one for part in value.values() for one in strings(part)]
    if isinstance(value, list):
        return [one for part in value for one in strings(part)]
    return [str(value)]


@pytest.mark.parametrize("name", BUILDS)
def test_a_build_is_one_that_cloud_build_takes(root: Path, name: str, schema: jsonschema.Draft202012Validator) -> None:
    assert [error.message for error in schema.iter_errors(read(root, name))] == []


@pytest.mark.parametrize(
    "mistake",
    [{"step": []}, {"options": {"logging": "NOWHERE"}}, {"timeout": 60}, {"steps": [{"image": "x"}]}],
)
def test_the_schema_refuses_what_cloud_build_would(
    root: Path, mistake: dict[str, Any], schema: jsonschema.Draft202012Validator
) -> None:
    assert list(schema.iter_errors(read(root, "cloudbuild.yaml") | mistake))


@pytest.mark.parametrize("name", BUILDS)
def test_every_name_that_a_step_reads_is_a_substitution(root: Path, name: str) -> None:
    build = read(root, name)
    used = {found for text in strings([build["steps"], build.get("artifacts", {})]) for found in NAMED.findall(text)}
    ours = {one for one in used if one.startswith("_")}
    assert ours <= set(build["substitutions"])
    assert {one for one in used if not one.startswith("_")} <= OF_GOOGLE
    assert {one for one in build["substitutions"] if one not in ours} <= {"_NAME", "_REGION"}


@pytest.mark.parametrize("name", BUILDS)
def test_a_build_holds_no_secret_and_names_no_project(root: Path, name: str) -> None:
    build = read(root, name)
    assert not {"availableSecrets", "secrets"} & set(build)
    assert not any("secretEnv" in step for step in build["steps"])
    assert not re.search(r"xox[bp]-|AIza|BEGIN [A-Z ]*PRIVATE|--project", (root / name).read_text())


@pytest.mark.parametrize("name", BUILDS)
def test_steps_wait_for_steps_that_there_are(root: Path, name: str) -> None:
    before: set[str] = set()
    for step in read(root, name)["steps"]:
        assert set(step.get("waitFor", [])) <= before, step["id"]
        assert step["script"].startswith("#!/bin/sh\n")
        assert "set -eu" in step["script"] or step["id"] == "settings"
        before.add(step["id"])


@pytest.mark.hazard("H47")
def test_what_is_built_carries_its_provenance(root: Path) -> None:
    build = read(root, "cloudbuild.yaml")
    assert build["options"]["requestedVerifyOption"] == "VERIFIED"
    assert "out/*.zip" in build["artifacts"]["objects"]["paths"]


def test_the_plan_applies_nothing_and_the_apply_plans_nothing_new(root: Path) -> None:
    planned = "\n".join(step["script"] for step in read(root, "cloudbuild.yaml")["steps"])
    applied = "\n".join(step["script"] for step in read(root, "terraform/apply.cloudbuild.yaml")["steps"])
    assert "terraform apply" not in planned
    assert "-auto-approve" not in planned + applied
    assert "terraform apply -input=false -lock-timeout=300s /workspace/out/plan.tfplan" in applied
    assert applied.index("sha256sum --check") < applied.index("terraform apply")


@pytest.mark.hazard("H47")
def test_the_apply_waits_for_a_person_and_no_commit_starts_it(root: Path) -> None:
    source = (root / "terraform/build.tf").read_text()
    assert re.search(r'apply = \{ file = "terraform/apply.cloudbuild.yaml", approved = true', source)
    assert "approval_required = each.value.approved" in source
    assert 'for_each = each.key == "plan" ? [var.build] : []' in source


def test_the_triggers_set_what_the_builds_need(root: Path) -> None:
    source = (root / "terraform/build.tf").read_text()
    given = set(re.findall(r"^ +(_[A-Z]+) += ", source, re.MULTILINE))
    for name in BUILDS:
        empty = {one for one, value in read(root, name)["substitutions"].items() if value == ""}
        assert empty - {"_PLAN"} <= given
