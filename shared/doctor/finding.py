"""What a check found: fine, wrong with the command that mends it, or not to be told with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from shared.model.deployment import Place, Untold


class Severity(StrEnum):
    """How a thing stands; what could not be told is never fine."""

    OK = "ok"
    WRONG = "wrong"
    UNTOLD = "could not tell"


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was checked: by which check, how it stands, in a sentence, and the command that mends it."""

    check: str
    severity: Severity
    what: str
    mend: str = ""


def fine(check: str, what: str) -> Finding:
    """It is as it should be."""
    return Finding(check=check, severity=Severity.OK, what=what)


def wrong(check: str, what: str, mend: str) -> Finding:
    """It is not, and this mends it."""
    return Finding(check=check, severity=Severity.WRONG, what=what, mend=mend)


def untold(check: str, about: str, why: Untold) -> Finding:
    """It could not be read; where a permission is missing, whose that is."""
    mend = f"run it as somebody who has {why.permission} on {why.on}" if why.permission else ""
    return Finding(check=check, severity=Severity.UNTOLD, what=f"{about}: {why.why}", mend=mend)


def apply(place: Place, *addresses: str) -> str:
    """The command that makes Terraform put resources back as they should be."""
    return " ".join(["terraform apply", *(f"-target='{place.module}{one}'" for one in addresses)])


def exit_code(findings: Iterable[Finding]) -> int:
    """0 where all is well, 1 where something is wrong, 2 where nothing is but something could not be told."""
    seen = {one.severity for one in findings}
    if Severity.WRONG in seen:
        return 1
    return 2 if Severity.UNTOLD in seen or not seen else 0
