"""Words of an entry -> the same without credentials: those known by their form, and those named right before."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits

HIDDEN = "[hidden]"
FORMS = ("ya29.", "eyJ", "AIza", "1//0", "GOCSPX-", "xoxb-", "xoxp-", "xapp-", "ghp_", "github_pat_", "glpat-")
"""How access and refresh tokens, JSON web tokens, API keys and client secrets begin."""
NAMED = ("token", "password", "passwd", "secret", "signature", "assertion", "api_key", "apikey", "private_key")
SCHEMES = ("bearer ", "basic ")
BEGIN, END = "-----BEGIN", "-----END"
SHORTEST, SHORTEST_NAMED = 12, 6
"""Of fewer characters nothing is a credential: `Bearer token` and `token: expired` are words."""
UNNAMED = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "headers", "x-goog-iap-jwt-assertion"}
    | {"token", "access_token", "accesstoken", "id_token", "idtoken", "refresh_token", "refreshtoken"}
    | {
        "password",
        "passwd",
        "secret",
        "client_secret",
        "clientsecret",
        "private_key",
        "privatekey",
        "api_key",
        "apikey",
    }
)
"""Keys of a JSON value, in small letters, below which nothing is read."""
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_VALUE = frozenset(ascii_letters + digits + "-._~+/%|")
_BETWEEN = frozenset("\"'=: \\")


def without_credentials(text: str) -> str:
    """The text with `[hidden]` for every credential in it."""
    shown, at = [], 0
    for start, end in sorted(_credentials(text)):
        if start >= at:
            shown += [text[at:start], HIDDEN]
        at = max(at, end)
    return "".join((*shown, text[at:])) if shown else text


def _credentials(text: str) -> Iterator[tuple[int, int]]:
    """Where credentials begin and end; each character is looked at once for each form or name."""
    lower = text.translate(_LOWER)
    for form in FORMS:
        yield from _runs(text, text, form, 0)
    for scheme in SCHEMES:
        yield from _runs(text, lower, scheme, len(scheme))
    for name in NAMED:
        at = lower.find(name)
        while at >= 0:
            yield from _named(text, at + len(name))
            at = lower.find(name, at + len(name))
    opened = text.find(BEGIN)
    if opened >= 0:
        closed = text.rfind(END)
        yield opened, closed if closed > opened else len(text)


def _runs(text: str, lower: str, mark: str, skipped: int) -> Iterator[tuple[int, int]]:
    """Every long enough run of characters of a credential at a mark, or after it."""
    at = lower.find(mark)
    while at >= 0:
        start = at + skipped
        end = _end(text, start)
        if end - start >= SHORTEST:
            yield start, end
        at = lower.find(mark, max(end, at + len(mark)))


def _named(text: str, at: int) -> Iterator[tuple[int, int]]:
    """The value after a name, if a sign of equality stands between them, or a colon and it looks like no word."""
    start = at
    while start < len(text) and text[start] in _BETWEEN:
        start += 1
    between = text[at:start]
    if "=" not in between and ":" not in between:
        return
    end = _end(text, start)
    is_long = end - start >= SHORTEST_NAMED and any(char in digits for char in text[start:end])
    if end > start and ("=" in between or is_long):
        yield start, end


def _end(text: str, start: int) -> int:
    while start < len(text) and text[start] in _VALUE:
        start += 1
    return start
