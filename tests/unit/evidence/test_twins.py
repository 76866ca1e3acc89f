"""The same entry with other facts behind it has another cause: nothing but looking tells the twins apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from entries import PROJECT, audit, on_vm
from explained import explain
from fakes.facts import CRM, GIVEN, HIDDEN, MISSING, FakeFacts, bound, denied_by, looked
from msgspec.structs import replace

from shared.model.evidence import NO, UNKNOWN, YES
from shared.model.facts import Access, AccessState, DenyRule
from shared.model.report import Report

BUCKET = "//storage.googleapis.com/projects/_/buckets/reports"
NEEDED = "storage.objects.create"
CALLER = f"app@{PROJECT}.iam.gserviceaccount.com"
MEMBER = f"serviceAccount:{CALLER}"
ENTRY = audit(permission=NEEDED, resource="projects/_/buckets/reports/objects/a.csv", principal=CALLER)
SPOKEN = on_vm(
    f"{CALLER} does not have {NEEDED} access to the Google Cloud Storage object. Permission '{NEEDED}' denied on "
    "resource '//storage.googleapis.com/projects/_/buckets/reports/objects/a.csv' (or it may not exist)."
)
Arrange = Callable[[FakeFacts], None]
PROJECT_NAME, HERE = f"projects/{PROJECT}", f"{CRM}/projects/{PROJECT}"


def nothing(_: FakeFacts) -> None:
    """Nobody ever granted it."""


def removed(facts: FakeFacts) -> None:
    taken = (f"roles/storage.objectCreator {MEMBER}",)
    facts.change(PROJECT_NAME, "storage.setIamPermissions", BUCKET, ago=timedelta(hours=2), removed=taken)
    facts.holding["roles/storage.objectCreator"] = (NEEDED,)


def ended(facts: FakeFacts) -> None:
    over = bound(
        "roles/storage.objectCreator", holds=False, expression='request.time < timestamp("2026-11-20T00:00:00Z")'
    )
    facts.seen[NEEDED] = replace(MISSING, bindings=(over,))


def elsewhere(facts: FakeFacts) -> None:
    expression = 'resource.name.startsWith("x") && request.time < timestamp("2027-01-01T00:00:00Z")'
    facts.seen[NEEDED] = replace(
        MISSING, bindings=(bound("roles/storage.objectCreator", holds=False, expression=expression),)
    )


def forbidden(facts: FakeFacts) -> None:
    facts.seen[NEEDED] = denied_by("policies/p/denypolicies/no-writes", "storage.googleapis.com/objects.create")


def no_bucket(facts: FakeFacts) -> None:
    facts.remove(BUCKET)


def spreading(facts: FakeFacts) -> None:
    facts.seen[NEEDED] = GIVEN
    given = (f"roles/storage.objectCreator {MEMBER}",)
    facts.change(PROJECT_NAME, "storage.setIamPermissions", BUCKET, ago=timedelta(minutes=4), added=given)


def made_again(facts: FakeFacts) -> None:
    facts.bind(BUCKET, "roles/storage.objectCreator", f"deleted:{MEMBER}?uid=99")
    facts.holding["roles/storage.objectCreator"] = (NEEDED,)


def made_again_with_a_role_on_the_project(facts: FakeFacts) -> None:
    facts.bind(HERE, "roles/storage.objectCreator", f"deleted:{MEMBER}?uid=99")
    facts.holding["roles/storage.objectCreator"] = (NEEDED,)


def disabled(facts: FakeFacts) -> None:
    facts.disabled.add(CALLER)


def deleted(facts: FakeFacts) -> None:
    facts.remove(CALLER)


def doomed(facts: FakeFacts) -> None:
    facts.inactive.add(PROJECT_NAME)


TWINS = [
    (nothing, "gcs.iam", "no binding gives it"),
    (removed, "gcs.iam", "removed at 2026-11-21 07:00 by ann@example.com"),
    (ended, "iam.condition", "ended at 2026-11-20 00:00:00"),
    (elsewhere, "iam.condition", "does not hold for this call"),
    (forbidden, "iam.deny", "no role can override"),
    (no_bucket, "iam.not_found", "correct the name"),
    (spreading, "iam.propagation", "4 min before the call"),
    (made_again, "principal.deleted", "deleted and made again"),
    (disabled, "principal.disabled", "never enabled by a machine"),
    (deleted, "principal.deleted", "undeleted for 30 days"),
]
OF_AUDIT = [
    (made_again_with_a_role_on_the_project, "principal.deleted", "deleted and made again"),
    (doomed, "project.invalid", "being deleted"),
]
"""Facts about the project of the bucket, which only an audit log tells: it is written there."""


def behind(arrange: Arrange, entry: dict[str, Any] = ENTRY) -> Report:
    facts = FakeFacts()
    arrange(facts)
    return looked(entry, facts)


@pytest.mark.parametrize("entry", [ENTRY, SPOKEN], ids=["audit", "text"])
@pytest.mark.parametrize(("arrange", "cause", "why"), TWINS, ids=[one[0].__name__ for one in TWINS])
def test_the_same_words_with_another_fact_behind_them_have_another_cause(
    arrange: Arrange, cause: str, why: str, entry: dict[str, Any]
) -> None:
    told = behind(arrange, entry)
    assert (told.cause, told.proven) == (cause, "yes")
    assert any(why in line for line in told.evidence if line.startswith("proven: "))
    assert told.confidence == "high"


@pytest.mark.parametrize(("arrange", "cause", "why"), OF_AUDIT, ids=[one[0].__name__ for one in OF_AUDIT])
def test_what_only_the_project_of_the_bucket_knows(arrange: Arrange, cause: str, why: str) -> None:
    told = behind(arrange)
    assert (told.cause, told.proven) == (cause, "yes")
    assert any(why in line for line in told.evidence)


def test_without_looking_the_twins_are_one() -> None:
    assert explain(ENTRY).cause == "gcs.iam"
    assert explain(ENTRY).proven is None


@pytest.mark.parametrize(("arrange", "cause"), [(one[0], one[1]) for one in TWINS + OF_AUDIT if one[1] != "gcs.iam"])
def test_only_a_missing_role_is_ever_granted(arrange: Arrange, cause: str) -> None:
    told = behind(arrange)
    assert not any(action.changes for action in told.plan), cause


def test_what_was_granted_after_the_call_leaves_nothing_to_do() -> None:
    facts = FakeFacts()
    facts.seen[NEEDED] = GIVEN
    given = (f"roles/storage.objectCreator {MEMBER}",)
    facts.change(PROJECT_NAME, "storage.setIamPermissions", BUCKET, ago=timedelta(minutes=-20), added=given)
    told = looked(ENTRY, facts)
    assert (told.cause, told.proven) == ("gcs.iam", "no")
    assert [(one.action, one.changes) for one in told.plan] == [("advise", False)]
    assert "granted at 2026-11-21 09:20:00 by ann@example.com, after this call" in told.plan[0].why


def test_what_iam_gives_without_any_change_was_refused_elsewhere() -> None:
    facts = FakeFacts()
    facts.seen[NEEDED] = GIVEN
    told = looked(ENTRY, facts)
    assert told.proven == "no"
    assert "a role would change nothing" in told.plan[0].why
    assert "scopes" not in told.plan[0].why, "an audit entry with a checked permission proves that IAM was reached"


@pytest.mark.parametrize(
    ("added", "resource"),
    [
        ((f"roles/storage.objectCreator serviceAccount:my{CALLER}",), BUCKET),
        ((f"roles/viewer {MEMBER}",), BUCKET),
        (("roles/viewer group:all@example.com",), BUCKET),
        ((), f"{BUCKET}-2"),
        ((), "x"),
    ],
    ids=["a longer address", "another role", "another role of a group", "another bucket", "no full name"],
)
def test_a_change_that_did_not_give_this_access_is_no_sign_of_a_spreading_grant(
    added: tuple[str, ...], resource: str
) -> None:
    facts = FakeFacts()
    facts.seen[NEEDED] = replace(GIVEN, bindings=(bound("roles/storage.objectCreator"),))
    facts.change(PROJECT_NAME, "SetIamPolicy", resource, ago=timedelta(minutes=4), added=added)
    assert looked(ENTRY, facts).proven == "no"


@pytest.mark.parametrize(
    "method", ["google.iam.admin.v1.SetIAMPolicy", "v1.compute.instances.setIamPolicy", "SetIamPolicy"]
)
@pytest.mark.parametrize(
    ("added", "resource"),
    [
        (("roles/storage.objectCreator group:all@example.com",), f"{CRM}/folders/7"),
        ((), BUCKET),
        ((), HERE),
    ],
    ids=["to a group", "the target, without its delta", "its project, without its delta"],
)
def test_a_change_that_can_have_given_it_is_a_grant_that_spreads(
    added: tuple[str, ...], resource: str, method: str
) -> None:
    facts = FakeFacts()
    facts.seen[NEEDED] = replace(GIVEN, bindings=(bound("roles/storage.objectCreator"),))
    facts.change(PROJECT_NAME, method, resource, ago=timedelta(seconds=30), added=added)
    told = looked(ENTRY, facts)
    assert (told.cause, told.proven) == ("iam.propagation", "yes")
    assert any("30 s before the call" in line for line in told.evidence)


def test_a_removal_minutes_before_is_no_grant_that_spreads() -> None:
    facts = FakeFacts()
    facts.seen[NEEDED] = GIVEN
    facts.change(PROJECT_NAME, "SetIamPolicy", BUCKET, ago=timedelta(minutes=1), removed=(f"roles/viewer {MEMBER}",))
    assert looked(ENTRY, facts).proven == "no"


@pytest.mark.parametrize(
    ("taken", "holds", "said"),
    [
        (f"roles/pubsub.viewer {MEMBER}", ("pubsub.topics.get",), "no binding gives it"),
        (f"roles/storage.objectCreator serviceAccount:my{CALLER}", (NEEDED,), "no binding gives it"),
        (f"roles/custom {MEMBER}", None, "whether it held the permission was not told"),
    ],
    ids=["a role without the permission", "of a longer address", "a role that is gone"],
)
def test_a_removal_is_named_only_where_it_took_this_access(
    taken: str, holds: tuple[str, ...] | None, said: str
) -> None:
    facts = FakeFacts()
    facts.change(PROJECT_NAME, "SetIamPolicy", BUCKET, ago=timedelta(hours=2), removed=(taken,))
    if holds is not None:
        facts.holding[taken.partition(" ")[0]] = holds
    told = looked(ENTRY, facts)
    assert told.proven == "yes"
    assert any(said in line for line in told.evidence)


def test_what_was_taken_after_the_call_did_not_stop_it() -> None:
    facts = FakeFacts()
    taken = (f"roles/storage.objectCreator {MEMBER}",)
    facts.change(PROJECT_NAME, "SetIamPolicy", BUCKET, ago=timedelta(minutes=-5), removed=taken)
    facts.holding["roles/storage.objectCreator"] = (NEEDED,)
    assert not any("was removed" in line for line in looked(ENTRY, facts).evidence)


def test_a_custom_role_that_lost_the_permission_is_named_with_who_changed_it() -> None:
    facts = FakeFacts()
    role = "projects/acme-test/roles/writer"
    facts.seen[NEEDED] = replace(MISSING, bindings=(bound(role, has=False),))
    facts.change(PROJECT_NAME, "google.iam.admin.v1.UpdateRole", f"//iam.googleapis.com/{role}", ago=timedelta(hours=3))
    assert any(f"{role}, which the caller has, was changed" in line for line in looked(ENTRY, facts).evidence)


def test_a_predecessor_whose_role_was_not_enough_explains_nothing() -> None:
    facts = FakeFacts()
    facts.bind(BUCKET, "roles/viewer", f"deleted:{MEMBER}?uid=99")
    facts.holding["roles/viewer"] = ("storage.buckets.get",)
    assert looked(ENTRY, facts).cause == "gcs.iam"


def test_whether_a_predecessors_role_was_enough_may_be_untold() -> None:
    facts = FakeFacts()
    facts.bind(BUCKET, "roles/gone", f"deleted:{MEMBER}?uid=99")
    told = looked(ENTRY, facts)
    assert told.proven == "could not tell"
    assert told.plan == explain(ENTRY).plan


# Deny rules that we read ourselves.

EXACT = DenyRule(
    policy="policies/p/denypolicies/no-writes",
    attached_to="folders/7",
    denied_principals=(f"principal://iam.googleapis.com/projects/-/serviceAccounts/{CALLER}",),
    denied_permissions=("storage.googleapis.com/objects.create",),
)
OPEN_DENY = Access(state=AccessState.UNKNOWN_INFO, allowed=NO, denied=UNKNOWN)


@pytest.mark.parametrize("seen", [HIDDEN, OPEN_DENY, replace(HIDDEN, allowed=YES)])
@pytest.mark.parametrize("rule", [EXACT, replace(EXACT, denied_principals=("principalSet://goog/public:all",))])
def test_a_deny_rule_that_matches_exactly_decides_where_policy_troubleshooter_does_not(
    seen: Access, rule: DenyRule
) -> None:
    facts = FakeFacts()
    facts.seen[NEEDED] = seen
    facts.denies["folders/7"] = (rule,)
    told = looked(ENTRY, facts)
    assert (told.cause, told.proven, told.decision.mode) == ("iam.deny", "yes", "refuse")


@pytest.mark.parametrize(
    "changed",
    [
        {"denied_principals": (f"principal://iam.googleapis.com/projects/-/serviceAccounts/my{CALLER}",)},
        {"denied_principals": (f"principalSet://goog/group/{CALLER}",)},
        {"denied_permissions": ("pubsub.googleapis.com/objects.create",)},
        {"denied_permissions": ("storage.googleapis.com/objects.*",)},
        {"exception_principals": ("principalSet://goog/group/admins@example.com",)},
        {"exception_permissions": ("storage.googleapis.com/objects.create",)},
        {"condition": bound("r", holds=True).condition},
    ],
    ids=["longer address", "group", "other service", "wildcard", "exception", "excepted permission", "condition"],
)
def test_a_deny_rule_that_may_not_match_leaves_it_open(changed: dict[str, Any]) -> None:
    facts = FakeFacts()
    facts.seen[NEEDED] = HIDDEN
    facts.denies["folders/7"] = (replace(EXACT, **changed),)
    told = looked(ENTRY, facts)
    assert (told.cause, told.proven) == ("gcs.iam", "could not tell")


@pytest.mark.parametrize(
    ("seen", "missing"),
    [
        (replace(HIDDEN, unseen=(f"{CRM}/folders/7",)), "resourcemanager.folders.getIamPolicy"),
        (replace(HIDDEN, unseen=(f"an allow policy of {BUCKET} or above it",)), "storage.buckets.getIamPolicy"),
        (replace(HIDDEN, unseen=("what projects/p/roles/custom holds",)), "iam.roles.get"),
        (OPEN_DENY, "iam.denypolicies.get"),
        (replace(HIDDEN, denied=NO, unseen=("who is in group:x@example.com",)), None),
        (Access(state=AccessState.UNKNOWN_CONDITIONAL, allowed=UNKNOWN, denied=NO), None),
    ],
)
def test_what_policy_troubleshooter_hides_is_told_with_the_permission_that_would_show_it(
    seen: Access, missing: str | None
) -> None:
    facts = FakeFacts()
    facts.seen[NEEDED] = seen
    told = looked(ENTRY, facts)
    (finding,) = [one for one in told.looks if one.asked.startswith("does IAM give")]
    assert (finding.verdict, finding.missing) == (UNKNOWN, missing)
    assert told.proven == "could not tell"
    assert told.plan == explain(ENTRY).plan


# Several permissions at once.


def several(*permissions: str) -> dict[str, Any]:
    entry = audit(permission=permissions[0], resource="projects/_/buckets/reports", principal=CALLER)
    entry["protoPayload"]["authorizationInfo"] = [
        {"permission": one, "resource": "projects/_/buckets/reports"} for one in permissions
    ]
    return entry


def test_what_was_granted_meanwhile_is_left_out_of_the_plan_and_the_rest_is_mended() -> None:
    facts = FakeFacts()
    facts.seen["storage.objects.get"] = GIVEN
    told = looked(several("storage.objects.get", NEEDED), facts)
    assert (told.proven, told.permissions) == ("yes", (NEEDED,))
    assert [one.role for one in told.plan] == ["roles/storage.objectCreator"]


def test_nothing_is_left_to_do_only_where_every_permission_is_there_by_now() -> None:
    facts = FakeFacts()
    facts.seen["storage.objects.get"] = facts.seen[NEEDED] = GIVEN
    assert looked(several("storage.objects.get", NEEDED), facts).proven == "no"
    facts.seen[NEEDED] = HIDDEN
    assert looked(several("storage.objects.get", NEEDED), facts).proven == "could not tell"


def test_of_more_permissions_than_are_asked_about_it_cannot_be_told_that_all_are_there() -> None:
    permissions = [f"storage.objects.{verb}" for verb in ("get", "list", "create", "delete")]
    facts = FakeFacts()
    facts.seen |= dict.fromkeys(permissions, GIVEN)
    told = looked(several(*permissions), facts)
    assert told.proven == "could not tell"
    assert facts.count("access") == 3
