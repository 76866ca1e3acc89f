"""A proof keeps why a role was chosen and what it held; a role that has grown since is noticed before it is given."""

from __future__ import annotations

from hashlib import sha256

import pytest
from catalogues import NOON, role, small
from hypothesis import given
from hypothesis import strategies as st

from shared.grants.choose import choose
from shared.grants.companions import ANYWHERE, danger_of
from shared.grants.proof import digest, prove, still_safe
from shared.model.codec import from_json, to_json
from shared.model.evidence import NO, UNKNOWN, YES
from shared.model.names import Permission
from shared.model.plan import T1
from shared.model.role import RoleProof, Stage

ZONES = [Permission("dns.zones.get")]
PROJECT = "//cloudresourcemanager.googleapis.com/projects/p"
NAMES = st.sampled_from(["dns.a.get", "dns.b.list", "dns.c.update", "dns.c.setIamPolicy", "iam.serviceAccounts.actAs"])


def test_a_proof_names_the_ask_the_candidates_and_the_age_of_what_it_knows() -> None:
    catalogue = small(
        dns_reader="dns.zones.get dns.zones.list",
        dns_admin="dns.zones.get dns.zones.setIamPolicy iam.serviceAccounts.actAs",
        **{f"dns_x{number}": f"dns.zones.get dns.zones.list dns.x{number}.update" for number in range(9)},
    )
    proof = prove(choose(ZONES, catalogue), catalogue)
    assert proof.permissions == ("dns.zones.get",)
    assert "permissions beyond the ask: 1" in proof.why
    assert len(proof.candidates) == 5
    assert (proof.candidates[0].role, proof.candidates[0].excess) == ("roles/dns.reader", 1)
    assert (proof.catalogue.at, proof.catalogue.source) == (NOON, "test")
    assert proof.custom is None


def test_a_proof_counts_the_dangerous_and_names_the_worst_first() -> None:
    catalogue = small(dns_admin="dns.zones.get dns.zones.setIamPolicy iam.serviceAccounts.actAs")
    (candidate,) = prove(choose(ZONES, catalogue), catalogue).candidates
    assert (candidate.excess, candidate.dangerous) == (2, 2)
    assert candidate.worst == ("dns.zones.setIamPolicy", "iam.serviceAccounts.actAs")
    assert candidate.refusal == "it would hand out dns.zones.setIamPolicy"


def test_a_proof_of_no_role_carries_the_proposal_and_no_digest() -> None:
    catalogue = small(dns_reader_beta="dns.zones.get")
    proof = prove(choose(ZONES, catalogue, on=PROJECT), catalogue)
    assert proof.digest is None
    assert proof.custom is not None
    assert proof.custom.permissions == ("dns.zones.get",)


def test_a_proof_survives_being_stored() -> None:
    for catalogue in (small(dns_reader="dns.zones.get"), small(dns_reader_beta="dns.zones.get")):
        proof = prove(choose(ZONES, catalogue), catalogue)
        assert from_json(to_json(proof), RoleProof) == proof


def test_the_digest_is_over_the_permissions_in_order_and_nothing_else() -> None:
    one, other = role("roles/a", "dns.b.get", "dns.a.get"), role("roles/b", "dns.a.get", "dns.b.get", stage=Stage.BETA)
    assert digest(one) == digest(other) == sha256(b"dns.a.get\ndns.b.get").hexdigest()
    assert digest(one) != digest(role("roles/a", "dns.a.get"))


def test_a_role_that_has_not_changed_is_still_safe() -> None:
    found = still_safe(role("roles/a", "dns.a.get"), role("roles/a", "dns.a.get"))
    assert (found.verdict, found.gained, found.lost) == (YES, (), ())


@pytest.mark.hazard("H04")
@pytest.mark.parametrize(
    "gained", ["dns.zones.setIamPolicy", "iam.serviceAccounts.actAs", "secretmanager.versions.access"]
)
def test_a_role_that_has_gained_what_is_dangerous_is_refused_with_its_name(gained: str) -> None:
    found = still_safe(role("roles/a", "dns.a.get"), role("roles/a", "dns.a.get", "dns.b.get", gained))
    assert found.verdict is NO
    assert f"roles/a has gained {gained}" in found.why


def test_what_a_role_held_before_is_no_gain() -> None:
    chosen = role("roles/iam.tokens", "iam.serviceAccounts.getAccessToken")
    assert still_safe(chosen, chosen).verdict is YES


def test_reading_data_is_dangerous_to_gain_on_a_project_and_not_on_one_resource() -> None:
    before, after = role("roles/a", "dns.a.get"), role("roles/a", "dns.a.get", "storage.objects.get")
    assert still_safe(before, after).verdict is YES
    assert still_safe(before, after, on=PROJECT).verdict is NO


def test_a_role_that_has_gained_what_is_harmless_is_told_with_what_it_lost() -> None:
    found = still_safe(
        role("roles/a", "dns.a.get", "dns.b.get"), role("roles/a", "dns.a.get", "dns.c.get", "dns.d.get")
    )
    assert (found.verdict, found.gained, found.lost) == (YES, ("dns.c.get", "dns.d.get"), ("dns.b.get",))
    assert "gained 2 harmless permissions and lost 1" in found.why


def test_a_role_that_is_no_longer_ready_is_refused() -> None:
    found = still_safe(role("roles/a", "dns.a.get"), role("roles/a", "dns.a.get", stage=Stage.DEPRECATED))
    assert (found.verdict, found.why) == (NO, "roles/a is in stage DEPRECATED now")


def test_an_answer_about_another_role_or_about_nothing_is_no_answer() -> None:
    chosen = role("roles/a", "dns.a.get")
    assert still_safe(chosen, role("roles/b", "dns.a.get")).verdict is UNKNOWN
    assert still_safe(chosen, role("roles/a")).verdict is UNKNOWN


@given(st.frozensets(NAMES, min_size=1), st.frozensets(NAMES, min_size=1))
def test_still_safe_says_yes_exactly_where_no_gain_is_dangerous(before: frozenset[str], after: frozenset[str]) -> None:
    found = still_safe(role("roles/a", *before), role("roles/a", *after))
    gained = {Permission(one) for one in after - before}
    assert (found.verdict is YES) == all(danger_of(one, ANYWHERE) is T1 for one in gained)
    assert {*found.gained} == gained
    assert {*found.lost} == before - after
