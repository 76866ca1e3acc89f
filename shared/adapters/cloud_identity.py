"""The directory of the organisation (Cloud Identity v1): who is in a group, directly or through groups in it.

Google answers this in one question, so there are no pages of which one could be missing. What it does not know and what
we may not see look the same: a refusal.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from http.client import HTTPException
from typing import Any

from shared.adapters import asking as patient
from shared.adapters.asking import asking, patience
from shared.adapters.client_making import LOCAL_TOKEN, ClientMaking
from shared.errors import LookFailed
from shared.ports import Clock

SCOPE = "https://www.googleapis.com/auth/cloud-identity.groups.readonly"
NEEDED = "the Groups Reader role in the admin console"
KEPT_FOR = timedelta(seconds=60)
MOST_KEPT = 4_096
LONGEST = 254
WHAT = "read the members of the group"


class CloudIdentityDirectory(ClientMaking):
    """The directory port. An answer is good for 60 seconds; a failure is never kept."""

    def __init__(self, clock: Clock, endpoint: str = "", quota_project: str = "", token: str = LOCAL_TOKEN) -> None:
        super().__init__(endpoint, quota_project, token)
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[bool, datetime]] = {}
        self._keeping = threading.Lock()

    def is_member(self, group_id: str, member: str) -> bool:
        """Whether an e-mail address belongs to a group, which is named by its id or its address."""
        for said in (group_id, member):
            if not _is_plain(said):
                raise LookFailed(WHAT, group_id[:LONGEST], f"{said[:LONGEST]!r} is no group and no member")
        if "@" not in member:
            raise LookFailed(WHAT, group_id, f"{member!r} is no e-mail address")
        now = self._clock.now()
        with self._keeping:
            answer, until = self._kept.get((group_id, member), (False, now))
        if until > now:
            return answer
        answer = self._ask(group_id, member)
        self._keep((group_id, member), answer, now)
        return answer

    def _keep(self, asked: tuple[str, str], answer: bool, now: datetime) -> None:
        with self._keeping:
            if len(self._kept) >= MOST_KEPT:
                self._kept = {key: kept for key, kept in self._kept.items() if kept[1] > now}
            if len(self._kept) < MOST_KEPT:
                self._kept[asked] = (answer, now + KEPT_FOR)

    def _ask(self, group_id: str, member: str) -> bool:
        with asking(WHAT, group_id, NEEDED):
            parent = self._name_of(group_id) if "@" in group_id else f"groups/{group_id}"
            query = f"member_key_id == '{member}'"
            members = self._service.groups().memberships()
            told = self._execute(members.checkTransitiveMembership(parent=parent, query=query))
            has = told.get("hasMembership", False)
            if not isinstance(has, bool):
                raise TypeError("membership is yes or no")
            return has

    def _name_of(self, address: str) -> str:
        """The name of the group of an address; an address may be given to another group, so it is asked each time."""
        name = self._execute(self._service.groups().lookup(groupKey_id=address))["name"]
        if not (isinstance(name, str) and name.startswith("groups/") and _is_plain(name.removeprefix("groups/"))):
            raise TypeError("a group has a name")
        return name

    @cached_property
    def _service(self) -> Any:
        """The client as its discovery document, which comes with the library, describes it; it asks nobody yet."""
        from googleapiclient.discovery import build
        from googleapiclient.http import build_http

        options = {"api_endpoint": f"http://{self._endpoint}"} if self._endpoint else None
        return build("cloudidentity", "v1", http=build_http(), client_options=options, static_discovery=True)

    @cached_property
    def _identity(self) -> Any:
        if self._endpoint:
            return self._credentials()
        import google.auth

        return google.auth.default(scopes=[SCOPE], quota_project_id=self._quota_project or None)[0]

    def _execute(self, request: Any) -> Any:
        """The answer to a request, asked again where that may help; errors as the other clients raise them."""
        once: Callable[[], Any] = patience()(lambda: self._once(request))
        return once()

    def _once(self, request: Any) -> Any:
        import google_auth_httplib2  # type: ignore[import-untyped]
        import httplib2  # type: ignore[import-untyped]
        from google.api_core import exceptions
        from googleapiclient.errors import HttpError

        connection = httplib2.Http(timeout=patient.TIMEOUT_SECONDS)
        try:
            return request.execute(http=google_auth_httplib2.AuthorizedHttp(self._identity, http=connection))
        except HttpError as error:
            raised: Any = exceptions.from_http_status
            raise raised(error.status_code, str(error.reason)) from error
        except (HTTPException, httplib2.HttpLib2Error) as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()


def _is_plain(said: str) -> bool:
    """Whether a name ends no string that it stands in: printable ASCII without quotes, spaces, slashes, backslashes."""
    fits = 0 < len(said) <= LONGEST and said.isascii() and said.isprintable()
    return fits and not set(said) & set("'\"\\/ `?#")
