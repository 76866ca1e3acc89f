"""What everything that keeps versions of the policy has in common: a new one waits its hour, wherever it is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rulebooks import NOW, policy, rule, step

from shared.adapters.firestore_database import FirestoreDatabase
from shared.adapters.firestore_parts import MOST_BYTES
from shared.adapters.firestore_policy import FirestorePolicy
from shared.adapters.policy_folder import PolicyFolder
from shared.errors import NotFound, StoreUnavailable
from shared.model.decision import ASK, AUTO, NOTIFY, Mode
from shared.model.policy import GatePolicy
from shared.policy.compiled import seal_of, to_bytes
from shared.policy.keeper import Kept, current
from shared.policy.versions import SHADOWED_FOR

ASKS, DOES = policy(rule()), policy(rule("auto", AUTO))
MINUTE = timedelta(minutes=1)
Opens = Callable[[], Kept]


@pytest.fixture(params=["folder", "firestore"])
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Opens:
    """What a new process opens: it has nothing in memory, and the same versions."""
    if request.param == "folder":
        return lambda: PolicyFolder(tmp_path / "kept")
    database: FirestoreDatabase = request.getfixturevalue("database")
    return lambda: FirestorePolicy(database)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "policy"


def mode(file: Path, found: GatePolicy, kept: Kept, at: Any, **how: Any) -> Mode:
    file.write_bytes(to_bytes(found))
    return current(file, kept, at, **how).ruling(step(), at).mode


def test_nothing_is_remembered_at_first(opens: Opens) -> None:
    assert opens().remembered() is None
    with pytest.raises(NotFound):
        opens().version("0" * 64)


@pytest.mark.hazard("H34")
def test_a_process_that_starts_cold_does_not_begin_the_hour_anew(opens: Opens, file: Path) -> None:
    assert mode(file, ASKS, opens(), NOW) is NOTIFY
    assert mode(file, ASKS, opens(), NOW + SHADOWED_FOR - MINUTE) is NOTIFY
    assert mode(file, ASKS, opens(), NOW + SHADOWED_FOR) is ASK


@pytest.mark.hazard("H34")
def test_a_freer_version_waits_its_hour_in_every_process(opens: Opens, file: Path) -> None:
    mode(file, ASKS, opens(), NOW)
    later = NOW + SHADOWED_FOR
    assert mode(file, DOES, opens(), later) is ASK
    assert mode(file, DOES, opens(), later + SHADOWED_FOR - MINUTE) is ASK
    assert mode(file, DOES, opens(), later + SHADOWED_FOR) is AUTO


def test_what_is_kept_comes_back_byte_for_byte_however_long_it_is(opens: Opens) -> None:
    long = bytes(range(256)) * (2 * MOST_BYTES // 256) + bytes(str(hash("x")), "ascii")
    opens().keep("a" * 64, long, b"{}", frozenset({"a" * 64}))
    assert opens().version("a" * 64) == long
    assert opens().remembered() == b"{}"


def test_only_the_versions_that_are_needed_stay(opens: Opens) -> None:
    for seal in ("a" * 64, "b" * 64, "c" * 64):
        opens().keep(seal, seal.encode(), b"{}", frozenset({"b" * 64, seal}))
    assert opens().version("c" * 64) == b"c" * 64
    assert opens().version("b" * 64) == b"b" * 64
    with pytest.raises(NotFound):
        opens().version("a" * 64)


def test_who_may_not_note_changes_nothing_and_permits_no_more_for_it(opens: Opens, file: Path) -> None:
    assert mode(file, ASKS, opens(), NOW, noting=False) is NOTIFY
    assert opens().remembered() is None
    mode(file, ASKS, opens(), NOW)
    before = opens().remembered()
    assert mode(file, DOES, opens(), NOW + SHADOWED_FOR, noting=False) is NOTIFY
    assert opens().remembered() == before
    assert mode(file, ASKS, opens(), NOW + SHADOWED_FOR, noting=False) is ASK


@pytest.mark.hazard("H34")
def test_a_version_in_another_one_s_place_permits_nothing(opens: Opens, file: Path) -> None:
    mode(file, ASKS, opens(), NOW)
    kept = opens()
    remembered = kept.remembered()
    assert remembered is not None
    kept.keep("d" * 64, b"", remembered, frozenset({"d" * 64}))
    kept.keep(seal_of(ASKS), to_bytes(DOES), remembered, frozenset({seal_of(ASKS)}))
    found = current(file, opens(), NOW + SHADOWED_FOR, noting=False)
    assert found.ruling(step(), NOW + SHADOWED_FOR).mode is NOTIFY
    assert any("is another one, so nothing is permitted" in one for one in found.told)


class Away:
    """What cannot be reached now."""

    def __init__(self, behind: Kept, *, writes: bool) -> None:
        self._behind, self._writes = behind, writes

    def remembered(self) -> bytes | None:
        if not self._writes:
            raise StoreUnavailable("no answer")
        return self._behind.remembered()

    def version(self, seal: str) -> bytes:
        return self._behind.version(seal)

    def keep(self, *_: Any) -> None:
        raise StoreUnavailable("no answer")


def test_while_it_cannot_be_told_nothing_is_permitted_and_nothing_is_forgotten(opens: Opens, file: Path) -> None:
    mode(file, ASKS, opens(), NOW)
    later = NOW + SHADOWED_FOR
    found = current(file, Away(opens(), writes=False), later)
    assert found.ruling(step(), later).mode is NOTIFY
    assert "cannot be told, so nothing is permitted: no answer" in found.told[0]
    assert mode(file, ASKS, opens(), later) is ASK


def test_what_cannot_be_written_is_told_and_counts_as_new(opens: Opens, file: Path) -> None:
    mode(file, ASKS, opens(), NOW)
    file.write_bytes(to_bytes(DOES))
    found = current(file, Away(opens(), writes=True), NOW + SHADOWED_FOR)
    assert any("cannot be kept (no answer)" in one for one in found.told)
    assert mode(file, DOES, opens(), NOW + SHADOWED_FOR + MINUTE) is ASK
