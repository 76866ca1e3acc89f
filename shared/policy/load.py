"""The bytes of a policy file -> the policy, or every problem at once: a file is used whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from shared.errors import PolicyError
from shared.model.policy import GatePolicy

if TYPE_CHECKING:
    from shared.grants.catalogue import Catalogue

MOST_TOLD = 100


def load(text: bytes, *, now: datetime, strong: bool = False, catalogue: Catalogue | None = None) -> GatePolicy:
    """The policy in a file.

    Args:
        text: the file, as YAML.
        now: what has expired is refused.
        strong: whether a way to give strong proof (OIDC, IAP) is set up.
        catalogue: the organisation's roles; without it the names of roles are checked, but not what they hold.

    Raises:
        PolicyError: with every problem there is; nothing of the file may be used.
    """
    from shared.causes import CAUSES
    from shared.policy.judging import Known
    from shared.policy.making import make
    from shared.policy.reading import Page, parts_of

    page = Page()
    parts = parts_of(text, page)
    known = Known(today=now.astimezone(UTC).date(), causes=CAUSES.keys(), catalogue=catalogue, strong=strong)
    policy = make(parts, sha256(text).hexdigest(), known, page) if parts is not None else None
    if policy is None or page.problems:
        raise PolicyError(sorted(set(page.problems))[:MOST_TOLD])
    return policy
