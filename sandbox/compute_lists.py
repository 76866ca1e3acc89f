"""Lists of Compute Engine: pages, filters, and the warning that a list is not whole."""

from __future__ import annotations

import re
from typing import Any

from sandbox.door import Call
from sandbox.errors import Refusal
from sandbox.machines import LINK
from sandbox.world import Json, Resource, World

PAGE = 500
"""The most that a page may hold: compute v1, parameter maxResults."""
TERM = re.compile(r"\(?\s*([A-Za-z]+)\s*(!?=)\s*\"?([^\"()\s]+)\"?\s*\)?")


def listed(world: World, call: Call, what: str, resources: list[Resource]) -> Json:
    """One page of a collection (`operationList` as its kind says), filtered as the call asks."""
    return page(call, what, [one.body for one in resources]) | _warning(world, call)


def page(call: Call, what: str, items: list[Json]) -> Json:
    """The page that a call asks for; an unknown page token or a filter that cannot be read is refused."""
    chosen = [one for one in items if _passes(one, call.params.get("filter", ""))]
    token, size = call.params.get("pageToken", "0"), min(int(call.params.get("maxResults") or PAGE), PAGE)
    if not token.isdigit():
        raise _invalid("pageToken", token, "The page token is not one of ours.")
    start = int(token)
    shown = chosen[start : start + size]
    more = {"nextPageToken": str(start + size)} if start + size < len(chosen) else {}
    where = "/".join(f"{key}s/{call[key]}" for key in ("project", "zone", "region") if key in call.params)
    link = f"{LINK}/{where}"
    return {"kind": f"compute#{what}", "id": where, "selfLink": link, **({"items": shown} if shown else {}), **more}


def _warning(world: World, call: Call) -> Json:
    project = world.project(call["project"])
    if project is None or not project.hidden.get("unreachable"):
        return {}
    return {"warning": {"code": "UNREACHABLE", "message": "Some of the resources could not be reached."}}


def _passes(item: Json, asked: str) -> bool:
    """Whether an item passes a filter of the forms `a = b`, `a != b` and several of them in brackets."""
    rest = TERM.sub("", asked).replace("AND", "").strip()
    if rest:
        raise _invalid("filter", asked, "Invalid list filter expression.")
    return all((_text(item, field) == value) is (sign == "=") for field, sign, value in TERM.findall(asked))


def _text(item: Json, field: str) -> str:
    value: Any = item.get(field, "")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _invalid(field: str, value: str, why: str) -> Refusal:
    return Refusal("INVALID_ARGUMENT", f"Invalid value for field '{field}': '{value}'. {why}", reason="invalid")
