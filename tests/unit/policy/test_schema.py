"""What editors are told of the format is what the format is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from rulebooks import loaded

from shared.errors import PolicyError
from shared.policy.grammar import ALLOWED, NEEDED, SHAPES
from shared.policy.schema import schema


def test_the_published_schema_is_what_the_grammar_makes(root: Path) -> None:
    assert json.loads((root / "docs/policy.schema.json").read_text()) == schema(), "run unforbid policy schema"


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def as_editors_read(text: str) -> Any:
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


@pytest.mark.parametrize("name", ["observe", "careful", "mature"])
def test_the_examples_please_an_editor(root: Path, name: str) -> None:
    jsonschema.validate(as_editors_read((root / f"policies/{name}.yaml").read_text()), schema())


@pytest.mark.parametrize(
    "text",
    [
        "version: 2",
        "{}",
        "version: 1\nrules: []",
        "version: 1\nsurprise: 1",
        "version: 1\ndefaults: {mode: auto}",
        "version: 1\nrules: [{id: a, when: {}, then: {mode: notify}}]",
        "version: 1\nrules: [{id: a, when: {cause: gcs.iam}, then: {mode: notify, hours: 1}}]",
        "version: 1\nrules: [{id: a, when: {cause: gcs.iam}, then: {mode: ignore, reason: x}}]",
        "version: 1\nrules: [{id: a, when: {permission: 'storage.*'}, then: {mode: notify}}]",
    ],
)
def test_what_an_editor_marks_is_refused_at_load(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(as_editors_read(text), schema())
    with pytest.raises(PolicyError):
        loaded(text)


def test_every_mode_and_every_key_is_on_the_page(root: Path) -> None:
    page = (root / "docs/policy.md").read_text()
    keys = {key for shape in SHAPES.values() for key in shape}
    assert {key for key in keys if f"`{key}`" not in page} == set()
    assert {mode for mode in ALLOWED if f"`{mode}`" not in page} == set()
    assert set(NEEDED) <= set(ALLOWED)
