"""Every kind of fix, one file each: `ACTION = ActionKind(id, preview)`. Here they only say what they would do.

`preview` turns a denial and its diagnosis into the steps of a plan, or into advice where something needed is not stated.
The folder is scanned; ids are unique and name their file.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable

from msgspec import Struct

from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.plan import Action


class ActionKind(Struct, frozen=True, kw_only=True):
    """One kind of fix, by the id that causes name in `fix`."""

    id: str
    preview: Callable[[Denial, Diagnosis], tuple[Action, ...]]


def _scan() -> dict[str, ActionKind]:
    names = [name[:-3] for name in sorted(os.listdir(os.path.dirname(__file__))) if name.endswith(".py") and name != "__init__.py"]
    kinds = [importlib.import_module(f"{__name__}.{name}").ACTION for name in names]
    if [kind.id for kind in kinds] != names:
        raise ImportError("an action's id names its file")
    return {kind.id: kind for kind in kinds}


ACTIONS = _scan()
