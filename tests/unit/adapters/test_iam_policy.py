"""The one question about policies, whatever the service: also where the asking itself is not possible."""

from __future__ import annotations

from pathlib import Path

import pytest
from worlds import Cloud

from sandbox.services.pubsub import add_topic
from shared.adapters import bigquery, pubsub, storage
from shared.adapters.full_names import relative_name
from shared.adapters.google_clients import GoogleClients
from shared.errors import LookFailed

TOPIC = "//pubsub.googleapis.com/projects/acme-web/topics/orders"


@pytest.mark.parametrize(
    ("adapter", "name"),
    [
        (pubsub, TOPIC),
        (storage, "//storage.googleapis.com/projects/_/buckets/photos"),
        (bigquery, "//bigquery.googleapis.com/projects/acme-data/datasets/sales"),
    ],
)
def test_without_credentials_the_look_has_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, adapter: object, name: str
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(LookFailed, match="was not found"):
        adapter.policy(GoogleClients(), name)  # type: ignore[attr-defined]


@pytest.mark.hazard("H40")
def test_policies_are_asked_for_with_version_three(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    add_topic(cloud.world, "acme-web", "orders")
    clients, asked = cloud.clients(), []
    get = clients.publisher.get_iam_policy
    monkeypatch.setattr(clients.publisher, "get_iam_policy", lambda **more: asked.append(more) or get(**more))
    pubsub.policy(clients, TOPIC)
    assert asked[0]["request"]["options"] == {"requested_policy_version": 3}
    assert asked[0]["timeout"] > 0


@pytest.mark.parametrize(
    "name",
    [
        "",
        "projects/acme-web/topics/orders",
        "//pubsub.googleapis.com",
        "//pubsub.googleapis.com/",
        "//pubsub.googleapis.com.evil.example/projects/acme-web/topics/orders",
        "//pubsub.googleapis.com/projects/acme-web/topics/orders/",
        "//pubsub.googleapis.com//projects/acme-web/topics/orders",
        "//pubsub.googleapis.com/topics/orders/projects/acme-web",
    ],
)
def test_a_name_is_read_by_its_parts(name: str) -> None:
    with pytest.raises(ValueError, match="is no resource of"):
        relative_name(name, "pubsub.googleapis.com", ("projects", "topics"))


def test_a_name_with_an_empty_part_is_no_name() -> None:
    with pytest.raises(LookFailed, match="no resource has such a name"):
        relative_name(
            "//pubsub.googleapis.com/projects//topics/orders", "pubsub.googleapis.com", ("projects", "topics")
        )
