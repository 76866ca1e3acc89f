"""The policy file as frozen data: which changes operators permit, to whom, where, and on whose word."""

from __future__ import annotations

from datetime import date

from msgspec import Struct, field

from shared.model.decision import NOTIFY, Mode, Quorum

VERSION = 1


class Problem(Struct, frozen=True, order=True):
    """One thing that is wrong with a policy file: where, and a sentence that says what and what to write instead."""

    line: int
    column: int
    said: str

    def __str__(self) -> str:
        """The problem as one line for the person who wrote the file."""
        return f"line {self.line}, column {self.column}: {self.said}"


class Defaults(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What holds where no rule says otherwise: `minutes` is how long an approval may be given."""

    mode: Mode = NOTIFY
    hours: int = 1
    minutes: int = 30


class PrincipalMatch(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Who is meant, all of it together: exact IAM members, members of a directory group, accounts of the target."""

    exactly: tuple[str, ...] = field(default=(), name="is")
    in_group: str = ""
    of_target_project: bool = False


class TargetMatch(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Which target is meant, all of it together: exact full names, what it stands under, its kind, its labels."""

    exactly: tuple[str, ...] = field(default=(), name="is")
    under: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    labels: dict[str, tuple[str, ...]] = {}


class When(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """When a rule applies; what is empty was not written and asks for nothing."""

    source: tuple[str, ...] = ()
    cause: tuple[str, ...] = ()
    principal: PrincipalMatch | None = None
    permission: tuple[str, ...] = ()
    target: TargetMatch | None = None


class Then(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """What a rule says: a mode, and for a mode that permits something, exactly what and on what terms.

    `hours` is None where the defaults hold. `until` is the last day of a rule that ignores, in UTC.
    """

    mode: Mode
    action: str = ""
    roles: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    hours: int | None = None
    quorums: tuple[Quorum, ...] = ()
    window: str = ""
    until: date | None = None
    reason: str = ""


class Rule(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """One rule of the file, by an id that people and the kill switch may name."""

    id: str
    when: When
    then: Then


class GatePolicy(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A whole policy file that was found good; `digest` is the SHA-256 of the file as it was written, in hex."""

    digest: str
    defaults: Defaults = Defaults()
    approvers: tuple[Quorum, ...] = ()
    rules: tuple[Rule, ...] = ()


NOTHING_PERMITTED = GatePolicy(digest="")
"""What holds where there is no usable policy: everything is told and nothing is done."""
