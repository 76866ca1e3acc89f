"""Deny policies as IAM v2 serves them: a list without rules, names with their attachment point encoded."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from worlds import ORGANIZATION, Cloud, add_account, add_bucket, add_deny, grant

UP = "up@acme-web.iam.gserviceaccount.com"
CREATE = "storage.googleapis.com/objects.create"
ALL = "principalSet://goog/public:all"
BUCKET = "//storage.googleapis.com/projects/_/buckets/photos"


def parent(on: str) -> str:
    return f"policies/cloudresourcemanager.googleapis.com%2F{on.replace('/', '%2F')}/denypolicies"


@pytest.mark.parametrize("on", ["projects/acme-web", "projects/111111111111"])
def test_a_project_s_policies_are_listed_by_id_and_by_number_and_named_by_number(cloud: Cloud, on: str) -> None:
    add_deny(cloud.world, "projects/acme-web", [CREATE], [ALL])
    add_deny(cloud.world, "folders/1001", [CREATE], [ALL], "above")
    [listed] = cloud.clients().deny_policies.list_policies(request={"parent": parent(on)})
    assert listed.name == f"{parent('projects/111111111111')}/guard"
    assert list(listed.rules) == []


def test_a_policy_is_read_with_its_rules(cloud: Cloud) -> None:
    add_deny(
        cloud.world, "folders/1001", [CREATE], [ALL], exceptionPrincipals=["principal://goog/subject/ann@example.com"]
    )
    policy = cloud.clients().deny_policies.get_policy(request={"name": f"{parent('folders/1001')}/guard"})
    assert list(policy.rules[0].deny_rule.denied_permissions) == [CREATE]


def test_a_list_comes_in_pages(cloud: Cloud) -> None:
    for number in range(5):
        add_deny(cloud.world, "projects/acme-web", [CREATE], [ALL], f"guard-{number}")
    request = {"parent": parent("projects/acme-web"), "page_size": 2}
    assert len(list(cloud.clients().deny_policies.list_policies(request=request))) == 5
    assert cloud.world.calls.count("iam.policies.listPolicies") == 3


def test_what_does_not_exist_is_not_found(cloud: Cloud) -> None:
    client = cloud.clients().deny_policies
    for name in (f"{parent('folders/1001')}/guard", f"{parent('folders/9')}/guard"):
        with pytest.raises(exceptions.NotFound):
            client.get_policy(request={"name": name})


def test_reading_takes_its_own_permissions(cloud: Cloud) -> None:
    add_deny(cloud.world, "projects/acme-web", [CREATE], [ALL])
    cloud.world.reader_cannot.append("iam.denypolicies.get")
    client = cloud.clients().deny_policies
    [listed] = client.list_policies(request={"parent": parent("projects/acme-web")})
    with pytest.raises(exceptions.Forbidden, match=r"iam\.denypolicies\.get"):
        client.get_policy(request={"name": listed.name})
    with pytest.raises(exceptions.Forbidden, match=r"iam\.denypolicies\.list"):
        cloud.clients("as:user:ann@example.com").deny_policies.list_policies(request={"parent": parent("folders/1001")})


@pytest.mark.parametrize("on", ["projects/acme-web", "projects/111111111111", "organizations/123456789012"])
def test_a_rule_refuses_calls_whatever_roles_say_and_however_its_project_is_named(cloud: Cloud, on: str) -> None:
    add_account(cloud.world, UP)
    add_bucket(cloud.world, "photos")
    grant(cloud.world, BUCKET, "roles/storage.objectCreator", f"serviceAccount:{UP}")
    grant(cloud.world, ORGANIZATION, "roles/storage.objectUser", f"serviceAccount:{UP}")
    blob = cloud.clients(f"as:serviceAccount:{UP}").storage.bucket("photos").blob("cat.jpg")
    blob.upload_from_string(b"meow")
    add_deny(cloud.world, on, ["storage.googleapis.com/objects.*"], [ALL])
    with pytest.raises(exceptions.Forbidden, match=r"storage\.objects\.create"):
        blob.upload_from_string(b"meow")


def test_a_rule_whose_condition_cannot_be_evaluated_applies(cloud: Cloud) -> None:
    add_account(cloud.world, UP)
    add_bucket(cloud.world, "photos")
    grant(cloud.world, BUCKET, "roles/storage.objectCreator", f"serviceAccount:{UP}")
    blob = cloud.clients(f"as:serviceAccount:{UP}").storage.bucket("photos").blob("cat.jpg")
    for expression, refused in (('resource.matchTag("env", "prod")', False), ("nonsense(", True)):
        add_deny(cloud.world, "folders/1001", [CREATE], [ALL], denialCondition={"expression": expression})
        if refused:
            with pytest.raises(exceptions.Forbidden):
                blob.upload_from_string(b"meow")
        else:
            blob.upload_from_string(b"meow")
