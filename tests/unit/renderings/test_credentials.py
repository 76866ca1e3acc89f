"""No credential is read on: those known by their form, and those that are named right before."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.renderings.credentials import FORMS, NAMED, SCHEMES, without_credentials


@pytest.mark.hazard("H35")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Authorization: Bearer ya29.a0AfH6SMBx-1_2~3", "Authorization: Bearer [hidden]"),
        ("BEARER abcdef0123456789 was refused", "BEARER [hidden] was refused"),
        ("GET https://x.example/o?access_token=abc&alt=json: 403", "GET https://x.example/o?access_token=[hidden]&alt=json: 403"),
        ("key=AIzaSyD-0123456789abcdefghijklmnopqrstuv", "key=[hidden]"),
        ("a token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl here", "a token [hidden] here"),
        ('{"password": "hunter2", "user": "ann"}', '{"password": "[hidden]", "user": "ann"}'),
        ("password='x' token=y", "password='[hidden]' token=[hidden]"),
        ("X-Goog-Signature=0a1b2c&X-Goog-Date=2026", "X-Goog-Signature=[hidden]&X-Goog-Date=2026"),
        ("-----BEGIN PRIVATE KEY----- MII EvQ -----END PRIVATE KEY----- then", "[hidden]-----END PRIVATE KEY----- then"),
        ("-----BEGIN PRIVATE KEY----- MII EvQ cut", "[hidden]"),
        ("refresh_token: 1//0gAbCdEfGh-12", "refresh_token: [hidden]"),
    ],
)  # fmt: skip
def test_a_credential_is_hidden_and_its_name_stays(text: str, told: str) -> None:
    assert without_credentials(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "Expected OAuth 2 access token, login cookie or other valid authentication credential",
        "Bearer token is missing",
        "invalid token: expired",
        "secret: projects/p/secrets/s",
        "Permission 'iam.serviceAccounts.getAccessToken' denied on resource",
        "roles/iam.serviceAccountTokenCreator",
        "does not have secretmanager.versions.access access",
        "İ̇ token",
    ],
)
def test_words_about_credentials_stay(text: str) -> None:
    assert without_credentials(text) == text


@pytest.mark.hazard("H32")
@pytest.mark.invariant("I24")
@pytest.mark.parametrize("part", [*FORMS, *NAMED, *SCHEMES, "token=", "token:", "-----BEGIN", "=", "a"])
def test_no_text_makes_it_slow(part: str) -> None:
    short, long = (part * (size // len(part)) for size in (32_768, 262_144))
    without_credentials(long)
    assert _seconds(long) < 40 * max(_seconds(short), 0.002)


def _seconds(text: str) -> float:
    started = time.process_time()
    without_credentials(text)
    return time.process_time() - started


@given(st.text(), st.text(alphabet="abcXYZ019-._", min_size=12, max_size=40), st.text())
def test_whatever_stands_around_it_a_token_is_gone(before: str, rest: str, after: str) -> None:
    told = without_credentials(f"{before} ya29.{rest} {after}")
    assert f"ya29.{rest}" not in told
    assert without_credentials(told).count("[hidden]") >= 1
