"""The token of a request -> whether one of our own callers sent it: Pub/Sub, Cloud Tasks, Cloud Scheduler.

IAM lets nobody else in already; that it does is not taken for granted. Headers that name a task are never read.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from shared.errors import LookFailed
from shared.ports import Clock

BEARER = "Bearer "
ISSUERS = ("https://accounts.google.com", "accounts.google.com")
REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"
"""What Cloud Run puts in a signature's place once it has checked it ("Troubleshoot Cloud Run", signature removed)."""
LONGEST = 8_192
HELD_FOR = timedelta(hours=1)
"""For how long Google's certificates are used again; it publishes new ones long before it signs with them."""
Fetch = Callable[..., Any]
"""What calls an address over HTTP, as google-auth does it."""


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says; each of these has to be in it."""

    iss: str
    aud: str
    exp: float
    email: str
    email_verified: bool


class CallerIdentity:
    """Who may call one function: the service accounts named, with a token made for its audience.

    `in_front` is whether Cloud Run checks signatures before us: it then leaves none to check, and one is believed
    without it. `fetch` gets Google's certificates where there is one to check.
    """

    def __init__(
        self, audience: str, callers: frozenset[str], clock: Clock, *, in_front: bool, fetch: Fetch | None = None
    ) -> None:
        if not audience or not callers:
            raise ValueError("an audience that is not set would not be checked")
        self._audience, self._callers, self._clock, self._in_front = audience, callers, clock, in_front
        self._fetch = fetch
        self._held: tuple[Any, datetime] | None = None

    def stranger(self, authorization: str) -> str:
        """Why whoever sent a request is none of our callers, "" for one that is.

        Raises:
            LookFailed: Google's certificates cannot be had now.
        """
        if not authorization.startswith(BEARER) or len(authorization) > LONGEST:
            return "no token"
        token = authorization.removeprefix(BEARER)
        header, _, rest = token.partition(".")
        payload, _, signature = rest.partition(".")
        if not (header and payload and signature):
            return "no token"
        claims = _claims(payload)
        if claims is None:
            return "a token that says too little"
        is_signed = not (self._in_front and signature == REMOVED)
        return self._against(claims) or (self._forged(token) if is_signed else "")

    def _against(self, claims: Claims) -> str:
        if claims.iss not in ISSUERS:
            return "a token of another issuer"
        if claims.aud != self._audience:
            return "a token for another audience"
        if not claims.exp > self._clock.now().timestamp():
            return "a token that has expired"
        if claims.email_verified is not True or claims.email not in self._callers:
            return "a token of somebody who is not to call this"
        return ""

    def _forged(self, token: str) -> str:
        """Why Google has not signed a token, "" where it has."""
        from google.auth.exceptions import GoogleAuthError, TransportError
        from google.oauth2.id_token import verify_oauth2_token

        try:
            verify_oauth2_token(token, self._certificates, self._audience)  # type: ignore[no-untyped-call]
        except TransportError as error:
            raise LookFailed("get the certificates", "Google's tokens", str(error)) from error
        except (GoogleAuthError, ValueError) as error:
            return f"a token that does not hold ({type(error).__name__})"
        return ""

    def _certificates(self, url: str, method: str = "GET", **_: Any) -> Any:
        """Google's certificates, held for a while: not every message fetches them."""
        now = self._clock.now()
        if self._held is not None and now < self._held[1]:
            return self._held[0]
        answer = (self._fetch or _over_https())(url, method=method)
        self._held = (answer, now + HELD_FOR) if answer.status == 200 else None
        return answer


def _claims(payload: str) -> Claims | None:
    try:
        return msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=Claims)
    except (NotBase64, msgspec.DecodeError, ValueError):
        return None


def _over_https() -> Fetch:
    from google.auth.transport.requests import Request

    return Request()
