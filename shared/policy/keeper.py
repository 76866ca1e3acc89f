"""The policy file on disk -> what it says now; the last good version is kept, whatever becomes of the file."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec

from shared.errors import NotFound, PolicyError, StoreUnavailable
from shared.model.codec import from_json, to_json
from shared.model.policy import NOTHING_PERMITTED, GatePolicy, Problem
from shared.policy.compiled import from_bytes, is_compiled, seal_of, to_bytes
from shared.policy.versions import GOOD_FOR, NOTHING, InForce, Versions, having_a_say, in_force, with_good

NOTED_EVERY = timedelta(minutes=5)
MOST_BYTES = 16_777_216
"""What a compiled policy may have; a file as people write it has its own, smaller limit."""


class Kept(Protocol):
    """Where good versions are kept, by their seals, and what is remembered. Each may raise `StoreUnavailable`."""

    def remembered(self) -> bytes | None:
        """What was remembered last, None where nothing ever was."""

    def version(self, seal: str) -> bytes:
        """A version that is kept; raises `NotFound`."""

    def keep(self, seal: str, version: bytes, remembered: bytes, needed: frozenset[str]) -> None:
        """Keep a version first, then what is remembered, then forget all versions but the needed ones.

        Where several do so at once, the last word holds: whoever finds its own version missing then counts it as new.
        """


def current(path: Path, kept: Kept, now: datetime, *, strong: bool = False, noting: bool = True) -> InForce:
    """What the policy says now.

    Args:
        path: the policy, compiled or as YAML; only the latter needs PyYAML.
        kept: where good versions are kept, and since when they are there.
        now: the time.
        strong: whether a way to give strong proof is set up.
        noting: whether what is seen is kept; False leaves that to others, who may.
    """
    told: list[str] = []
    try:
        versions = _remembered(kept, told)
    except StoreUnavailable as error:
        return in_force((), (f"which versions have a say cannot be told, so nothing is permitted: {error}",))
    try:
        policy = read(path, now, strong=strong)
    except PolicyError as error:
        told.append(f"{path}: {error}")
        told += _what_stays(versions, now)
    else:
        before, versions = versions, with_good(versions, seal_of(policy), now)
        if noting and _is_news(before, versions):
            _try_to_keep(kept, versions, policy, told)
    return _said(versions, kept, now, told)


def read(path: Path, now: datetime, *, strong: bool = False) -> GatePolicy:
    """The policy in a file, compiled or as YAML; raises `PolicyError`, also where there is no file to read."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise PolicyError([Problem(1, 1, f"the file cannot be read: {error.strerror}")]) from error
    if len(data) > MOST_BYTES:
        raise PolicyError([Problem(1, 1, f"the file has more than {MOST_BYTES} bytes: split it")])
    if is_compiled(data):
        return from_bytes(data)
    from shared.policy.load import load

    return load(data, now=now, strong=strong)


def _said(versions: Versions, kept: Kept, now: datetime, told: list[str]) -> InForce:
    """The versions that have a say, each read back; one that cannot be read permits nothing."""
    seals = having_a_say(versions, now)
    if seals == (NOTHING,):
        told.append("there has been no good policy for a day, or never: everything is told and nothing is done")
    shadowed = [one.until for one in versions.outgoing if one.until > now]
    if shadowed and seals != (NOTHING,):
        until = max(shadowed).isoformat(timespec="minutes")
        told.append(f"{versions.current[:12]} is new: until {until} it permits only what the version before it does")
    return in_force(tuple(_kept_version(kept, seal, told) for seal in seals), tuple(told))


def _what_stays(versions: Versions, now: datetime) -> list[str]:
    """What a person is told of the last good version while the file is bad."""
    if versions.good_at is None or having_a_say(versions, now) == (NOTHING,):
        return []
    until = (versions.good_at + GOOD_FOR).isoformat(timespec="minutes")
    return [f"the last good version ({versions.current[:12]}) stays until {until}"]


def _kept_version(kept: Kept, seal: str, told: list[str]) -> GatePolicy:
    if seal == NOTHING:
        return NOTHING_PERMITTED
    try:
        policy = from_bytes(kept.version(seal))
    except (NotFound, StoreUnavailable, PolicyError) as error:
        told.append(f"the kept version {seal[:12]} cannot be read, so nothing is permitted: {error}")
        return NOTHING_PERMITTED
    if seal_of(policy) != seal:
        told.append(f"the kept version {seal[:12]} is another one, so nothing is permitted")
        return NOTHING_PERMITTED
    return policy


def _remembered(kept: Kept, told: list[str]) -> Versions:
    """What was remembered; where that is lost a policy counts as new, and has to wait for its hour again."""
    found = kept.remembered()
    if found is None:
        return Versions()
    try:
        return from_json(found, Versions)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        told.append(f"what was remembered of earlier versions is lost ({error}): the policy counts as new")
        return Versions()


def _try_to_keep(kept: Kept, versions: Versions, policy: GatePolicy, told: list[str]) -> None:
    """Keep a good version; where that fails it is told, and what cannot be read back permits nothing."""
    try:
        kept.keep(versions.current, to_bytes(policy), to_json(versions), versions.seals)
    except StoreUnavailable as error:
        told.append(f"the policy cannot be kept ({error}): it counts as new until it can")


def _is_news(before: Versions, after: Versions) -> bool:
    """Whether anything has to be written down; that the file is still good, every few minutes."""
    if before.good_at is None or after.good_at is None:
        return True
    same = (before.current, before.outgoing) == (after.current, after.outgoing)
    return not same or abs(after.good_at - before.good_at) > NOTED_EVERY
