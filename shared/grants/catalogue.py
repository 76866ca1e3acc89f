"""The organisation's roles in one file that is mapped and not parsed: which roles hold a permission, and what else.

Layout, little endian: MAGIC; the header; four index tables of 32-bit numbers (where each permission's and each role's
text begins, where each role's permissions and each permission's roles begin); two lists of 16-bit ids; the texts, in
the order of their ids, which is their alphabetical order.
"""

from __future__ import annotations

import mmap
import struct
from array import array
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import accumulate, pairwise

from shared.model.names import Permission, Role
from shared.model.role import CatalogueOrigin, RoleDefinition, Stage

MAGIC = b"unforbid roles 1"
_HEADER = struct.Struct("<QIIII")
MOST_IDS = 65_535


class CatalogueError(ValueError):
    """The file is no catalogue of roles, or was cut short."""


def pack(roles: Iterable[RoleDefinition], at: datetime, source: str) -> bytes:
    """The bytes of a catalogue; raises ValueError for more roles or permissions than 16 bits can number."""
    ordered = sorted({role.name: role for role in roles}.values(), key=lambda role: role.name)
    names = sorted({permission for role in ordered for permission in role.permissions})
    if max(len(names), len(ordered)) > MOST_IDS:
        raise ValueError(f"{len(ordered)} roles and {len(names)} permissions are more than a catalogue can number")
    ids = {name: number for number, name in enumerate(names)}
    held = [sorted(ids[permission] for permission in set(role.permissions)) for role in ordered]
    holders: list[list[int]] = [[] for _ in names]
    for number, permissions in enumerate(held):
        for permission in permissions:
            holders[permission].append(number)
    texts = [name.encode() for name in names]
    cards = [f"{role.name}\0{role.title.replace(chr(0), ' ')}\0{role.stage}".encode() for role in ordered]
    tables = (_starts(texts), _starts(cards), _starts(held), _starts(holders))
    lists = array("H", [one for each in (*held, *holders) for one in each])
    origin = source.encode()
    header = _HEADER.pack(int(at.timestamp()), len(names), len(ordered), len(lists) // 2, len(origin))
    parts = (MAGIC, header, *(table.tobytes() for table in tables), lists.tobytes(), *texts, *cards, origin)
    return b"".join(parts)


def _starts(parts: Iterable[bytes | list[int]]) -> array[int]:
    """Where each part begins if all are put behind each other, and where the last one ends."""
    return array("I", [0, *accumulate(len(part) for part in parts)])


class Catalogue:
    """A mapped catalogue; opening it reads nothing but the header."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        head = len(MAGIC) + _HEADER.size
        if len(data) < head or data[: len(MAGIC)] != MAGIC:
            raise CatalogueError("not a catalogue of roles: refresh it with `unforbid roles refresh`")
        seconds, permissions, roles, pairs, origin = _HEADER.unpack(data[len(MAGIC) : head])
        self._permissions: int = permissions
        self._roles: int = roles
        self._data = data
        self._known: dict[int, Permission] = {}
        view = memoryview(data)
        sizes = [4 * (permissions + 1), 4 * (roles + 1), 4 * (roles + 1), 4 * (permissions + 1), 4 * pairs]
        ends = list(accumulate(sizes, initial=head))
        if ends[-1] > len(data):
            raise CatalogueError("the catalogue was cut short: refresh it with `unforbid roles refresh`")
        self._names, self._cards, self._held, self._holders = (
            view[start:end].cast("I") for start, end in pairwise(ends[:5])
        )
        self._ids = view[ends[4] : ends[5]].cast("H")
        self._pairs, self._texts = pairs, ends[5]
        self._described = self._texts + self._names[permissions]
        end: int = self._described + self._cards[roles]
        if end + origin != len(data):
            raise CatalogueError("the catalogue was cut short: refresh it with `unforbid roles refresh`")
        self.origin = CatalogueOrigin(datetime.fromtimestamp(seconds, UTC), bytes(data[end:]).decode())

    @property
    def count(self) -> int:
        """How many roles there are."""
        return self._roles

    def holding(self, permission: Permission) -> frozenset[int]:
        """The numbers of the roles that hold a permission, none if no role does."""
        number = self._find(permission)
        if number is None:
            return frozenset()
        start, end = self._holders[number], self._holders[number + 1]
        return frozenset(self._ids[self._pairs + start : self._pairs + end])

    def spelled(self, permission: Permission) -> Permission:
        """A permission as the catalogue writes it: some stand there as `iam.googleapis.com/workforcePools.get`."""
        if self._find(permission) is None:
            service, _, rest = permission.partition(".")
            hosted = Permission(f"{service}.googleapis.com/{rest}")
            if self._find(hosted) is not None:
                return hosted
        return permission

    def definition(self, number: int) -> RoleDefinition:
        """A role by its number."""
        name, title, stage = self._card(number)
        start, end = self._held[number], self._held[number + 1]
        permissions = tuple(self._permission(one) for one in self._ids[start:end])
        return RoleDefinition(name=Role(name), title=title, stage=Stage(stage), permissions=permissions)

    def name(self, number: int) -> Role:
        """A role's name."""
        return Role(self._card(number)[0])

    def stage(self, number: int) -> Stage:
        """A role's launch stage."""
        return Stage(self._card(number)[2])

    def role(self, name: str) -> RoleDefinition | None:
        """A role by its name, None if the organisation has no such role."""
        number = _bisect(self._roles, lambda at: self._card(at)[0], name)
        return None if number is None else self.definition(number)

    def names(self) -> Iterator[Role]:
        """The names of all roles, in order."""
        return (self.name(number) for number in range(self._roles))

    def _find(self, permission: str) -> int | None:
        return _bisect(self._permissions, self._permission, permission)

    def _permission(self, number: int) -> Permission:
        known = self._known.get(number)
        if known is None:
            start, end = self._names[number], self._names[number + 1]
            known = Permission(self._data[self._texts + start : self._texts + end].decode())
            self._known[number] = known
        return known

    def _card(self, number: int) -> tuple[str, str, str]:
        start, end = self._cards[number], self._cards[number + 1]
        name, title, stage = self._data[self._described + start : self._described + end].decode().split("\0")
        return name, title, stage


def _bisect(count: int, at: Callable[[int], str], wanted: str) -> int | None:
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        found = at(middle)
        if found == wanted:
            return middle
        low, high = (middle + 1, high) if found < wanted else (low, middle)
    return None
