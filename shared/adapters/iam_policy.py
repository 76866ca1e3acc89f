"""One question that many services answer alike: the allow policy of a resource (google.iam.v1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.adapters.asking import asking, limits
from shared.adapters.policies import policy_from
from shared.model.facts import Policy

WITH_CONDITIONS = 3
"""The policy version to ask for: with any other, conditional bindings come back changed (google.iam.v1 Policy)."""


def read_policy(client: Callable[[], Any], resource: str, name: str, permission: str) -> Policy:
    """The policy of a resource, from the client of its service.

    Args:
        client: makes or finds any of Google's clients that has `get_iam_policy`; without credentials that fails too.
        resource: the full name, for whoever reads the answer.
        name: the same as the service's own API takes it.
        permission: what asking takes.
    """
    request = {"resource": name, "options": {"requested_policy_version": WITH_CONDITIONS}}
    with asking("read the policy", resource, permission):
        return policy_from(resource, client().get_iam_policy(request=request, **limits()))
