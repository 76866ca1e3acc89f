"""The policy file on disk -> what it says now; the last good version is kept, whatever becomes of the file."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from shared.errors import PolicyError
from shared.model.codec import from_json, to_json
from shared.model.policy import NOTHING_PERMITTED, GatePolicy, Problem
from shared.policy.compiled import from_bytes, is_compiled, seal_of, to_bytes
from shared.policy.versions import GOOD_FOR, NOTHING, InForce, Versions, having_a_say, in_force, with_good

REMEMBERED = "versions.json"
ENDING = ".policy"
NOTED_EVERY = timedelta(minutes=5)
MOST_BYTES = 16_777_216
"""What a compiled policy may have; a file as people write it has its own, smaller limit."""


def current(path: Path, kept: Path, now: datetime, *, strong: bool = False) -> InForce:
    """What the policy says now.

    Args:
        path: the policy, compiled or as YAML; only the latter needs PyYAML.
        kept: a folder of ours, in which good versions and since when they are there are remembered.
        now: the time.
        strong: whether a way to give strong proof is set up.
    """
    told: list[str] = []
    versions = _remembered(kept, told)
    try:
        policy = read(path, now, strong=strong)
    except PolicyError as error:
        told.append(f"{path}: {error}")
        told += _what_stays(versions, now)
    else:
        before, versions = versions, with_good(versions, seal_of(policy), now)
        if _is_news(before, versions):
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


def _said(versions: Versions, kept: Path, now: datetime, told: list[str]) -> InForce:
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


def _kept_version(kept: Path, seal: str, told: list[str]) -> GatePolicy:
    if seal == NOTHING:
        return NOTHING_PERMITTED
    try:
        policy = from_bytes((kept / f"{seal}{ENDING}").read_bytes())
    except (OSError, PolicyError) as error:
        told.append(f"the kept version {seal[:12]} cannot be read, so nothing is permitted: {error}")
        return NOTHING_PERMITTED
    if seal_of(policy) != seal:
        told.append(f"the kept version {seal[:12]} is another one, so nothing is permitted")
        return NOTHING_PERMITTED
    return policy


def _remembered(kept: Path, told: list[str]) -> Versions:
    """What was remembered; where that is lost a policy counts as new, and has to wait for its hour again."""
    try:
        return from_json((kept / REMEMBERED).read_bytes(), Versions)
    except FileNotFoundError:
        return Versions()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        told.append(f"what was remembered of earlier versions is lost ({error}): the policy counts as new")
        return Versions()


def _try_to_keep(kept: Path, versions: Versions, policy: GatePolicy, told: list[str]) -> None:
    """Keep a good version; where that fails it is told, and what cannot be read back permits nothing."""
    try:
        _keep(kept, versions, policy)
    except OSError as error:
        told.append(f"the policy cannot be kept in {kept} ({error.strerror}): it counts as new until it can")


def _is_news(before: Versions, after: Versions) -> bool:
    """Whether anything has to be written down; that the file is still good, every few minutes."""
    if before.good_at is None or after.good_at is None:
        return True
    same = (before.current, before.outgoing) == (after.current, after.outgoing)
    return not same or abs(after.good_at - before.good_at) > NOTED_EVERY


def _keep(kept: Path, versions: Versions, policy: GatePolicy) -> None:
    """Put a good version beside the others, then what is remembered, then forget versions without a say."""
    kept.mkdir(parents=True, exist_ok=True)
    _replace(kept / f"{versions.current}{ENDING}", to_bytes(policy))
    _replace(kept / REMEMBERED, to_json(versions))
    for old in kept.glob(f"*{ENDING}"):
        if old.stem not in versions.seals:
            old.unlink(missing_ok=True)


def _replace(path: Path, data: bytes) -> None:
    half = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        half.write_bytes(data)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
