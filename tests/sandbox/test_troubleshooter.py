"""Policy Troubleshooter explains what decides calls, and says UNKNOWN of what the asker may not see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from google.protobuf import json_format
from worlds import FOLDER, NOW, ORGANIZATION, Cloud, add_account, add_bucket, add_deny, grant

UP = "up@acme-web.iam.gserviceaccount.com"
MEMBER = f"serviceAccount:{UP}"
BUCKET = "//storage.googleapis.com/projects/_/buckets/photos"
CREATE = "storage.objects.create"
CREATOR = "roles/storage.objectCreator"
PROJECT = "//cloudresourcemanager.googleapis.com/projects/acme-web"
YESTERDAY = 'request.time < timestamp("2026-11-20T00:00:00Z")'


@pytest.fixture(autouse=True)
def _bucket(cloud: Cloud) -> None:
    add_account(cloud.world, UP)
    add_bucket(cloud.world, "photos")


def asked(
    cloud: Cloud,
    *,
    principal: str = UP,
    permission: str = CREATE,
    resource: str = BUCKET,
    token: str = "reader",
    context: dict[str, Any] | None = None,
) -> Any:
    """The whole answer as JSON."""
    access = {"principal": principal, "permission": permission, "full_resource_name": resource}
    request = {"access_tuple": {**access, **({"condition_context": context} if context else {})}}
    reply = cloud.clients(token).troubleshooter.troubleshoot_iam_policy(request=request)
    return json_format.MessageToDict(type(reply).pb(reply))


def test_a_binding_that_grants_is_shown_with_each_part_of_its_verdict(cloud: Cloud) -> None:
    grant(cloud.world, BUCKET, CREATOR, "user:ann@example.com", MEMBER)
    answer = asked(cloud)
    assert answer["overallAccessState"] == "CAN_ACCESS"
    assert answer["accessTuple"]["permissionFqdn"] == "storage.googleapis.com/objects.create"
    policy = answer["allowPolicyExplanation"]["explainedPolicies"][0]
    binding = policy["bindingExplanations"][0]
    assert policy["fullResourceName"] == BUCKET
    assert binding["allowAccessState"] == "ALLOW_ACCESS_STATE_GRANTED"
    assert binding["rolePermission"] == "ROLE_PERMISSION_INCLUDED"
    assert binding["combinedMembership"]["membership"] == "MEMBERSHIP_MATCHED"
    assert {name: one["membership"] for name, one in binding["memberships"].items()} == {
        "user:ann@example.com": "MEMBERSHIP_NOT_MATCHED",
        MEMBER: "MEMBERSHIP_MATCHED",
    }


def test_every_policy_on_the_way_up_is_explained(cloud: Cloud) -> None:
    grant(cloud.world, FOLDER, CREATOR, MEMBER)
    policies = asked(cloud)["allowPolicyExplanation"]["explainedPolicies"]
    assert [one["fullResourceName"] for one in policies] == [BUCKET, PROJECT, FOLDER, ORGANIZATION]
    assert [one["allowAccessState"].rpartition("STATE_")[2] for one in policies] == [
        "NOT_GRANTED",
        "NOT_GRANTED",
        "GRANTED",
        "NOT_GRANTED",
    ]


def test_without_any_binding_access_is_not_granted(cloud: Cloud) -> None:
    answer = asked(cloud)
    assert answer["overallAccessState"] == "CANNOT_ACCESS"
    assert answer["allowPolicyExplanation"]["allowAccessState"] == "ALLOW_ACCESS_STATE_NOT_GRANTED"
    assert answer["denyPolicyExplanation"]["denyAccessState"] == "DENY_ACCESS_STATE_NOT_DENIED"


def test_a_condition_is_evaluated_at_the_time_that_is_asked_about(cloud: Cloud) -> None:
    grant(cloud.world, BUCKET, CREATOR, MEMBER, title="until yesterday", expression=YESTERDAY)
    states = {
        days: asked(cloud, context={"request": {"receive_time": NOW - timedelta(days=days)}})["overallAccessState"]
        for days in (0, 2)
    }
    assert states == {0: "CANNOT_ACCESS", 2: "CAN_ACCESS"}


def test_a_condition_whose_context_is_not_told_stays_unknown(cloud: Cloud) -> None:
    grant(cloud.world, BUCKET, CREATOR, MEMBER, title="named", expression='resource.name.endsWith("photos")')
    answer = asked(cloud, context={"request": {"receive_time": NOW}})
    binding = answer["allowPolicyExplanation"]["explainedPolicies"][0]["bindingExplanations"][0]
    assert answer["overallAccessState"] == "UNKNOWN_CONDITIONAL"
    assert binding["conditionExplanation"]["value"] is None


def test_the_condition_on_a_name_is_evaluated_with_the_name_that_is_told(cloud: Cloud) -> None:
    grant(cloud.world, BUCKET, CREATOR, MEMBER, title="named", expression='resource.name.endsWith("photos")')
    context = {"resource": {"name": "projects/_/buckets/photos", "service": "storage.googleapis.com"}}
    assert asked(cloud, context=context)["overallAccessState"] == "CAN_ACCESS"


def test_what_was_written_last_counts_while_calls_are_still_refused(cloud: Cloud) -> None:
    cloud.world.propagation = timedelta(minutes=5)
    bucket = cloud.clients().storage.bucket("photos")
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings.append({"role": CREATOR, "members": {MEMBER}})
    bucket.set_iam_policy(policy)
    blob = cloud.clients(f"as:{MEMBER}").storage.bucket("photos").blob("cat.jpg")
    with pytest.raises(exceptions.Forbidden):
        blob.upload_from_string(b"meow")
    assert asked(cloud)["overallAccessState"] == "CAN_ACCESS"
    cloud.world.clock.turn(timedelta(minutes=6))
    blob.upload_from_string(b"meow")


def test_a_deny_rule_wins_and_is_shown_part_by_part(cloud: Cloud) -> None:
    grant(cloud.world, BUCKET, CREATOR, MEMBER)
    principal = f"principal://iam.googleapis.com/projects/-/serviceAccounts/{UP}"
    add_deny(
        cloud.world,
        "folders/1001",
        ["storage.googleapis.com/objects.create", "storage.googleapis.com/objects.delete"],
        [principal],
        exceptionPrincipals=["principal://goog/subject/ann@example.com"],
    )
    answer = asked(cloud)
    assert answer["overallAccessState"] == "CANNOT_ACCESS"
    assert answer["allowPolicyExplanation"]["allowAccessState"] == "ALLOW_ACCESS_STATE_GRANTED"
    [resource] = answer["denyPolicyExplanation"]["explainedResources"]
    [rule] = resource["explainedPolicies"][0]["ruleExplanations"]
    assert resource["fullResourceName"] == FOLDER
    assert rule["denyAccessState"] == "DENY_ACCESS_STATE_DENIED"
    assert rule["combinedDeniedPermission"]["permissionMatchingState"] == "PERMISSION_PATTERN_MATCHED"
    assert rule["deniedPrincipals"][principal]["membership"] == "MEMBERSHIP_MATCHED"
    assert rule["combinedExceptionPrincipal"]["membership"] == "MEMBERSHIP_NOT_MATCHED"


def test_impersonation_is_denied_under_the_name_that_deny_policies_give_it(cloud: Cloud) -> None:
    target = add_account(cloud.world, "bot@acme-web.iam.gserviceaccount.com", "112233445566778899002")
    grant(cloud.world, target.name, "roles/iam.serviceAccountTokenCreator", MEMBER)
    add_deny(
        cloud.world,
        "projects/111111111111",
        ["iam.googleapis.com/serviceAccounts.getAccessToken"],
        ["principalSet://goog/public:all"],
    )
    answer = asked(cloud, permission="iam.serviceAccounts.getAccessToken", resource=target.name)
    assert answer["accessTuple"]["permissionFqdn"] == "iam.googleapis.com/serviceAccounts.getAccessToken"
    assert answer["denyPolicyExplanation"]["denyAccessState"] == "DENY_ACCESS_STATE_DENIED"


def test_a_policy_that_may_not_be_seen_is_unknown_and_unnamed(cloud: Cloud) -> None:
    cloud.world.reader_cannot.append("storage.buckets.getIamPolicy")
    grant(cloud.world, BUCKET, CREATOR, MEMBER)
    answer = asked(cloud)
    hidden = answer["allowPolicyExplanation"]["explainedPolicies"][0]
    assert answer["overallAccessState"] == "UNKNOWN_INFO"
    assert hidden == {"allowAccessState": "ALLOW_ACCESS_STATE_UNKNOWN_INFO"}


def test_a_grant_that_can_be_seen_is_one_whatever_is_hidden_above(cloud: Cloud) -> None:
    cloud.world.reader_cannot.append("resourcemanager.*.getIamPolicy")
    grant(cloud.world, BUCKET, CREATOR, MEMBER)
    assert asked(cloud)["overallAccessState"] == "CAN_ACCESS"


@pytest.mark.parametrize("verb", ["list", "get"])
def test_deny_policies_that_may_not_be_seen_leave_access_unknown(cloud: Cloud, verb: str) -> None:
    cloud.world.reader_cannot.append(f"iam.denypolicies.{verb}")
    grant(cloud.world, BUCKET, CREATOR, MEMBER)
    answer = asked(cloud)
    assert answer["overallAccessState"] == "UNKNOWN_INFO"
    assert answer["denyPolicyExplanation"]["denyAccessState"] == "DENY_ACCESS_STATE_UNKNOWN_INFO"


def test_without_a_grant_access_is_refused_whatever_deny_policies_say(cloud: Cloud) -> None:
    cloud.world.reader_cannot.append("iam.denypolicies.*")
    assert asked(cloud)["overallAccessState"] == "CANNOT_ACCESS"


def test_who_is_in_a_group_may_be_hidden(cloud: Cloud) -> None:
    cloud.world.groups["uploaders@example.com"] = [MEMBER]
    grant(cloud.world, BUCKET, CREATOR, "group:uploaders@example.com")
    assert asked(cloud)["overallAccessState"] == "CAN_ACCESS"
    cloud.world.reader_cannot.append("groups.expand")
    answer = asked(cloud)
    binding = answer["allowPolicyExplanation"]["explainedPolicies"][0]["bindingExplanations"][0]
    assert binding["combinedMembership"]["membership"] == "MEMBERSHIP_UNKNOWN_INFO"
    assert answer["overallAccessState"] == "UNKNOWN_INFO"


def test_a_hidden_group_among_the_exceptions_leaves_a_deny_rule_unknown(cloud: Cloud) -> None:
    grant(cloud.world, BUCKET, CREATOR, MEMBER)
    cloud.world.reader_cannot.append("groups.expand")
    add_deny(
        cloud.world,
        "projects/acme-web",
        ["storage.googleapis.com/objects.create"],
        ["principalSet://goog/public:all"],
        exceptionPrincipals=["principalSet://goog/group/uploaders@example.com"],
    )
    assert asked(cloud)["denyPolicyExplanation"]["denyAccessState"] == "DENY_ACCESS_STATE_UNKNOWN_INFO"


def test_what_a_custom_role_holds_may_be_hidden(cloud: Cloud) -> None:
    role = "projects/acme-web/roles/uploader"
    cloud.world.roles[role] = {"name": role, "includedPermissions": [CREATE]}
    grant(cloud.world, BUCKET, role, MEMBER)
    assert asked(cloud)["overallAccessState"] == "CAN_ACCESS"
    cloud.world.reader_cannot.append("iam.roles.get")
    assert asked(cloud)["overallAccessState"] == "UNKNOWN_INFO"


def test_a_resource_that_does_not_exist_has_a_policy_that_nobody_can_see(cloud: Cloud) -> None:
    assert asked(cloud, resource=f"{BUCKET}-of-nobody")["overallAccessState"] == "UNKNOWN_INFO"
    missing = "//iam.googleapis.com/projects/acme-web/serviceAccounts/gone@acme-web.iam.gserviceaccount.com"
    answer = asked(cloud, permission="iam.serviceAccounts.actAs", resource=missing)
    assert answer["overallAccessState"] == "UNKNOWN_INFO"


def test_an_object_need_not_exist_for_its_bucket_to_answer(cloud: Cloud) -> None:
    grant(cloud.world, BUCKET, CREATOR, MEMBER)
    assert asked(cloud, resource=f"{BUCKET}/objects/new.jpg")["overallAccessState"] == "CAN_ACCESS"


def test_others_than_the_reader_see_what_iam_lets_them(cloud: Cloud) -> None:
    grant(cloud.world, BUCKET, CREATOR, MEMBER)
    grant(cloud.world, ORGANIZATION, "roles/viewer", "user:ann@example.com")
    seen = {
        who: asked(cloud, token=f"as:user:{who}@example.com")["allowPolicyExplanation"]["allowAccessState"]
        for who in ("ann", "bob")
    }
    assert seen == {"ann": "ALLOW_ACCESS_STATE_GRANTED", "bob": "ALLOW_ACCESS_STATE_UNKNOWN_INFO"}


@pytest.mark.parametrize(
    "principal",
    [
        "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/s",
        "allUsers",
        f"serviceAccount:{UP}",
        "",
    ],
)
def test_only_accounts_can_be_asked_about(cloud: Cloud, principal: str) -> None:
    with pytest.raises(exceptions.BadRequest, match="must be the email address"):
        asked(cloud, principal=principal)


@pytest.mark.parametrize(("permission", "resource"), [("storage", BUCKET), (CREATE, "buckets/photos")])
def test_a_malformed_question_is_an_invalid_argument(cloud: Cloud, permission: str, resource: str) -> None:
    with pytest.raises(exceptions.BadRequest, match="is not"):
        asked(cloud, permission=permission, resource=resource)
