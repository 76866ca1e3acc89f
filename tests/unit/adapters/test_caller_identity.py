"""Who may call a function: only whom Google says it is, for this function, now; nothing else is even looked at."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from fakes import FakeClock
from google.auth import crypt, jwt

from shared.adapters.caller_identity import REMOVED, CallerIdentity
from shared.errors import LookFailed

AUDIENCE = "https://detect.example.com"
PUSH = "push@acme-unforbid.iam.gserviceaccount.com"
NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


class Issuer:
    """Something that signs tokens with a key of its own, and publishes the certificate."""

    def __init__(self, name: str) -> None:
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = x509.CertificateBuilder(named, named, key.public_key(), 1, NOW - HOUR, NOW + 24 * HOUR)
        self.certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.signer, self.asked, self.status = crypt.RSASigner.from_string(private, key_id="k1"), 0, 200

    def fetch(self, url: str, method: str = "GET") -> Any:
        assert (url, method) == ("https://www.googleapis.com/oauth2/v1/certs", "GET")
        self.asked += 1
        data = json.dumps({"k1": self.certificate}).encode()
        return type("Answer", (), {"status": self.status, "data": data})()

    def token(self, **claims: Any) -> str:
        said = {
            "iss": "https://accounts.google.com", "aud": AUDIENCE, "email": PUSH, "email_verified": True,
            "iat": int(NOW.timestamp()) - 10, "exp": int((NOW + HOUR).timestamp()), **claims,
        }  # fmt: skip
        return jwt.encode(self.signer, {key: one for key, one in said.items() if one is not None}).decode()


@pytest.fixture(scope="module")
def google() -> Issuer:
    return Issuer("google")


@pytest.fixture(scope="module")
def stranger() -> Issuer:
    return Issuer("somebody else")


@pytest.fixture
def check(google: Issuer) -> Callable[[str], str]:
    identity = CallerIdentity(AUDIENCE, frozenset({PUSH}), FakeClock(NOW), in_front=False, fetch=google.fetch)
    return lambda token: identity.stranger(f"Bearer {token}")


def in_front(token: str) -> str:
    """The same token as Cloud Run hands it on."""
    return ".".join((*token.split(".")[:2], REMOVED))


def behind(clock: FakeClock | None = None) -> CallerIdentity:
    return CallerIdentity(AUDIENCE, frozenset({PUSH}), clock or FakeClock(NOW), in_front=True)


def test_whom_google_vouches_for_may_call(check: Callable[[str], str], google: Issuer) -> None:
    assert check(google.token()) == ""


UNFIT: list[dict[str, Any]] = [
    {"iss": "https://accounts.example.com"}, {"iss": None}, {"aud": "https://execute.example.com"}, {"aud": None},
    {"aud": ""}, {"aud": [AUDIENCE]}, {"exp": int((NOW - HOUR).timestamp())}, {"exp": None}, {"email": None},
    {"email": "push@evil.iam.gserviceaccount.com"}, {"email": PUSH.upper()}, {"email": f"{PUSH}.evil.example"},
    {"email_verified": False}, {"email_verified": None}, {"email_verified": "true"}, {"email_verified": 1},
]  # fmt: skip


@pytest.mark.hazard("H05", "H06", "H28")
@pytest.mark.parametrize("claims", UNFIT, ids=str)
def test_each_thing_a_token_says_is_checked_with_and_without_cloud_run_in_front(
    check: Callable[[str], str], google: Issuer, claims: dict[str, Any]
) -> None:
    token = google.token(**claims)
    assert check(token)
    assert behind().stranger(f"Bearer {in_front(token)}")


@pytest.mark.hazard("H05", "H06", "H28")
def test_a_token_that_google_did_not_sign_is_nobodys(check: Callable[[str], str], stranger: Issuer) -> None:
    assert "does not hold" in check(stranger.token())
    assert "does not hold" in behind_with_certificates(stranger.token())


def behind_with_certificates(token: str) -> str:
    """What is said behind Cloud Run of a token that still has its signature: it is checked all the same."""
    issuer = Issuer("google")
    made = CallerIdentity(AUDIENCE, frozenset({PUSH}), FakeClock(NOW), in_front=True, fetch=issuer.fetch)
    return made.stranger(f"Bearer {token}")


@pytest.mark.hazard("H05", "H06", "H28")
def test_a_removed_signature_is_believed_only_where_cloud_run_removed_it(
    check: Callable[[str], str], google: Issuer
) -> None:
    assert behind().stranger(f"Bearer {in_front(google.token())}") == ""
    assert check(in_front(google.token()))


@pytest.mark.parametrize(
    "header",
    ["", "Bearer ", "Bearer a", "Bearer a.b", "Bearer ..", "Basic YTpi", f"Bearer {'x' * 9_000}", "bearer a.b.c", "Bearer a.b.c",
     f"Bearer a.%.{REMOVED}", f"Bearer a.{urlsafe_b64encode(b'[1]').decode()}.{REMOVED}", f"Bearer a.\udcff.{REMOVED}"],
)  # fmt: skip
def test_what_is_no_token_is_nobodys(google: Issuer, header: str) -> None:
    made = CallerIdentity(AUDIENCE, frozenset({PUSH}), FakeClock(NOW), in_front=True, fetch=google.fetch)
    assert made.stranger(header)


@pytest.mark.invariant("I30")
def test_a_token_is_over_by_our_clock_as_well(google: Issuer) -> None:
    clock = FakeClock(NOW)
    made, token = behind(clock), in_front(google.token())
    assert made.stranger(f"Bearer {token}") == ""
    clock.turn(minutes=60)
    assert "expired" in made.stranger(f"Bearer {token}")


def test_certificates_are_fetched_once_an_hour_and_a_failure_is_not_held() -> None:
    clock, issuer = FakeClock(NOW), Issuer("google")
    made = CallerIdentity(AUDIENCE, frozenset({PUSH}), clock, in_front=False, fetch=issuer.fetch)
    token, issuer.status = issuer.token(exp=int((NOW + 2 * HOUR).timestamp())), 500
    with pytest.raises(LookFailed, match="certificates"):
        made.stranger(f"Bearer {token}")
    issuer.status = 200
    assert [made.stranger(f"Bearer {token}") for _ in range(5)] == [""] * 5
    clock.turn(minutes=61)
    assert made.stranger(f"Bearer {token}") == ""
    assert issuer.asked == 3


@pytest.mark.hazard("H05")
@pytest.mark.parametrize(("audience", "callers"), [("", frozenset({PUSH})), (AUDIENCE, frozenset[str]())])
def test_without_an_audience_or_callers_nothing_can_be_checked(audience: str, callers: frozenset[str]) -> None:
    with pytest.raises(ValueError, match="not set"):
        CallerIdentity(audience, callers, FakeClock(NOW), in_front=False)


def test_many_requests_at_once_are_each_judged_by_their_own_token(check: Callable[[str], str], google: Issuer) -> None:
    said: list[bool] = []
    good, bad = google.token(), google.token(email="x@y.iam.gserviceaccount.com")
    threads = [
        threading.Thread(target=lambda one=one: said.append((check(one) == "") == (one == good)))
        for one in [good, bad] * 8
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert said == [True] * 16
