"""Every question to Google goes through here: one deadline, one way to retry, one way to fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.errors import LookFailed, NotAllowedToLook, NotFound

TIMEOUT_SECONDS = 10.0
"""How long one question may take, retries included; the questions of a run have a deadline of their own."""
INITIAL, MOST = 0.25, 2.0


def patience() -> Any:
    """The retry policy of every question: what passes by itself (429, 503, a broken connection) is asked again."""
    from google.api_core import exceptions, retry
    from requests.exceptions import ConnectionError as Broken

    passing = retry.if_exception_type(
        exceptions.TooManyRequests, exceptions.ServiceUnavailable, exceptions.Aborted, ConnectionError, Broken
    )
    return retry.Retry(predicate=passing, initial=INITIAL, maximum=MOST, timeout=TIMEOUT_SECONDS)


def limits() -> dict[str, Any]:
    """The keyword arguments that every call of a client gets: how it is asked again, and for how long."""
    return {"retry": patience(), "timeout": TIMEOUT_SECONDS}


VERBS = ("GET http", "POST http", "PUT http", "PATCH http", "DELETE http")


@contextmanager
def asking(what: str, about: str, permission: str) -> Iterator[None]:
    """Turn what Google's clients raise into ours.

    Args:
        what: the question in words, after "could not": "read the policy".
        about: the resource it is about.
        permission: what the asking identity needs for it.

    Raises:
        NotAllowedToLook: Google refused the question (403), or did not know who asks (401).
        NotFound: what was asked about does not exist (404).
        LookFailed: no usable answer: unreachable, too slow, an error of the server, or an answer that makes no sense.
    """
    from google.api_core import exceptions
    from google.auth import exceptions as auth
    from google.protobuf.json_format import Error as NoMessage
    from requests import exceptions as http

    try:
        yield
    except (exceptions.Forbidden, exceptions.Unauthorized) as error:
        raise NotAllowedToLook(permission, about, _sentence(error)) from error
    except exceptions.NotFound as error:
        raise NotFound(f"{about} does not exist") from error
    except (exceptions.GoogleAPIError, auth.GoogleAuthError, http.RequestException, OSError) as error:
        raise LookFailed(what, about, _sentence(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, NoMessage) as error:
        raise LookFailed(what, about, f"the answer makes no sense ({type(error).__name__})") from error


def _sentence(error: Exception) -> str:
    """Google's words without the request that the REST clients put in front of them."""
    said = str(getattr(error, "message", "") or error)
    if said.startswith(VERBS):
        said = said.partition(": ")[2] or said
    return said.splitlines()[0][:300] if said else type(error).__name__
