"""What Policy Troubleshooter says is told in verdicts: yes, no, or could not tell; never more than it said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from google.cloud.policytroubleshooter_iam_v3 import TroubleshootIamPolicyResponse
from looks import OUTAGES, fails
from worlds import FOLDER, NOW, Cloud, add_account, add_bucket, add_deny, grant

from sandbox.faults import FaultKind
from shared.adapters import troubleshooter
from shared.errors import LookFailed, NotAllowedToLook
from shared.model.evidence import NO, UNKNOWN, YES
from shared.model.facts import Access, AccessState, BindingSeen, Condition, DenySeen
from shared.model.names import Permission, Role

UP = "up@acme-web.iam.gserviceaccount.com"
MEMBER = f"serviceAccount:{UP}"
BUCKET = "//storage.googleapis.com/projects/_/buckets/photos"
CREATE = Permission("storage.objects.create")
CREATOR = Role("roles/storage.objectCreator")
METHOD = "policytroubleshooter.iam.troubleshoot"
YESTERDAY = Condition(title="until yesterday", expression='request.time < timestamp("2026-11-20T00:00:00Z")')
SPELT, ALL = "storage.googleapis.com/objects.create", "principalSet://goog/public:all"


@pytest.fixture(autouse=True)
def _bucket(cloud: Cloud) -> None:
    add_account(cloud.world, UP)
    add_bucket(cloud.world, "photos")


def access(cloud: Cloud, resource: str = BUCKET, permission: str = CREATE, principal: str = UP) -> Access:
    return troubleshooter.access(cloud.clients(), principal, Permission(permission), resource, NOW)


def test_a_grant_is_shown_with_the_binding_that_gives_it(cloud: Cloud) -> None:
    grant(cloud.world, FOLDER, CREATOR, MEMBER)
    assert access(cloud) == Access(
        state=AccessState.CAN,
        allowed=YES,
        denied=NO,
        bindings=(
            BindingSeen(
                resource=FOLDER, role=CREATOR, grants=YES, has_permission=YES, has_member=YES, condition_holds=YES
            ),
        ),
    )


def test_bindings_that_have_neither_the_permission_nor_the_member_are_left_out(cloud: Cloud) -> None:
    grant(cloud.world, BUCKET, "roles/storage.objectViewer", MEMBER)
    grant(cloud.world, BUCKET, CREATOR, "user:ann@example.com")
    grant(cloud.world, BUCKET, "roles/browser", "user:ann@example.com")
    seen = access(cloud)
    assert (seen.state, seen.allowed, seen.denied, seen.unseen) == (AccessState.CANNOT, NO, NO, ())
    assert [(one.role, one.has_permission, one.has_member, one.grants) for one in seen.bindings] == [
        ("roles/storage.objectViewer", NO, YES, NO),
        (CREATOR, YES, NO, NO),
    ]


def test_a_condition_that_has_ended_is_told_with_its_verdict(cloud: Cloud) -> None:
    grant(cloud.world, BUCKET, CREATOR, MEMBER, title=YESTERDAY.title, expression=YESTERDAY.expression)
    [binding] = access(cloud).bindings
    assert (binding.condition, binding.condition_holds, binding.grants) == (YESTERDAY, NO, NO)
    before = troubleshooter.access(cloud.clients(), UP, CREATE, BUCKET, NOW - timedelta(days=2))
    assert (before.state, before.bindings[0].condition_holds) == (AccessState.CAN, YES)


def test_without_a_time_a_condition_on_it_cannot_be_told(cloud: Cloud) -> None:
    grant(cloud.world, BUCKET, CREATOR, MEMBER, title=YESTERDAY.title, expression=YESTERDAY.expression)
    seen = troubleshooter.access(cloud.clients(), UP, CREATE, BUCKET, None)
    assert (seen.state, seen.allowed) == (AccessState.UNKNOWN_CONDITIONAL, UNKNOWN)
    assert seen.bindings[0].condition_holds is UNKNOWN


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ('resource.name == "projects/_/buckets/photos/objects/a/b.jpg"', YES),
        ('resource.service == "storage.googleapis.com"', YES),
        ('resource.type == "storage.googleapis.com/Object"', YES),
        ('resource.type == "storage.googleapis.com/Bucket"', NO),
        ("destination.port == 443", UNKNOWN),
    ],
)
def test_conditions_are_told_the_resource_by_service_name_and_type(cloud: Cloud, expression: str, verdict: str) -> None:
    grant(cloud.world, BUCKET, CREATOR, MEMBER, title="named", expression=expression)
    [binding] = access(cloud, f"{BUCKET}/objects/a/b.jpg").bindings
    assert binding.condition_holds is verdict


@pytest.mark.parametrize("attribute", ["type", "service", "name"])
def test_of_a_type_that_conditions_do_not_know_nothing_is_told(cloud: Cloud, attribute: str) -> None:
    project = "//cloudresourcemanager.googleapis.com/projects/acme-web"
    grant(cloud.world, project, CREATOR, MEMBER, title="typed", expression=f'resource.{attribute} != ""')
    [binding] = access(cloud, "//dns.googleapis.com/projects/acme-web/managedZones/z").bindings
    assert binding.condition_holds is UNKNOWN


@pytest.mark.parametrize(("project", "verdict"), [("acme-web", UNKNOWN), ("111111111111", YES)])
def test_a_name_is_told_only_as_its_service_spells_it(cloud: Cloud, project: str, verdict: str) -> None:
    expression = 'resource.name == "projects/111111111111/secrets/psp"'
    grant(cloud.world, FOLDER, "roles/secretmanager.secretAccessor", MEMBER, title="one", expression=expression)
    secret = f"//secretmanager.googleapis.com/projects/{project}/secrets/psp"
    [binding] = access(cloud, secret, "secretmanager.versions.access").bindings
    assert binding.condition_holds is verdict


def test_a_deny_rule_is_told_with_whom_it_names_and_excepts(cloud: Cloud) -> None:
    grant(cloud.world, BUCKET, CREATOR, MEMBER)
    ann = "principal://goog/subject/ann@example.com"
    add_deny(cloud.world, "projects/acme-web", [SPELT], [ALL], exceptionPrincipals=[ann])
    add_deny(cloud.world, "folders/1001", ["storage.googleapis.com/objects.delete"], [ALL], "elsewhere")
    seen = access(cloud)
    assert (seen.state, seen.allowed, seen.denied) == (AccessState.CANNOT, YES, YES)
    assert seen.denials == (
        DenySeen(
            policy="policies/cloudresourcemanager.googleapis.com%2Fprojects%2Facme-web/denypolicies/guard",
            permissions=(SPELT,),
            principals=(ALL,),
            exceptions=(ann,),
        ),
    )


def test_a_policy_we_may_not_see_leaves_the_answer_open_and_says_where_it_is(cloud: Cloud) -> None:
    cloud.world.reader_cannot.append("storage.buckets.getIamPolicy")
    seen = access(cloud)
    assert (seen.state, seen.allowed, seen.denied) == (AccessState.UNKNOWN_INFO, UNKNOWN, NO)
    assert seen.unseen == (f"an allow policy of {BUCKET} or above it",)


def test_deny_policies_we_may_not_see_leave_the_answer_open(cloud: Cloud) -> None:
    cloud.world.reader_cannot.append("iam.denypolicies.list")
    grant(cloud.world, BUCKET, CREATOR, MEMBER)
    seen = access(cloud)
    assert (seen.state, seen.allowed, seen.denied) == (AccessState.UNKNOWN_INFO, YES, UNKNOWN)
    assert seen.unseen == (f"a deny policy above {BUCKET}",)


def test_members_of_a_group_and_a_custom_role_we_may_not_see_are_named(cloud: Cloud) -> None:
    role = "projects/acme-web/roles/uploader"
    cloud.world.roles[role] = {"name": role, "includedPermissions": [CREATE]}
    cloud.world.reader_cannot += ["groups.expand", "iam.roles.get"]
    grant(cloud.world, BUCKET, CREATOR, "group:uploaders@example.com")
    grant(cloud.world, BUCKET, role, MEMBER)
    seen = access(cloud)
    assert seen.allowed is UNKNOWN
    assert seen.unseen == ("who is in group:uploaders@example.com", f"what {role} holds")
    assert [(one.role, one.has_permission, one.has_member) for one in seen.bindings] == [
        (CREATOR, YES, UNKNOWN),
        (role, UNKNOWN, YES),
    ]


def test_a_rule_that_may_deny_is_shown_where_it_cannot_be_told(cloud: Cloud) -> None:
    cloud.world.reader_cannot.append("groups.expand")
    group = "principalSet://goog/group/uploaders@example.com"
    grant(cloud.world, BUCKET, CREATOR, MEMBER)
    add_deny(cloud.world, "projects/acme-web", [SPELT], [group])
    seen = access(cloud)
    assert (seen.denied, [one.principals for one in seen.denials], seen.unseen) == (UNKNOWN, [(group,)], ())


def test_a_principal_that_google_cannot_be_asked_about_fails_the_look(cloud: Cloud) -> None:
    pool = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/s"
    with pytest.raises(LookFailed, match="must be the email address"):
        access(cloud, principal=pool)


def test_a_refusal_of_the_call_itself_names_what_it_takes(cloud: Cloud) -> None:
    cloud.world.faults.add(METHOD, FaultKind.FORBIDDEN)
    with pytest.raises(NotAllowedToLook) as refused:
        access(cloud)
    assert refused.value.permission == "serviceusage.services.use"


@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    fails(cloud, METHOD, fault, lambda: access(cloud))


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ({}, "has no state"),
        ({"overall_access_state": "CAN_ACCESS"}, "contradicts itself"),
        (
            {
                "overall_access_state": "CAN_ACCESS",
                "allow_policy_explanation": {"allow_access_state": "ALLOW_ACCESS_STATE_GRANTED"},
                "deny_policy_explanation": {"deny_access_state": "DENY_ACCESS_STATE_DENIED"},
            },
            "contradicts itself",
        ),
        (
            {
                "overall_access_state": "CANNOT_ACCESS",
                "deny_policy_explanation": {
                    "explained_resources": [{"explained_policies": [{"policy": {"rules": [{"description": "x"}]}}]}]
                },
            },
            "makes no sense",
        ),
    ],
)
def test_an_answer_that_is_cut_or_contradicts_itself_is_none(reply: dict[str, Any], said: str) -> None:
    class Clients:
        class troubleshooter:  # noqa: N801 - the name of the client
            @staticmethod
            def troubleshoot_iam_policy(**_: Any) -> Any:
                return TroubleshootIamPolicyResponse(reply)

    with pytest.raises(LookFailed, match=said):
        troubleshooter.access(Clients(), UP, CREATE, BUCKET, NOW)  # type: ignore[arg-type]
