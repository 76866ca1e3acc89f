"""Whether a service account is still the one that was planned for: right before it gains anything, or is opened."""

from __future__ import annotations

from shared.ports import Sight


def made_anew(email: str, number: str, sight: Sight) -> str:
    """That another account has the address by now, as a sentence; "" where it has not, or no number was told."""
    if not number:
        return ""
    found = sight.account(email).unique_id
    if found == number:
        return ""
    return f"{email} was deleted and made anew since that was planned: it is {found} and was {number}, so plan anew"
