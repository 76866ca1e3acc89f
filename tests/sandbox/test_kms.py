"""Cloud KMS in the sandbox: a key turns bytes for those who may, and back only with the same key."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from worlds import Cloud, add_account, grant

from sandbox.services.kms import add_key, add_key_ring
from sandbox.world import Resource

EMAIL = "shop@acme-web.iam.gserviceaccount.com"
SHOP = f"serviceAccount:{EMAIL}"


@pytest.fixture
def ring(cloud: Cloud) -> Resource:
    add_account(cloud.world, EMAIL)
    return add_key_ring(cloud.world, "acme-web", "europe-west1", "data")


def encrypt(cloud: Cloud, key: Resource) -> bytes:
    request = {"name": key.body["name"], "plaintext": b"one pear"}
    return bytes(cloud.clients(f"as:{SHOP}").keys.encrypt(request=request).ciphertext)


def decrypt(cloud: Cloud, key: Resource, text: bytes) -> bytes:
    request = {"name": key.body["name"], "ciphertext": text}
    return bytes(cloud.clients(f"as:{SHOP}").keys.decrypt(request=request).plaintext)


def test_a_key_is_refused_in_the_words_and_with_the_entry_that_google_writes(cloud: Cloud, ring: Resource) -> None:
    key = add_key(cloud.world, ring, "drop")
    with pytest.raises(exceptions.Forbidden, match=f"useToEncrypt' denied on resource '{key.body['name']}' .or it may"):
        encrypt(cloud, key)
    entry = cloud.world.entries[-1]
    assert entry["protoPayload"]["methodName"] == "Encrypt"
    assert entry["resource"] == {
        "type": "cloudkms_cryptokey",
        "labels": {
            "project_id": "acme-web",
            "location": "europe-west1",
            "key_ring_id": "data",
            "crypto_key_id": "drop",
        },
    }


def test_what_a_key_encrypts_only_the_same_key_decrypts(cloud: Cloud, ring: Resource) -> None:
    grant(cloud.world, ring.name, "roles/cloudkms.cryptoKeyEncrypterDecrypter", SHOP)
    key, other = add_key(cloud.world, ring, "drop"), add_key(cloud.world, ring, "other")
    text = encrypt(cloud, key)
    assert text != b"one pear"
    assert decrypt(cloud, key, text) == b"one pear"
    with pytest.raises(exceptions.BadRequest, match="Decryption failed"):
        decrypt(cloud, other, text)


def test_a_role_on_the_ring_counts_for_its_keys_and_a_role_on_a_key_only_there(cloud: Cloud, ring: Resource) -> None:
    key, other = add_key(cloud.world, ring, "drop"), add_key(cloud.world, ring, "other")
    grant(cloud.world, key.name, "roles/cloudkms.cryptoKeyEncrypter", SHOP)
    assert encrypt(cloud, key)
    with pytest.raises(exceptions.Forbidden):
        encrypt(cloud, other)
    grant(cloud.world, ring.name, "roles/cloudkms.cryptoKeyEncrypter", SHOP)
    assert encrypt(cloud, other)


def test_a_disabled_key_is_no_matter_of_permissions(cloud: Cloud, ring: Resource) -> None:
    key = add_key(cloud.world, ring, "drop")
    grant(cloud.world, key.name, "roles/cloudkms.cryptoKeyEncrypter", SHOP)
    key.body["primary"]["state"] = "DISABLED"
    with pytest.raises(exceptions.BadRequest, match="is not enabled, current state is: DISABLED"):
        encrypt(cloud, key)


def test_a_key_and_its_ring_can_be_looked_at(cloud: Cloud, ring: Resource) -> None:
    key = add_key(cloud.world, ring, "drop")
    client = cloud.clients().keys
    assert client.get_crypto_key(request={"name": key.body["name"]}).primary.state.name == "ENABLED"
    assert client.get_key_ring(request={"name": ring.body["name"]}).name == ring.body["name"]
