"""With the organisation's catalogue every role of a plan is chosen from it, and the plan carries the proof."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from catalogues import NOON, held, of, predefined, role, small
from entries import PROJECT, audit, text
from explained import explain

from shared.actions import Known
from shared.grants.catalogue import Catalogue
from shared.grants.choose import AGENT, BASIC, NOT_ACCEPTED
from shared.grants.companions import danger_of
from shared.grants.proof import digest
from shared.model.codec import from_json, to_json
from shared.model.denial import Denial
from shared.model.names import Role
from shared.model.plan import T3, Action, Plan
from shared.pipeline.classify import classify
from shared.pipeline.diagnose import diagnose
from shared.pipeline.plan import plan
from shared.pipeline.read import read

ME = f"serviceAccount:app@{PROJECT}.iam.gserviceaccount.com"
BUCKET = "//storage.googleapis.com/projects/_/buckets/b"
THERE = f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}"
ZONES = small(dns_reader="dns.managedZones.get", dns_wide="dns.managedZones.get dns.managedZones.update")


def planned(
    entry: Mapping[str, Any], catalogue: Catalogue | None, grantable: Mapping[str, frozenset[Role]] | None = None
) -> tuple[Action, ...]:
    denial = classify(read(json.dumps(entry).encode()))
    assert isinstance(denial, Denial)
    return plan(denial, diagnose(denial), Known(catalogue=catalogue, grantable=grantable or {})).actions


def several(*checks: tuple[str, str], **more: Any) -> dict[str, Any]:
    entry = audit(permission=checks[0][0], resource=checks[0][1], **more)
    entry["protoPayload"]["authorizationInfo"] = [
        {"permission": permission, "resource": resource} for permission, resource in checks
    ]
    return entry


def zones(permission: str = "dns.managedZones.get", **more: Any) -> dict[str, Any]:
    return audit(permission=permission, resource=f"projects/{PROJECT}", **more)


def test_a_role_that_nobody_checked_by_hand_is_planned_with_its_proof() -> None:
    (action,) = planned(zones(), ZONES)
    assert (action.action, action.changes, action.member) == ("grant_role", True, ME)
    assert (action.role, action.target, action.tier) == ("roles/dns.reader", THERE, "T1")
    assert action.undo is not None
    assert action.proof is not None
    assert action.proof.permissions == ("dns.managedZones.get",)
    assert [(one.role, one.excess) for one in action.proof.candidates] == [
        ("roles/dns.reader", 0),
        ("roles/dns.wide", 1),
    ]
    assert action.proof.catalogue.at == NOON
    assert action.proof.digest == digest(role("roles/dns.reader", "dns.managedZones.get"))
    assert action.proof.why in action.why


def test_without_a_catalogue_nothing_is_proven_and_json_says_what_it_always_said() -> None:
    entry = audit(permission="storage.objects.get", resource="projects/_/buckets/b/objects/o")
    (action,) = planned(entry, None)
    assert action.proof is None
    keys = ["action", "changes", "tier", "target", "member", "role", "why", "undo"]
    assert list(json.loads(to_json(action))) == keys
    assert list(json.loads(to_json(explain(entry)))["plan"][0]) == keys


def test_a_plan_with_its_proof_survives_being_stored() -> None:
    proven = Plan(planned(zones(), ZONES))
    assert list(json.loads(to_json(proven.actions[0])))[-1] == "proof"
    assert from_json(to_json(proven), Plan) == proven
    proposed = Plan(planned(zones(), small(dns_reader_beta="dns.managedZones.get")))
    assert proposed.actions[0].proof is not None
    assert from_json(to_json(proposed), Plan) == proposed


def test_what_no_role_may_be_given_for_is_advice_with_a_custom_role_to_create() -> None:
    (action,) = planned(zones(), small(dns_admin="dns.managedZones.get dns.managedZones.setIamPolicy"))
    assert (action.action, action.changes, action.role, action.member) == ("advise", False, None, None)
    assert "it would hand out dns.managedZones.setIamPolicy" in action.why
    assert action.proof is not None
    assert action.proof.custom is not None
    assert action.proof.custom.id in action.why
    assert f"--project={PROJECT} " in action.proof.custom.gcloud
    assert action.proof.custom.permissions == ("dns.managedZones.get",)


def test_a_permission_that_no_role_holds_is_advice_without_a_proposal() -> None:
    (action,) = planned(zones(), small(run_x="run.services.get"))
    assert (action.action, action.changes) == ("advise", False)
    assert "no role of the catalogue holds dns.managedZones.get" in action.why
    assert action.proof is not None
    assert action.proof.custom is None


def test_the_hand_checked_role_comes_first_unless_the_catalogue_contradicts_it() -> None:
    entry = audit(permission="storage.objects.get", resource="projects/_/buckets/b/objects/o")
    agreed = small(storage_objectViewer="storage.objects.get storage.objects.list", storage_tiny="storage.objects.get")
    assert [one.role for one in planned(entry, agreed)] == ["roles/storage.objectViewer"]
    other = small(storage_tiny="storage.objects.get", storage_objectViewer_beta="storage.objects.get")
    (action,) = planned(entry, other)
    assert action.role == "roles/storage.tiny"
    assert "hand-checked roles/storage.objectViewer is passed over: in stage BETA" in action.why


def test_permissions_missing_on_one_resource_are_one_grant_where_one_role_is_as_narrow() -> None:
    entry = several(("dns.managedZones.get", f"projects/{PROJECT}"), ("dns.managedZones.update", f"projects/{PROJECT}"))
    (action,) = planned(entry, ZONES)
    assert action.role == "roles/dns.wide"
    assert action.proof is not None
    assert action.proof.permissions == ("dns.managedZones.get", "dns.managedZones.update")


def test_permissions_missing_on_different_resources_are_never_one_grant() -> None:
    entry = several(
        ("storage.objects.get", "projects/_/buckets/a/objects/o"), ("storage.objects.list", "projects/_/buckets/b")
    )
    catalogue = small(storage_objectViewer="storage.objects.get storage.objects.list")
    assert [one.target for one in planned(entry, catalogue)] == [
        "//storage.googleapis.com/projects/_/buckets/a",
        "//storage.googleapis.com/projects/_/buckets/b",
    ]


def test_what_escalates_is_advice_beside_what_may_be_given() -> None:
    entry = several(
        ("dns.managedZones.get", f"projects/{PROJECT}"),
        ("resourcemanager.projects.setIamPolicy", f"projects/{PROJECT}"),
    )
    catalogue = of(
        role("roles/dns.reader", "dns.managedZones.get"),
        role("roles/resourcemanager.x", "resourcemanager.projects.setIamPolicy", "dns.managedZones.get"),
    )
    given, refused = planned(entry, catalogue)
    assert (given.role, given.tier) == ("roles/dns.reader", "T1")
    assert (refused.changes, refused.tier, refused.proof) == (False, "T3", None)


def test_google_has_the_last_word_on_what_a_resource_accepts() -> None:
    (action,) = planned(zones(), ZONES, {THERE: frozenset({Role("roles/dns.wide")})})
    assert action.role == "roles/dns.wide"
    assert action.proof is not None
    assert NOT_ACCEPTED in {one.refusal for one in action.proof.candidates}
    (asked_of_another,) = planned(zones(), ZONES, {BUCKET: frozenset()})
    assert asked_of_another.role == "roles/dns.reader"
    (nothing,) = planned(zones(), ZONES, {THERE: frozenset()})
    assert not nothing.changes


def test_who_must_agree_follows_from_all_that_the_role_holds() -> None:
    entry = audit(permission="run.services.get", resource=f"projects/{PROJECT}/locations/l/services/s")
    plain = small(run_viewer="run.services.get")
    assert [one.tier for one in planned(entry, plain)] == ["T1"]
    more = small(run_viewer="run.services.get secretmanager.versions.access")
    assert [one.tier for one in planned(entry, more)] == ["T2"]


def test_an_identity_from_outside_gets_the_role_made_for_it() -> None:
    account = "projects/-/serviceAccounts/bot@acme-test.iam.gserviceaccount.com"
    entry = audit(
        permission="iam.serviceAccounts.getAccessToken", resource=account, principal="acme.svc.id.goog[shop/web]"
    )
    catalogue = small(
        iam_serviceAccountTokenCreator="iam.serviceAccounts.getAccessToken iam.serviceAccounts.signBlob",
        iam_workloadIdentityUser="iam.serviceAccounts.getAccessToken",
    )
    (action,) = planned(entry, catalogue)
    assert (action.role, action.tier) == ("roles/iam.workloadIdentityUser", "T2")


@pytest.mark.hazard("H08")
def test_a_text_that_names_just_the_project_gets_no_grant_from_a_catalogue_either() -> None:
    words = (
        "Error 403: app@acme-test.iam.gserviceaccount.com does not have storage.objects.get access. "
        "Permission 'storage.objects.get' denied on resource 'projects/acme-test'."
    )
    (action,) = planned(text(words), small(storage_objectViewer="storage.objects.get"))
    assert not action.changes


@pytest.mark.parametrize(
    "bucket", ["b\u202e", "b'\" OR 1", "*", "..", "b" * 5_000, "<!channel>", "a b", "b\n", "b?x", "b#x"]
)
def test_a_name_that_google_would_not_give_is_no_target_of_a_catalogues_role(bucket: str) -> None:
    entry = audit(permission="storage.objects.get", resource=f"projects/_/buckets/{bucket}/objects/o")
    assert not any(one.changes for one in planned(entry, small(storage_objectViewer="storage.objects.get")))


@pytest.mark.hazard("H16")
@pytest.mark.invariant("I25")
def test_a_hostile_project_name_gets_into_no_command() -> None:
    entry = audit(permission="dns.managedZones.get", resource='projects/a"; rm -rf x #')
    (action,) = planned(entry, small(dns_reader_beta="dns.managedZones.get"))
    assert action.proof is not None
    assert action.proof.custom is not None
    assert "rm -rf" not in action.proof.custom.gcloud + action.proof.custom.terraform


@pytest.mark.invariant("I24")
def test_an_entry_of_very_many_permissions_is_answered_in_at_most_three_steps() -> None:
    names = [f"dns.thing{number}.get" for number in range(4_000)]
    catalogue = of(*(role(f"roles/dns.r{number}", name) for number, name in enumerate(names)))
    actions = planned(several(*((name, f"projects/{PROJECT}") for name in names)), catalogue)
    assert 0 < len(actions) <= 3
    assert not any(one.changes for one in actions)
    assert actions[0].proof is not None
    assert actions[0].proof.custom is None
    assert "larger than the 3,000 permissions" in actions[0].why


@pytest.mark.hazard("H03")
@pytest.mark.parametrize("resource", ["projects/{}", "projects/{}/locations/l/things/t"])
def test_over_the_permissions_of_google_no_plan_gives_a_basic_agents_or_escalating_role(
    reference: Path, resource: str
) -> None:
    catalogue = predefined(reference)
    asked = held(catalogue, "roles/viewer", "roles/editor")[::100]
    assert len(asked) >= 60
    assert len({one.partition(".")[0] for one in asked}) >= 20
    given = 0
    for permission in asked:
        for action in planned(audit(permission=permission, resource=resource.format(PROJECT)), catalogue):
            if action.proof is None:
                assert not action.changes
                continue
            proposed = action.proof.custom.permissions if action.proof.custom else ()
            assert not [one for one in proposed if danger_of(one, THERE) is T3], permission
            assert len(action.proof.candidates) <= 5
            if action.role is None:
                assert not action.changes
                continue
            given += 1
            known = catalogue.role(action.role)
            assert known is not None
            assert known.name not in BASIC
            assert AGENT not in known.name.lower()
            assert permission in known.permissions
            assert action.target is not None
            assert not [one for one in known.permissions if danger_of(one, action.target) is T3], known.name
            assert action.proof.candidates[0].role == known.name
            assert action.proof.digest == digest(known)
    assert given >= 20
