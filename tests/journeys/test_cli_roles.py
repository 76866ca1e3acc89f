"""Roles read once, then chosen and shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from catalogues import role
from command import run

from shared.adapters.role_file import write_catalogue
from shared.grants.catalogue import pack


def roles_file(tmp_path: Path) -> Path:
    lines = [
        {
            "name": "roles/dns.reader",
            "title": "DNS Reader",
            "stage": "GA",
            "includedPermissions": ["dns.managedZones.get"],
        },
        {
            "name": "roles/dns.admin",
            "title": "DNS Administrator",
            "stage": "GA",
            "includedPermissions": ["dns.managedZones.get", "dns.managedZones.setIamPolicy"],
        },
    ]
    path = tmp_path / "roles.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_roles_are_read_once_and_then_chosen_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFORBID_ROLES", str(tmp_path / "roles.bin"))
    refused = run("roles", "suggest", "dns.managedZones.get")
    assert refused.exit_code == 1
    assert "unforbid roles refresh" in refused.stderr
    assert "2 roles in" in run("roles", "refresh", "--from", str(roles_file(tmp_path))).stdout
    told = run("roles", "suggest", "dns.managedZones.get", "--on", "projects/acme/managedZones/z").stdout
    assert "roles/dns.reader for dns.managedZones.get on //cloudresourcemanager.googleapis.com/projects/acme" in told
    assert "no: it would hand out dns.managedZones.setIamPolicy" in " ".join(told.split())
    shown = run("roles", "show", "dns.admin").stdout
    assert shown.index("never handed out by a machine (1)") < shown.index("dns.managedZones.get")
    near = run("roles", "show", "reader")
    assert near.exit_code == 1
    assert "near it: roles/dns.reader" in near.stderr
    assert (
        json.loads(run("roles", "suggest", "dns.managedZones.get", "--format", "json").stdout)["role"]
        == "roles/dns.reader"
    )


def proposing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue in which nothing narrow holds what starts a machine."""
    monkeypatch.setenv("UNFORBID_ROLES", str(tmp_path / "roles.bin"))
    held = ["compute.instances.start", "compute.instances.setMetadata"]
    line = {"name": "roles/compute.instanceAdmin", "stage": "GA", "includedPermissions": held}
    path = tmp_path / "roles.jsonl"
    path.write_text(json.dumps(line) + "\n")
    assert run("roles", "refresh", "--from", str(path)).exit_code == 0


def test_where_no_role_may_be_given_a_custom_role_is_shown_to_paste(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposing(tmp_path, monkeypatch)
    arguments = ("compute.instances.start", "--on", "projects/acme/zones/z/instances/i")
    told = run("roles", "suggest", *arguments).stdout
    command = next(line for line in told.splitlines() if line.startswith("gcloud iam roles create"))
    assert "--project=acme " in command
    assert command.endswith("--permissions=compute.instances.get,compute.instances.start")
    assert 'resource "google_project_iam_custom_role"' in told
    flat = " ".join(told.split())
    assert "in it: compute.instances.get goes with compute.instances.start" in flat
    assert "not in it: compute.zoneOperations.get goes with" in flat
    assert "permissions.queryTestablePermissions" in flat
    shown = json.loads(run("roles", "suggest", *arguments, "--format", "json").stdout)
    assert shown["role"] is None
    assert shown["custom"]["gcloud"] == command


def test_what_escalates_gets_no_proposal_and_is_told_what_goes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposing(tmp_path, monkeypatch)
    told = " ".join(run("roles", "suggest", "run.services.update").stdout.split())
    assert "a machine never proposes a role" in told
    assert "iam.serviceAccounts.actAs goes with run.services.update" in told
    assert "gcloud iam roles create" not in told


@pytest.mark.parametrize(("days", "warned"), [(29, False), (31, True)])
def test_a_catalogue_older_than_thirty_days_is_used_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, warned: bool
) -> None:
    monkeypatch.setenv("UNFORBID_ROLES", str(tmp_path / "roles.bin"))
    read_at = datetime.now(UTC) - timedelta(days=days)
    write_catalogue(tmp_path / "roles.bin", pack([role("roles/dns.reader", "dns.managedZones.get")], read_at, "test"))
    told = run("roles", "suggest", "dns.managedZones.get")
    assert told.exit_code == 0
    assert "roles/dns.reader for dns.managedZones.get" in told.stdout
    assert (f"the catalogue is {days} days old: `unforbid roles refresh`" in told.stderr) == warned


def test_a_file_that_holds_no_roles_is_refused_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFORBID_ROLES", str(tmp_path / "roles.bin"))
    bad = roles_file(tmp_path)
    bad.write_text(bad.read_text() + "{}\n")
    told = run("roles", "refresh", "--from", str(bad))
    assert told.exit_code == 1
    assert "line 3 is no role" in told.stderr
    assert not (tmp_path / "roles.bin").exists()
