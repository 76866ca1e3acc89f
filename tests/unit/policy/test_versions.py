"""A new version permits more only once it has been there for an hour; the last good one stays for a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rulebooks import NOW, loaded, policy, rule, step

from shared.adapters.policy_folder import PolicyFolder
from shared.errors import PolicyError
from shared.model.decision import ASK, AUTO, NOTIFY, Mode
from shared.model.policy import GatePolicy
from shared.policy.compiled import from_bytes, is_compiled, seal_of, to_bytes
from shared.policy.keeper import current, read
from shared.policy.versions import (
    GOOD_FOR,
    MOST_VERSIONS,
    NOTHING,
    SHADOWED_FOR,
    InForce,
    Versions,
    having_a_say,
    with_good,
)

ASKS, DOES = policy(rule()), policy(rule("auto", AUTO))
TELLS = policy(rule("tells", NOTIFY))
MINUTE = timedelta(minutes=1)


class Kept:
    """A policy file with the folder in which its versions are kept."""

    def __init__(self, folder: Path) -> None:
        self.file, self.folder = folder / "policy", folder / "kept"

    def write(self, found: GatePolicy) -> None:
        self.file.write_bytes(to_bytes(found))

    def at(self, now: datetime) -> InForce:
        return current(self.file, PolicyFolder(self.folder), now)

    def mode(self, now: datetime) -> Mode:
        return self.at(now).ruling(step(), now).mode


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_the_compiled_form_is_the_same_policy(root: Path) -> None:
    for name in ("observe", "careful", "mature"):
        found = loaded((root / f"policies/{name}.yaml").read_text())
        assert from_bytes(to_bytes(found)) == found
        assert is_compiled(to_bytes(found))


@pytest.mark.hazard("H33")
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.replace(b'"ask"', b'"auto"'),
        lambda data: data[:-1],
        lambda data: data.replace(b"policy 1", b"policy 2"),
        lambda _: b"",
        lambda _: b"version: 1",
    ],
)
def test_a_compiled_policy_that_was_touched_is_refused(damage: object) -> None:
    assert callable(damage)
    with pytest.raises(PolicyError, match="unforbid policy compile"):
        from_bytes(damage(to_bytes(ASKS)))


def test_a_sealed_policy_of_another_shape_is_refused() -> None:
    from hashlib import sha256

    body = b'{"digest":"d","surprise":1}'
    with pytest.raises(PolicyError, match="cannot be read"):
        from_bytes(b"unforbid policy 1 " + sha256(body).hexdigest().encode() + b"\n" + body)


@pytest.mark.hazard("H34")
def test_the_first_policy_permits_nothing_for_an_hour(kept: Kept) -> None:
    kept.write(ASKS)
    assert kept.mode(NOW) is NOTIFY
    assert any("is new: until" in told for told in kept.at(NOW).told)
    assert kept.mode(NOW + SHADOWED_FOR - MINUTE) is NOTIFY
    assert kept.mode(NOW + SHADOWED_FOR) is ASK
    assert kept.at(NOW + SHADOWED_FOR).told == ()


def settled(kept: Kept, found: GatePolicy) -> datetime:
    """The time at which a policy that was written at the start has its full say."""
    kept.write(found)
    kept.at(NOW)
    assert kept.at(NOW + SHADOWED_FOR).told == ()
    return NOW + SHADOWED_FOR


@pytest.mark.hazard("H34")
@pytest.mark.invariant("I17")
def test_a_stricter_version_holds_at_once_and_a_freer_one_after_an_hour(kept: Kept) -> None:
    later = settled(kept, DOES)
    kept.write(ASKS)
    assert kept.mode(later) is ASK
    kept.write(DOES)
    assert kept.mode(later + MINUTE) is ASK
    assert kept.mode(later + MINUTE + SHADOWED_FOR) is AUTO


@pytest.mark.hazard("H34")
def test_going_back_and_forth_does_not_shorten_the_hour(kept: Kept) -> None:
    later = settled(kept, TELLS)
    for nth, found in enumerate((DOES, TELLS, DOES)):
        kept.write(found)
        assert kept.mode(later + nth * 10 * MINUTE) is NOTIFY
    assert kept.mode(later + SHADOWED_FOR) is NOTIFY
    assert kept.mode(later + 20 * MINUTE + SHADOWED_FOR) is AUTO


def test_many_versions_in_an_hour_permit_nothing() -> None:
    versions = Versions()
    for nth in range(MOST_VERSIONS + 1):
        versions = with_good(versions, f"v{nth}", NOW)
    assert NOTHING in having_a_say(versions, NOW)
    assert len(having_a_say(versions, NOW)) <= MOST_VERSIONS
    assert having_a_say(versions, NOW + SHADOWED_FOR) == (f"v{MOST_VERSIONS}",)


@pytest.mark.hazard("H33")
@pytest.mark.parametrize("bad", [b"version: 2", b"", b"unforbid policy 1 x\n{}", None])
def test_the_last_good_version_stays_for_a_day_while_the_file_is_bad(kept: Kept, bad: bytes | None) -> None:
    later = settled(kept, ASKS)
    kept.file.unlink()
    if bad is not None:
        kept.file.write_bytes(bad)
    assert kept.mode(later + GOOD_FOR) is ASK
    told = kept.at(later + MINUTE).told
    assert str(kept.file) in told[0]
    assert "the last good version" in told[1]
    assert kept.mode(later + GOOD_FOR + MINUTE) is NOTIFY
    assert "there has been no good policy for a day" in kept.at(later + GOOD_FOR + MINUTE).told[1]


def test_a_file_that_is_good_again_has_its_say_again(kept: Kept) -> None:
    later = settled(kept, ASKS)
    kept.file.write_bytes(b"version: 2")
    kept.at(later)
    kept.write(ASKS)
    assert kept.mode(later + 2 * GOOD_FOR) is ASK


def test_without_any_policy_everything_is_told(kept: Kept) -> None:
    found = kept.at(NOW)
    assert found.ruling(step(), NOW).mode is NOTIFY
    assert found.digest == ""
    assert "cannot be read: No such file" in found.told[0]


@pytest.mark.parametrize("lost", ["versions.json", "*.policy"])
def test_what_is_lost_of_earlier_versions_permits_nothing(kept: Kept, lost: str) -> None:
    later = settled(kept, ASKS)
    for one in kept.folder.glob(lost):
        one.write_bytes(b"{")
    found = kept.at(later + MINUTE)
    assert found.ruling(step(), later + MINUTE).mode is NOTIFY
    assert found.told


@pytest.mark.hazard("H34")
def test_a_kept_version_put_in_another_s_place_permits_nothing(kept: Kept) -> None:
    later = settled(kept, ASKS)
    (kept.folder / f"{seal_of(ASKS)}.policy").write_bytes(to_bytes(DOES))
    found = kept.at(later + MINUTE)
    assert found.ruling(step(), later + MINUTE).mode is NOTIFY
    assert "is another one" in found.told[0]


def test_only_versions_that_have_a_say_are_kept(kept: Kept) -> None:
    later = settled(kept, ASKS)
    kept.write(DOES)
    kept.at(later)
    assert len(list(kept.folder.glob("*.policy"))) == 2
    kept.write(TELLS)
    kept.at(later + 2 * SHADOWED_FOR)
    assert {one.stem for one in kept.folder.glob("*.policy")} == {seal_of(TELLS), seal_of(DOES)}


def test_a_file_as_people_write_it_is_read_as_well(kept: Kept, root: Path) -> None:
    kept.file.write_bytes((root / "policies/careful.yaml").read_bytes())
    assert kept.at(NOW).told[0].endswith("only what the version before it does")
    assert read(kept.file, NOW).digest == loaded(kept.file.read_text()).digest


def test_groups_are_asked_about_for_every_version_that_has_a_say(kept: Kept) -> None:
    later = settled(kept, policy(rule(when={"in_group": "g1"})))
    kept.write(policy(rule(when={"in_group": "g2"})))
    assert kept.at(later).groups_wanted(step(), later) == {"g1", "g2"}


def test_a_folder_that_cannot_be_written_to_permits_nothing_and_is_told(kept: Kept) -> None:
    kept.folder.write_bytes(b"a file, not a folder")
    kept.write(ASKS)
    for now in (NOW, NOW + 2 * SHADOWED_FOR):
        found = kept.at(now)
        assert found.ruling(step(), now).mode is NOTIFY
        assert any("cannot be told, so nothing is permitted" in told for told in found.told)
