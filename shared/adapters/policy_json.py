"""Allow policies as the older clients give them, as JSON, turned into our values."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from shared.adapters.policies import with_conditions_seen
from shared.model.facts import Binding, Condition, Policy


class _Answer(Struct):
    """The fields of a policy that matter; what does not fit them makes no sense."""

    etag: str
    bindings: list[Binding] = []
    version: int | None = None


def policy_of(resource: str, answer: Any) -> Policy:
    """The policy of a resource from the JSON that a server answered.

    Raises:
        ValueError: the answer is no policy, or only a part of one: Google never leaves the etag out.
        LookFailed: its conditions are hidden in the names of its roles.
    """
    read = msgspec.convert(answer, _Answer)
    found = Policy(resource=resource, bindings=tuple(read.bindings), etag=read.etag, version=read.version or 1)
    return with_conditions_seen(found)


def condition_of(said: Any) -> Condition | None:
    """The condition of an access entry, None where there is none."""
    return None if said is None else msgspec.convert(said, Condition)
