"""Every change of the cloud goes through here: sent once, made again only where that is safe, judged by its answer.

The clients' own retries are off: what is made again is the whole of reading, changing and writing, so that a reply
which was lost is found to have been a success.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar

from shared.adapters import asking
from shared.errors import LookFailed, NotAllowedToLook
from shared.model.effect import Receipt, Result

T = TypeVar("T")
MOST_TRIES = 8
PATIENCE = 3
"""For how many times the patience of one question an effect is tried: the claim of whoever waits lasts far longer."""
BUSY, CONFLICT, FOR_GOOD = (429, 503), (409, 412), (400, 403, 404)
RATE_REASONS = ("rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED")
"""Reasons of a 403 that pass by themselves (Compute Engine and BigQuery documentation, "Error messages")."""
NO_ROOM = "ZONE_RESOURCE_POOL_EXHAUSTED"
"""The reason of a 503 that does not pass within seconds."""
FOREIGN_MEMBER = "do not belong to a permitted customer"
FOREIGN_SAID = (
    "the organisation's policy (iam.allowedPolicyMemberDomains or iam.managed.allowedPolicyMembers) does not let this "
    "member in, and nothing here will propose to weaken it"
)
LONGEST = 1_000


class Passing(Exception):  # noqa: N818 - what Google answered, not a failure of ours
    """Google did not do it now; made again from its beginning it may work. `is_sure` is that nothing was done."""

    def __init__(self, said: str, *, is_sure: bool = True) -> None:
        super().__init__(said)
        self.is_sure = is_sure


class ForGood(Exception):  # noqa: N818 - likewise
    """Google refused it, and would again: with which HTTP status, code and words."""

    def __init__(self, http: int, code: str, said: str) -> None:
        super().__init__(said)
        self.http, self.code, self.said = http, code, said

    def receipt(self, because: str = "") -> Receipt:
        """The receipt of an effect that was refused; `because` is added to Google's words."""
        said = f"{self.said}: {because}" if because else self.said
        return Receipt(result=Result.REFUSED, code=self.code, said=said, forbidden=self.http == 403)


def once(reason: str) -> dict[str, Any]:
    """The keyword arguments of a call that changes something: sent once, with why it is made.

    Cloud Audit Logs keep the reason (Google Cloud APIs, "System parameters": X-Goog-Request-Reason).
    """
    metadata = [(header.lower(), value) for header, value in headers_of(reason).items()]
    return {"retry": None, "timeout": asking.TIMEOUT_SECONDS, "metadata": metadata}


def headers_of(reason: str) -> dict[str, str]:
    """The same reason as an HTTP header."""
    return {"X-Goog-Request-Reason": reason} if reason else {}


@contextmanager
def changing(what: str, about: str, permission: str) -> Iterator[None]:
    """Turn what Google's clients raise at a change into what became of it.

    Args:
        what: the change in words, after "could not": "change the policy".
        about: the resource it is about.
        permission: what the change takes.

    Raises:
        ForGood: refused, and nothing was changed.
        Passing: not done now.
        LookFailed: whether it was done is not known.
    """
    from google.api_core import exceptions

    try:
        with asking.asking(what, about, permission):
            try:
                yield
            except exceptions.GoogleAPICallError as error:
                if judged := _judged(error):
                    raise judged from error
                raise
    except NotAllowedToLook as unknown:  # 401: nobody knows who we are, which says nothing about the change
        raise LookFailed(what, about, str(unknown)) from unknown


def persistently(attempt: Callable[[], T], what: str, about: str) -> T:
    """What an attempt gives, made again from its beginning while Google says that it may work later.

    Raises:
        LookFailed: it did not work within some tries and seconds; whoever calls comes back much later.
    """
    from google.api_core import exceptions, retry

    tries = count(1)
    again = retry.Retry(
        predicate=lambda error: isinstance(error, Passing) and next(tries) < MOST_TRIES,
        initial=asking.INITIAL,
        maximum=asking.MOST,
        timeout=PATIENCE * asking.TIMEOUT_SECONDS,
    )
    try:
        return again(attempt)()
    except Passing as last:
        raise LookFailed(what, about, f"{last}, {MOST_TRIES} times in a row") from last
    except exceptions.RetryError as over:
        raise LookFailed(what, about, f"{over.cause}, for too long") from over


def _judged(error: Any) -> Passing | ForGood | None:
    """What an answer means for a change; None where it does not tell whether the change was made."""
    http, told = int(error.code or 0), _told(error)
    code, said = _code(error, told), _said(error, told)
    if FOREIGN_MEMBER in said:
        return ForGood(http, code, f"{said}: {FOREIGN_SAID}")
    if code in RATE_REASONS or (http in BUSY and NO_ROOM not in f"{code} {said}"):
        return Passing(f"Google is busy ({said})", is_sure=http != 503)  # a connection that broke is told as 503, too
    if http in CONFLICT:
        return Passing(f"somebody else was changing it ({said})", is_sure=True)
    if http in FOR_GOOD or http in BUSY:
        return ForGood(http, code, said)
    return None


def _told(error: Any) -> dict[str, Any]:
    """The `error` object of a JSON reply, empty where the reply is none."""
    read = getattr(error.response, "json", None)
    try:
        answer = read() if read else {}
    except ValueError:
        return {}  # a page of some server in between: its words stand in the error itself
    told = answer.get("error") if isinstance(answer, dict) else None
    return told if isinstance(told, dict) else {}


def _code(error: Any, told: dict[str, Any]) -> str:
    """Google's code of an error: the reason of its ErrorInfo, else the older reason, else its status."""
    older = [one["reason"] for one in told.get("errors") or () if isinstance(one, dict) and one.get("reason")]
    grpc = error.grpc_status_code.name if error.grpc_status_code else ""
    return str(error.reason or next(iter(older), "") or told.get("status") or grpc or f"HTTP {int(error.code or 0)}")


def _said(error: Any, told: dict[str, Any]) -> str:
    return " ".join(str(told.get("message") or error.message or error).split())[:LONGEST]
