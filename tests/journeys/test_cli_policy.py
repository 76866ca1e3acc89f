"""A policy is checked, tried on entries and compiled, without a network and without credentials."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command import run
from entries import audit, push
from rulebooks import loaded

from shared.policy.compiled import from_bytes

ON = ("--on", "2026-11-21")
RULES = """\
version: 1
approvers: {owners: {group_id: "03abc"}}
rules:
  - id: writers
    when: {permission: logging.logEntries.create, target: {under: folders/1}, principal: {in_group: 02grp}}
    then: {mode: approve, action: grant_role, roles: roles/logging.logWriter, hours: 4, approvers: owners}
  - id: production
    when: {target: {labels: {env: prod}}}
    then: {mode: notify, reason: "not here"}
"""
BAD = RULES.replace("approvers: owners", "approvers: owner").replace("hours: 4", "hours: 25")


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNFORBID_ROLES", str(tmp_path / "roles.bin"))
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return path


@pytest.fixture
def entry(tmp_path: Path) -> str:
    path = tmp_path / "entry.json"
    path.write_text(json.dumps(audit(permission="logging.logEntries.create")))
    return str(path)


def test_a_good_file_is_told_with_its_digest_and_what_it_permits(rules: Path) -> None:
    told = run("policy", "check", str(rules), *ON)
    assert told.exit_code == 0
    assert "GOOD" in told.stdout
    assert f"sha256:{loaded(RULES).digest}" in told.stdout
    assert "2: 1 notify, 1 approve" in told.stdout
    assert "1 of owners (group 03abc)" in told.stdout
    assert "unforbid roles refresh" in told.stdout


def test_every_problem_of_a_bad_file_is_told_where_editors_find_it(rules: Path) -> None:
    rules.write_text(BAD)
    told = run("policy", "check", str(rules), *ON)
    assert told.exit_code == 1
    assert told.stdout == ""
    assert f"{rules}:6:101: there is no group 'owner' among the approvers; did you mean owners?" in told.stderr
    assert "refused whole, for 1 problem" in told.stderr


def test_a_rule_that_ends_is_judged_as_of_a_day(rules: Path) -> None:
    rules.write_text(
        "version: 1\nrules:\n  - {id: a, when: {cause: gcs.iam}, then: {mode: ignore, until: 2026-12-01, reason: x}}\n"
    )
    assert run("policy", "check", str(rules), *ON).exit_code == 0
    over = run("policy", "check", str(rules), "--on", "2026-12-02")
    assert over.exit_code == 1
    assert "2026-12-01 is over" in over.stderr


def test_which_rule_decides_is_told_and_why_the_others_do_not(rules: Path, entry: str) -> None:
    given = ("--under", "folders/1", "--in-group", "02grp")
    told = " ".join(run("policy", "test", str(rules), entry, *ON, *given, "--label", "env=dev").stdout.split())
    assert told.startswith(f"approve {entry}")
    assert "asks 1 of owners (group 03abc), within 30 minutes" in told
    assert "lasts 4 hours" in told
    assert "writers approve decides" in told
    assert "production notify no the label env is dev" in told


def test_what_is_not_said_could_not_be_told_and_permits_nothing(rules: Path, entry: str) -> None:
    (step,) = json.loads(run("policy", "test", str(rules), entry, *ON, "--format", "json").stdout)
    assert step["ruling"]["mode"] == "notify"
    heard = {one["rule"]: one for one in step["heard"]}
    assert heard["production"]["matched"] == heard["writers"]["matched"] == "could not tell"
    assert "the group 02grp could not be told, and what cannot be told never permits" in heard["writers"]["why"]


def test_entries_are_read_as_explain_reads_them(rules: Path) -> None:
    delivered = push(audit(permission="logging.logEntries.create"))
    told = run("policy", "test", str(rules), *ON, "--under", "folders/1", given=delivered)
    assert told.stdout.startswith("notify  standard input")
    nothing = run("policy", "test", str(rules), *ON, given=b"all is well")
    assert "there is nothing for a machine to change here, so no rule is asked" in nothing.stdout
    broken = run("policy", "test", str(rules), *ON, given=b'{"logName": "x"')
    assert broken.exit_code == 1
    assert "standard input: cannot be read" in broken.stderr


def test_what_is_said_in_google_s_place_has_to_be_a_key_and_a_value(rules: Path, entry: str) -> None:
    told = run("policy", "test", str(rules), entry, *ON, "--label", "dev")
    assert told.exit_code == 2
    assert "'dev' is no KEY=VALUE" in told.stderr


def test_the_compiled_form_says_the_same(rules: Path, tmp_path: Path) -> None:
    output = tmp_path / "policy"
    told = run("policy", "compile", str(rules), "-o", str(output), *ON)
    assert told.exit_code == 0
    assert from_bytes(output.read_bytes()) == loaded(RULES)
    assert list(tmp_path.glob("policy.*")) == []


def test_a_bad_file_is_not_compiled_and_what_was_there_stays(rules: Path, tmp_path: Path) -> None:
    output = tmp_path / "policy"
    output.write_bytes(b"before")
    rules.write_text(BAD)
    assert run("policy", "compile", str(rules), "-o", str(output), *ON).exit_code == 1
    assert output.read_bytes() == b"before"


def test_a_place_that_cannot_be_written_to_is_told(rules: Path, tmp_path: Path) -> None:
    told = run("policy", "compile", str(rules), "-o", str(tmp_path / "no/policy"), *ON)
    assert told.exit_code == 1
    assert "cannot be written" in told.stderr


def test_the_schema_for_editors_is_the_published_one(root: Path) -> None:
    assert run("policy", "schema").stdout == (root / "docs/policy.schema.json").read_text()


START = """
import sys
from shared.policy.compiled import from_bytes
from shared.policy.rulebook import Rulebook
Rulebook(from_bytes(open(sys.argv[1], "rb").read()))
print(sorted({"yaml", "shared.causes", "shared.policy.load", "re2", "zoneinfo"} & set(sys.modules)))
"""


def test_a_start_from_the_compiled_form_loads_no_yaml(rules: Path, tmp_path: Path) -> None:
    output = tmp_path / "policy"
    run("policy", "compile", str(rules), "-o", str(output), *ON)
    done = subprocess.run([sys.executable, "-c", START, str(output)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


EXPECTED = {
    "observe": {"02": "notify", "05": "notify", "06": "notify"},
    "careful": {"02": "notify", "05": "notify", "06": "notify"},
    "mature": {"02": "approve", "05": "notify", "06": "notify"},
}


@pytest.mark.parametrize("name", ["observe", "careful", "mature"])
def test_the_examples_say_of_the_samples_what_their_comments_say(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("UNFORBID_ROLES", str(tmp_path / "roles.bin"))
    samples = [str(next((root / "samples").glob(f"{number}-*.json"))) for number in EXPECTED[name]]
    given = ("--under", "folders/123456", "--label", "env=dev", "--format", "json", *ON)
    steps = json.loads(run("policy", "test", str(root / f"policies/{name}.yaml"), *samples, *given).stdout)
    assert [one["ruling"]["mode"].replace("ask", "approve") for one in steps] == list(EXPECTED[name].values())
    production = (*given[:2], "--label", "env=prod", *given[4:])
    for one in json.loads(run("policy", "test", str(root / f"policies/{name}.yaml"), *samples, *production).stdout):
        assert one["ruling"]["mode"] in ("notify", "dry_run")
