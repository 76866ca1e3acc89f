"""A fingerprint is the same for repeats and different where the fix would be another."""

from __future__ import annotations

from typing import Any

import pytest
from entries import audit, on_vm, text

from shared.model.denial import Denial
from shared.pipeline.classify import classify
from shared.pipeline.diagnose import diagnose
from shared.pipeline.fingerprint import fingerprint
from shared.pipeline.plan import plan
from shared.pipeline.read import to_entry


def mark(entry: dict[str, Any]) -> str:
    denial = classify(to_entry(entry))
    assert isinstance(denial, Denial)
    diagnosis = diagnose(denial)
    return fingerprint(denial, diagnosis, plan(denial, diagnosis))


READ = audit(permission="storage.objects.get", resource="projects/_/buckets/b/objects/one")


@pytest.mark.hazard("H09")
def test_time_id_and_object_do_not_matter() -> None:
    other = audit(permission="storage.objects.get", resource="projects/_/buckets/b/objects/two")
    assert mark(READ) == mark({**other, "insertId": "other", "timestamp": "2027-01-01T00:00:00Z"})


@pytest.mark.hazard("H09")
def test_principal_permission_bucket_and_trust_matter() -> None:
    others = [
        audit(
            permission="storage.objects.get", resource="projects/_/buckets/b/objects/one", principal="kim@example.com"
        ),
        audit(permission="storage.objects.create", resource="projects/_/buckets/b/objects/one"),
        audit(permission="storage.objects.get", resource="projects/_/buckets/c/objects/one"),
        {**READ, "logName": "projects/acme-test/logs/mine"},
    ]
    assert len({mark(entry) for entry in [READ, *others]}) == 5


def test_two_machines_with_the_same_trouble_are_two_denials() -> None:
    words = "403 Request had insufficient authentication scopes."
    one, two = on_vm(words), on_vm(words)
    two["resource"]["labels"]["instance_id"] = "43"
    assert mark(one) != mark(two)


def test_request_ids_in_a_text_do_not_matter() -> None:
    words = (
        "Error 403: Permission 'dns.changes.create' denied on resource 'projects/p' (or it may not exist). request {}"
    )
    assert mark(text(words.format("abc"))) == mark(text(words.format("def")))
