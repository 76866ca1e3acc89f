"""IAM conditions: CEL over the request's time and the resource's name, type, service and tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import cel

from sandbox.world import Resource


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What is known of a call when a condition is evaluated; None is not known.

    Attributes as in the IAM documentation, "Attribute reference for IAM Conditions".
    """

    time: datetime | None = None
    name: str | None = None
    service: str | None = None
    type: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


def circumstances_of(resource: str, known: Resource | None, when: datetime) -> Circumstances:
    """Everything that a service knows of a call on a resource at a time."""
    host, _, name = resource.removeprefix("//").partition("/")
    parts = name.split("/")
    kind = parts[-2] if len(parts) > 1 else ""
    written = f"{host}/{kind[:1].upper()}{kind[1:].removesuffix('s')}"
    return Circumstances(time=when, name=name, service=host, type=written, tags=tags_of(known))


def tags_of(resource: Resource | None) -> dict[str, str]:
    """The tags of a resource, key to value by their names."""
    return dict((resource.hidden.get("tags") if resource else None) or {})


def value_of(expression: str, known: Circumstances) -> bool | None:
    """Whether a condition is true, as far as it can be told: None where it cannot be evaluated."""
    context = cel.Context()
    context.add_variable("request", {} if known.time is None else {"time": known.time})
    told = {"name": known.name, "service": known.service, "type": known.type}
    context.add_variable("resource", {key: value for key, value in told.items() if value is not None})
    context.add_function("matchTag", lambda _, key, value: known.tags.get(key) == value)
    try:
        value = cel.evaluate(expression, context)
    except (ValueError, KeyError, TypeError, RuntimeError):
        return None
    return value if isinstance(value, bool) else None
