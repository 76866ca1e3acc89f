"""Roles read once, then chosen and shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import run


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


def test_a_file_that_holds_no_roles_is_refused_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFORBID_ROLES", str(tmp_path / "roles.bin"))
    bad = roles_file(tmp_path)
    bad.write_text(bad.read_text() + "{}\n")
    told = run("roles", "refresh", "--from", str(bad))
    assert told.exit_code == 1
    assert "line 3 is no role" in told.stderr
    assert not (tmp_path / "roles.bin").exists()
