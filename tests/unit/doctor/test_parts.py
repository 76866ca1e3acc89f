"""Callers, secrets, Slack, the policy and the databases: each is fine, wrong or untold by what was read of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_deployments import PLACE, deployment, member, policy
from msgspec.structs import replace

from shared.doctor.examine import examine
from shared.doctor.fence import DENIED, PRINCIPAL, fence_checks
from shared.doctor.finding import Finding, Severity, exit_code, fine, untold, wrong
from shared.doctor.parts import (
    ACCESSOR,
    INVOKER,
    function_checks,
    policy_checks,
    secret_checks,
    slack_checks,
    store_checks,
)
from shared.model.deployment import Deployment, Function, Place, Slack, Untold

GAP = Untold("no answer")
TOKEN = "unforbid-slack-bot-token"
EVERYTHING = ("detect", "approve", "execute-iam", "sweep")


def of(findings: object, severity: Severity) -> list[str]:
    return [one.what for one in findings if one.severity is severity]  # type: ignore[attr-defined]


def invoked(name: str, *members: str) -> Deployment:
    made = deployment(*EVERYTHING)
    bindings = [(INVOKER, one) for one in members]
    return replace(made, policies=made.policies | {PLACE.service(name): policy(PLACE.service(name), *bindings)})


def test_every_function_has_its_one_caller() -> None:
    assert not of(function_checks(deployment(*EVERYTHING)), Severity.WRONG)


@pytest.mark.parametrize("name", ["detect", "execute-iam", "sweep"])
@pytest.mark.parametrize("public", ["allUsers", "allAuthenticatedUsers"])
def test_no_function_but_approve_has_a_public_caller(name: str, public: str) -> None:
    caller = member("push" if name == "detect" else "wake")
    (said,) = of(function_checks(invoked(name, caller, public)), Severity.WRONG)
    assert said == f"{public} (the whole internet) has {INVOKER} on {name}"


def test_a_function_that_nobody_may_call_gets_nothing() -> None:
    (said,) = of(function_checks(invoked("sweep")), Severity.WRONG)
    assert said.startswith(f"{member('wake')} may not call sweep")


def test_a_service_that_checks_no_caller_is_open_whatever_its_policy_says() -> None:
    open_one = Function(name="detect", account=PLACE.account("detect"), unchecked=True)
    (said,) = of(function_checks(replace(deployment(), functions=(open_one,))), Severity.WRONG)
    assert "lets everybody in" in said


def test_a_function_that_runs_as_somebody_else_is_wrong() -> None:
    other = Function(name="detect", account="311417209935-compute@developer.gserviceaccount.com")
    assert of(function_checks(replace(deployment(), functions=(other,))), Severity.WRONG)


def test_without_detect_nothing_is_explained() -> None:
    assert of(function_checks(replace(deployment(), functions=())), Severity.WRONG)
    assert of(function_checks(replace(deployment(), functions=GAP)), Severity.UNTOLD)


def with_secret(usable: object, *readers: str) -> Deployment:
    detect = Function(name="detect", account=PLACE.account("detect"), secrets={"UNFORBID_SLACK_TOKEN": TOKEN})
    made = deployment()
    read = policy(PLACE.secret(TOKEN), *((ACCESSOR, one) for one in readers))
    return replace(
        made, functions=(detect,), secrets={TOKEN: usable}, policies=made.policies | {PLACE.secret(TOKEN): read}
    )


def test_a_secret_has_a_value_and_only_its_users_read_it() -> None:
    assert len(of(secret_checks(with_secret(True, member("detect"))), Severity.OK)) == 2
    (said,) = of(secret_checks(with_secret(True, member("detect"), member("approve"))), Severity.WRONG)
    assert said == f"{member('approve')} may read {TOKEN} and is no function that uses it"
    assert of(secret_checks(with_secret(True)), Severity.WRONG) == [f"detect may not read {TOKEN}, which it needs"]


@pytest.mark.parametrize(
    ("usable", "severity"), [(None, Severity.WRONG), (False, Severity.WRONG), (GAP, Severity.UNTOLD)]
)
def test_a_secret_without_a_value_is_wrong_and_an_unread_one_is_not_told(usable: object, severity: Severity) -> None:
    assert len(of(secret_checks(with_secret(usable, member("detect"))), severity)) == 1


@pytest.mark.parametrize(
    ("said", "severities"),
    [
        (None, []),
        (Slack(), [Severity.OK, Severity.OK]),
        (Slack(token="invalid_auth"), [Severity.WRONG]),
        (Slack(channel="channel_not_found"), [Severity.OK, Severity.WRONG]),
        (GAP, [Severity.UNTOLD]),
    ],
)
def test_slack_is_as_it_answers(said: object, severities: list[Severity]) -> None:
    assert [one.severity for one in slack_checks(deployment(slack=said))] == severities


@pytest.mark.parametrize(
    ("deployed", "meant", "names", "severity"),
    [
        ("a" * 64, "a" * 64, EVERYTHING, Severity.OK),
        ("a" * 64, "b" * 64, EVERYTHING, Severity.WRONG),
        ("a" * 64, "", EVERYTHING, Severity.UNTOLD),
        (None, "", ("detect",), Severity.OK),
        (None, "", EVERYTHING, Severity.WRONG),
        (None, "a" * 64, ("detect",), Severity.WRONG),
        (GAP, "a" * 64, EVERYTHING, Severity.UNTOLD),
    ],
)
def test_the_policy_that_is_meant_is_the_one_that_is_deployed(
    deployed: object, meant: str, names: tuple[str, ...], severity: Severity
) -> None:
    made = deployment(*names, seal=deployed)
    (found,) = policy_checks(replace(made, place=replace(made.place, seal=meant)))
    assert found.severity is severity


def test_a_collection_without_an_end_grows_for_ever() -> None:
    found = list(store_checks(deployment(expiring={"runs/runs": True, "guards/trips": False, "runs/parts": GAP})))
    assert [one.severity for one in found] == [Severity.WRONG, Severity.UNTOLD, Severity.OK]
    assert found[0].mend == "terraform apply -target='google_firestore_field.expiring[\"guards/trips\"]'"


def fenced(denied: object) -> list[Severity]:
    detect = Function(name="detect", account=PLACE.account("detect"), settings={"UNFORBID_ORGANIZATION": "1"})
    return [one.severity for one in fence_checks(replace(deployment(), functions=(detect,), denied=denied))]


def test_the_fence_denies_each_account_of_ours_everything_that_it_must() -> None:
    who = f"{PRINCIPAL}{PLACE.account('detect')}"
    assert fenced({who: DENIED | {"more"}}) == [Severity.OK]
    assert fenced({who: DENIED - {"iam.googleapis.com/serviceAccounts.signJwt"}}) == [Severity.WRONG]
    assert fenced({f"{PRINCIPAL}other": DENIED}) == [Severity.WRONG]
    assert fenced(GAP) == [Severity.UNTOLD]
    assert list(fence_checks(deployment())) == [], "without an organisation there can be none"


def test_terraform_denies_all_that_the_fence_has_to(root: Path) -> None:
    told = (root / "terraform/identities.tf").read_text()
    assert all(f'"{one}"' in told for one in DENIED)


def test_untold_is_never_well_and_wrong_outweighs_it() -> None:
    well, bad, open_one = fine("c", "w"), wrong("c", "w", "m"), untold("c", "w", GAP)
    assert [exit_code(one) for one in ([well], [well, open_one], [bad, open_one], [bad], [])] == [0, 2, 1, 1, 2]


def test_a_deployment_as_terraform_makes_it_is_well_in_every_check() -> None:
    found = examine(deployment(*EVERYTHING, seal="a" * 64))
    assert of(found, Severity.WRONG) == []
    assert {one.check for one in found} == {
        *("audit logs", "sink", "topic", "delivery", "functions", "permissions", "policy", "store")
    }


def test_everything_unread_is_untold_in_every_check_and_nothing_is_well() -> None:
    nothing = Deployment(
        place=Place(project="p", region="r", watch="projects/p"),
        at=deployment().at,
        functions=GAP,
        containers={},
        above={},
        roles={},
        policies=dict.fromkeys((PLACE.topic("unforbid-denials"),), GAP),
        sink=GAP,
        subscriptions={"unforbid-denials": GAP, "unforbid-dead": GAP},
        secrets={},
        expiring={"runs/runs": GAP},
        dead=GAP,
        delivered=GAP,
        slack=GAP,
        seal=GAP,
    )
    found: tuple[Finding, ...] = examine(nothing)
    assert of(found, Severity.OK) == []
    assert exit_code([one for one in found if one.check not in ("topic",)]) == 2


def test_every_wrong_finding_says_what_mends_it() -> None:
    bare = replace(
        deployment(*EVERYTHING, sink=None, delivered=None, dead=2, expiring={"runs/runs": False}),
        containers={},
        policies={},
        subscriptions={},
    )
    found = [one for one in examine(bare) if one.severity is Severity.WRONG]
    assert len(found) > 8
    assert all(one.mend for one in found)
