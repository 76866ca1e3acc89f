"""What Terraform deploys is what the code is: entry points, settings, log lines, documents."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.adapters.firestore_database import CONCERNS
from shared.policy.compiled import is_compiled, to_bytes
from shared.policy.load import load
from shared.settings import DOCUMENTED


def terraform(root: Path) -> str:
    return "\n".join(file.read_text() for file in sorted((root / "terraform").glob("*.tf")))


def test_every_entry_point_is_a_function_of_its_source(root: Path) -> None:
    deployed = re.findall(r'source +(?:=) "(\w+)"\n +entry +(?:=) "(\w+)"', terraform(root))
    assert {source for source, _ in deployed} == {"detect", "approve", "execute", "sweep"}
    for source, entry in deployed:
        tree = ast.parse((root / f"functions/{source}/main.py").read_text())
        assert entry in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_setting_that_is_deployed_is_one_that_the_code_knows(root: Path) -> None:
    given = set(re.findall(r"\b(UNFORBID_[A-Z_]+) +=|\{ (UNFORBID_[A-Z_]+) =", terraform(root)))
    names = {one for pair in given for one in pair if one}
    assert len(names) > 10
    assert names <= set(DOCUMENTED)


def test_no_setting_that_points_at_this_machine_is_deployed(root: Path) -> None:
    source = terraform(root)
    assert not [name for name in ("UNFORBID_ENDPOINT", "UNFORBID_STORE", "UNFORBID_TASKS_ENDPOINT") if name in source]


def test_what_is_counted_is_what_log_lines_carry(root: Path) -> None:
    counted = set(re.findall(r"jsonPayload\.([a-z_]+)", (root / "terraform/alerts.tf").read_text()))
    sources = [
        *(root / "shared").glob("*.py"),
        *(root / "shared/pipeline").glob("*.py"),
        *(root / "functions").glob("*/*.py"),
    ]
    written = "\n".join(file.read_text() for file in sources)
    assert counted
    assert {one for one in counted if f'"{one}"' not in written} - {"event"} == set()


@pytest.mark.parametrize("name", ["trial-project", "organisation"])
def test_an_example_sets_only_variables_that_there_are(root: Path, name: str) -> None:
    module = re.search(
        r'^module "unforbid" \{\n(.*?)^\}', (root / f"terraform/examples/{name}/main.tf").read_text(), re.M | re.S
    )
    assert module
    given = set(re.findall(r"^  (\w+) +=", module[1], re.M)) - {"source"}
    known = set(re.findall(r'^variable "(\w+)"', (root / "terraform/variables.tf").read_text(), re.M))
    assert "project" in given
    assert given <= known


def test_the_policy_of_the_example_is_a_good_one(root: Path) -> None:
    text = (root / "terraform/examples/organisation/policy.yaml").read_bytes()
    assert is_compiled(to_bytes(load(text, now=datetime(2026, 11, 21, tzinfo=UTC))))
    assert is_compiled(b"unforbid policy 1 ...")


def test_variables_refuse_with_words_that_say_what_to_do(root: Path) -> None:
    source = (root / "terraform/variables.tf").read_text()
    messages = re.findall(r'error_message = "(.+)"$', source, re.M)
    assert len(messages) == source.count("validation {") > 20
    assert [one for one in messages if len(one) < 40 or not one.endswith(".")] == []


@pytest.mark.hazard("H38")
def test_every_database_says_who_writes_it(root: Path) -> None:
    source = (root / "terraform/store.tf").read_text()
    tables = [re.search(rf"^  {name} = {{\n(.*?)^  }}", source, re.M | re.S) for name in ("writers", "readers")]
    writers, readers = [set(re.findall(r"^    (\w+) +=", one[1], re.M)) for one in tables if one]
    assert writers == set(CONCERNS)
    assert readers < writers


def test_the_client_of_storage_asks_for_nothing_beside_what_it_is_told(root: Path) -> None:
    assert re.search(r'^ +DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA = "true"$', terraform(root), re.M)


def test_only_additive_bindings_are_used(root: Path) -> None:
    types = set(re.findall(r'^resource "(\w+)"', terraform(root), re.M))
    assert not [one for one in types if one.endswith(("_iam_binding", "_iam_policy"))]


def test_no_name_is_random_and_no_secret_value_is_in_the_state(root: Path) -> None:
    types = set(re.findall(r'^(?:resource|data) "(\w+)"', terraform(root), re.M))
    assert not [one for one in types if one.startswith("random_") or one.endswith("secret_version")]


def test_the_newcomers_path_has_fewer_than_ten_steps(root: Path) -> None:
    page = (root / "docs/deploy.md").read_text()
    trial = page.partition("## A trial in one project")[2].partition("\n## ")[0]
    assert 3 < len(re.findall(r"^\d+\. ", trial, re.M)) < 10


def test_the_page_names_only_what_there_is(root: Path) -> None:
    page = (root / "docs/deploy.md").read_text()
    source = terraform(root)
    for name in set(re.findall(r"`(?:-var )?'?(\w+)(?: = [^`]*)?`", page)):
        if "_" in name and not name.startswith("unforbid") and name.islower():
            assert f'"{name}"' in source or f"{name} " in source, name
