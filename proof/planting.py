"""Replacing something of the product for a while, as a defect would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct


class Planted(Struct, frozen=True):
    """What stands for `name` in a module, a class, or (by its key) a table."""

    where: Any
    name: Any
    instead: Any


@contextmanager
def planted(*every: Planted) -> Iterator[None]:
    """Have these in place until the block ends."""
    before = [_put(one) for one in every]
    try:
        yield
    finally:
        for one in reversed(before):
            _put(one)


def _put(one: Planted) -> Planted:
    """Put it there; what was there before."""
    if isinstance(one.where, dict):
        old = Planted(one.where, one.name, one.where[one.name])
        one.where[one.name] = one.instead
        return old
    old = Planted(one.where, one.name, getattr(one.where, one.name))
    setattr(one.where, one.name, one.instead)
    return old
