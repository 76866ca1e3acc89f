"""What we would need to be allowed to see what Policy Troubleshooter hides from us."""

from __future__ import annotations

from shared.model.evidence import UNKNOWN
from shared.model.facts import Access

OTHER_PREFIXES = {"cloudresourcemanager": "resourcemanager"}
"""Services whose permissions begin otherwise than their host."""
POLICY_OF = "an allow policy of "


def to_see(seen: Access) -> str | None:
    """The permission that would have told: the first that is missing, None where no permission would."""
    for hidden in seen.unseen:
        if hidden.startswith("what roles/") or (hidden.startswith("what ") and "/roles/" in hidden):
            return "iam.roles.get"
        name = hidden.removeprefix(POLICY_OF).partition(" ")[0]
        if name.startswith("//") and seen.allowed is UNKNOWN:
            return _reads_policy(name)
    return "iam.denypolicies.get" if seen.denied is UNKNOWN else None


def _reads_policy(resource: str) -> str | None:
    """`storage.buckets.getIamPolicy` for the full name of a bucket."""
    host, _, path = resource.removeprefix("//").partition("/")
    parts = path.split("/")
    service = host.removesuffix(".googleapis.com")
    return f"{OTHER_PREFIXES.get(service, service)}.{parts[-2]}.getIamPolicy" if len(parts) > 1 else None
