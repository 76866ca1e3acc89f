"""Names are parsed by grammar and compared by parts; most never become a member of anything."""

from __future__ import annotations

import pytest

from shared.model.names import PrincipalKind, ResourceName, is_plain, parse_permission, parse_principal


@pytest.mark.hazard("H12")
@pytest.mark.invariant("I32")
@pytest.mark.parametrize(
    ("text", "kind", "member"),
    [
        ("kim@example.com", PrincipalKind.USER, "user:kim@example.com"),
        ("user:kim@example.com", PrincipalKind.USER, "user:kim@example.com"),
        (
            "app@p.iam.gserviceaccount.com",
            PrincipalKind.SERVICE_ACCOUNT,
            "serviceAccount:app@p.iam.gserviceaccount.com",
        ),
        (
            "p@appspot.gserviceaccount.com",
            PrincipalKind.SERVICE_ACCOUNT,
            "serviceAccount:p@appspot.gserviceaccount.com",
        ),
        (
            "7-compute@developer.gserviceaccount.com",
            PrincipalKind.SERVICE_ACCOUNT,
            "serviceAccount:7-compute@developer.gserviceaccount.com",
        ),
        ("service-7@compute-system.iam.gserviceaccount.com", PrincipalKind.SERVICE_AGENT, None),
        ("service-7@gcp-sa-pubsub.iam.gserviceaccount.com", PrincipalKind.SERVICE_AGENT, None),
        ("x-1@gcp-sa-bigquery-condel.iam.gserviceaccount.com", PrincipalKind.SERVICE_AGENT, None),
        ("7@cloudservices.gserviceaccount.com", PrincipalKind.SERVICE_AGENT, None),
        (
            "service-mesh@p.iam.gserviceaccount.com",
            PrincipalKind.SERVICE_ACCOUNT,
            "serviceAccount:service-mesh@p.iam.gserviceaccount.com",
        ),
        ("system:serviceaccount:ns:app", PrincipalKind.KUBERNETES, None),
        ("system:anonymous", PrincipalKind.ANONYMOUS, None),
        ("Anonymous caller", PrincipalKind.ANONYMOUS, None),
        ("allUsers", PrincipalKind.OTHER, None),
        ("domain:example.com", PrincipalKind.OTHER, None),
        ("blah", PrincipalKind.OTHER, None),
        ("...@example.com", PrincipalKind.OTHER, None),
        ("kim@localhost", PrincipalKind.OTHER, None),
    ],
)
def test_a_principal_is_what_its_grammar_says(text: str, kind: PrincipalKind, member: str | None) -> None:
    principal = parse_principal(text)
    assert (principal.kind, principal.member) == (kind, member)


@pytest.mark.hazard("H12")
@pytest.mark.invariant("I32")
def test_one_federated_subject_may_be_a_member_and_a_set_never() -> None:
    pool = "iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/pool"
    assert parse_principal(f"principal://{pool}/subject/ci").member == f"principal://{pool}/subject/ci"
    assert parse_principal(f"principalSet://{pool}/attribute.repo/org/app").member is None
    assert parse_principal(f"principalSet://{pool}/*").member is None
    assert parse_principal("serviceAccount:p.svc.id.goog[ns/app]").member == "serviceAccount:p.svc.id.goog[ns/app]"


@pytest.mark.hazard("H12", "H13", "H14")
@pytest.mark.invariant("I32")
@pytest.mark.parametrize(
    "text",
    ["k\u0456m@example.com", "kim\u202e@example.com", "kim @example.com", "kim'@example.com", "kim@example.com\n"],
)
def test_look_alikes_and_injections_never_become_a_member(text: str) -> None:
    assert parse_principal(text).member is None
    assert not is_plain(text)


@pytest.mark.parametrize(
    ("text", "permission"),
    [
        ("storage.objects.get", "storage.objects.get"),
        ("iam.serviceaccounts.actas", "iam.serviceAccounts.actAs"),
        ("iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.getAccessToken"),
        ("iam.googleapis.com/workforcePools.get", "iam.workforcePools.get"),
        ("storage.googleapis.com/objects.get", "storage.objects.get"),
        ("cloudvolumesgcp-api.netapp.create", "cloudvolumesgcp-api.netapp.create"),
        ("storage.objects", None),
        ("a.b.c.d", None),
        ("storage.objects.", None),
        ("storage..get", None),
        ("Storage.Objects.Get", None),
        ("google.storage.Storage", None),
        ("storage.obj ects.get", None),
        ("", None),
    ],
)
def test_a_permission_has_three_parts_and_one_spelling(text: str, permission: str | None) -> None:
    assert parse_permission(text) == permission


def test_a_resource_is_cut_by_collections_not_by_characters() -> None:
    name = ResourceName("//storage.googleapis.com/projects/_/buckets/b-objects/objects/a/objects/c")
    assert name.part("buckets") == "b-objects"
    assert name.project is None
    assert ResourceName("projects/p/zones/z/instances/i").project == "p"
    assert ResourceName("projects/p").part("zones") is None
    assert ResourceName("organizations/7").project is None
