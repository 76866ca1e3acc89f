"""How IAM writes members down: two spellings of one member must not look like two."""

from __future__ import annotations

SPELT_EXACTLY = ("principal:", "principalSet:", "principalHierarchy:", "allUsers", "allAuthenticatedUsers")
"""The kinds of members in which capital letters count."""


def as_stored(member: str) -> str:
    """A member as IAM would store it: of addresses and domains the letter case does not count, of the kind it does."""
    if member.startswith(SPELT_EXACTLY):
        return member
    if member.startswith("deleted:"):
        return f"deleted:{as_stored(member.removeprefix('deleted:'))}"
    kind, colon, name = member.partition(":")
    return f"{kind}{colon}{name.lower()}"


def told_binding(text: str) -> tuple[str, str]:
    """The role and the member, as it is stored, of a binding that the activity log tells of as `ROLE MEMBER`."""
    role, _, member = text.partition(" ")
    return role, as_stored(member)
