"""Every page of a list, or none: a list that never ends is no answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.errors import LookFailed

MOST_PAGES = 200


def every_page(pager: Any, what: str, about: str) -> Iterator[Any]:
    """The pages of one of Google's pagers, to the last.

    Args:
        pager: what the `list` or `search` method of a client returned.
        what: the question, as `asking` takes it.
        about: the resource it is about.

    Raises:
        LookFailed: a page leads back to one that was read, or there are more than anybody would read.
    """
    tokens: set[str] = set()
    for page in pager.pages:
        yield page
        token = page.next_page_token
        if token in tokens or len(tokens) >= MOST_PAGES:
            raise LookFailed(what, about, f"its pages do not end ({len(tokens) + 1} were read)")
        tokens.add(token)
