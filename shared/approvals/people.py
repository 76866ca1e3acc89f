"""Addresses -> whom they reach, who is the same person, and who never counts."""

from __future__ import annotations

from collections.abc import Iterable

MACHINES = "gserviceaccount.com"
GOOGLE_MAIL = ("gmail.com", "googlemail.com")
"""Two names of one place, where a dot in a name means nothing."""
IN_A_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.!#$%&*+/=?^_{|}~-")
"""What a name may be made of: no quote and no backslash, so that an address never ends a string it stands in."""
LONGEST_ADDRESS = 254
SETS = ("allUsers", "allAuthenticatedUsers", "principalSet://", "projectOwner:", "projectEditor:", "projectViewer:")
"""Members of whom we cannot say whether somebody is among them."""
GROUP, DOMAIN, ONE_OF_A_POOL = "group:", "domain:", "principal://"


def mailbox(said: str) -> str:
    """Whom an address, or the member of a policy, reaches: without its kind, its tag and what means nothing."""
    name, _, domain = said.strip().lower().partition("?")[0].rpartition(":")[2].rpartition("@")
    name = name.partition("+")[0]
    return f"{name.replace('.', '')}@{GOOGLE_MAIL[0]}" if domain in GOOGLE_MAIL else f"{name}@{domain}"


def is_address(said: str) -> bool:
    """Whether this is the e-mail address of somebody, in small letters, and nothing else."""
    name, _, domain = said.rpartition("@")
    is_name = bool(name) and not set(name) - IN_A_NAME
    return is_name and is_domain(domain) and len(said) <= LONGEST_ADDRESS


def is_domain(said: str) -> bool:
    """Whether this is the name of a domain: two labels or more, of ASCII letters, digits and hyphens."""
    labels = said.split(".")
    return said.isascii() and len(labels) > 1 and all(one.replace("-", "").isalnum() for one in labels)


def no_person(address: str, domains: Iterable[str]) -> str:
    """Why nobody of the organisation has this address, in words that follow it; "" where somebody may."""
    said = address.lower()
    if not is_address(said):
        return "is no e-mail address of a person"
    domain = said.rpartition("@")[2]
    if domain == MACHINES or domain.endswith(f".{MACHINES}"):
        return "is the account of a machine, and only people approve"
    if domain not in {one.lower() for one in domains}:
        return "is a guest: the address is in none of the organisation's domains"
    return ""


def excluded(address: str, groups: Iterable[str], never: Iterable[str]) -> str:
    """Why somebody in these groups may not approve, in words that follow the address; "" where they may.

    A member that cannot be compared with a person is taken to be everyone: who gains by it is then not known.
    """
    reached, inside = mailbox(address), {one.lower() for one in groups}
    for member in never:
        if _is_one_of(member, reached, inside):
            return "was refused, or gains by it, and nobody approves for themselves"
        if member.startswith(SETS):
            return f"may be among those who gain by it: {member[:80]}"
    return ""


def _is_one_of(member: str, reached: str, groups: set[str]) -> bool:
    if member.startswith(GROUP):
        return member.removeprefix(GROUP).lower() in groups
    if member.startswith(DOMAIN):
        return reached.endswith(f"@{member.removeprefix(DOMAIN).lower()}")
    if member.startswith(ONE_OF_A_POOL):
        return mailbox(member.rpartition("/")[2]) == reached
    return mailbox(member) == reached


def groups_of(never: Iterable[str]) -> tuple[str, ...]:
    """The groups, by address, whose members may not approve."""
    return tuple(one.removeprefix(GROUP).lower() for one in never if one.startswith(GROUP))
