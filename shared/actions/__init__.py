"""Every kind of fix, one file each: `ACTION = ActionKind(id, preview)`. So far they only say what they would do.

`preview` turns a denial and its diagnosis into the steps of a plan, or into advice where something needed is not
stated. It may be given what looking at Google told. The folder is scanned; an id names its file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from shared.folder import members
from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.names import Role
from shared.model.plan import Action

if TYPE_CHECKING:
    from shared.grants.catalogue import Catalogue
    from shared.model.machine import Precondition, Resize, ScopeChange
    from shared.model.work import Attached

Grantable = Mapping[str, frozenset[Role]]
"""By full resource name, what roles.queryGrantableRoles listed for it; what is missing was not asked."""


class Reset(Struct, frozen=True, kw_only=True):
    """Whether the evidence supports a reset: why, and what speaks against it, "" where nothing does."""

    why: str = ""
    against: str = ""


class Known(Struct, frozen=True, kw_only=True):
    """What is known beside the entry when a fix is planned; what is None was not asked, or could not be told.

    `catalogue` are the organisation's roles, `grantable` which of them Google accepts where. `with_lists` are buckets
    without uniform access: their policies take no conditions. `machine_id` is the number
    of the machine that wrote the entry, `scope_change` the change of its access that is right, and `preconditions` what
    speaks against stopping it; `attached` is the account and the scopes that it has. `reset` says whether memory
    exhaustion gives a reason to reset it, `resize` whether it gives one for a larger machine. `account_ids` are the
    numbers of service accounts by their addresses.
    """

    catalogue: Catalogue | None = None
    grantable: Grantable = {}
    with_lists: frozenset[str] = frozenset()
    machine_id: str | None = None
    machine_name: str | None = None
    scope_change: ScopeChange | None = None
    preconditions: tuple[Precondition, ...] | None = None
    attached: Attached | None = None
    reset: Reset | None = None
    resize: Resize | None = None
    account_ids: Mapping[str, str] = {}

    @property
    def enlargement(self) -> Resize | None:
        """The larger size that the machine should have, None without a reason for one, or with one against it."""
        return self.resize if self.resize is not None and not self.resize.against else None


class ActionKind(Struct, frozen=True, kw_only=True):
    """One kind of fix, by the id that causes name in `fix`."""

    id: str
    preview: Callable[[Denial, Diagnosis, Known | None], tuple[Action, ...]]


def _scan() -> dict[str, ActionKind]:
    kinds: dict[str, ActionKind] = {name: module.ACTION for name, module in members(__name__, __path__).items()}
    for name, kind in kinds.items():
        if kind.id != name:
            raise ImportError(f"action {kind.id!r} in {name}: an id names its file")
    return kinds


ACTIONS = _scan()
