"""Firestore's administration in the sandbox: which collections end their documents, as Google's own client sees it."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from worlds import Cloud

from sandbox.services.firestore_admin import add_database

DATABASE = "projects/acme-web/databases/unforbid-runs"


def field(cloud: Cloud, group: str, token: str = "reader", database: str = DATABASE) -> object:
    name = f"{database}/collectionGroups/{group}/fields/expires_at"
    return cloud.clients(token).firestore_admin.get_field(request={"name": name})


def test_a_field_says_whether_it_ends_documents(cloud: Cloud) -> None:
    add_database(cloud.world, "acme-web", "unforbid-runs", "runs")
    assert field(cloud, "runs").ttl_config.state.name == "ACTIVE"  # type: ignore[attr-defined]
    assert "ttl_config" not in field(cloud, "fixes")  # type: ignore[operator]


def test_a_database_that_is_not_there_has_no_fields_and_looking_takes_a_permission(cloud: Cloud) -> None:
    add_database(cloud.world, "acme-web", "unforbid-runs", "runs")
    with pytest.raises(exceptions.NotFound):
        field(cloud, "runs", database="projects/acme-web/databases/other")
    with pytest.raises(exceptions.Forbidden):
        field(cloud, "runs", token="as:user:ann@example.com")
