"""Every answer to a change is one of four: done, not now, never, or nobody knows."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from google.api_core import exceptions

from shared.adapters import asking
from shared.adapters.writing import ForGood, Passing, changing, headers_of, once, persistently
from shared.errors import LookFailed, NotFound

TELL = ("change the thing", "//x.googleapis.com/things/t", "x.things.update")


def answer(http: int, body: Any) -> Exception:
    """What a client raises of a server's answer."""
    response = requests.Response()
    response.status_code = http
    response._content = body.encode() if isinstance(body, str) else json.dumps({"error": body}).encode()
    response.request = requests.Request("POST", "https://x.googleapis.com/v1/things/t").prepare()
    return exceptions.from_http_response(response)


def told(error: Exception) -> BaseException:
    """What becomes of an error that a client raises at a change."""
    with pytest.raises((Passing, ForGood, LookFailed)) as found, changing(*TELL):
        raise error
    return found.value


def older(reason: str, message: str = "no") -> dict[str, Any]:
    return {"message": message, "errors": [{"reason": reason, "message": message}]}


INFO = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "IAM_PERMISSION_DENIED", "domain": "x"}


@pytest.mark.parametrize(
    ("http", "body", "code"),
    [
        (403, {"message": "no", "status": "PERMISSION_DENIED", "details": [INFO]}, "IAM_PERMISSION_DENIED"),
        (403, {"message": "no", "status": "PERMISSION_DENIED"}, "PERMISSION_DENIED"),
        (403, older("forbidden"), "forbidden"),
        (400, {"message": "no", "status": "INVALID_ARGUMENT"}, "INVALID_ARGUMENT"),
        (400, older("resourceNotReady"), "resourceNotReady"),
        (404, {"message": "no"}, "NOT_FOUND"),
        (403, "<html>no</html>", "HTTP 403"),
        (403, '["no"]', "HTTP 403"),
        (403, {"message": "no", "errors": ["odd"]}, "HTTP 403"),
    ],
)
def test_a_refusal_has_googles_code_and_words(http: int, body: Any, code: str) -> None:
    found = told(answer(http, body))
    assert isinstance(found, ForGood)
    assert (found.http, found.code) == (http, code)
    assert found.said


def test_the_words_of_a_refusal_are_one_line_of_bounded_length_without_the_address() -> None:
    found = told(answer(403, {"message": "no\n  and no " + "x" * 5_000}))
    assert isinstance(found, ForGood)
    assert found.said.startswith("no and no xxx")
    assert len(found.said) == 1_000


@pytest.mark.parametrize(
    ("http", "body"),
    [
        (429, {"message": "too many"}),
        (503, {"message": "busy"}),
        (403, older("rateLimitExceeded")),
        (403, older("userRateLimitExceeded")),
        (403, {"message": "no", "details": [{**INFO, "reason": "RATE_LIMIT_EXCEEDED"}]}),
        (409, {"message": "There were concurrent policy changes.", "status": "ABORTED"}),
        (412, older("conditionNotMet")),
    ],
)
def test_what_passes_by_itself_is_no_refusal(http: int, body: Any) -> None:
    assert isinstance(told(answer(http, body)), Passing)


@pytest.mark.parametrize("http", [400, 412])
def test_a_member_from_outside_is_a_refusal_even_where_it_looks_like_a_conflict(http: int) -> None:
    said = "One or more users named in the policy do not belong to a permitted customer, perhaps due to a policy."
    found = told(answer(http, older("conditionNotMet", said)))
    assert isinstance(found, ForGood)
    assert "iam.allowedPolicyMemberDomains" in found.said


def test_a_zone_without_room_does_not_pass_within_seconds() -> None:
    found = told(answer(503, older("ZONE_RESOURCE_POOL_EXHAUSTED", "no room")))
    assert isinstance(found, ForGood)
    assert found.code == "ZONE_RESOURCE_POOL_EXHAUSTED"


@pytest.mark.parametrize("http", [401, 405, 500, 501, 502, 504])
def test_every_other_answer_leaves_it_open(http: int) -> None:
    assert isinstance(told(answer(http, {"message": "?"})), LookFailed)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (exceptions.Aborted("stale"), Passing),
        (exceptions.ResourceExhausted("quota"), Passing),
        (exceptions.ServiceUnavailable("busy"), Passing),
        (exceptions.PermissionDenied("no"), ForGood),
        (exceptions.FailedPrecondition("no"), ForGood),
        (exceptions.InvalidArgument("no"), ForGood),
        (exceptions.Unauthenticated("who?"), LookFailed),
        (exceptions.DeadlineExceeded("slow"), LookFailed),
        (exceptions.Unknown("?"), LookFailed),
        (requests.ConnectionError("gone"), LookFailed),
        (requests.ReadTimeout("slow"), LookFailed),
        (ValueError("no JSON"), LookFailed),
        (OSError("broken pipe"), LookFailed),
    ],
)
def test_the_same_holds_of_grpc_and_of_the_network(error: Exception, kind: type) -> None:
    assert type(told(error)) is kind


def test_a_code_of_grpc_is_its_name() -> None:
    found = told(exceptions.InvalidArgument("no"))
    assert isinstance(found, ForGood)
    assert (found.code, found.http) == ("INVALID_ARGUMENT", 400)


def test_a_defect_of_ours_is_not_taken_for_an_answer() -> None:
    with pytest.raises(RuntimeError), changing(*TELL):
        raise RuntimeError("a defect")


def test_what_does_not_pass_is_tried_eight_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "INITIAL", 0.001)
    monkeypatch.setattr(asking, "MOST", 0.001)
    tries = []

    def attempt() -> None:
        tries.append(1)
        raise Passing("busy")

    with pytest.raises(LookFailed, match="busy, 8 times in a row"):
        persistently(attempt, *TELL[:2])
    assert len(tries) == 8


def test_what_takes_too_long_is_given_up_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "INITIAL", 3_600.0)
    monkeypatch.setattr(asking, "MOST", 3_600.0)
    monkeypatch.setattr(asking, "TIMEOUT_SECONDS", 0.0)

    def attempt() -> None:
        raise Passing("busy")

    with pytest.raises(LookFailed, match="busy, for too long"):
        persistently(attempt, *TELL[:2])


@pytest.mark.parametrize(
    "error", [ForGood(403, "c", "no"), NotFound("gone"), LookFailed("a", "b", "c"), RuntimeError()]
)
def test_what_is_decided_is_not_tried_again(error: Exception) -> None:
    tries = []

    def attempt() -> None:
        tries.append(1)
        raise error

    with pytest.raises(type(error)):
        persistently(attempt, *TELL[:2])
    assert len(tries) == 1


def test_a_change_is_sent_once_and_says_why() -> None:
    sent = once("f-1")
    assert sent["retry"] is None
    assert sent["timeout"] == asking.TIMEOUT_SECONDS
    assert sent["metadata"] == [("x-goog-request-reason", "f-1")]
    assert (once("")["metadata"], headers_of("")) == ([], {})
