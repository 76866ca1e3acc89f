from __future__ import annotations

import pytest

from shared.grants.danger import floor_of
from shared.model.plan import T3

BUCKET = "//storage.googleapis.com/projects/_/buckets/b"


@pytest.mark.parametrize("permission", ["workforcePools.create", "oauthClients.create", "workspacePools.update"])
def test_the_spelling_with_a_host_is_as_dangerous_as_the_one_without(permission: str) -> None:
    assert floor_of(f"iam.googleapis.com/{permission}", BUCKET) is T3
    assert floor_of(f"iam.{permission}", BUCKET) is T3
