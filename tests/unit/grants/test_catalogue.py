"""A catalogue answers from its bytes what was packed into it, and refuses bytes that are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.role_file import open_catalogue, write_catalogue
from shared.grants.catalogue import MOST_IDS, Catalogue, CatalogueError, pack
from shared.model.names import Permission, Role
from shared.model.role import RoleDefinition, Stage

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WORDS = st.sampled_from(["storage", "compute", "objects", "get", "list", "é", "z"])
PERMISSIONS = st.builds("{}.{}.{}".format, WORDS, WORDS, WORDS)
ROLES = st.dictionaries(
    st.from_regex(r"roles/[a-z]{1,9}", fullmatch=True), st.frozensets(PERMISSIONS, max_size=9), max_size=12
)


def role(name: str, *permissions: str, stage: Stage = Stage.GA) -> RoleDefinition:
    return RoleDefinition(
        name=Role(name), title=f"T {name}", stage=stage, permissions=tuple(sorted(map(Permission, permissions)))
    )


@given(ROLES)
def test_what_was_packed_is_what_is_found(held: dict[str, frozenset[str]]) -> None:
    catalogue = Catalogue(pack([role(name, *permissions) for name, permissions in held.items()], NOON, "here"))
    assert list(catalogue.names()) == sorted(held)
    for name, permissions in held.items():
        assert catalogue.role(name) == role(name, *permissions)
    for permission in {one for permissions in held.values() for one in permissions} | {"nobody.has.it"}:
        holders = {catalogue.name(number) for number in catalogue.holding(Permission(permission))}
        assert holders == {name for name, permissions in held.items() if permission in permissions}
    assert catalogue.role("roles/of.nobody") is None
    assert (catalogue.origin.at, catalogue.origin.source, catalogue.count) == (NOON, "here", len(held))


def test_a_permission_is_found_in_either_spelling() -> None:
    hosted = Permission("iam.googleapis.com/workforcePools.get")
    catalogue = Catalogue(pack([role("roles/a", hosted, "iam.roles.get")], NOON, "here"))
    assert catalogue.spelled(Permission("iam.workforcePools.get")) == hosted
    for same in (hosted, Permission("iam.roles.get"), Permission("no.such.get"), Permission("")):
        assert catalogue.spelled(same) == same


def test_a_catalogue_is_stale_after_thirty_days() -> None:
    origin = Catalogue(pack([role("roles/a", "a.b.c")], NOON, "here")).origin
    assert not origin.is_stale(NOON + timedelta(days=30))
    assert origin.is_stale(NOON + timedelta(days=30, seconds=1))
    assert origin.age(NOON + timedelta(days=2)).days == 2


def test_a_file_cut_anywhere_is_refused() -> None:
    data = pack([role("roles/a", "a.b.c", "a.b.d"), role("roles/b", "a.b.c")], NOON, "here")
    for end in range(len(data)):
        with pytest.raises(CatalogueError):
            Catalogue(data[:end])


def test_more_than_16_bits_can_number_is_refused() -> None:
    many = role("roles/a", *(f"a.b{number}.c" for number in range(MOST_IDS + 1)))
    with pytest.raises(ValueError, match="more than a catalogue can number"):
        pack([many], NOON, "here")


def test_a_written_file_is_mapped_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "roles.bin"
    write_catalogue(path, pack([role("roles/a", "a.b.c")], NOON, "one"))
    first = open_catalogue(path)
    write_catalogue(path, pack([role("roles/b", "a.b.c")], NOON, "two"))
    assert list(first.names()) == ["roles/a"]
    assert list(open_catalogue(path).names()) == ["roles/b"]
    assert [found.name for found in path.parent.iterdir()] == ["roles.bin"]


@pytest.mark.parametrize("data", [b"", b"something else entirely, and long enough to have a header"])
def test_a_file_that_is_no_catalogue_says_what_makes_one(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "roles.bin").write_bytes(data)
    with pytest.raises(CatalogueError, match="unforbid roles refresh"):
        open_catalogue(tmp_path / "roles.bin")
