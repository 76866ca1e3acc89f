"""What a written rule may ask of one step of a plan; nothing else about a denial can decide anything."""

from __future__ import annotations

from msgspec import Struct


class Subject(Struct, frozen=True, kw_only=True):
    """One step that would change something, in the terms of the policy file; None is "could not tell", never "none".

    `source` is the trust of the entry (`audit`, `google`, `text`). `principal` is an IAM member (`user:a@example.com`),
    `principal_project` the project that owns a service account, and `principal_ancestry` what that stands under, as
    `ancestry` does of the target. `groups` says of each directory group that was asked
    about whether the principal is in it (None: could not tell). `target` is a full resource name, `kind` its type in
    the singular (`project`, `bucket`, `instance`, ...), `project` its project as `projects/ID`, `ancestry` what
    it stands under (`projects/NUMBER`, `folders/N`, `organizations/N`, narrowest first), `labels` those of the target
    or, where it has none of its own, of its project. `roles` and `services` are what the step would grant or enable.
    """

    source: str
    cause: str
    action: str
    principal: str | None = None
    principal_project: str | None = None
    principal_ancestry: tuple[str, ...] | None = None
    groups: dict[str, bool | None] = {}
    permissions: tuple[str, ...] = ()
    target: str | None = None
    kind: str | None = None
    project: str | None = None
    ancestry: tuple[str, ...] | None = None
    labels: dict[str, str] | None = None
    roles: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
