"""The end-to-end run deploys what Terraform deploys: the same functions, with the same settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from e2e.deployment import (
    EVERYWHERE,
    FAMILIES,
    FUNCTIONS,
    HERE_ONLY,
    NOT_HERE,
    QUEUES,
    Function,
    environment,
    of_operators,
)
from shared.settings import DOCUMENTED, read_settings

SHARED_PARTS = ("slack_channel", "slack_token", "slack_signing", "attachable", "tasks")
TOWN = {"ENDPOINT": "127.0.0.1:1", "TASKS_ENDPOINT": "127.0.0.1:2", "SLACK_API_URL": "http://127.0.0.1:3/api/",
        "ORGANIZATION": "1", "DOMAINS": "example.com", "POLICY": "policy"}  # fmt: skip


def names_in(text: str) -> set[str]:
    return set(re.findall(r"UNFORBID_(\w+)", text))


@pytest.fixture
def written(root: Path) -> str:
    return "\n".join((root / "terraform" / name).read_text() for name in ("functions.tf", "queues.tf"))


def part(written: str, named: str) -> str:
    """What one local stands for, to the end of its line or of its braces."""
    found = re.search(rf"^  {named}\s*= (.*?(?:\{{\n.*?^  \}}|$))", written, re.M | re.S)
    assert found is not None, named
    return found[1]


def function_in(written: str, source: str) -> str:
    """The block of one function in the map of all of them."""
    blocks = re.split(r"(?=^\s+source  = )", written.partition("everywhere =")[0], flags=re.M)
    return next(one for one in blocks if f'source  = "{source}"' in one)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.name)
def test_a_function_has_the_settings_that_terraform_gives_it(function: Function, written: str) -> None:
    block = function_in(written, function.source)
    wanted = names_in(block)
    for named in SHARED_PARTS:
        if f"local.{named}" in block:
            wanted |= names_in(part(written, named))
    if function.source != "approve":
        wanted |= names_in(part(written, "let_in"))
    assert set(function.settings) == wanted
    assert f'"{function.target}"' in block


def test_every_function_has_the_settings_of_all(written: str) -> None:
    everywhere = written.partition("everywhere =")[2].partition("slack_channel =")[0]
    assert {*EVERYWHERE, *NOT_HERE} == names_in(everywhere)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.name)
def test_the_code_takes_these_settings_as_they_are(function: Function) -> None:
    known = read_settings(environment(function, TOWN))
    assert known.gate.enforcing
    assert known.waking.families == FAMILIES
    assert known.waking.queues == QUEUES
    assert known.audience == (function.url if function.invoker else "")


def test_what_is_here_only_is_an_address_on_this_machine() -> None:
    assert {f"UNFORBID_{one}" for one in HERE_ONLY} <= DOCUMENTED.keys()
    assert all("127.0.0.1" in TOWN[one] for one in HERE_ONLY)


def test_people_at_a_terminal_are_no_function_behind_cloud_run() -> None:
    assert "K_SERVICE" not in of_operators(TOWN)
