"""A folder of one file a thing: the modules in it, by name, so that adding a file is all there is to adding one."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterable
from importlib.util import module_from_spec
from types import ModuleType
from typing import Any


def members(package: str, path: Iterable[str]) -> dict[str, ModuleType]:
    """Every module directly inside a package, imported, in the order of their names.

    Each is loaded by the finder that lists it: asking all finders again for a hundred files would be felt at a start.
    """
    found = sorted(pkgutil.iter_modules(path), key=lambda one: one.name)
    return {one.name: _imported(f"{package}.{one.name}", one.module_finder) for one in found}


def _imported(name: str, finder: Any) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = finder.find_spec(name)
    if spec is None or spec.loader is None:
        raise ImportError(f"{name} was listed and is gone", name=name)
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
