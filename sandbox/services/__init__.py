"""Every API the sandbox answers, one file each: `API` is its discovery document, `DOORS` its methods."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from sandbox.discovery import Method, methods
from sandbox.door import Door, doors_by_id


@cache
def doors() -> dict[str, tuple[Method, Door]]:
    """Every method by its discovery id with the door that answers it."""
    found: dict[str, tuple[Method, Door]] = {}
    for one in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        module = importlib.import_module(f"{__name__}.{one.name}")
        known = methods(module.API)
        for name, door in doors_by_id(module.DOORS).items():
            found[name] = (known[name], door)
    return found
