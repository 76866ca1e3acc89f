"""IAM conditions: CEL over the request's time and the resource's name, type, service and tags."""

from __future__ import annotations

from datetime import datetime

import cel

from sandbox.world import Resource


def holds(expression: str, resource: str, known: Resource | None, when: datetime) -> bool:
    """Whether a condition is true for a call on a resource at a time; one that cannot be evaluated is not true.

    Attributes as in the IAM documentation, "Attribute reference for IAM Conditions".
    """
    host, _, name = resource.removeprefix("//").partition("/")
    parts = name.split("/")
    kind = parts[-2] if len(parts) > 1 else ""
    tags = (known.hidden.get("tags") if known else None) or {}
    context = cel.Context()
    context.add_variable("request", {"time": when})
    context.add_variable(
        "resource", {"name": name, "service": host, "type": f"{host}/{kind[:1].upper()}{kind[1:].removesuffix('s')}"}
    )
    context.add_function("matchTag", lambda _, key, value: tags.get(key) == value)
    try:
        return cel.evaluate(expression, context) is True
    except (ValueError, KeyError, TypeError, RuntimeError):
        return False
