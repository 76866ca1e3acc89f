"""Who says yes, Tier -> the people who count: enough of them, each once, and nobody for themselves."""

from __future__ import annotations

from collections.abc import Iterable

from shared.approvals.people import mailbox
from shared.errors import Refused

NEEDED = {"T0": 1, "T1": 1, "T2": 2}
"""How many different people a tier takes; what is not named here is never approved."""
MACHINES = "gserviceaccount.com"
IN_A_NAME = frozenset(".!#$%&'*+/=?^_`{|}~-")
LONGEST_ADDRESS = 254


def approvers(by: Iterable[str], tier: str, never: Iterable[str]) -> tuple[str, ...]:
    """The people who approve a plan of a tier, each once, as e-mail addresses in lower case.

    `never` are those who asked, or gain by it: whoever was refused, on whose behalf, and whom the plan gives something.

    Raises:
        Refused: somebody is no person, or may not approve this, or there are too few people.
    """
    if tier not in NEEDED:
        raise Refused(f"tier {tier} is never carried out by a machine, whoever approves it")
    excluded = {mailbox(one) for one in never}
    people: dict[str, str] = {}
    for said in by:
        address = _address(said)
        if mailbox(address) in excluded:
            raise Refused(f"{address} was refused, or gains by it, and nobody approves for themselves")
        people.setdefault(mailbox(address), address)
    if len(people) < NEEDED[tier]:
        count = "one person" if NEEDED[tier] == 1 else f"{NEEDED[tier]} different people"
        raise Refused(f"tier {tier} takes {count} to approve it, not {len(people)}: name each with --by EMAIL")
    return tuple(people.values())


def _address(said: str) -> str:
    """An e-mail address of a person, in lower case."""
    address = said.strip().lower()
    name, _, domain = address.rpartition("@")
    labels = domain.split(".")
    is_name = bool(name) and all(one.isalnum() or one in IN_A_NAME for one in name)
    is_domain = len(labels) > 1 and all(one.replace("-", "").isalnum() for one in labels)
    if not (address.isascii() and len(address) <= LONGEST_ADDRESS and is_name and is_domain):
        raise Refused(f"{said[:80]!r} is no e-mail address of a person")
    if domain == MACHINES or domain.endswith(f".{MACHINES}"):
        raise Refused(f"{address} is the account of a machine, and only people approve")
    return address
