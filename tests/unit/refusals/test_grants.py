"""What a grant is refused for right before it is written: each refusal with the sentence that a person reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes.cloud import binding
from fakes.workshop import Bench

from shared.errors import LookFailed, NotAllowedToLook, NotFound
from shared.execution.fold import Fix
from shared.grants.proof import digest
from shared.model.evidence import UNKNOWN, YES
from shared.model.facts import AccessState, Account, Binding, Condition, Holding, Policy
from shared.model.journal import Outcome
from shared.model.names import Permission, Role
from shared.model.role import RoleDefinition
from shared.model.work import Grant, OriginalCall

TOPIC, CRM = "//pubsub.googleapis.com/projects/p/topics/t", "//cloudresourcemanager.googleapis.com"
PROJECT, ORGANIZATION = f"{CRM}/projects/p", f"{CRM}/organizations/1"
EVE, PUBLISHER = "user:eve@example.com", Role("roles/pubsub.publisher")
CALL = OriginalCall(principal="eve@example.com", permission=Permission("pubsub.topics.publish"), project="projects/p")
START = Bench().clock.now()
BOT = "bot@p.iam.gserviceaccount.com"
ACCOUNT = f"//iam.googleapis.com/projects/p/serviceAccounts/{BOT}"
TOKENS = Role("roles/iam.serviceAccountTokenCreator")


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    for resource in (TOPIC, PROJECT, ORGANIZATION, ACCOUNT):
        bench.google.policies[resource] = Policy(resource=resource, etag="e", version=3)
    holds(bench, TOKENS, "iam.serviceAccounts.getAccessToken")
    return bench


def grant(**fields: Any) -> Grant:
    default = {"resource": TOPIC, "role": PUBLISHER, "member": EVE, "until": START + timedelta(hours=1)}
    return Grant(**default | fields)


def opening(**fields: Any) -> Grant:
    """A grant that lets somebody act as an account."""
    return grant(resource=ACCOUNT, role=TOKENS, **fields)


def holds(bench: Bench, role: str, *permissions: str) -> None:
    bench.google.roles[role] = RoleDefinition(name=Role(role), permissions=tuple(map(Permission, permissions)))


def bind(bench: Bench, resource: str, *bindings: Binding) -> None:
    bench.google.policies[resource] = Policy(resource=resource, bindings=bindings, etag="e", version=3)


def ended(bench: Bench, *works: Grant, call: OriginalCall = CALL) -> Fix:
    return bench.run(bench.open(*works, call=call, plan_hash=f"plan {len(bench.journal.kept)}"))


def refused(bench: Bench, work: Grant, call: OriginalCall = CALL) -> str:
    """Why nothing was done, which is seen to be so."""
    fix = ended(bench, work, call=call)
    assert (fix.outcome, bench.google.asked) == (Outcome.REFUSED, [])
    return fix.why


def given(bench: Bench, work: Grant) -> bool:
    return ended(bench, work).steps[0].outcome is Outcome.OK


def test_a_plain_grant_is_made(bench: Bench) -> None:
    assert given(bench, grant())


# what IAM says by now


def test_no_role_overrides_a_deny_policy(bench: Bench) -> None:
    bench.google.denied = YES
    assert refused(bench, grant()) == "a deny policy forbids it; no role can override a deny policy"


def test_what_is_allowed_by_now_is_not_given_again(bench: Bench) -> None:
    bench.google.access_state = AccessState.CAN
    assert refused(bench, grant()) == "IAM gives the permission by now: a role would change nothing"


@pytest.mark.parametrize("state", [AccessState.UNKNOWN_INFO, AccessState.UNKNOWN_CONDITIONAL])
def test_what_policy_troubleshooter_cannot_tell_is_not_granted(bench: Bench, state: AccessState) -> None:
    bench.google.access_state = state
    said = f"could not tell whether a role is what is missing by now ({state}): nothing is granted"
    assert refused(bench, grant()) == said


def test_a_deny_policy_that_cannot_be_seen_may_forbid_it(bench: Bench) -> None:
    bench.google.denied = UNKNOWN
    assert "could not tell whether a role is what is missing" in refused(bench, grant())


def test_the_second_grant_of_a_fix_is_not_refused_for_what_the_first_one_gave(bench: Bench) -> None:
    other = grant(role=Role("roles/pubsub.viewer"))
    bench.google.at(1, lambda _: setattr(bench.google, "access_state", AccessState.CAN))
    assert [one.outcome for one in ended(bench, grant(), other).steps[:2]] == [Outcome.OK, Outcome.OK]


def test_an_identity_that_policy_troubleshooter_does_not_know_is_not_asked_about(bench: Bench) -> None:
    pool = "iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/s"
    bench.google.access_state = AccessState.CAN
    call = OriginalCall(principal=f"principal://{pool}", permission=CALL.permission, project="projects/p")
    fix = ended(bench, grant(member=f"principal://{pool}"), call=call)
    assert (fix.steps[0].outcome, "access" in bench.google.calls) == (Outcome.OK, False)


# the policy


def test_what_is_there_already_is_a_success_that_owns_nothing(bench: Bench) -> None:
    bind(bench, TOPIC, binding(PUBLISHER, EVE))
    fix = ended(bench, grant())
    assert (fix.outcome, bench.google.asked) == (Outcome.NOTHING, [])
    assert fix.steps[0].why == f"{EVE} has {PUBLISHER} on {TOPIC} already"


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (
            [f"user:p{at}@example.com" for at in range(1_200)],
            "names 1200 members of at most 1500: clean it up",
        ),
        (
            [f"group:g{at}@example.com" for at in range(200)],
            "names 200 groups of at most 250: clean it up",
        ),
    ],
)
def test_a_policy_near_its_limit_takes_nothing_more(bench: Bench, members: list[str], said: str) -> None:
    bind(bench, TOPIC, binding(Role("roles/viewer"), *members[:-1]))
    assert given(bench, grant())
    bind(bench, TOPIC, binding(Role("roles/viewer"), *members))
    bench.google.asked.clear()
    assert refused(bench, grant(member="user:zoe@example.com")) == f"the policy of {TOPIC} {said}"


@pytest.mark.hazard("H41")
def test_a_role_that_a_member_has_under_many_conditions_is_not_given_under_one_more(bench: Bench) -> None:
    twins = [binding(PUBLISHER, EVE, condition=Condition(title=f"t{at}", expression="x")) for at in range(16)]
    bind(bench, TOPIC, *twins[:-1])
    assert given(bench, grant(condition=Condition(title="ours", expression="y")))
    bind(bench, TOPIC, *twins)
    bench.google.asked.clear()
    said = f"the policy of {TOPIC} gives {PUBLISHER} to {EVE} under 16 conditions of at most 20"
    assert refused(bench, grant(condition=Condition(title="another", expression="z"))) == (
        f"{said}: remove those that have ended"
    )


def test_hidden_conditions_are_never_written_back_and_the_grant_ends_with_its_time(bench: Bench) -> None:
    bench.google.blind["policy"] = LookFailed("read the policy", TOPIC, "its conditions are hidden: x_withcond_1")
    fix = ended(bench, grant())
    assert bench.google.asked == []
    assert (fix.outcome, fix.why) == (Outcome.REFUSED, "the time for which it was approved is over")
    assert bench.pages(fix.id) == ["PRECHECK of grant has passed its deadline"]


def test_what_may_not_be_read_or_is_gone_is_not_granted_on(bench: Bench) -> None:
    bench.google.blind["policy"] = NotAllowedToLook("pubsub.topics.getIamPolicy", TOPIC, "refused")
    assert "not allowed to look: pubsub.topics.getIamPolicy is missing" in refused(bench, grant())
    bench.google.blind["policy"] = NotFound(f"{TOPIC} does not exist")
    assert refused(bench, grant(member="user:zoe@example.com")) == f"{TOPIC} does not exist"


def test_a_grant_whose_time_is_over_is_not_made_any_more(bench: Bench) -> None:
    assert refused(bench, grant(until=START)) == "the time for which it was approved is over"


# what is never granted, whatever was approved


@pytest.mark.hazard("H39")
@pytest.mark.invariant("I22")
@pytest.mark.parametrize("resource", [ORGANIZATION, f"{CRM}/folders/7", "//storage.googleapis.com/projects/_/*"])
def test_nothing_is_granted_above_a_project_or_on_what_is_no_name(bench: Bench, resource: str) -> None:
    bench.google.policies[resource] = Policy(resource=resource, etag="e")
    said = f"{resource} is no target of a machine: nothing is granted above a project"
    assert refused(bench, grant(resource=resource)) == said


@pytest.mark.parametrize("role", ["roles/owner", "roles/editor", "roles/viewer", "roles/pubsub.serviceAgent"])
def test_a_basic_role_and_that_of_an_agent_is_never_given(bench: Bench, role: str) -> None:
    said = f"{role} is a basic role, or one of Google's own agents: no machine gives it"
    assert refused(bench, grant(role=Role(role))) == said


@pytest.mark.hazard("H12")
@pytest.mark.parametrize(
    "member",
    [
        "allUsers",
        "allAuthenticatedUsers",
        "domain:example.com",
        "group:team@example.com",
        "projectOwner:p",
        "serviceAccount:service-7@gcp-sa-pubsub.iam.gserviceaccount.com",
        "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/*",
        "deleted:user:eve@example.com?uid=1",
    ],
)
def test_whoever_is_not_one_person_or_account_gets_nothing(bench: Bench, member: str) -> None:
    said = f"{member} is not one person or one account: nothing is given to sets, agents or everyone"
    assert refused(bench, grant(member=member)) == said


@pytest.mark.hazard("H03")
def test_a_role_that_hands_out_what_only_security_may_is_not_given(bench: Bench) -> None:
    holds(bench, PUBLISHER, "pubsub.topics.publish", "pubsub.topics.setIamPolicy")
    said = f"{PUBLISHER} holds pubsub.topics.setIamPolicy, which only security and the owner hand out"
    assert refused(bench, grant()) == said


@pytest.mark.hazard("H03")
def test_a_role_of_unknown_content_is_not_given(bench: Bench) -> None:
    holds(bench, PUBLISHER)
    assert refused(bench, grant()) == f"could not tell what {PUBLISHER} holds, so it is not given"


@pytest.mark.hazard("H04")
@pytest.mark.invariant("I17")
def test_a_role_that_has_grown_since_it_was_approved_is_not_given(bench: Bench) -> None:
    before = RoleDefinition(name=PUBLISHER, permissions=(Permission("pubsub.topics.publish"),))
    holds(bench, PUBLISHER, "pubsub.topics.publish", "pubsub.topics.get")
    said = f"{PUBLISHER} holds other permissions than when it was approved: plan anew"
    assert refused(bench, grant(role_digest=digest(before))) == said


@pytest.mark.parametrize(("key", "value"), [("managed-by", "terraform"), ("goog-terraform-provisioned", "true")])
def test_what_a_tool_manages_gets_a_patch_for_its_owner_instead(bench: Bench, key: str, value: str) -> None:
    bench.google.labels["projects/p"] = {key: value}
    said = refused(bench, grant(resource=PROJECT))
    assert said.startswith(f"{PROJECT} is managed by ")
    assert said.endswith(f": add {PUBLISHER} for {EVE} there, to be applied by its owner")


def test_a_project_of_nobody_s_tool_is_granted_on(bench: Bench) -> None:
    bench.google.labels["projects/p"] = {"managed-by": "the shop team"}
    assert given(bench, grant(resource=PROJECT))


# acting as an account


def test_an_account_that_may_do_nothing_dangerous_may_be_opened(bench: Bench) -> None:
    bind(bench, PROJECT, binding(PUBLISHER, f"serviceAccount:{BOT}"))
    assert given(bench, opening())


@pytest.mark.parametrize("role", ["roles/owner", "roles/editor"])
def test_an_account_with_a_basic_role_is_opened_by_security_only(bench: Bench, role: str) -> None:
    bind(bench, PROJECT, binding(role, f"serviceAccount:{BOT}"))
    said = f"{BOT} has {role} (a basic role): whoever acts as it has that too, so only security opens it"
    assert refused(bench, opening()) == said


def test_an_account_with_a_dangerous_role_anywhere_is_opened_by_security_only(bench: Bench) -> None:
    admin = Role("roles/run.admin")
    holds(bench, admin, "run.services.setIamPolicy")
    held = Holding(resource=f"{CRM}/projects/other", role=admin)
    bench.google.indexed.append((f"serviceAccount:{BOT}", held))
    assert "roles/run.admin (it holds run.services.setIamPolicy)" in refused(bench, opening())


def test_a_role_above_the_project_counts_as_the_account_s(bench: Bench) -> None:
    bind(bench, ORGANIZATION, binding("roles/editor", f"serviceAccount:{BOT}"))
    assert "only security opens it" in refused(bench, opening())


def test_an_account_whose_role_nobody_can_tell_is_not_opened(bench: Bench) -> None:
    bind(bench, PROJECT, binding("projects/p/roles/own", f"serviceAccount:{BOT}"))
    holds(bench, "projects/p/roles/own")
    assert "projects/p/roles/own (what it holds could not be told)" in refused(bench, opening())


def test_an_account_with_very_many_roles_is_not_opened(bench: Bench) -> None:
    bind(bench, PROJECT, *(binding(f"roles/a.b{at}", f"serviceAccount:{BOT}") for at in range(41)))
    said = f"{BOT} has 41 roles, too many to tell what acting as it would mean: it goes to security"
    assert refused(bench, opening()) == said


@pytest.mark.parametrize("question", ["ancestry", "policy", "holdings", "role", "account"])
def test_what_may_not_be_seen_of_an_account_keeps_it_shut(bench: Bench, question: str) -> None:
    bench.google.blind[question] = NotAllowedToLook("some.thing.get", PROJECT, "refused")
    assert "not allowed to look" in refused(bench, opening())


def test_a_disabled_account_is_not_opened(bench: Bench) -> None:
    bench.google.accounts[BOT] = Account(email=BOT, unique_id="7", project="p", disabled=True)
    said = f"{BOT} is disabled: it is never enabled, nor opened to anybody, by a machine"
    assert refused(bench, opening()) == said


def test_an_account_that_is_gone_is_not_opened(bench: Bench) -> None:
    bench.google.gone.add(BOT)
    assert refused(bench, opening()) == f"{BOT} does not exist"


def test_an_agent_of_google_is_not_opened(bench: Bench) -> None:
    agent = "service-7@gcp-sa-pubsub.iam.gserviceaccount.com"
    resource = f"//iam.googleapis.com/projects/p/serviceAccounts/{agent}"
    bench.google.policies[resource] = Policy(resource=resource, etag="e")
    said = f"{agent} is an agent of Google's own: nobody is let act as it"
    assert refused(bench, grant(resource=resource, role=TOKENS)) == said


def test_the_default_account_with_editor_is_not_opened(bench: Bench) -> None:
    default = "7-compute@developer.gserviceaccount.com"
    resource = f"//iam.googleapis.com/projects/p/serviceAccounts/{default}"
    bench.google.policies[resource] = Policy(resource=resource, etag="e")
    bind(bench, f"{CRM}/projects/7", binding("roles/editor", f"serviceAccount:{default}"))
    assert "roles/editor (a basic role)" in refused(bench, grant(resource=resource, role=TOKENS))


def test_an_account_of_nobody_s_project_is_not_opened(bench: Bench) -> None:
    resource = "//iam.googleapis.com/projects/p/serviceAccounts/eve@example.com"
    bench.google.policies[resource] = Policy(resource=resource, etag="e")
    said = "could not tell which project owns eve@example.com, nor what it may do: it is not opened to anybody"
    assert refused(bench, grant(resource=resource, role=TOKENS)) == said


def test_an_account_may_sign_in_its_own_name_whatever_else_it_may(bench: Bench) -> None:
    bind(bench, PROJECT, binding("roles/editor", f"serviceAccount:{BOT}"))
    assert given(bench, opening(member=f"serviceAccount:{BOT}"))


def test_looking_at_an_account_is_not_acting_as_it(bench: Bench) -> None:
    bind(bench, PROJECT, binding("roles/editor", f"serviceAccount:{BOT}"))
    viewer = Role("roles/iam.serviceAccountViewer")
    holds(bench, viewer, "iam.serviceAccounts.get")
    assert given(bench, grant(resource=ACCOUNT, role=viewer))


# accounts that were made anew


def made(bench: Bench, number: str) -> None:
    bench.google.accounts[BOT] = Account(email=BOT, unique_id=number, project="p")


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("planned", [grant(member=f"serviceAccount:{BOT}", member_id="1"), opening(account_id="1")])
def test_an_account_that_was_made_anew_gains_nothing_and_is_not_opened(bench: Bench, planned: Grant) -> None:
    made(bench, "2")
    said = f"{BOT} was deleted and made anew since that was planned: it is 2 and was 1, so plan anew"
    assert refused(bench, planned) == said
    made(bench, "1")
    assert given(bench, planned)


@pytest.mark.hazard("H15")
def test_an_account_that_cannot_be_told_apart_by_now_gains_nothing(bench: Bench) -> None:
    bench.google.gone.add(BOT)
    assert refused(bench, grant(member=f"serviceAccount:{BOT}", member_id="1")) == f"{BOT} does not exist"


def test_where_its_number_was_not_told_an_account_is_not_looked_up(bench: Bench) -> None:
    bench.google.gone.add(BOT)
    assert given(bench, grant(member=f"serviceAccount:{BOT}"))
