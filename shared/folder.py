"""A folder of one file a thing: the modules in it, by name, so that adding a file is all there is to adding one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType


def members(package: str, path: Iterable[str]) -> dict[str, ModuleType]:
    """Every module directly inside a package, imported, in the order of their names."""
    names = sorted(found.name for found in pkgutil.iter_modules(path))
    return {name: importlib.import_module(f"{package}.{name}") for name in names}
