"""The policies of keys and key rings, read through Google's own client."""

from __future__ import annotations

import pytest
from looks import OUTAGES, fails, finds_nothing, refused
from worlds import Cloud, grant

from sandbox.faults import FaultKind
from sandbox.services.kms import add_key, add_key_ring
from shared.adapters import kms

RING = "//cloudkms.googleapis.com/projects/acme-data/locations/europe-west1/keyRings/data"
KEY = f"{RING}/cryptoKeys/drop"
AGENT = "serviceAccount:service-222222222222@gs-project-accounts.iam.gserviceaccount.com"
USER = "roles/cloudkms.cryptoKeyEncrypterDecrypter"


@pytest.fixture(autouse=True)
def _key(cloud: Cloud) -> None:
    add_key(cloud.world, add_key_ring(cloud.world, "acme-data", "europe-west1", "data"), "drop")


@pytest.mark.parametrize(("granted", "other"), [(KEY, RING), (RING, KEY)])
def test_keys_and_key_rings_have_policies_of_their_own(cloud: Cloud, granted: str, other: str) -> None:
    grant(cloud.world, granted, USER, AGENT, title="t", expression="true")
    (binding,) = kms.policy(cloud.clients(), granted).bindings
    assert (binding.role, binding.members, binding.condition and binding.condition.expression) == (
        USER,
        (AGENT,),
        "true",
    )
    assert kms.policy(cloud.clients(), other).bindings == ()


@pytest.mark.parametrize(
    ("name", "needed"), [(KEY, "cloudkms.cryptoKeys.getIamPolicy"), (RING, "cloudkms.keyRings.getIamPolicy")]
)
def test_a_refusal_names_the_permission_that_is_missing(cloud: Cloud, name: str, needed: str) -> None:
    assert refused(cloud, needed, lambda: kms.policy(cloud.clients(), name)).permission == needed


def test_what_does_not_exist_is_said_not_to(cloud: Cloud) -> None:
    assert "does not exist" in finds_nothing(lambda: kms.policy(cloud.clients(), f"{KEY}-2"))


@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    method = "cloudkms.projects.locations.keyRings.cryptoKeys.getIamPolicy"
    fails(cloud, method, fault, lambda: kms.policy(cloud.clients(), KEY))


@pytest.mark.parametrize("name", [f"{KEY}/cryptoKeyVersions/1", f"{RING}/importJobs/i", RING.rpartition("/")[0]])
def test_a_name_of_another_type_is_a_mistake_of_ours(cloud: Cloud, name: str) -> None:
    with pytest.raises(ValueError, match="is no resource of cloudkms"):
        kms.policy(cloud.clients(), name)
