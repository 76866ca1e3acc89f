"""A permission of an application is no permission of Google."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from shared.grants.prefixes import PREFIXES, is_googles
from shared.model.names import Permission


def test_only_googles_services_count() -> None:
    assert is_googles(Permission("storage.objects.get"))
    assert not is_googles(Permission("invoices.records.approve"))


def test_the_role_reference_has_no_other_prefix(reference: Path) -> None:
    known: set[str] = set()
    with gzip.open(reference / "iam-roles/roles.jsonl.gz", "rt") as roles:
        for line in roles:
            known.update(name.partition(".")[0] for name in json.loads(line).get("includedPermissions") or ())
    assert known <= PREFIXES
