"""Every kind of fix, one file each: `ACTION = ActionKind(id, preview)`. So far they only say what they would do.

`preview` turns a denial and its diagnosis into the steps of a plan, or into advice where something needed is not
stated. The folder is scanned; an id names its file.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from shared.folder import members
from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.plan import Action


class ActionKind(Struct, frozen=True, kw_only=True):
    """One kind of fix, by the id that causes name in `fix`."""

    id: str
    preview: Callable[[Denial, Diagnosis], tuple[Action, ...]]


def _scan() -> dict[str, ActionKind]:
    kinds: dict[str, ActionKind] = {name: module.ACTION for name, module in members(__name__, __path__).items()}
    for name, kind in kinds.items():
        if kind.id != name:
            raise ImportError(f"action {kind.id!r} in {name}: an id names its file")
    return kinds


ACTIONS = _scan()
