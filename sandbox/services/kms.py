"""Cloud KMS: key rings, keys that really turn bytes into others and back, and policies."""

from __future__ import annotations

import base64
from dataclasses import replace
from hashlib import sha256
from itertools import cycle

from sandbox.door import Call, Door, Kind, by_parameter
from sandbox.errors import Refusal, invalid
from sandbox.policies import found, policy_doors, test_door
from sandbox.world import Json, Resource, World

API = "cloudkms.v1"
TITLE = "Cloud Key Management Service (KMS) API"
HOST = "cloudkms.googleapis.com"
RINGS = "cloudkms.projects.locations.keyRings"
MARK = 8
"""How many bytes of a ciphertext say which key made it."""

_named = by_parameter(HOST, "name", "resource")


def add_key_ring(world: World, project: str, location: str, ring: str) -> Resource:
    """A key ring without keys."""
    path = f"projects/{project}/locations/{location}/keyRings/{ring}"
    return world.add(Resource(name=f"//{HOST}/{path}", kind="keyRings", project=project, body={"name": path}))


def add_key(world: World, ring: Resource, key: str) -> Resource:
    """A key for encryption in a ring; it inherits from the ring."""
    path = f"{ring.body['name']}/cryptoKeys/{key}"
    primary = {"name": f"{path}/cryptoKeyVersions/1", "state": "ENABLED"}
    body = {"name": path, "purpose": "ENCRYPT_DECRYPT", "primary": primary}
    return world.add(
        Resource(name=f"//{HOST}/{path}", kind="cryptoKeys", parent=ring.name, project=ring.project, body=body)
    )


def _usable(world: World, call: Call) -> Resource:
    """The key of a call, if its primary version may be used."""
    key = found(world, _named(world, call).partition("/cryptoKeyVersions/")[0])
    primary = key.body.get("primary", {})
    if (state := primary.get("state", "ENABLED")) != "ENABLED":
        raise Refusal("FAILED_PRECONDITION", f"{primary['name']} is not enabled, current state is: {state}.")
    return key


def _turned(key: Resource, data: bytes) -> bytes:
    """The bytes mixed with the key's own, and twice the bytes again: no cipher, as nothing here is secret."""
    stream = cycle(sha256(key.name.encode()).digest())
    return bytes(one ^ other for one, other in zip(data, stream, strict=False))


def _mark(key: Resource) -> bytes:
    return sha256(f"mark of {key.name}".encode()).digest()[:MARK]


def _encrypt(world: World, call: Call) -> Json:
    key = _usable(world, call)
    data = base64.b64decode(call.body.get("plaintext", ""))
    text = base64.b64encode(_mark(key) + _turned(key, data)).decode()
    version = key.body.get("primary", {}).get("name", f"{key.body['name']}/cryptoKeyVersions/1")
    return {"name": version, "ciphertext": text, "protectionLevel": "SOFTWARE"}


def _decrypt(world: World, call: Call) -> Json:
    key = _usable(world, call)
    data = base64.b64decode(call.body.get("ciphertext", ""))
    if data[:MARK] != _mark(key):
        raise invalid("Decryption failed: verify that 'name' refers to the correct CryptoKey.")
    plain = base64.b64encode(_turned(key, data[MARK:])).decode()
    return {"plaintext": plain, "usedPrimary": True, "protectionLevel": "SOFTWARE"}


def _gets(method: str, kind: str) -> Door:
    return Door(
        id=method,
        rpc=f"Get{kind[:1].upper()}{kind[1:].removesuffix('s')}",
        permission=f"cloudkms.{kind}.get",
        on=_named,
        answer=lambda world, call: found(world, _named(world, call)).body,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    )


def _policies(prefix: str, kind: str) -> list[Door]:
    """KMS writes bare method names into its audit log ("Cloud KMS audit logging")."""
    doors = [
        *policy_doors(prefix, "", f"cloudkms.{kind}", _named, title=TITLE),
        test_door(prefix, "", _named, title=TITLE),
    ]
    return [replace(one, rpc=one.rpc.lstrip(".")) for one in doors]


DOORS = [
    _gets(f"{RINGS}.get", "keyRings"),
    _gets(f"{RINGS}.cryptoKeys.get", "cryptoKeys"),
    Door(
        id=f"{RINGS}.cryptoKeys.encrypt",
        rpc="Encrypt",
        permission="cloudkms.cryptoKeyVersions.useToEncrypt",
        on=_named,
        answer=_encrypt,
        kind=Kind.DATA_READ,
        title=TITLE,
    ),
    Door(
        id=f"{RINGS}.cryptoKeys.decrypt",
        rpc="Decrypt",
        permission="cloudkms.cryptoKeyVersions.useToDecrypt",
        on=_named,
        answer=_decrypt,
        kind=Kind.DATA_READ,
        title=TITLE,
    ),
    *_policies(RINGS, "keyRings"),
    *_policies(f"{RINGS}.cryptoKeys", "cryptoKeys"),
]
