"""Groups in the sandbox: found by address, asked through groups in them, and hidden as Google hides them."""

from __future__ import annotations

from typing import Any

import httplib2
import pytest
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from worlds import Cloud

from sandbox.services.cloud_identity import group_id

OWNERS, LEADS = "owners@example.com", "leads@example.com"


@pytest.fixture(autouse=True)
def _groups(cloud: Cloud) -> None:
    cloud.world.groups.update({OWNERS: [f"group:{LEADS}"], LEADS: ["user:ann@example.com"]})


class Bearer(httplib2.Http):
    """A connection that says who is asking."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token

    def request(self, uri: str, *args: Any, headers: Any = None, **more: Any) -> Any:
        return super().request(uri, *args, headers={**(headers or {}), "authorization": f"Bearer {self.token}"}, **more)


def ask(cloud: Cloud, query: str, parent: str = f"groups/{group_id(OWNERS)}", token: str = "reader") -> Any:
    http = Bearer(token)
    api = build(
        "cloudidentity",
        "v1",
        http=http,
        client_options={"api_endpoint": f"http://{cloud.endpoint}"},
        static_discovery=True,
    )
    try:
        return api.groups().memberships().checkTransitiveMembership(parent=parent, query=query).execute()
    finally:
        http.close()


def test_a_yes_is_said_and_a_no_is_left_out(cloud: Cloud) -> None:
    assert ask(cloud, "member_key_id == 'ann@example.com'") == {"hasMembership": True}
    assert ask(cloud, f"member_key_id == '{LEADS}'") == {"hasMembership": True}
    assert ask(cloud, "member_key_id == 'bob@example.com'") == {}


@pytest.mark.parametrize("query", ["", "ann@example.com", "member_key_id == 'a' || true", 'member_key_id == "a@b"'])
def test_another_question_is_invalid(cloud: Cloud, query: str) -> None:
    with pytest.raises(HttpError) as refused:
        ask(cloud, query)
    assert refused.value.status_code == 400


@pytest.mark.parametrize(
    ("parent", "token"), [("groups/0none", "reader"), (f"groups/{group_id(OWNERS)}", "as:user:bob@example.com")]
)
def test_what_there_is_not_and_what_one_may_not_see_look_the_same(cloud: Cloud, parent: str, token: str) -> None:
    with pytest.raises(HttpError) as refused:
        ask(cloud, "member_key_id == 'ann@example.com'", parent, token)
    assert (refused.value.status_code, "(or it may not exist)" in str(refused.value)) == (403, True)


def test_asking_who_is_in_a_group_leaves_no_entry(cloud: Cloud) -> None:
    before = len(cloud.world.entries)
    ask(cloud, "member_key_id == 'ann@example.com'")
    assert len(cloud.world.entries) == before
