"""The catalogue of roles as an archive carries it: text, which is the same catalogue again."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from catalogues import NOON, role

from shared import wiring
from shared.adapters.role_file import unpacked_catalogue
from shared.grants.catalogue import CatalogueError, pack

DATA = pack([role("roles/a", "a.b.c", "a.b.d"), role("roles/b", "a.b.c")], NOON, "here")


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    wiring.forget()
    yield monkeypatch
    wiring.forget()


@pytest.mark.parametrize(("name", "data"), [("roles.base64", b64encode(DATA)), ("roles.bin", DATA)])
def test_what_is_packed_is_the_catalogue_that_was_made(
    chosen: pytest.MonkeyPatch, tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    chosen.setenv("UNFORBID_ROLES", str(tmp_path / name))
    found = wiring.catalogue()
    assert found is not None
    assert list(found.names()) == ["roles/a", "roles/b"]


def test_without_a_catalogue_there_is_none(chosen: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chosen.setenv("UNFORBID_ROLES", str(tmp_path / "roles.base64"))
    assert wiring.catalogue() is None


@pytest.mark.parametrize("data", [b"", b"not base64!", b64encode(DATA)[:-8], b64encode(b"something else entirely")])
def test_a_file_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "roles.base64").write_bytes(data)
    with pytest.raises(CatalogueError):
        unpacked_catalogue(tmp_path / "roles.base64")
