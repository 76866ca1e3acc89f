"""The policy as a start reads it: found good once, sealed, and read back without YAML."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from shared.errors import PolicyError
from shared.model.codec import from_json, to_json
from shared.model.policy import GatePolicy, Problem

HEAD = b"unforbid policy 1 "
AGAIN = "write it again with `unforbid policy compile`"


def to_bytes(policy: GatePolicy) -> bytes:
    """A policy with a seal over it: one line that names the format and the SHA-256 of the rest, then JSON."""
    return HEAD + seal_of(policy).encode() + b"\n" + to_json(policy)


def seal_of(policy: GatePolicy) -> str:
    """What makes two policies the same: all that they say, whatever file it came from."""
    return sha256(to_json(policy)).hexdigest()


def is_compiled(data: bytes) -> bool:
    """Whether bytes claim to be a compiled policy, of this version or another."""
    return data.startswith(HEAD[:-2])


def from_bytes(data: bytes) -> GatePolicy:
    """The policy behind its compiled form.

    The seal tells a file that was damaged or edited by hand from one that was compiled; who may replace the whole file
    is a matter of who may deploy it.

    Raises:
        PolicyError: it is of another version, damaged, or no compiled policy at all.
    """
    if not data.startswith(HEAD):
        raise PolicyError([Problem(1, 1, f"this is no compiled policy of this version: {AGAIN}")])
    head, _, body = data.partition(b"\n")
    if head[len(HEAD) :] != sha256(body).hexdigest().encode():
        raise PolicyError([Problem(1, 1, f"the compiled policy is damaged, for its seal does not fit: {AGAIN}")])
    try:
        return from_json(body, GatePolicy)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PolicyError([Problem(2, 1, f"the compiled policy cannot be read ({error}): {AGAIN}")]) from error
