"""Pages of a list: `pageSize` and `pageToken` as most of Google's APIs have them."""

from __future__ import annotations

from typing import Any

from sandbox.door import Call
from sandbox.world import Json


def page_of(field: str, items: list[Any], call: Call, *, most: int) -> Json:
    """The page that a call asks for, with the token of the next one; a token that is none of ours begins anew."""
    token = call.params.get("pageToken") or (call.body.get("pageToken", "") if isinstance(call.body, dict) else "")
    size = call.params.get("pageSize") or (call.body.get("pageSize") if isinstance(call.body, dict) else None)
    start = int(token) if token.isdigit() else 0
    end = start + min(int(size or 0) or most, most)
    page = items[start:end]
    more = {"nextPageToken": str(end)} if end < len(items) else {}
    return {**({field: page} if page else {}), **more}
